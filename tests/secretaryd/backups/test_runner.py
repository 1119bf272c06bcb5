"""The runner: nightly when due, once; standing still while somebody is on the line."""

import asyncio
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from secretaryd.backups import runner as module
from secretaryd.backups.runner import BackupRunner
from secretaryd.bus import Bus
from secretaryd.config.schema import Backup as Settings
from secretaryd.troubles import Troubles
from storage.audit.records import AuditFilter
from storage.backup.door import Backups
from storage.backup.errors import BackupError, Busy
from storage.store import Storage

NIGHT = 1_795_700_000.0


class Line:
    def __init__(self) -> None:
        self.state = "idle"
        self.free = asyncio.Event()
        self.free.set()

    async def idle(self) -> None:
        await self.free.wait()


class Scene:
    def __init__(self, storage: Storage, folder: Path) -> None:
        self.storage, self.line, self.troubles = storage, Line(), Troubles()
        self.backups = Backups(folder, folder / "secretary.db", None, "0.1.0")
        self.settings, self.restarts, self.now = Settings(), 0, NIGHT
        self.runner = BackupRunner(
            self.backups,
            lambda: self.settings,
            self.line,
            Bus(),
            self.troubles,
            storage.audit,
            ZoneInfo("Europe/Moscow"),
            "ru",
            self.restart,
            lambda: self.now,
        )

    def restart(self) -> None:
        self.restarts += 1

    async def until_audited(self, count: int) -> list[str]:
        while True:
            found = await self.storage.audit.list(AuditFilter())
            if len(found) >= count:
                return [each.what for each in found]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(module, "WATCH_SECONDS", 0.01)


async def test_the_nightly_one_is_made_once_and_waits_for_the_line(tmp_path: Path, quick: None) -> None:
    storage = await Storage.open(data_dir=tmp_path)
    scene = Scene(storage, tmp_path)
    scene.line.free.clear()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        running = group.create_task(scene.runner.run())
        while scene.runner.job is None:  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.01)
        assert await scene.backups.archives() == ()
        scene.line.free.set()
        assert await scene.until_audited(1) == ["backup.created"]
        assert not await scene.runner._nightly_is_due()
        scene.now += 86400
        assert await scene.until_audited(2) == ["backup.created"] * 2
        running.cancel()
    assert [each.kind for each in await scene.backups.archives()] == ["nightly", "nightly"]
    await storage.close()


async def test_a_nightly_one_that_fails_raises_an_alert_and_the_next_good_one_clears_it(
    tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = await Storage.open(data_dir=tmp_path)
    scene = Scene(storage, tmp_path)

    async def broken(*_: Any, **__: Any) -> dict[str, Any]:
        raise BackupError("the stick is not there")

    with monkeypatch.context() as spoilt:
        spoilt.setattr(scene.backups, "create", broken)
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            running = group.create_task(scene.runner.run())
            while "backup.failed" not in scene.troubles.codes:  # noqa: ASYNC110 (nothing tells of it)
                await asyncio.sleep(0.01)
            running.cancel()
    assert scene.troubles.codes == {"backup.no_key": "", "backup.failed": "the stick is not there"}
    assert not await scene.runner._nightly_is_due()  # not every five minutes again
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        running = group.create_task(scene.runner.run())
        scene.runner.create("owner", recordings=False)
        with pytest.raises(Busy):
            scene.runner.create("owner", recordings=False)
        await scene.until_audited(1)
        running.cancel()
    assert scene.troubles.codes == {"backup.no_key": ""}
    scene.backups.keys.new_kit()
    await scene.runner.look_for_key()
    assert scene.troubles.codes == {}
    await storage.close()


async def test_while_a_call_runs_the_job_stands_still(tmp_path: Path, quick: None) -> None:
    storage = await Storage.open(data_dir=tmp_path)
    scene = Scene(storage, tmp_path)
    scene.settings = Settings(nightly=False)
    scene.line.state = "talking"
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        running = group.create_task(scene.runner.run())
        job = scene.runner.create("owner", recordings=False)
        while scene.backups._child is None:  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.01)
        stat = Path(f"/proc/{scene.backups._child.pid}/stat")
        while stat.read_text().rpartition(")")[2].split()[0] != "T":  # noqa: ASYNC110 (nothing tells of it)
            await asyncio.sleep(0.01)
        assert job.state == "running"
        scene.line.state = "idle"
        await scene.until_audited(1)
        running.cancel()
    assert job.state == "done"
    await storage.close()
