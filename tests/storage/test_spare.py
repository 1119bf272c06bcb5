"""Room kept free on the disk: held, given up when there is no other, taken again."""

from pathlib import Path

import pytest

from storage.errors import DiskFull
from storage.spare import MOST_BYTES, NAME, SpareRoom
from storage.store import Storage
from storage.thread import JOBS_BETWEEN, StorageThread

URL = "sqlite:///secretary.db"


async def test_a_full_disk_gets_the_spare_room_and_the_job_is_done(tmp_path: Path) -> None:
    spare = SpareRoom(tmp_path)
    thread = StorageThread(spare)
    tries = []

    def write() -> str:
        tries.append(spare.held)
        if spare.held:
            raise DiskFull("no space left for the database")
        return "kept"

    assert await thread.run(write) == "kept"
    assert tries == [True, False]
    await thread.close()


async def test_where_that_does_not_help_either_it_is_told(tmp_path: Path) -> None:
    thread = StorageThread(SpareRoom(tmp_path))

    def write() -> None:
        raise DiskFull("no space left for the database")

    for _ in range(2):
        with pytest.raises(DiskFull):
            await thread.run(write)
    await thread.close()


async def test_it_is_taken_again_some_jobs_later(tmp_path: Path) -> None:
    spare = SpareRoom(tmp_path)
    thread = StorageThread(spare)
    await thread.run(int)
    assert (tmp_path / NAME).stat().st_size == MOST_BYTES
    spare.give_up()
    for _ in range(JOBS_BETWEEN):
        assert not spare.held
        await thread.run(int)
    await thread.run(int)
    assert spare.held
    await thread.close()


@pytest.mark.parametrize("wanted", [False, True])
async def test_only_who_asks_for_it_holds_room(tmp_path: Path, wanted: bool) -> None:
    store = await Storage.open(URL, tmp_path, spare=wanted)
    assert (tmp_path / NAME).exists() is wanted
    await store.close()


def test_a_folder_that_cannot_hold_it_is_no_reason_to_stop(tmp_path: Path) -> None:
    spare = SpareRoom(tmp_path / "missing")
    spare.take()
    assert not spare.held
    assert not spare.give_up()


def test_what_a_cut_off_start_left_empty_is_filled(tmp_path: Path) -> None:
    (tmp_path / NAME).touch()
    spare = SpareRoom(tmp_path)
    assert not spare.held
    spare.take()
    assert spare.held


def test_what_lies_there_under_its_name_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    (tmp_path / NAME).symlink_to(precious)
    SpareRoom(tmp_path).take()
    assert not precious.exists()
