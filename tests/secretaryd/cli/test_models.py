"""secretaryctl models: installing from a publisher on loopback, importing, verifying, using, removing."""

import functools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from secretaryd.cli import models as module
from tests.fakes.model_files import PIPER, PLENTY, VOSK, gguf, piper_files, vosk_files, vosk_zip, write
from tests.fakes.model_server import Fault, ModelServer, model_server
from voice.models import catalogue, store
from voice.models.catalogue import Catalogue
from voice.models.download import Downloader
from voice.models.install import Installer


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """The publisher that `models install` asks; nothing waits between tries."""
    shipped = catalogue.load()
    entries = {name: replace(entry, installed_mb=1, download_mb=1) for name, entry in shipped.entries.items()}
    monkeypatch.setattr(store, "load", lambda: Catalogue(entries, shipped.bundles))
    with model_server() as running:
        running.publish_vosk(VOSK, vosk_zip())
        running.publish_piper(PIPER, piper_files())
        made = functools.partial(
            Installer,
            mirrors=running.mirrors,
            downloader=Downloader(sleep=lambda _: None, read_seconds=0.3),
            free_memory=lambda: PLENTY,
            free_disk=lambda _: PLENTY,
        )
        monkeypatch.setattr(module, "Installer", made)
        yield running


def test_the_catalogue_is_listed(ctl) -> None:
    ran = ctl("models", "list")
    assert ran.code == 0
    assert VOSK in ran.out
    assert "ru-standard" in ran.out
    rows = ctl("models", "list", "--json").json
    assert not any(row["installed"] for row in rows["models"])
    assert rows["free_memory_mb"] > 0


def test_a_model_is_installed_listed_used_verified_and_removed(ctl, server: ModelServer, monkeypatch) -> None:
    ran = ctl("models", "install", VOSK)
    assert ran.code == 0
    assert f"installed: {VOSK}" in ran.out
    assert f'stt.model = "{VOSK}"' in ran.out
    assert "\x1b" not in ran.out + ran.err  # a bar in a log file is no bar
    assert f"{VOSK}.zip" in ran.err
    (row,) = [row for row in ctl("models", "list", "--json").json["models"] if row["installed"]]
    assert (row["name"], row["active"]) == (VOSK, False)
    used = ctl("models", "use", VOSK, "--json").json
    assert (used["key"], used["value"], used["kept"]) == ("stt.model", VOSK, False), "the box is away"
    assert ctl("models", "verify", "--json").json == {"faults": {VOSK: []}}
    monkeypatch.setenv("SECRETARYD__STT__MODEL", VOSK)
    assert "▶" in ctl("models", "list").out
    refused = ctl("models", "remove", VOSK, "--yes")
    assert refused.code == 3
    assert "сейчас выбрана" in refused.err
    monkeypatch.delenv("SECRETARYD__STT__MODEL")
    assert ctl("models", "remove", VOSK, "--yes", "--json").json == {"removed": VOSK}
    assert ctl("models", "verify").out.startswith("no models installed")


def test_installing_for_a_script_prints_json_alone(ctl, server: ModelServer) -> None:
    ran = ctl("--json", "models", "install", VOSK, PIPER, VOSK)
    assert ran.json == {"installed": [VOSK, PIPER]}
    assert ran.err == ""


def test_a_download_that_fails_says_so_and_goes_on_the_next_time(ctl, server: ModelServer) -> None:
    server.fail(f"/vosk/{VOSK}.zip", *[Fault(status=503)] * 50)
    ran = ctl("models", "install", VOSK)
    assert ran.code == 3
    assert VOSK in ran.err
    assert "Traceback" not in ran.err
    server.faults.clear()
    assert ctl("models", "install", VOSK).code == 0


def test_a_damaged_model_is_found(ctl, server: ModelServer, tmp_path: Path) -> None:
    ctl("models", "install", VOSK)
    (tmp_path / "models" / VOSK / "conf" / "model.conf").write_bytes(b"x")
    ran = ctl("models", "verify")
    assert ran.code == 1
    assert "conf/model.conf" in ran.out
    assert ctl("models", "use", VOSK).code == 3


@pytest.mark.parametrize("command", ["install", "use", "verify", "remove"])
def test_a_name_that_nobody_knows(ctl, command: str) -> None:
    ran = ctl("models", command, "[b]gibtsnicht[/b]")
    assert ran.code == 3
    assert "gibtsnicht" in ran.err
    assert "Traceback" not in ran.err


def test_models_from_a_stick(ctl, tmp_path: Path) -> None:
    stick = tmp_path / "stick"
    write(stick / "my-vosk", vosk_files())
    (stick / "chat.gguf").write_bytes(gguf())
    ran = ctl("models", "import", str(stick))
    assert ran.code == 0
    assert "my-vosk (unverified)" in ran.out
    assert 'llm.model = "chat"' in ran.out
    names = {row["name"] for row in ctl("models", "list", "--json").json["models"] if row["installed"]}
    assert names == {"my-vosk", "chat"}
    assert ctl("models", "import", str(tmp_path / "nothing")).code == 3


def test_removing_asks_first_and_shows_the_choice(ctl, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "chat.gguf").write_bytes(gguf())
    ctl("models", "import", str(tmp_path / "chat.gguf"))
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda *prompt: asked.append("".join(prompt)) or "n")
    ran = ctl("models", "remove", "chat")
    assert ran.code == 1
    assert "[y/N]" in ran.out + "".join(asked)
    assert ctl("models", "verify", "chat").code == 0

    def nobody(*_: object) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    assert ctl("models", "remove", "chat").code == 2
    assert ctl("models", "remove", "chat", "--json").json["error"]["remedy"] == "add --yes"
    monkeypatch.setattr("builtins.input", lambda *_: "да")
    assert ctl("models", "remove", "chat").code == 0


def test_a_model_is_put_to_work_through_the_running_box(box, ctl, server: ModelServer) -> None:
    assert ctl("models", "install", VOSK).code == 0
    ran = ctl("models", "use", VOSK)
    assert "secretaryctl restart --needed (secretary-speech secretaryd)" in ran.out
    assert ctl("config", "get", "stt.model").out.strip() == VOSK
