"""The door: what is kept, in what order, and what is refused."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import threading
import wave
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from storage.database import open_database
from storage.errors import AlreadyRunning, DiskFull, NotFound, StorageError, WrongState
from storage.records import HeardWord, Latency, TurnRecord
from storage.schema import rows_of
from storage.store import Reader, Storage

URL = "sqlite:///secretary.db"
MOSCOW = timezone(timedelta(hours=3))
NOON = 1_795_341_600.0  # 2026-11-22 10:00 UTC
CALLER = TurnRecord(
    "caller",
    "до скольки вы работаете",
    1.0,
    2.5,
    "caller",
    0.98,
    words=(HeardWord("до", 1.0, 1.1, 1.0), HeardWord("скольки", 1.1, 1.5, 0.9)),
)
SECRETARY = TurnRecord(
    "secretary",
    "Мы работаем",
    3.0,
    4.0,
    "faq",
    interrupted=True,
    detail="hours 100",
    latency=Latency(stt=12.5, total=410),
)


async def test_a_call_comes_back_as_it_was_kept(store: Storage) -> None:
    call = await store.begin("line1", "in", "+79001234567", "shown", NOON)
    await store.answered(call.id, NOON + 2, "recordings/a.wav", "default@1")
    await store.add_turn(call.id, CALLER)
    await store.add_turn(call.id, SECRETARY)
    done = await store.finish(call.id, NOON + 30, "answered", "caller", "Спросил про часы работы", 28.0)
    assert done == await store.call(call.id)
    assert done.turns == (CALLER, SECRETARY)
    assert (done.line, done.answered, done.ended, done.outcome) == ("line1", NOON + 2, NOON + 30, "answered")
    assert (done.recording, done.recorded_seconds, done.flow) == ("recordings/a.wav", 28.0, "default@1")


async def test_a_hidden_number_stays_none(store: Storage) -> None:
    call = await store.begin("line1", "in", None, "withheld", NOON)
    assert (await store.call(call.id)).number is None


async def test_recent_pages_backwards_and_filters(store: Storage) -> None:
    ids = []
    for n in range(5):
        call = await store.begin("line1", "in", None, "withheld", NOON + n)
        await store.finish(call.id, NOON + n + 1, "missed" if n % 2 else "answered", "caller")
        ids.append(call.id)
    assert [c.id for c in await store.recent(2)] == [ids[4], ids[3]]
    assert [c.id for c in await store.recent(2, before_id=ids[3])] == [ids[2], ids[1]]
    assert [c.id for c in await store.recent(outcome="missed")] == [ids[3], ids[1]]
    assert await store.recent(-1) == ()


@pytest.mark.parametrize("method", ["answered", "finish"])
async def test_a_call_that_is_over_is_not_changed(store: Storage, method: str) -> None:
    call = await store.begin("line1", "in", None, "withheld", NOON)
    done = await store.finish(call.id, NOON, "missed", "caller")
    with pytest.raises(WrongState):
        await (store.answered(call.id, NOON) if method == "answered" else store.finish(call.id, NOON, "failed", "x"))
    assert await store.call(call.id) == done


async def test_a_late_turn_is_kept_after_the_end(store: Storage) -> None:
    call = await store.begin("line1", "in", None, "withheld", NOON)
    await store.finish(call.id, NOON, "missed", "caller")
    await store.add_turn(call.id, CALLER)
    assert (await store.call(call.id)).turns == (CALLER,)


async def test_unknown_rows_are_named(store: Storage) -> None:
    for coro in (
        store.call(7),
        store.answered(7, NOON),
        store.add_turn(7, CALLER),
        store.finish(7, NOON, "missed", "caller"),
        store.add_message(7, NOON, "", "", "x"),
        store.mark_handled(7),
    ):
        with pytest.raises(NotFound, match="7"):
            await coro


async def test_a_made_up_outcome_or_direction_is_refused(store: Storage) -> None:
    with pytest.raises(StorageError, match="sideways"):
        await store.begin("line1", "sideways", None, "", NOON)
    call = await store.begin("line1", "out", "112", "", NOON)
    with pytest.raises(StorageError, match="fine"):
        await store.finish(call.id, NOON, "fine", "caller")
    assert (await store.call(call.id)).ended is None


async def test_a_clock_set_back_never_ends_a_call_before_it_began(store: Storage) -> None:
    call = await store.begin("line1", "in", None, "", NOON)
    assert (await store.answered(call.id, NOON - 3600)).answered == NOON
    assert (await store.finish(call.id, NOON - 3600, "answered", "caller")).ended == NOON


async def test_messages_are_listed_newest_first_and_handled(store: Storage) -> None:
    call = await store.begin("line2", "in", None, "", NOON)
    first = await store.add_message(call.id, NOON, "Иван", "+79121234567", "договор подписан")
    second = await store.add_message(call.id, NOON + 1, "", "", "перезвоните")
    assert first.line == "line2"
    assert await store.messages() == (second, first)
    assert (await store.mark_handled(first.id)).handled
    assert [m.id for m in await store.messages(handled=False)] == [second.id]
    assert [m.id for m in await store.messages(handled=True)] == [first.id]


async def test_stats_count_from_the_given_moment(store: Storage) -> None:
    for at, outcome in ((NOON - 1, "missed"), (NOON, "answered"), (NOON + 1, "message"), (NOON + 2, "missed")):
        call = await store.begin("line1", "in", None, "", at)
        if outcome == "message":
            await store.add_message(call.id, at, "", "", "x")
        await store.finish(call.id, at, outcome, "caller")
    await store.begin("line1", "in", None, "", NOON + 3)
    stats = await store.stats(NOON)
    assert (stats.calls, stats.answered, stats.missed, stats.messages, stats.unhandled) == (4, 2, 1, 1, 1)


async def test_a_second_instance_is_refused_with_the_pid_of_the_first(store: Storage) -> None:
    with pytest.raises(AlreadyRunning, match=str(os.getpid())):
        await Storage.open(URL, store.data_dir)
    await store.begin("line1", "in", None, "", NOON)  # and the first goes on


async def test_directories_and_files_are_private(store: Storage) -> None:
    recorder = store.recorder(NOON, None, MOSCOW)
    recorder.close()
    assert store.data_dir.stat().st_mode & 0o777 == 0o700
    assert recorder.path.parent.stat().st_mode & 0o777 == 0o700
    assert recorder.path.stat().st_mode & 0o777 == 0o600
    assert (store.data_dir / "secretary.db").stat().st_mode & 0o777 == 0o600


async def test_a_reader_sees_what_is_written_and_can_write_nothing(store: Storage) -> None:
    reader = await Reader.open(URL, store.data_dir)
    try:
        call = await store.begin("line1", "in", None, "", NOON)
        assert await reader.call(call.id) == await store.call(call.id)
        with pytest.raises(StorageError, match="readonly"):
            await reader.run(reader._calls.begin, "line1", "in", None, "", NOON)
    finally:
        await reader.close()


async def test_a_reader_without_a_database_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="unable to open"):
        await Reader.open(URL, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["", "postgres://x/y", "sqlite:///", "sqlite:///:memory:", "sqlite:///a?mode=ro"])
async def test_urls_that_name_no_file_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(StorageError, match="url"):
        await Storage.open(url, tmp_path)
    await (await Storage.open(URL, tmp_path)).close()  # the lock was let go


async def test_a_full_disk_is_told_and_what_was_acknowledged_stays(store: Storage) -> None:
    call = await store.begin("line1", "in", None, "", NOON)
    pages = int(await store.run(lambda: store._db.pragma("page_count")))
    await store.run(lambda: store._db.pragma("max_page_count", pages + 2))
    long = TurnRecord("caller", "слово " * 2000, 0, 1, "caller")
    kept = 0

    async def fill() -> None:
        nonlocal kept
        for _ in range(100):
            await store.add_turn(call.id, long)
            kept += 1

    with pytest.raises(DiskFull):
        await fill()
    await store.run(lambda: store._db.pragma("max_page_count", pages + 100))
    assert len((await store.call(call.id)).turns) == kept
    await store.add_turn(call.id, long)


async def test_what_was_asked_for_is_kept_although_the_asker_was_cancelled(store: Storage) -> None:
    call = await store.begin("line1", "in", None, "", NOON)
    started = asyncio.Event()
    loop = asyncio.get_running_loop()
    go = threading.Event()

    def hold() -> None:
        loop.call_soon_threadsafe(started.set)
        go.wait(10)

    async with asyncio.TaskGroup() as group:
        group.create_task(store.run(hold))
        await started.wait()
        asker = group.create_task(store.finish(call.id, NOON + 1, "missed", "caller"))
        await asyncio.sleep(0)
        asker.cancel()
        await asyncio.sleep(0)
        go.set()
    assert asker.cancelled()
    assert (await store.call(call.id)).outcome == "missed"


async def test_a_closed_storage_refuses(tmp_path: Path) -> None:
    store = await Storage.open(URL, tmp_path)
    await store.close()
    with pytest.raises(StorageError, match="closed"):
        await store.recent()


async def test_calls_left_open_by_a_crash_are_ended_with_what_is_known(tmp_path: Path) -> None:
    store = await Storage.open(URL, tmp_path)
    recorder = store.recorder(NOON, "+79001234567", MOSCOW)
    for _ in range(100):
        recorder.write(bytes(320), bytes(320))
    recorder.close()
    with recorder.path.open("r+b") as file:  # as a power cut leaves it: sizes of a while ago, half a sample at the end
        file.seek(40)
        file.write(b"\0\0\0\0")
        file.truncate(44 + 32_000 + 1)
    rang = await store.begin("line1", "in", None, "", NOON)
    talked = await store.begin("line1", "in", "+79001234567", "", NOON)
    await store.answered(talked.id, NOON + 5, recorder.path, "default@1")
    left = await store.begin("line1", "in", None, "", NOON)
    await store.answered(left.id, NOON + 5, "recordings/gone.wav", "default@1")
    await store.add_turn(left.id, CALLER)
    await store.add_message(left.id, NOON + 9, "", "", "x")
    over = await store.begin("line1", "in", None, "", NOON)
    await store.finish(over.id, NOON + 1, "blocked", "secretary")

    closed = await store.close_open(NOON + 9999, MOSCOW)

    assert [(c.id, c.outcome, c.end_cause) for c in closed] == [
        (rang.id, "missed", "crash"),
        (talked.id, "failed", "crash"),
        (left.id, "message", "crash"),
    ]
    assert (closed[1].ended, closed[1].recorded_seconds) == (NOON + 6, 1.0)
    assert closed[2].ended == NOON + 5 + 2.5
    assert await store.close_open(NOON + 9999, MOSCOW) == ()
    with wave.open(str(recorder.path)) as wav:
        assert wav.getnframes() == 8000
    assert json.loads(recorder.path.with_suffix(".json").read_text())["outcome"] == "failed"
    await store.close()


async def test_a_clean_stop_is_not_checked_and_an_unclean_one_is(tmp_path: Path) -> None:
    await (await Storage.open(URL, tmp_path)).close()
    store = await Storage.open(URL, tmp_path)
    assert not store.unclean
    await store.close()
    (tmp_path / ".lock").write_text("4711\n")
    store = await Storage.open(URL, tmp_path)
    assert (store.unclean, store.notice) == (True, "")
    await store.close()


@pytest.mark.parametrize("harm", ["middle", "header"])
async def test_a_damaged_database_is_set_aside_and_the_box_goes_on(tmp_path: Path, harm: str) -> None:
    store = await Storage.open(URL, tmp_path)
    for _ in range(50):
        await store.begin("line1", "in", "+79001234567" * 10, "", NOON)
    await store.close()
    path = tmp_path / "secretary.db"
    content = bytearray(path.read_bytes())
    if harm == "middle":
        content[4096:] = os.urandom(len(content) - 4096)
    else:
        content[:100] = b"\xff" * 100
    path.write_bytes(content)
    (tmp_path / ".lock").write_text("4711\n")
    store = await Storage.open(URL, tmp_path)
    assert "damaged" in store.notice
    assert await store.recent() == ()
    assert next(tmp_path.glob("secretary.db.damaged-*")).read_bytes() == content
    await store.close()


def test_what_was_acknowledged_survives_kill_minus_nine(tmp_path: Path) -> None:
    data = tmp_path / "data"
    child = subprocess.Popen(
        [sys.executable, "tests/storage/writer_child.py", str(data)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert child.stdout is not None
    with child:
        for _ in range(3):
            call_id, turns, seconds = child.stdout.readline().split()
        child.kill()

    async def reopen() -> None:
        store = await Storage.open(URL, data)
        assert store.unclean
        assert store.notice == ""
        call = await store.call(int(call_id))
        assert len(call.turns) >= int(turns)
        wav_path = store.recording_path(call)
        with wave.open(str(wav_path)) as wav:  # as it lies there, not repaired
            assert wav.getnframes() / wav.getframerate() >= float(seconds) - 1.0
        (closed,) = await store.close_open(1e9, MOSCOW)
        assert closed.recorded_seconds >= float(seconds)
        await store.close()

    asyncio.run(reopen())


async def test_commits_are_synced_to_the_disk(store: Storage) -> None:
    pragmas = await store.run(lambda: [store._db.pragma(p) for p in ("journal_mode", "synchronous", "foreign_keys")])
    assert pragmas == ["wal", 2, 1]


async def test_row_classes_and_migrations_agree(tmp_path: Path) -> None:
    """The tables that the rows would create are the ones that the migrations made."""
    await (await Storage.open(URL, tmp_path)).close()
    fresh = open_database("sqlite:///fresh.db", tmp_path)
    rows = rows_of(fresh)
    fresh.create_tables([rows.call, rows.turn, rows.message])
    fresh.close()
    shapes = []
    for name in ("fresh.db", "secretary.db"):
        with sqlite3.connect(tmp_path / name) as raw:
            # what a later migration adds has its default in the table itself
            columns = 'select name, type, "notnull", pk from pragma_table_info(?)'
            shapes.append([raw.execute(columns, (table,)).fetchall() for table in ("call", "turn", "message")])
        raw.close()
    assert shapes[0] == shapes[1]
    assert all(shapes[0])


async def test_looking_after_an_idle_box_writes_nothing(store: Storage) -> None:
    await store.search.step()
    log = store.data_dir / "secretary.db-wal"
    before = (log.stat().st_size, log.stat().st_mtime_ns)
    for _ in range(3):
        await store.search.step()
        await store.audio.outline_one()
    assert (log.stat().st_size, log.stat().st_mtime_ns) == before
