"""secretaryctl backup and restore, with the box up and with the box down."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from secretaryd.cli.backup import restore
from secretaryd.control.client import ControlClient, NotRunning
from secretaryd.control.protocol import Status
from secretaryd.control.protocol.backup import BackupChanged, RestoreBackup, VerifyBackup
from storage.audit.records import AuditFilter
from storage.store import Storage
from tests.secretaryd.cli.conftest import Box, Ctl

ROOT = Path(__file__).parents[3]


def test_a_backup_is_made_listed_verified_and_removed(box: Box, ctl: Ctl) -> None:
    box.keep()
    made = ctl("backup", "create", "--json").json
    listed = ctl("backup", "list", "--json").json
    assert [each["name"] for each in listed["backups"]] == [made["name"]]
    assert listed["owner_key"] is False
    assert "secretaryctl backup key" in ctl("backup", "list").out
    assert "secretary.db" in ctl("backup", "verify", made["name"]).out
    assert "secretary.db" in ctl("restore", made["name"], "--dry-run", "--json").json["entries"]
    assert ctl("backup", "remove", made["name"]).code == 0
    refused = ctl("backup", "remove", made["name"])
    assert (refused.code, "Найти копию не удалось" in refused.err) == (1, True)


def test_every_step_is_told_and_in_the_audit(box: Box, ctl: Ctl) -> None:
    name = ctl("backup", "create", "--json").json["name"]
    ctl("backup", "key")
    ctl("backup", "remove", name)
    told = [each.event for each in box.bus._ring if isinstance(each.event, BackupChanged)]
    assert [each.state for each in told if each.state != "running"] == ["done"]
    entries = box.do(box.storage.audit.list(AuditFilter()))
    assert [entry.what for entry in entries] == ["backup.removed", "backup.key", "backup.created"]
    assert "AGE-SECRET" not in repr(entries)


def test_the_key_kit_is_shown_once(box: Box, ctl: Ctl, tmp_path: Path) -> None:
    shown = ctl("backup", "key")
    assert shown.out.count("AGE-SECRET-KEY-1") == 1
    again = ctl("backup", "key")
    assert (again.code, "--replace" in again.err) == (1, True)
    other = ctl("backup", "key", "--replace", "--json").json["secret"]
    assert other not in shown.out
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"AGE-SECRET-KEY-1" in kept or not (tmp_path / "secrets" / "backup.key").exists()
    assert other.encode() not in kept


def test_with_the_box_up_a_restore_starts_it_anew(
    box: Box, ctl: Ctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secretaryd.cli.backup.RESTART_SECONDS", 0.5)  # nobody starts this box again
    box.keep("до копии")
    name = ctl("backup", "create", "--json").json["name"]
    box.keep("после копии")
    restored = ctl("restore", name, "--yes", "--json")
    assert restored.code == 0
    assert "secretary.db" in restored.json["entries"]
    box._thread.join(10)
    assert box.anew
    texts = state_of(tmp_path)
    assert texts == ["Сказал: «до копии»."]


def state_of(folder: Path) -> list[str]:
    import asyncio

    async def look() -> list[str]:
        store = await Storage.open(f"sqlite:///{folder / 'secretary.db'}", folder)
        try:
            assert store.restored
            return [call.summary for call in await store.recent()]
        finally:
            await store.close()

    return asyncio.run(look())


def test_with_the_box_down_the_same_commands_work_on_the_folder(box: Box, ctl: Ctl, tmp_path: Path) -> None:
    box.keep("до копии")
    box.stop()
    box._thread.join(10)
    (tmp_path / "settings.toml").write_text("[box]\n")
    name = ctl("backup", "create", "--json").json["name"]
    (tmp_path / "settings.toml").write_text("# changed\n")
    assert [each["name"] for each in ctl("backup", "list", "--json").json["backups"]] == [name]
    assert "settings.toml" in ctl("restore", name, "--dry-run").out
    asked = ctl("restore", name)
    assert asked.code == 2
    assert (tmp_path / "settings.toml").read_text() == "# changed\n"
    prepared = ctl("restore", name, "--yes")
    assert (prepared.code, "when the box starts" in prepared.out) == (0, True)
    assert state_of(tmp_path) == ["Сказал: «до копии»."]
    assert (tmp_path / "settings.toml").read_text() == "[box]\n"


def test_a_file_that_is_no_backup_is_refused_in_words(box: Box, ctl: Ctl, tmp_path: Path) -> None:
    (tmp_path / "strange").write_bytes(b"age-encryption.org/v1\n-> X25519 x\n")
    for command in (("backup", "verify"), ("restore", "--yes")):
        refused = ctl(*command, str(tmp_path / "strange"))
        assert (refused.code, "→" in refused.err) == (1, True)
    assert not box.anew


def test_keys_are_not_shown_by_a_request_that_is_logged() -> None:
    assert "canary" not in repr(VerifyBackup(name="x", key="canary")) + repr(RestoreBackup(name="x", key="canary"))
    assert restore.__doc__


UP_SECONDS = 120.0
"""On a machine that is busy with other tests."""


class Core:
    """A true core without a modem, as a process."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "run" / "control.sock"
        self.environ = {
            **os.environ,
            "SECRETARYD__BOX__DATA_DIR": str(folder / "data"),
            "SECRETARYD__CONTROL__SOCKET": str(self.socket),
            "SECRETARYD__MODEM__AT_PORT": str(folder / "no-modem"),
            "SECRETARYD_CONFIG": str(folder / "box.toml"),
        }
        (folder / "box.toml").write_text("")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "secretaryd", "core"], env=self.environ, cwd=ROOT, stderr=subprocess.DEVNULL
        )

    def wait(self) -> dict[str, Any]:
        until = time.monotonic() + UP_SECONDS
        while time.monotonic() < until:
            try:
                state: dict[str, Any] = ControlClient(self.socket).ask(Status())
                return state
            except NotRunning:
                assert self.process.poll() is None
                signal.sigtimedwait([], 0.2)
        raise AssertionError("the core did not come up")

    def ctl(self, *arguments: str) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "secretaryd.cli.main", *arguments, "--json"],
            env=self.environ,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def test_a_true_core_restores_and_is_the_same_process_afterwards(tmp_path: Path) -> None:
    core = Core(tmp_path)
    try:
        core.wait()
        (tmp_path / "data" / "settings.toml").write_text('[box]\nname = "Лидия"\n')
        name = core.ctl("backup", "create")["name"]
        (tmp_path / "data" / "settings.toml").write_text('[box]\nname = "Другая"\n')
        restored = core.ctl("restore", name, "--yes")
        assert restored["restarted"]
        state = core.wait()
        assert state["box"]["name"] == "Лидия"
        assert "database.restored" in [each["code"] for each in state["alerts"]]
        assert core.process.poll() is None
    finally:
        core.process.terminate()
        assert core.process.wait(20) == 0
