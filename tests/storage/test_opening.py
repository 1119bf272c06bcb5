"""A damaged database gives way to the newest good backup, and the calls since then are found again."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest

from storage.backup.door import Backups
from storage.errors import DatabaseDamaged
from storage.records import Latency, TurnRecord
from storage.store import Storage


def quiet(_: str, __: float) -> None:
    """Nobody follows."""


async def kept_call(store: Storage, at: float, text: str) -> int:
    recorder = store.recorder(at, "+79001234567", UTC)
    recorder.write(b"\1\0" * 160, b"\0\0" * 160)
    call = await store.begin("line1", "in", "+79001234567", "shown", at)
    await store.answered(call.id, at + 1, recorder.path, "default@1")
    latency = Latency(endpoint=300.0, total=800.0)
    await store.add_turn(call.id, TurnRecord("caller", text, 0.0, 1.0, "caller", 0.9, latency=latency))
    await store.add_message(call.id, at + 1, "Анна", "+79123456789", f"дело: {text}")
    done = await store.finish(call.id, at + 2, "message", "caller", f"итог: {text}", recorder.close().seconds)
    await store.write_sidecar(done, UTC)
    return call.id


def spoil(data_dir: Path) -> None:
    path = data_dir / "secretary.db"
    body = bytearray(path.read_bytes())
    for at in range(4096, len(body), 4096):
        body[at : at + 64] = b"\xff" * 64
    path.write_bytes(body)


def spoil_table(data_dir: Path, table: str) -> None:
    """One that the start does not read."""
    path = data_dir / "secretary.db"
    with closing(sqlite3.connect(path)) as database:
        (root,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    body = bytearray(path.read_bytes())
    body[(root - 1) * 4096 : root * 4096] = b"\xff" * 4096
    path.write_bytes(body)


async def unclean(store: Storage, data_dir: Path) -> None:
    """Closed, and marked as if it had not been."""
    await store.close()
    (data_dir / ".lock").write_text("1\n")


def backups(data_dir: Path) -> Backups:
    return Backups(data_dir, data_dir / "secretary.db", None, "0.1.0")


async def test_the_newest_good_backup_takes_the_place_of_a_damaged_database(tmp_path: Path) -> None:
    store = await Storage.open(data_dir=tmp_path)
    await kept_call(store, 1000.0, "до копии")
    door = backups(tmp_path)
    good = await door.create("nightly", 1_795_000_000.0, quiet, recordings=False)
    later = await door.create("nightly", 1_795_100_000.0, quiet, recordings=False)
    await kept_call(store, 2000.0, "после копии")
    (tmp_path / "settings.toml").write_text("# edited after the backup\n")
    await unclean(store, tmp_path)
    spoil(tmp_path)
    spoilt = Path(later["path"]).read_bytes()
    Path(later["path"]).write_bytes(spoilt[:-10])

    store = await Storage.open(data_dir=tmp_path)
    calls = [await store.call(call.id) for call in await store.recent()]
    assert store.restored == good["name"]
    assert store.damaged
    assert "1 calls were found again" in store.notice
    assert [call.turns[0].text for call in calls] == ["после копии", "до копии"]
    assert calls[0].turns[0].latency == Latency(endpoint=300.0, total=800.0)
    assert (calls[0].began, calls[0].outcome, calls[0].summary) == (2000.0, "message", "итог: после копии")
    messages = await store.messages()
    assert [(each.call_id, each.matter) for each in messages] == [
        (calls[0].id, "дело: после копии"),
        (calls[1].id, "дело: до копии"),
    ]
    assert (messages[0].name, messages[0].taken, messages[0].handled) == ("Анна", 2001.0, False)
    assert calls[0].recording
    assert store.recording_path(calls[0]).exists()
    assert len(list(tmp_path.glob("secretary.db.damaged-*"))) == 1
    assert (tmp_path / "settings.toml").read_text() == "# edited after the backup\n"
    await store.close()
    store = await Storage.open(data_dir=tmp_path)
    assert (store.notice, store.restored, len(await store.recent())) == ("", "", 2)
    await store.close()


async def test_damage_is_found_after_a_clean_stop_too(tmp_path: Path) -> None:
    store = await Storage.open(data_dir=tmp_path)
    await kept_call(store, 1000.0, "один")
    await store.close()
    spoil_table(tmp_path, "turn")
    store = await Storage.open(data_dir=tmp_path)
    assert store.damaged
    assert [call.summary for call in await store.recent()] == ["итог: один"]
    await store.close()


async def test_damage_that_shows_while_the_box_runs_is_looked_for_at_the_next_start(tmp_path: Path) -> None:
    def damaged() -> None:
        raise DatabaseDamaged("rotten")

    store = await Storage.open(data_dir=tmp_path)
    with pytest.raises(DatabaseDamaged):
        await store.run(damaged)
    await store.close()
    assert (tmp_path / ".lock").read_text()  # the mark of a stop that was not clean


async def test_without_a_backup_a_new_one_is_begun_and_the_calls_are_found_again(tmp_path: Path) -> None:
    store = await Storage.open(data_dir=tmp_path)
    await kept_call(store, 1000.0, "один")
    await unclean(store, tmp_path)
    spoil(tmp_path)
    store = await Storage.open(data_dir=tmp_path)
    assert store.damaged
    assert store.restored == ""
    assert [call.summary for call in await store.recent()] == ["итог: один"]
    await store.close()


async def test_a_database_that_is_gone_comes_back_from_its_backup(tmp_path: Path) -> None:
    store = await Storage.open(data_dir=tmp_path)
    await kept_call(store, 1000.0, "один")
    await backups(tmp_path).create("nightly", 1_795_000_000.0, quiet, recordings=False)
    await store.close()
    for path in tmp_path.glob("secretary.db*"):
        path.unlink()
    store = await Storage.open(data_dir=tmp_path)
    assert "it is missing" in store.notice
    assert len(await store.recent()) == 1
    await store.close()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"format": "secretary-box call"}', b"\xff", json.dumps({"turns": [1]}).encode()],
)
async def test_a_strange_json_beside_a_recording_is_left_alone(tmp_path: Path, content: bytes) -> None:
    store = await Storage.open(data_dir=tmp_path)
    await kept_call(store, 1000.0, "один")
    await unclean(store, tmp_path)
    spoil(tmp_path)
    next(tmp_path.glob("recordings/*/*.json")).write_bytes(content)
    store = await Storage.open(data_dir=tmp_path)
    assert await store.recent() == ()
    await store.close()


async def test_what_was_compressed_since_the_backup_is_neither_lost_nor_doubled(tmp_path: Path) -> None:
    store = await Storage.open(data_dir=tmp_path)
    await kept_call(store, 1000.0, "до копии")
    await backups(tmp_path).create("nightly", 1_795_000_000.0, quiet, recordings=False)
    await kept_call(store, 2000.0, "после копии")
    while await store.audio.pack_one("flac", UTC, 1e10):
        pass
    await unclean(store, tmp_path)
    spoil(tmp_path)
    store = await Storage.open(data_dir=tmp_path)
    calls = await store.recent()
    assert [call.summary for call in calls] == ["итог: после копии", "итог: до копии"]
    assert all(store.recording_path(call).suffix == ".flac" and store.recording_path(call).is_file() for call in calls)
    assert len(await store.messages()) == 2
    assert not await store.audio.pack_one("opus", UTC, 1e10)
    await store.close()
