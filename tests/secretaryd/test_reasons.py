"""Why something is not taken, in both languages, by code and values."""

import string

import pytest

from secretaryd.config.edit import key_of, value_of
from secretaryd.config.load import RULES, ConfigError, load
from secretaryd.reasons import TABLE, Reason, in_language


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def cyrillic(text: str) -> bool:
    return any("а" <= letter <= "я" for letter in text.lower())


@pytest.mark.parametrize("code", TABLE)
def test_a_reason_has_its_words_in_both_languages_with_the_same_values(code: str) -> None:
    english, russian = TABLE[code]
    assert blanks(english) == blanks(russian)
    assert not cyrillic(english)
    assert cyrillic(russian)


def test_a_reason_is_its_english_sentence_and_knows_the_other() -> None:
    reason = Reason("range", low=1, high=10).at("call.answer_after_rings").at("settings.toml")
    assert reason == "settings.toml: call.answer_after_rings: must be 1 to 10"
    assert in_language(reason, "ru") == "settings.toml: call.answer_after_rings: от 1 до 10"
    assert in_language(reason, "en") == str(reason)
    assert in_language("what nobody worded", "ru") == "what nobody worded"


def test_values_are_put_in_as_they_are() -> None:
    hostile = Reason("twice", word="{code.__class__}").at("{0}")
    assert hostile == "{0}: '{code.__class__}' stands twice"
    assert hostile.in_language("ru") == "{0}: «{code.__class__}» стоит дважды"


def test_every_rule_of_the_settings_has_words_in_both_languages() -> None:
    for key, _, reason in RULES:
        assert cyrillic(reason.at(key).in_language("ru")), key


BAD = [
    ("call.max_second", "7"),
    ("call.max_seconds", "many"),
    ("call.record", "perhaps"),
    ("dial.allow", "not json"),
    ("box.data_dir", "/tmp"),
]


@pytest.mark.parametrize(("key", "text"), BAD)
def test_what_the_command_line_refuses_is_told_in_russian_too(key: str, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        value_of(key_of(key), text)
    assert all(cyrillic(in_language(reason, "ru")) for reason in caught.value.errors)


def test_a_file_s_mistakes_are_told_in_russian_too(tmp_path) -> None:
    file = tmp_path / "x.toml"
    file.write_text('box = 1\n[call]\nmax_seconds = "7"\nanswer_after_rings = 99\nrecrd = true\n[dial]\nallow = 1\n')
    with pytest.raises(ConfigError) as caught:
        load(file, {})
    assert len(caught.value.errors) == 5
    assert all(cyrillic(in_language(reason, "ru")) for reason in caught.value.errors)
