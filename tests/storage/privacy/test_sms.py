"""Short messages of an erased number go too, with their raw form; those of others keep all but the digits."""

import sqlite3
from pathlib import Path

from storage.audit.records import By
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
    assert raw.execute("select identity from sms_pdu").fetchall() == [("b",)]
    raw.close()
    content = (tmp_path / "secretary.db").read_bytes()
    assert "сирень".encode() not in content
    assert b"9161234567" not in content
