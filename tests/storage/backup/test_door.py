"""Backups from the event loop, through the child."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from storage.backup.door import Backups
from storage.backup.errors import BackupError, Busy, WrongKey
from storage.errors import NotFound
from tests.storage.backup.conftest import AT, Folder, names, nothing

DAY = 86400.0


def door(folder: Folder, place: Path | None = None) -> Backups:
    return Backups(folder.path, folder.path / "secretary.db", place, "0.1.0")


async def test_one_is_made_listed_verified_and_removed(folder: Folder) -> None:
    backups, steps = door(folder), []
    made = await backups.create("manual", AT, lambda step, part: steps.append((step, part)), recordings=True)
    (listed,) = await backups.archives()
    assert (listed.name, listed.kind, listed.made, listed.trouble) == (made["name"], "manual", AT, None)
    assert listed.about["recordings"] == 2
    assert (await backups.verify(made["name"], "", nothing))["entries"][0] == "secretary.db"
    assert steps
    assert all(0 <= part <= 1 for _, part in steps)
    await backups.remove(made["name"])
    assert await backups.archives() == ()
    with pytest.raises(NotFound):
        await backups.remove(made["name"])


async def test_nightly_ones_make_room_for_each_other(folder: Folder) -> None:
    backups = door(folder)
    for day in range(3):
        done = await backups.create("nightly", AT + day * DAY, nothing, recordings=False, daily=2, weekly=1)
    assert len(done["removed"]) == 1
    assert len(await backups.archives()) == 2


async def test_a_stick_that_is_not_there_is_told(folder: Folder, tmp_path: Path) -> None:
    backups = door(folder, tmp_path / "stick")
    with pytest.raises(BackupError, match="plugged in"):
        await backups.create("manual", AT, nothing, recordings=False)
    with pytest.raises(BackupError, match="plugged in"):
        await backups.archives()
    (tmp_path / "stick").mkdir()
    await backups.create("manual", AT, nothing, recordings=False)
    assert len(names(tmp_path / "stick")) == 1


async def test_one_job_at_a_time(folder: Folder) -> None:
    backups = door(folder)
    first = asyncio.create_task(backups.create("manual", AT, nothing, recordings=False))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await backups.verify("x", "", nothing)
    await first


async def test_one_that_is_called_off_leaves_nothing(folder: Folder) -> None:
    backups = door(folder)
    backups.pause(True)  # the child stands still from its start
    task = asyncio.create_task(backups.create("manual", AT, nothing, recordings=False))
    while backups._child is None:  # noqa: ASYNC110 (nothing tells of it)
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert names(folder.path / "backups") == []
    backups.pause(False)
    await backups.create("manual", AT, nothing, recordings=False)


async def test_a_child_that_dies_is_an_error_and_not_silence(folder: Folder) -> None:
    backups = door(folder)
    backups.pause(True)
    task = asyncio.create_task(backups.create("manual", AT, nothing, recordings=False))
    while backups._child is None:  # noqa: ASYNC110 (nothing tells of it)
        await asyncio.sleep(0)
    os.kill(backups._child.pid, signal.SIGKILL)
    with pytest.raises(BackupError, match="died"):
        await task


async def test_an_archive_of_another_box_needs_its_kit(folder: Folder, tmp_path: Path) -> None:
    other = Folder(tmp_path / "other")
    kit = other.keys.new_kit()
    archive = other.back_up()
    (folder.path / "backups" / archive.name).write_bytes(archive.read_bytes())
    backups = door(folder)
    (listed,) = await backups.archives()
    assert "key" in str(listed.trouble)
    with pytest.raises(WrongKey):
        await backups.stage(archive.name, "", nothing)
    staged = await backups.stage(archive.name, kit.secret, nothing)
    assert staged["entries"][0] == "secretary.db"
