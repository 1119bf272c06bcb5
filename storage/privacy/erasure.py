"""Erasing everything about a number, in small steps that a crash can cut anywhere: it is begun again from the front.

What holds the number itself goes last, so that an erasure that was cut short finds it again by its keyed hash. Texts of
others that name the number keep the rest and lose the digits. The rows are overwritten (`secure_delete`), the index is
merged until nothing that was forgotten is left in it, and the log of the database is emptied at the end.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import peewee

from storage.audit.log import AuditLog
from storage.audit.records import SYSTEM, Deed
from storage.database import sql, translated
from storage.errors import StorageError
from storage.privacy.copies import remove_copies
from storage.privacy.marks import Tombstone, Tombstones
from storage.removal import Removal
from storage.search.calls import CallSearch
from storage.search.door import Indexed
from storage.search.sms import SmsSearch

CHUNK: Final = 5_000
"""Rows that one step looks at."""
REINDEXED: Final = 20
NATIONAL_DIGITS: Final = 10
SHORTEST_MASKED: Final = 7
"""Shorter numbers are services' ("900"): their digits mean other things in texts."""
MASK: Final = "•••"
HOLDERS: Final = (
    ("call", "number"),
    ("message", "number"),
    ("contact_number", "number"),
    ("task", "number"),
    ("dial_usage", "number"),
    ("sms", "number"),
)
"""Tables with a column of canonical numbers; one that this database lacks is passed over."""
TEXTS: Final = (
    ("turn", ("text", "words", "detail")),
    ("second", ("lines",)),
    ("call", ("summary", "note")),
    ("message", ("name", "matter")),
    ("contact", ("note",)),
    ("task", ("wish", "result")),
    ("sms", ("text",)),
    ("sms_part", ("text",)),
    ("chat", ("name", "prompt")),
    ("chat_message", ("text", "folded")),
)
"""Texts that may name a number."""
SETTING: Final = "{C} = replace({C}, ?1, ?2)"
HOLDING: Final = "instr({C}, ?1) > 0"
MASKING: Final = "UPDATE {T} SET SETTING WHERE id > ?3 AND id <= ?4 AND (HOLDING)"
LAST: Final = "SELECT COALESCE(MAX(id), 0) FROM {T}"
NAMING: Final = (
    "SELECT recording FROM call WHERE recording IS NOT NULL AND id IN"
    " (SELECT {CALL} FROM {T} WHERE id > ?3 AND id <= ?4 AND ?2 <> '' AND (HOLDING))"
)
BETWEEN_DIGITS: Final = str.maketrans(dict.fromkeys(" -().\u00a0\u2011"))
"""What people write between the digits of a number."""
OWN: Final = (("task", "number"), ("dial_usage", "number"))
"""Rows that are about the number and nobody else; its messages go one by one, out of the index too."""
NAMED_IN: Final = "(SELECT id FROM sms WHERE instr(text, ?1) > 0 AND state NOT IN ('queued', 'sending'))"
RAW: Final = (
    "UPDATE sms_pdu SET pdu = '', identity = 'erased ' || id WHERE sms_id IN NAMED_IN",
    "UPDATE sms_part SET pdu = '', text = '\"\"' WHERE sms_id IN NAMED_IN",
)
"""What stands in a message's text stands in its raw form too, packed, so that nobody can find it there. A message that
still has to go out keeps it until it is gone."""
SEARCHED: Final = ("call", "sms")
REPORTS: Final = "DELETE FROM sms_pdu WHERE sms_id IS NULL AND instr(upper(pdu), ?1) > 0"


