"""The audit's chain shows every tampering."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from storage.audit.door import STEP
from storage.audit.log import CHECKPOINT, HEAD, AuditLog
from storage.audit.records import AuditFilter, Deed
from storage.database import open_database
from storage.errors import StorageError
from storage.migrate import migrate
from storage.store import Storage

URL = "sqlite:///secretary.db"
COUNT = 6


async def filled(data_dir: Path, count: int = COUNT) -> Storage:
    store = await Storage.open(URL, data_dir)
    for number in range(1, count + 1):
        await store.audit.add(
            who="owner",
            where="console",
            what="contact.edited",
            target=f"contact:{number}",
            before={"name": "Иван"},
            after={"name": "Пётр"},
        )
    return store


def meta(raw: sqlite3.Connection, key: str, **changed: object) -> None:
    (text,) = raw.execute("select value from meta where key = ?", (key,)).fetchone()
    raw.execute("update meta set value = ? where key = ?", (json.dumps(json.loads(text) | changed), key))


Tamper = Callable[[sqlite3.Connection], object]
TAMPERINGS: list[tuple[str, Tamper, str, int]] = [
    ("another person did it", lambda raw: raw.execute("update audit set who = 'x' where id = 3"), "edited", 3),
    ("from elsewhere", lambda raw: raw.execute("update audit set \"where\" = 'x' where id = 3"), "edited", 3),
    ("something else was done", lambda raw: raw.execute("update audit set what = 'x' where id = 3"), "edited", 3),
    ("at another time", lambda raw: raw.execute("update audit set at = at + 1e-6 where id = 3"), "edited", 3),
    (
        "other details",
        lambda raw: raw.execute("update audit set body = replace(body, 'Иван', 'Анна') where id = 3"),
        "edited",
        3,
    ),
    ("another salt", lambda raw: raw.execute("update audit set salt = 'ab' where id = 3"), "edited", 3),
    ("another digest", lambda raw: raw.execute("update audit set digest = 'ab' where id = 3"), "edited", 3),
    ("details removed", lambda raw: raw.execute("update audit set body = null where id = 3"), "unaccounted", 3),
    ("another hash", lambda raw: raw.execute("update audit set hash = 'ab' where id = 3"), "edited", 3),
    ("deleted in the middle", lambda raw: raw.execute("delete from audit where id = 3"), "missing", 3),
    ("two deleted", lambda raw: raw.execute("delete from audit where id in (3, 4)"), "missing", 3),
    ("the first deleted", lambda raw: raw.execute("delete from audit where id = 1"), "missing", 1),
    ("the last deleted", lambda raw: raw.execute(f"delete from audit where id = {COUNT}"), "truncated", COUNT),
    ("all deleted", lambda raw: raw.execute("delete from audit"), "truncated", 1),
    (
        "two exchanged",
        lambda raw: raw.executescript(
            "update audit set id = 99 where id = 3; update audit set id = 3 where id = 4;"
            "update audit set id = 4 where id = 99"
        ),
        "order",
        3,
    ),
    ("the mark of the end removed", lambda raw: raw.execute("delete from meta"), "truncated", COUNT),
    ("the mark of the end set back", lambda raw: meta(raw, HEAD, id=2), "truncated", COUNT),
    ("the mark of the end spoilt", lambda raw: raw.execute("update meta set value = '{'"), "truncated", COUNT),
    (
        "a purge that nobody asked for",
        lambda raw: raw.executescript(
            "insert into meta select 'audit.checkpoint', json_object('id', id, 'hash', hash) from audit where id = 3;"
            "delete from audit where id <= 3"
        ),
        "checkpoint",
        3,
    ),
]


@pytest.mark.parametrize(("name", "tamper", "code", "where"), TAMPERINGS, ids=[row[0] for row in TAMPERINGS])
async def test_tampering_is_found(tmp_path: Path, name: str, tamper: Tamper, code: str, where: int) -> None:
    store = await filled(tmp_path)
    assert (await store.audit.verify()).sound
    await store.close()
    raw = sqlite3.connect(tmp_path / "secretary.db")
    tamper(raw)
    raw.commit()
    raw.close()
    store = await Storage.open(URL, tmp_path)
    verdict = await store.audit.verify()
    assert (verdict.flaws[0].code, verdict.flaws[0].id) == (code, where), verdict
    # Nobody is kept from working by it, and going on does not heal what is missing or edited.
    await store.audit.add(who="owner", where="console", what="call.hung_up")
    if "mark of the end" not in name:
        assert not (await store.audit.verify()).sound
    await store.close()


async def test_a_sound_chain_is_sound_after_a_restart_and_tells_its_head(tmp_path: Path) -> None:
    store = await filled(tmp_path)
    last = await store.audit.add(who="owner", where="web", what="call.hung_up", target="call:1")
    await store.close()
    store = await Storage.open(URL, tmp_path)
    verdict = await store.audit.verify(witness=last.hash[:16])
    assert (verdict.entries, verdict.first, verdict.last, verdict.head) == (COUNT + 1, 1, COUNT + 1, last.hash)
    assert verdict.sound
    await store.close()


async def test_a_chain_that_was_rebuilt_lacks_the_hash_written_down_elsewhere(tmp_path: Path) -> None:
    noted = (await filled(tmp_path / "a")).audit
    witness = (await noted.verify()).head
    rebuilt = await filled(tmp_path / "b")
    verdict = await rebuilt.audit.verify(witness=witness)
    assert [flaw.code for flaw in verdict.flaws] == ["witness"]
    await rebuilt.close()


class Ticking:
    """A clock that goes on by ten seconds with every look."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        self.at += 10.0
        return self.at


