"""Call-backs that were asked for, what was dialled, and what is known of the SIM."""

import sqlite3
from pathlib import Path

import pytest
import pytest_asyncio

from storage.audit.records import AuditFilter
from storage.errors import NotFound, StorageError
from storage.outgoing.records import DIALLING, DONE, DROPPED, FAILED, OPEN, SimFact
from storage.store import Storage

NUMBER = "+79161234567"


@pytest_asyncio.fixture
async def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    opened = await Storage.open("sqlite:///secretary.db", tmp_path / "data")
    yield opened
    await opened.close()


async def call_of(store: Storage, number: str | None = NUMBER, presentation: str = "presented", way: str = "in") -> int:
    return (await store.begin("line1", way, number, presentation, 100.0)).id


async def test_a_call_back_goes_to_the_number_that_the_network_presented(store: Storage) -> None:
    call = await call_of(store)
    task = await store.outgoing.call_back(call, 110.0, "по поводу заказа, мой номер 8 900 000-00-00")
    assert (task.number, task.state, task.call_id, task.line) == (NUMBER, OPEN, call, "line1")


@pytest.mark.parametrize(
    ("number", "presentation", "way"),
    [(None, "withheld", "in"), (NUMBER, "withheld", "in"), (NUMBER, "malformed", "in"), (NUMBER, "presented", "out")],
)
async def test_without_a_presented_number_there_is_no_call_back(
    store: Storage, number: str | None, presentation: str, way: str
) -> None:
    call = await call_of(store, number, presentation, way)
    with pytest.raises(StorageError, match="no number"):
        await store.outgoing.call_back(call, 110.0)
    assert await store.outgoing.tasks() == ()


async def test_an_unknown_call_has_no_call_back(store: Storage) -> None:
    with pytest.raises(NotFound):
        await store.outgoing.call_back(7, 110.0)


async def test_a_second_wish_of_one_caller_is_one_task(store: Storage) -> None:
    first = await store.outgoing.call_back(await call_of(store), 110.0, "заказ")
    again = await store.outgoing.call_back(await call_of(store), 120.0, "после шести")
    other = await store.outgoing.call_back(await call_of(store, "+74951234567"), 130.0)
    assert again.id == first.id
    assert again.wish == "заказ; после шести"
    assert [task.id for task in await store.outgoing.tasks()] == [other.id, first.id]
    await store.outgoing.close_task(first.id, DONE, "owner", "console")
    third = await store.outgoing.call_back(await call_of(store), 140.0)
    assert third.id not in (first.id, other.id)


async def test_an_attempt_is_counted_and_what_came_of_it_is_kept(store: Storage) -> None:
    task = await store.outgoing.call_back(await call_of(store), 110.0)
    begun = await store.outgoing.begin(task.id, 200.0)
    assert (begun.state, begun.attempts, begun.tried) == (DIALLING, 1, 200.0)
    settled = await store.outgoing.settle_task(task.id, FAILED, "busy", 9)
    assert (settled.state, settled.result, settled.answered_by) == (FAILED, "busy", 9)
    assert await store.outgoing.tasks((OPEN,)) == ()
    assert [each.id for each in await store.outgoing.tasks((OPEN, FAILED))] == [task.id]


async def test_what_the_owner_closed_during_an_attempt_stays_closed(store: Storage) -> None:
    task = await store.outgoing.call_back(await call_of(store), 110.0)
    await store.outgoing.begin(task.id, 200.0)
    await store.outgoing.close_task(task.id, DROPPED, "owner", "console")
    assert (await store.outgoing.settle_task(task.id, OPEN, "busy", None)).state == DROPPED


async def test_the_owners_word_on_a_task_is_in_the_audit(store: Storage) -> None:
    task = await store.outgoing.call_back(await call_of(store), 110.0)
    await store.outgoing.close_task(task.id, DONE, "uid:0", "console")
    (entry,) = await store.audit.list(AuditFilter(kind="task"))
    assert (entry.what, entry.target, entry.who) == ("task.done", f"task:{task.id}", "uid:0")
    with pytest.raises(NotFound):
        await store.outgoing.close_task(99, DONE, "uid:0", "console")


async def test_what_a_crash_left_in_the_middle_is_open_again(store: Storage) -> None:
    task = await store.outgoing.call_back(await call_of(store), 110.0)
    await store.outgoing.begin(task.id, 200.0)
    assert await store.outgoing.reopen() == 1
    assert (await store.outgoing.task(task.id)).state == OPEN


async def test_a_call_counts_with_all_it_may_last_until_it_is_known(store: Storage) -> None:
    usage = store.outgoing
    assert await usage.used(0.0) == (0, 0.0)
    entry = await usage.reserve(1000.0, "line1", NUMBER, 600.0)
    assert await usage.used(500.0) == (1, 600.0)
    assert await usage.last_call() is None
    await usage.settle(entry, 42.5)
    assert await usage.used(500.0) == (1, 42.5)
    assert await usage.last_call() == 1000.0
    assert await usage.used(1000.5) == (0, 0.0)
    with pytest.raises(NotFound):
        await usage.settle(99, 1.0)


async def test_counters_survive_a_crash(tmp_path: Path) -> None:
    first = await Storage.open("sqlite:///secretary.db", tmp_path / "data")
    await first.outgoing.reserve(1000.0, "line1", NUMBER, 600.0)
    with sqlite3.connect(tmp_path / "data" / "secretary.db") as another:  # what is on the disk, whoever wrote it
        assert another.execute("select count(*) from dial_usage").fetchone() == (1,)
    another.close()
    await first.close()
    second = await Storage.open("sqlite:///secretary.db", tmp_path / "data")
    assert await second.outgoing.used(0.0) == (1, 600.0)
    await second.close()


async def test_a_fact_of_the_sim_takes_the_place_of_the_one_before(store: Storage) -> None:
    await store.outgoing.note("balance", "152.30", 10.0)
    await store.outgoing.note("balance", "99.00", 20.0)
    assert await store.outgoing.sim() == {"balance": SimFact("99.00", 20.0)}