@dataclass(slots=True)
class Progress:
    """One erasure under way. `steps` are what is left to do, each returns whether there is more of it."""

    stone: Tombstone
    numbers: list[str]
    steps: list[Callable[[], bool]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    cursor: int = 0


class Eraser:
    """Used on the storage thread only."""

    def __init__(
        self,
        database: peewee.SqliteDatabase,
        data_dir: Path,
        stones: Tombstones,
        removal: Removal,
        calls: CallSearch,
        messages: SmsSearch,
        audit: AuditLog,
    ) -> None:
        self._db, self._data_dir, self._stones, self._removal = database, data_dir, stones, removal
        self._searches: tuple[Indexed, ...] = (calls, messages)
        self._sms, self._audit = messages, audit

    def note(self, deed: Deed) -> None:
        """A word in the audit."""
        self._audit.append(deed)

    def begin(self, stone: Tombstone) -> Progress:
        """Finds the number by its mark and plans the steps. Raises StorageError."""
        progress = Progress(stone, self._numbers(stone.mark))
        for number in progress.numbers:
            progress.steps.append(lambda number=number: self._raw_messages(number))  # type: ignore[misc]
            for table, columns in TEXTS:
                if self._has(table):
                    progress.steps.append(self._masking(progress, number, table, columns))
            progress.steps.append(lambda number=number: self._audited(progress, number))  # type: ignore[misc]
            progress.steps.append(lambda number=number: self._messages(progress, number))  # type: ignore[misc]
            for table, column in OWN:
                if self._has(table):
                    progress.steps.append(self._dropping(progress, number, table, column))
            progress.steps.append(lambda number=number: self._messages_of(progress, number))  # type: ignore[misc]
            progress.steps.append(lambda number=number: self._chats(progress, number))  # type: ignore[misc]
            progress.steps.append(lambda number=number: self._calls(progress, number))  # type: ignore[misc]
            progress.steps.append(lambda number=number: self._contact(progress, number))  # type: ignore[misc]
        progress.steps += [
            lambda: self._copies(progress),
            self._orphans,
            self._reindex,
            lambda: self._settle(progress),
            self._truncate,
            lambda: self._tell(progress),
        ]
        return progress

    def step(self, progress: Progress) -> bool:
        """The next small step; whether more is left. Raises StorageError; the step can be tried again."""
        if progress.steps and not progress.steps[0]():
            progress.steps.pop(0)
            progress.cursor = 0
        return bool(progress.steps)

    def _numbers(self, mark: str) -> list[str]:
        found: set[str] = set()
        with translated():
            for table, column in HOLDERS:
                if self._has(table):
                    rows = sql(
                        self._db, _named("SELECT DISTINCT {C} FROM {T} WHERE {C} <> ''", {"T": table, "C": column})
                    )
                    found.update(number for (number,) in rows if self._stones.mark(number) == mark)
        return sorted(found)

    def _has(self, table: str) -> bool:
        return bool(sql(self._db, "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", table))

    def _masking(self, progress: Progress, number: str, table: str, columns: tuple[str, ...]) -> Callable[[], bool]:
        """Takes the digits out of a table's texts, CHUNK rows a step."""
        digits = digits_of(number)
        call = {"turn": "call_id", "second": "call_id", "call": "id"}.get(table)
        update, last, files = (_of_columns(text, table, call or "id", columns) for text in (MASKING, LAST, NAMING))

        def step() -> bool:
            if not digits:
                return False
            values = (digits, MASK, progress.cursor, progress.cursor + CHUNK)
            with translated():
                # The JSON beside the recording goes first: a crash leaves the row, by which it is found again.
                for (recording,) in sql(self._db, files, *values) if call else ():
                    self._removal.scrub(recording, digits, MASK)
                with self._db.atomic("IMMEDIATE"):
                    sql(self._db, update, *values)
                    progress.counts["masked"] += int(sql(self._db, "SELECT changes()")[0][0])
                progress.cursor += CHUNK
                return bool(progress.cursor < sql(self._db, last)[0][0])

        return step

    def _audited(self, progress: Progress, number: str) -> bool:
        """Details of the audit that name the number, or belong to what is about to go."""
        targets = self._targets(number)
        ids = set(self._audit.about(targets))
        if digits := digits_of(number):
            after = 0
            while piece := self._audit.mentioning(digits, after, CHUNK):
                ids.update(piece)
                after = piece[-1]
        progress.counts["audit"] += self._audit.erase_bodies(sorted(ids))
        return False

    def _targets(self, number: str) -> list[str]:
        found = []
        with translated():
            calls = sql(self._db, "SELECT id FROM call WHERE number = ?", number)
            inner = "SELECT id FROM message WHERE call_id IN (SELECT id FROM call WHERE number = ?)"
            messages = sql(self._db, inner, number)
            contacts = sql(self._db, "SELECT contact_id FROM contact_number WHERE number = ?", number)
        for kind, rows in (("call", calls), ("message", messages), ("contact", contacts)):
            found += [f"{kind}:{row[0]}" for row in rows]
        return found

    def _messages(self, progress: Progress, number: str) -> bool:
        """In messages of others the number goes and the rest stays."""
        update = (
            "UPDATE message SET number = '' WHERE number = ? AND taken <= ?"
            " AND call_id NOT IN (SELECT id FROM call WHERE number = ?)"
        )
        with translated(), self._db.atomic("IMMEDIATE"):
            sql(self._db, update, number, progress.stone.at, number)
            progress.counts["messages"] += int(sql(self._db, "SELECT changes()")[0][0])
        return False

    def _dropping(self, progress: Progress, number: str, table: str, column: str) -> Callable[[], bool]:
        def step() -> bool:
            with translated(), self._db.atomic("IMMEDIATE"):
                sql(self._db, _named("DELETE FROM {T} WHERE {C} = ?", {"T": table, "C": column}), number)
                progress.counts[table] += int(sql(self._db, "SELECT changes()")[0][0])
            return False

        return step

    def _raw_messages(self, number: str) -> bool:
        """Before the texts lose the digits, by which their raw forms are found."""
        with translated(), self._db.atomic("IMMEDIATE"):
            for statement in RAW if (digits := digits_of(number)) else ():
                sql(self._db, statement.replace("NAMED_IN", NAMED_IN), digits)
            if (swapped := as_in_pdu(number)) and self._has("sms_pdu"):
                sql(self._db, REPORTS, swapped)
        return False

    def _messages_of(self, progress: Progress, number: str) -> bool:
        """A few a step."""
        with translated():
            rows = sql(self._db, "SELECT id FROM sms WHERE number = ? AND at <= ? LIMIT 20", number, progress.stone.at)
        for (each,) in rows:
            self._sms.remove(each)
        progress.counts["sms"] += len(rows)
        return bool(rows)

    def _copies(self, progress: Progress) -> bool:
        progress.counts["copies"] += remove_copies(self._data_dir, progress.stone.at)
        return False

    def _chats(self, progress: Progress, number: str) -> bool:
        """Chats taken over from the predecessor: with whom they were is known by the number alone, however written."""
        if not (digits := digits_of(number)) or not self._has("imported"):
            return False
        with translated(), self._db.atomic("IMMEDIATE"):
            for row, body in sql(self._db, "SELECT id, body FROM imported WHERE kind = 'chat'"):
                if digits in body.translate(BETWEEN_DIGITS):
                    sql(self._db, "DELETE FROM imported WHERE id = ?", row)
                    progress.counts["chats"] += 1
        return False

    def _calls(self, progress: Progress, number: str) -> bool:
        """One call a step, the newest first."""
        wanted = "SELECT id FROM call WHERE number = ? AND began <= ? AND ended IS NOT NULL ORDER BY id DESC LIMIT 1"
        with translated():
            rows = sql(self._db, wanted, number, progress.stone.at)
        if not rows:
            return False
        self._removal.call(rows[0][0])
        progress.counts["calls"] += 1
        return True

    def _contact(self, progress: Progress, number: str) -> bool:
        """The number goes, and the contact with its last one."""
        with translated(), self._db.atomic("IMMEDIATE"):
            rows = sql(self._db, "SELECT contact_id FROM contact_number WHERE number = ?", number)
            sql(self._db, "DELETE FROM contact_number WHERE number = ?", number)
            for (contact,) in rows:
                progress.counts["numbers"] += 1
                rest = sql(self._db, "SELECT 1 FROM contact_number WHERE contact_id = ?", contact)
                if not rest:
                    sql(self._db, "DELETE FROM contact WHERE id = ?", contact)
                    progress.counts["contacts"] += 1
        return False

    def _orphans(self) -> bool:
        more = [each.index.forget_orphans(table) for each, table in zip(self._searches, SEARCHED, strict=True)]
        return any(more)

    def _reindex(self) -> bool:
        """Texts that lost the digits: the indexes have to lose them too."""
        return any(each.index_some(REINDEXED) == REINDEXED for each in self._searches)

    def _settle(self, progress: Progress) -> bool:
        first = progress.cursor == 0
        progress.cursor += 1
        more = [each.index.settle(first) for each in self._searches]  # all of them, whatever the first says
        return any(more)

    def _truncate(self) -> bool:
        """What was overwritten still stands in the write-ahead log until that is emptied."""
        with translated():
            ((busy, _, _),) = sql(self._db, "PRAGMA wal_checkpoint(TRUNCATE)")
        if busy:
            raise StorageError("the database's log could not be emptied: somebody reads it")
        return False

    def _tell(self, progress: Progress) -> bool:
        counts = {key: count for key, count in sorted(progress.counts.items()) if count}
        with translated(), self._db.atomic("IMMEDIATE"):
            self._audit.append(
                Deed(SYSTEM.who, SYSTEM.where, "person.erased", after={"mark": progress.stone.mark, "removed": counts})
            )
            self._stones.finish(progress.stone.mark, self._audit.now())
        return False


def _named(statement: str, names: dict[str, str]) -> str:
    """A statement with its tables and columns, all of them ours."""
    return statement.format(**{key: f'"{name}"' for key, name in names.items()})


def _of_columns(statement: str, table: str, call: str, columns: tuple[str, ...]) -> str:
    """A statement about all of these columns at once: the table is read only once."""
    setting = ", ".join(_named(SETTING, {"C": column}) for column in columns)
    holding = " OR ".join(_named(HOLDING, {"C": column}) for column in columns)
    named = _named(statement, {"T": table, "CALL": call})
    return named.replace("SETTING", setting).replace("HOLDING", holding)


def digits_of(number: str) -> str:
    """The part of a number that is the same in all ways to write it; empty for one whose digits mean other things."""
    digits = "".join(char for char in number if char.isdigit())
    return digits[-NATIONAL_DIGITS:] if len(digits) >= SHORTEST_MASKED else ""


def as_in_pdu(number: str) -> str:
    """A number's digits as a PDU has them: in pairs, each the wrong way round (3GPP TS 23.040, 9.1.2.3); empty for a
    short one."""
    digits = "".join(char for char in number if char.isdigit())
    padded = digits + "F" * (len(digits) % 2)
    return "".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2)) if digits_of(number) else ""


def told(progress: Progress) -> str:
    """For the log: how much, never whose."""
    return json.dumps(dict(progress.counts))