@pytest.mark.parametrize(("before", "gone"), [(5.0, 0), (35.0, 3), (1000.0, 6)])
async def test_a_purge_keeps_the_rest_verifiable_and_is_told(tmp_path: Path, before: float, gone: int) -> None:
    database = open_database(URL, tmp_path)
    migrate(database)
    log = AuditLog(database, Ticking())
    for number in range(COUNT):
        log.append(Deed("owner", "console", f"call.{number}"))
    assert log.purge(before, STEP) == gone
    kept = log.list(AuditFilter())
    assert len(kept) == COUNT - gone + (1 if gone else 0)
    if gone:
        assert kept[0].what == "audit.purged"
        assert kept[0].after is not None
        assert (kept[0].after["through"], kept[0].after["count"]) == (gone, gone)
        mark = log.mark(CHECKPOINT)
        assert mark is not None
        assert mark.id == gone
    database.close()
    store = await Storage.open(URL, tmp_path)
    verdict = await store.audit.verify()
    assert verdict.sound, verdict
    assert verdict.first == (gone + 1)
    await store.close()


async def test_a_purge_goes_in_pieces(store: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.audit.door.STEP", 2)
    for number in range(5):
        await store.audit.add(who="owner", where="console", what=f"call.{number}")
    cut = (await store.audit.list(AuditFilter()))[0].at
    assert await store.audit.purge(cut) == 4
    assert (await store.audit.verify()).sound


async def test_erased_details_leave_the_chain_whole_and_are_accounted_for(store: Storage) -> None:
    first = await store.audit.add(
        who="owner", where="console", what="contact.added", target="contact:1", after={"number": "+79161234567"}
    )
    second = await store.audit.add(who="owner", where="console", what="call.hung_up", target="call:1")
    found = await store.run(store.audit.log.mentioning, "+79161234567", 0, 10)
    assert found == (first.id,)
    assert await store.audit.erase([first.id]) == 1
    assert await store.audit.erase([first.id]) == 0
    erased, untouched = (await store.audit.list(AuditFilter(), after=0))[:2]
    assert (erased.erased, erased.target, erased.after) == (True, "", None)
    assert untouched == second
    verdict = await store.audit.verify()
    assert verdict.sound, verdict
    assert verdict.erased == 1


FILTERS: list[tuple[AuditFilter, list[str]]] = [
    (AuditFilter(), ["call.hung_up", "contact.added", "contacts.imported", "contact.edited"]),
    (AuditFilter(kind="contact"), ["contact.added", "contact.edited"]),
    (AuditFilter(kind="contact.edited"), ["contact.edited"]),
    (AuditFilter(kind="cont"), []),
    (AuditFilter(who="anna"), ["contact.added"]),
    (AuditFilter(since=20.0, until=40.0), ["contact.added", "contacts.imported"]),
    (AuditFilter(kind="contact", who="owner"), ["contact.edited"]),
]


@pytest.mark.parametrize(("wanted", "expected"), FILTERS)
def test_the_list_is_filtered_by_date_user_and_kind(tmp_path: Path, wanted: AuditFilter, expected: list[str]) -> None:
    database = open_database(URL, tmp_path)
    migrate(database)
    log = AuditLog(database, Ticking())
    for who, what in [
        ("owner", "call.hung_up"),
        ("anna", "contact.added"),
        ("owner", "contacts.imported"),
        ("owner", "contact.edited"),
    ]:
        log.append(Deed(who, "console", what))
    assert [record.what for record in log.list(wanted, after=0)] == expected
    assert [record.what for record in log.list(wanted)] == expected[::-1]
    database.close()


def test_an_entry_joins_the_transaction_of_its_change(tmp_path: Path) -> None:
    database = open_database(URL, tmp_path)
    migrate(database)
    log = AuditLog(database)
    with database.atomic() as change:
        log.append(Deed("owner", "console", "contact.added"))
        change.rollback()
    assert log.list(AuditFilter()) == ()
    database.close()


@pytest.mark.parametrize("bad", [{"x": object()}, {"x": float("nan")}, {"x": "a" * 100_000}])
async def test_details_that_cannot_be_kept_are_refused(store: Storage, bad: dict[str, object]) -> None:
    with pytest.raises(StorageError, match=r"audit details of call\.hung_up"):
        await store.audit.add(who="owner", where="console", what="call.hung_up", after=bad)
    assert (await store.audit.verify()).entries == 0
