"""settings.toml as a text: what may be set, what a word means, what must start anew."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.config import edit
from secretaryd.config.load import ConfigError, documentation

MEANT = [
    ("call.record", "no", False),
    ("call.record", "Да", True),
    ("call.max_seconds", "90", 90),
    ("box.company", "90", "90"),
    ("box.name", "true", "true"),
    ("llm.node", '[{"name": "gpu"}]', [{"name": "gpu"}]),
]

LIVE = ("keep.", "backup.", "dial.", "sim.", "sms.")
"""Sections that are read whenever something is done by them."""


@pytest.mark.parametrize(("key", "text", "value"), MEANT)
def test_a_word_means_what_the_key_needs(key: str, text: str, value: object) -> None:
    assert edit.value_of(key, text) == value


WRONG = [
    ("call.record", "maybe", "true or false"),
    ("call.max_seconds", "ten", "whole number"),
    ("llm.node", "gpu", "JSON"),
    ("call.recrod", "no", "did you mean 'call.record'"),
    ("control.socket", "/x", "TOML file or the environment"),
]


@pytest.mark.parametrize(("key", "text", "words"), WRONG)
def test_a_word_that_means_nothing_is_refused(key: str, text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        edit.value_of(key, text)


def test_every_key_is_known_and_knows_its_units() -> None:
    keys = {key for key, _, _ in documentation()}
    assert edit.known_keys().keys() == keys
    assert keys >= edit.AT_ONCE | edit.FIXED | edit.SEEDS
    by_itself = {key for key in keys if key.startswith(LIVE) and key not in ("backup.folder", "sms.enabled")}
    for key in keys:
        assert set(edit.restarts(key)) <= set(edit.EVERYWHERE)
        assert bool(edit.restarts(key)) is (key not in edit.AT_ONCE | by_itself), key


def test_a_key_that_is_not_set_cannot_be_unset() -> None:
    with pytest.raises(ConfigError, match="is not set"):
        edit.without_value("", "call.record")


def test_a_broken_text_is_refused() -> None:
    for change in (lambda: edit.with_value("[", "call.record", True), lambda: edit.values_in("x")):
        with pytest.raises(ConfigError, match=r"settings\.toml"):
            change()


@given(st.text(max_size=50), st.text(max_size=50))
def test_any_value_is_written_so_that_it_reads_back(one: str, other: str) -> None:
    text = edit.with_value(edit.with_value("", "box.name", one), "box.company", other)
    assert tomllib.loads(text) == {"box": {"name": one, "company": other}}
    assert tomllib.loads(edit.without_value(text, "box.name")) == {"box": {"company": other}}
