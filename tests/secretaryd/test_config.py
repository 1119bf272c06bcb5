"""Configuration: layers, every error at once, did-you-mean."""

from datetime import time
from pathlib import Path

import pytest

from secretaryd.config.hours import Hours
from secretaryd.config.load import ConfigError, Layer, build, documentation, load
from secretaryd.config.schema import Config

CASES = [
    ({"box": {"nmae": "Гуля"}}, "box.nmae: unknown key, did you mean 'name'?"),
    ({"boxx": {}}, "boxx: unknown key, did you mean 'box'?"),
    ({"box": 5}, "box: must be a table [box]"),
    ({"call": {"record": "yes"}}, "call.record: must be true or false, is str 'yes'"),
    ({"call": {"answer_after_rings": True}}, "call.answer_after_rings: must be a whole number, is bool True"),
    ({"call": {"answer_after_rings": 0}}, "call.answer_after_rings: must be 1 to 10"),
    ({"call": {"max_seconds": 10}}, "call.max_seconds: must be 30 to 7200"),
    ({"box": {"timezone": "Mars/Base"}}, "box.timezone: must be an IANA name"),
    ({"box": {"language": "de"}}, 'box.language: must be "ru" or "en"'),
    ({"modem": {"audio": "usb"}}, "modem.audio: must be"),
    ({"modem": {"pcm_port": ""}}, "modem.pcm_port: may be empty only"),
    ({"web": {"listen": "8080"}}, 'web.listen: must be "HOST:PORT"'),
    ({"llm": {"pace": "fast"}}, "llm.pace: must be empty"),
    ({"dial": {"allow": ["900", "112"]}}, "dial.allow: must hold numbers"),
    ({"dial": {"allow": "900"}}, "dial.allow: must be a list"),
    ({"dial": {"allow": [900]}}, "dial.allow: must be a string"),
    ({"dial": {"call_back": "never"}}, "dial.call_back: must be"),
    ({"dial": {"call_back_hours": "9-20"}}, "dial.call_back_hours: must be two times"),
    ({"dial": {"call_back_hours": "09:00-24:00"}}, "dial.call_back_hours: must be two times"),
    ({"llm": {"node": [{"name": "gpu", "url": "gpu:80"}]}}, "llm.node: every node needs"),
    ({"llm": {"node": [{"nam": "gpu"}]}}, "llm.node[0].nam: unknown key, did you mean 'name'?"),
    ({"llm": {"node": "gpu"}}, "llm.node: must be a list"),
    ({"storage": {"url": "postgres://x"}}, 'storage.url: must begin "sqlite:///"'),
    ({"box": {"data_dir": ""}}, "box.data_dir: must be a path"),
]


@pytest.mark.parametrize(("values", "expected"), CASES)
def test_a_wrong_value_is_named_with_what_it_must_be(values: dict, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        build([Layer("test", values)])
    assert any(expected in line for line in caught.value.errors), caught.value.errors


def test_all_errors_come_at_once(tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    file.write_text('[box]\nnam = "x"\nlanguage = "de"\n[call]\nrecord = 1\n')
    with pytest.raises(ConfigError) as caught:
        load(file, {"SECRETARYD__WEB__LISTEN": "nowhere"})
    assert len(caught.value.errors) == 4


def test_later_layers_win(tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    file.write_text(f'[box]\nname = "toml"\ncompany = "toml"\ntimezone = "Asia/Omsk"\ndata_dir = "{tmp_path}"\n')
    (tmp_path / "settings.toml").write_text('[box]\nname = "owner"\ncompany = "owner"\n')
    config = load(file, {"SECRETARYD__BOX__NAME": "environment", "SECRETARYD__CALL__RECORD": "false"})
    assert (config.box.name, config.box.company, config.box.timezone) == ("environment", "owner", "Asia/Omsk")
    assert config.call.record is False


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        load(tmp_path / "absent.toml", {})


def test_a_file_that_is_not_toml_is_an_error_with_the_line(tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    file.write_text("[box\n")
    with pytest.raises(ConfigError, match="line 1"):
        load(file, {})


def test_defaults_are_valid() -> None:
    assert build([]) == Config()


def test_every_key_is_documented() -> None:
    assert [key for key, _, words in documentation() if not words] == []


def test_a_list_of_numbers_is_taken_as_it_stands() -> None:
    config = build([Layer("file", {"dial": {"enabled": True, "allow": ["900", "+375*"]}})])
    assert config.dial.enabled
    assert config.dial.allow == ("900", "+375*")


@pytest.mark.parametrize(
    ("text", "within", "without"),
    [
        ("09:00-20:00", ("09:00", "19:59"), ("08:59", "20:00", "00:00")),
        ("22:00-06:30", ("22:00", "00:00", "06:29"), ("06:30", "21:59", "12:00")),
        ("00:00-00:00", ("00:00", "12:00", "23:59"), ()),
    ],
)
def test_hours_of_the_day(text: str, within: tuple[str, ...], without: tuple[str, ...]) -> None:
    hours = Hours.parse(text)
    assert all(hours.hold(time.fromisoformat(at)) for at in within)
    assert not any(hours.hold(time.fromisoformat(at)) for at in without)
