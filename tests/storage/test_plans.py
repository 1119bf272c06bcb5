"""What the page looks up is found by an index, and is not sorted: as SQLite itself says that it would do it."""

from pathlib import Path

import pytest

from storage.database import sql
from storage.search.calls import WAITING
from storage.sms import outbox
from storage.store import Storage

MESSAGES = (
    "SELECT t1.* FROM message t1 JOIN call t2 ON t1.call_id = t2.id WHERE t2.deleted IS NULL AND t1.handled = ?"
    " ORDER BY t1.id DESC LIMIT 51"
)
STATEMENTS = {
    "messages that wait": (MESSAGES, "message_handled"),
    "how many messages wait": (
        "SELECT COUNT(*) FROM message t1 JOIN call t2 ON t1.call_id = t2.id"
        " WHERE t2.deleted IS NULL AND t1.handled = ?",
        "message_handled",
    ),
    "calls of a day": ("SELECT outcome, COUNT(id) FROM call WHERE began >= ? AND deleted IS NULL GROUP BY outcome",
                       "call_began"),
    "messages of a number": (outbox.COUNTS, "COVERING INDEX sms_thread"),
    "the newest of each number": (outbox.OF_EACH, "COVERING INDEX sms_thread"),
    "a thread": ("SELECT * FROM sms WHERE state <> 'waiting' AND number = ? ORDER BY id DESC LIMIT 41", "sms_"),
    "calls that are not indexed yet": (WAITING, "COVERING INDEX call_waiting"),
}  # fmt: skip
SORTED = {"calls of a day", "the newest of each number"}
"""Few rows of an index."""


@pytest.mark.parametrize("name", STATEMENTS)
async def test_a_page_reads_what_it_shows(tmp_path: Path, name: str) -> None:
    statement, index = STATEMENTS[name]
    storage = await Storage.open("sqlite:///secretary.db", tmp_path)
    try:
        values = [""] * statement.count("?")
        steps = await storage.run(lambda: sql(storage._db, f"EXPLAIN QUERY PLAN {statement}", *values))
    finally:
        await storage.close()
    plan = [str(step[-1]) for step in steps]
    assert any(index in step for step in plan), plan
    assert name in SORTED or not any("TEMP B-TREE" in step for step in plan), plan
    assert not any(step.startswith("SCAN") and "INDEX" not in step and "json_each" not in step for step in plan), plan
