"""Short messages of an erased number go too, with their raw form; those of others keep all but the digits."""

import os
import sqlite3
from pathlib import Path

from storage.audit.records import By
from storage.contacts.records import Card
from storage.store import Storage

OWNER = By("owner", "control")
HERS = "+79161234567"
MESSAGE = (
    "insert into sms (line, direction, number, named, at, text, state, reason, purpose, flash, notes, total, have,"
    " reference, wide, told, doubtful, next_try)"
    " values ('line1', 'in', ?, 0, ?, ?, 'kept', '', '', 0, '[]', 1, 1, 0, 0, 1, 0, 0)"
)
PDU = (
    "insert into sms_pdu (line, identity, pdu, memory, kind, at, copies, sms_id)"
    " values ('line1', ?, '0791448720003023', '', 'text', 1.0, 1, ?)"
)


async def test_short_messages_go_with_the_person(tmp_path: Path) -> None:
    await (await Storage.open("sqlite:///secretary.db", tmp_path)).close()
    raw = sqlite3.connect(tmp_path / "secretary.db")
    raw.execute(MESSAGE, (HERS, 1.0, "зарыто под сиренью"))
    raw.execute(MESSAGE, ("+79031112233", 2.0, "спросите у 89161234567"))
    raw.executemany(PDU, [("a", 1), ("b", 2)])
    raw.commit()
    raw.close()
    store = await Storage.open("sqlite:///secretary.db", tmp_path)
    assert (await store.privacy.counts(HERS)).other == 1
    assert (await store.privacy.page(HERS, 0, OWNER)).rows["sms"][0]["text"] == "зарыто под сиренью"
    await store.privacy.erase(HERS, OWNER)
    await store.privacy.finish()
    await store.close()
    raw = sqlite3.connect(tmp_path / "secretary.db")
    assert raw.execute("select number, text from sms").fetchall() == [("+79031112233", "спросите у 8•••")]
    assert raw.execute("select identity from sms_pdu").fetchall() == [("erased 2",)]
    raw.close()
    content = (tmp_path / "secretary.db").read_bytes()
    assert "сирень".encode() not in content
    assert b"9161234567" not in content


DELIVER = "0791448720003023"
PART = (
    "insert into sms_part (sms_id, part, text, at, pdu, length, state, attempts, doubtful)"
    " values (?, 1, ?, 1.0, '', 0, '', 0, 0)"
)


async def test_raw_forms_in_which_nobody_can_find_a_number_go_where_the_text_named_it(tmp_path: Path) -> None:
    await (await Storage.open("sqlite:///secretary.db", tmp_path)).close()
    raw = sqlite3.connect(tmp_path / "secretary.db")
    raw.execute(MESSAGE, ("+79031112233", 2.0, "спросите у 89161234567"))
    raw.execute(MESSAGE, ("+79031112233", 3.0, "просто так"))
    raw.executemany(PART, [(1, '"спросите у 89161234567"'), (2, '"просто так"')])
    raw.executemany(PDU, [("a", 1), ("b", 2)])
    report = PDU.replace("'text'", "'report'").replace(DELIVER, "0006010B919761214365F7")  # of a message to her
    raw.execute(report, ("c", None))
    raw.execute(report.replace("9761214365F7", "9730111122F3"), ("d", None))
    raw.commit()
    raw.close()
    store = await Storage.open("sqlite:///secretary.db", tmp_path)
    await store.contacts.add(Card("Анна", (HERS,)), OWNER)
    await store.privacy.erase(HERS, OWNER)
    await store.privacy.finish()
    await store.close()
    raw = sqlite3.connect(tmp_path / "secretary.db")
    assert raw.execute("select identity, pdu from sms_pdu order by id").fetchall() == [
        ("erased 1", ""),
        ("b", DELIVER),
        ("d", "0006010B919730111122F3"),
    ]
    assert raw.execute("select text from sms_part order by id").fetchall() == [('""',), ('"просто так"',)]
    raw.close()


async def test_words_left_in_the_index_by_a_version_that_does_not_know_it_go(tmp_path: Path) -> None:
    store = await Storage.open("sqlite:///secretary.db", tmp_path)
    await store.run(store._db.execute_sql, MESSAGE, (HERS, 1.0, "зарыто под сиренью"))
    await store.run(lambda: store._db.execute_sql("update sms set text = 'зарыто под сиренью'"))
    while await store.search.step():
        pass
    await store.run(store._db.execute_sql, "delete from sms")
    await store.privacy.erase(HERS, OWNER)
    await store.privacy.finish()
    await store.close()
    raw = sqlite3.connect(tmp_path / "secretary.db")
    assert raw.execute("select count(*) from search_sms_doc").fetchone() == (0,)
    assert raw.execute("select count(*) from search_sms where search_sms match 'сирен'").fetchone() == (0,)
    raw.close()


async def test_old_states_of_the_database_go_with_the_person(tmp_path: Path) -> None:
    (tmp_path / "secretary.db.damaged-20260101-000000").write_bytes(b"+79161234567")
    (tmp_path / "secretary.db.damaged-20260101-000000-wal").write_bytes(b"+79161234567")
    store = await Storage.open("sqlite:///secretary.db", tmp_path)
    await store.contacts.add(Card("Анна", (HERS,)), OWNER)
    old = tmp_path / ".restore" / "old"
    old.mkdir(parents=True)
    (old.parent / "seen.json").write_text("{}")
    (old / "secretary.db").write_bytes(b"+79161234567")
    await store.privacy.erase(HERS, OWNER)
    younger = tmp_path / "secretary.db.damaged-20990101-000000"
    younger.write_bytes(b"put aside after the erasure was asked for")
    os.utime(younger, (2e9, 2e9))
    await store.privacy.finish()
    await store.close()
    assert sorted(path.name for path in tmp_path.glob("*damaged*")) == [younger.name]
    assert not old.exists()
