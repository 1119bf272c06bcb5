"""Secrets reach the modem and the language models by name."""

from pathlib import Path

import pytest

from hw.modem.sim import PinBox, PinRefusedBefore, PinUnusable
from secretaryd.config.load import ConfigError, Layer, build
from secretaryd.config.schema import Config, Modem
from secretaryd.run.secrets import SecretMissing, api_key, sim_pin
from storage.secrets import Secrets


def test_the_pin_comes_from_its_secret_and_a_refused_one_waits_for_a_change(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    config = Config(modem=Modem(sim_pin_secret="sim_pin"))
    box = PinBox(sim_pin(config, secrets), tmp_path)
    with pytest.raises(PinUnusable, match="no secret 'sim_pin'"):
        box.offer()
    secrets.put("sim_pin", "4821", 1.0)
    assert box.offer().pin == "4821"
    box.trying()
    box.refused()
    with pytest.raises(PinRefusedBefore, match="the secret sim_pin"):
        box.offer()
    assert "4821" not in (tmp_path / "sim_pin_tried.json").read_text()
    secrets.put("sim_pin", "4822", 2.0)
    assert box.offer().pin == "4822"


def test_without_a_secret_there_is_no_source(tmp_path: Path) -> None:
    assert str(sim_pin(Config(), Secrets(tmp_path))) == "the secret sim_pin"
    assert sim_pin(Config(modem=Modem(sim_pin_file="/x")), Secrets(tmp_path)) is None
    assert api_key(Secrets(tmp_path), "") is None


def test_the_key_of_a_node_comes_from_its_secret(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    read = api_key(secrets, "openai")
    assert read
    with pytest.raises(SecretMissing):
        read()
    secrets.put("openai", "sk-1", 1.0)
    assert read() == "sk-1"


@pytest.mark.parametrize(
    "values",
    [
        {"modem": {"sim_pin_file": "/a", "sim_pin_secret": "b"}},
        {"llm": {"node": [{"name": "a", "url": "http://a", "api_key_file": "/a", "api_key_secret": "b"}]}},
    ],
)
def test_a_file_and_a_secret_at_once_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        build([Layer("test", values)])
