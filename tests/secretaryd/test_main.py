"""The way into a process: exit codes, the last good configuration, and what the children of `all` are."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from secretaryd import __main__ as module
from secretaryd.config.fallback import KEPT, keep_good, last_good
from secretaryd.config.load import ConfigError, load
from secretaryd.config.schema import Box, Config, Control, Llm, Stt, Tts
from secretaryd.errors import CannotStart
from secretaryd.run import all as everything
from secretaryd.run import core
from secretaryd.run.answers import ready_texts
from secretaryd.run.models import choose
from secretaryd.run.sockets import prepare_sockets
from voice.models.catalogue import Kind

GOOD = '[box]\nname = "Лидия"\n'
BAD = "[box]\nnome = 1\n"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[Config, dict[str, Any]]]:
    """Instead of the core: what it was started with."""
    seen: list[tuple[Config, dict[str, Any]]] = []

    async def run(config: Config, stop: asyncio.Event, **more: Any) -> None:
        assert not stop.is_set()
        seen.append((config, more))

    monkeypatch.setattr(core, "run", run)
    monkeypatch.setattr(module, "set_up", lambda *_, **__: None)
    monkeypatch.setattr(module, "_refuse_root", lambda _: None)
    monkeypatch.setattr(module.os, "umask", lambda _: 0)
    monkeypatch.delenv(module.UNDER_SYSTEMD, raising=False)
    monkeypatch.setenv("SECRETARYD__BOX__DATA_DIR", str(tmp_path / "data"))
    return seen


def start(file: Path) -> int:
    return module.main(["core", "--config", str(file)])


def test_a_good_file_starts_the_core_and_is_remembered(started, tmp_path: Path) -> None:
    file = tmp_path / "box.toml"
    file.write_text(GOOD)
    assert start(file) == 0
    ((config, more),) = started
    assert (config.box.name, more) == ("Лидия", {"config_trouble": "", "config_file": file})
    assert (tmp_path / "data" / KEPT).read_text() == GOOD


def test_by_hand_a_bad_file_is_code_two_with_every_error(started, tmp_path: Path, capsys) -> None:
    file = tmp_path / "box.toml"
    file.write_text(BAD + "[cal]\n")
    assert start(file) == 2
    told = capsys.readouterr().err
    assert "nome" in told
    assert "cal" in told
    assert started == []


def test_under_systemd_the_last_good_file_stands_in_start_after_start(started, tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "box.toml"
    file.write_text(GOOD)
    start(file)
    file.write_text(BAD)
    monkeypatch.setenv(module.UNDER_SYSTEMD, "1")
    for _ in range(3):
        assert start(file) == 0
        config, more = started[-1]
        assert config.box.name == "Лидия"
        assert "nome" in more["config_trouble"]
    assert (tmp_path / "data" / KEPT).read_text() == GOOD


def test_without_a_good_file_the_defaults_answer_the_phone(started, tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "box.toml"
    file.write_text(BAD)
    monkeypatch.setenv(module.UNDER_SYSTEMD, "1")
    assert start(file) == 0
    assert started[0][0].box.name == Config().box.name
    assert started[0][1]["config_trouble"]


def test_what_cannot_start_says_why_with_code_three(started, tmp_path: Path, monkeypatch, capsys) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise CannotStart("no place")

    monkeypatch.setattr(core, "run", refuse)
    file = tmp_path / "box.toml"
    file.write_text(GOOD)
    assert start(file) == 3
    assert "no place" in capsys.readouterr().err


def test_a_kept_file_that_is_bad_itself_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / KEPT).write_text(BAD)
    config = last_good(Path("/x.toml"), ConfigError(["x"]), {"SECRETARYD__BOX__DATA_DIR": str(tmp_path)})
    assert config.box.name == Config().box.name


def test_a_disk_that_refuses_keeps_nothing_and_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    keep_good(tmp_path / "x.toml", Config(box=Box(data_dir=tmp_path / "file" / "data")))


@pytest.mark.parametrize("simulated", [False, True])
def test_the_children_of_all(tmp_path: Path, simulated: bool) -> None:
    folder = tmp_path / "sim" if simulated else None
    programs = everything.programs(tmp_path / "x.toml", folder)
    names = [program.name for program in programs]
    assert names == ["simulator"] * simulated + ["speech", "llm", "core", "web"]
    essential = {program.name for program in programs if program.essential}
    assert essential == ({"core", "simulator"} if simulated else {"core"})
    for program in programs:
        if program.name != "simulator":
            assert program.command[-2:] == ("--config", str(tmp_path / "x.toml"))


def test_on_the_simulator_the_bundled_model_may_speak(tmp_path: Path) -> None:
    environ = everything.environment(tmp_path)
    config = load(None, {key: value for key, value in environ.items() if key.startswith("SECRETARYD__")})
    assert config.llm.allow_starter
    assert config.modem.at_port == str(tmp_path / "modem-at")
    assert "SECRETARYD__LLM__ALLOW_STARTER" not in everything.environment(None)


async def test_all_in_a_folder_that_cannot_be_made_cannot_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    config = Config(control=Control(socket=tmp_path / "file" / "run" / "control.sock"))
    with pytest.raises(CannotStart, match="file"):
        await everything.runner(None, simulate=False)(config, asyncio.Event())


def test_sockets_in_a_folder_that_cannot_be_made_cannot_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match=r"control\.socket"):
        prepare_sockets(Config(control=Control(socket=tmp_path / "file" / "run" / "control.sock")))
    prepare_sockets(Config(control=Control(socket=tmp_path / "run" / "control.sock")))
    assert (tmp_path / "run").is_dir()


def test_bundled_models_stand_in_for_ears_and_voice_but_not_for_the_chat_model(tmp_path: Path) -> None:
    config = Config(box=Box(data_dir=tmp_path), stt=Stt("gone"), tts=Tts("gone"), llm=Llm("gone"))
    chosen = choose(config)
    assert all(each.trouble for each in chosen.values())
    for kind in (Kind.STT, Kind.TTS):
        model = chosen[kind].model
        assert model is not None
        assert model.starter
    assert chosen[Kind.LLM].model is None


def test_no_chat_model_is_no_trouble(tmp_path: Path) -> None:
    chosen = choose(Config(box=Box(data_dir=tmp_path), llm=Llm("")))
    assert (chosen[Kind.LLM].model, chosen[Kind.LLM].trouble) == (None, "")


@pytest.mark.parametrize("language", ["ru", "en"])
def test_everything_said_without_a_voice_has_a_name_of_its_own(language: str) -> None:
    texts = ready_texts(language)
    assert {"message_taken", "ask_matter", "flow_recording", "flow_goodbye", "flow_cannot_answer"} <= texts.keys()
    assert all(texts.values())
