"""Searching short messages: by words, number, time, direction."""

from dataclasses import dataclass
from typing import Any, Final

import peewee

from storage.database import sql, translated
from storage.search.index import TextIndex
from storage.search.query import Query, parse
from storage.search.snippet import Passage, Snippet, best
from storage.search.text import Stemmer
from storage.search.versions import Rules
from storage.sms.records import SmsRecord
from storage.sms.rows import SmsRows, sms_record

TABLE: Final = "search_sms"
VERSION_KEY: Final = "search.sms.version"
MAX_FOUND: Final = 100
NUMBER_MESSAGES: Final = 1000
"""Newest messages of one number whose words are looked at."""
NEWEST: Final = 2**62
FEW, MOST = 4, 2000
"""Pages of the index that are looked through where messages are wanted by what it does not know."""
WAITING: Final = "waiting"
_WATCH: Final = """
CREATE TEMP TRIGGER sms_changed AFTER UPDATE OF text, state ON sms
WHEN NEW.indexed = 1 AND (NEW.text IS NOT OLD.text OR OLD.state = 'waiting') BEGIN
    UPDATE sms SET indexed = 0 WHERE id = NEW.id;
END
"""


@dataclass(frozen=True, slots=True)
class WantedSms:
    """What to look for; empty means anything. `number` is canonical, the last digits of one, or a sender's name; times
    are UTC epoch seconds; `before` pages on from that message's id."""

    text: str = ""
    number: str = ""
    since: float | None = None
    until: float | None = None
    direction: str = ""
    limit: int = 20
    before: int | None = None


@dataclass(frozen=True, slots=True)
class SmsHit:
    """A message that was found, and where the words stand; None where none were asked for."""

    sms: SmsRecord
    snippet: Snippet | None


@dataclass(frozen=True, slots=True)
class FoundSms:
    """A page, newest first; `more`: older ones are left. `waiting`: messages that are not in the index yet."""

    hits: tuple[SmsHit, ...]
    more: bool
    waiting: int


class SmsSearch:
    """Used on the storage thread only."""

    def __init__(self, database: peewee.SqliteDatabase, rows: SmsRows, stemmer: Stemmer) -> None:
        self._db, self._rows, self._stemmer = database, rows, stemmer
        self.index = TextIndex(database, TABLE, stemmer)
        self.rules = Rules(database, VERSION_KEY)

    def watch(self) -> None:
        """From now on the messages that have to be indexed anew are known."""
        with translated():
            sql(self._db, _WATCH)

    def find(self, wanted: WantedSms) -> FoundSms:
        """Raises NothingToFind for a text without words."""
        query = parse(wanted.text, self._stemmer) if wanted.text.strip() else None
        limit = max(1, min(wanted.limit, MAX_FOUND))
        with translated():
            rows = self._select(wanted, query, limit + 1)
            hits = tuple(SmsHit(sms_record(row), self._snippet(row.text, query)) for row in rows[:limit])
            return FoundSms(hits, len(rows) > limit, self._waiting())

    def index_some(self, limit: int) -> int:
        """Brings at most so many messages into the index, newest first, in one transaction; how many they were."""
        sms = self._rows.sms
        waiting = (sms.indexed == 0) & (sms.state != WAITING)
        with translated(), self._db.atomic("IMMEDIATE"):
            rows = list(sms.select().where(waiting).order_by(sms.id.desc()).limit(limit))
            for row in rows:
                self.index.put(row.id, f"{row.number} {row.text}" if row.named else row.text)
            if rows:
                sms.update(indexed=1).where(sms.id.in_([row.id for row in rows])).execute()
        return len(rows)

    def renew_some(self) -> bool:
        """One step of forgetting an index made by other rules; whether more is left. At the end every message waits."""
        if self.index.clear():
            return True
        self.rules.mark_current()
        with translated(), self._db.atomic("IMMEDIATE"):
            self._rows.sms.update(indexed=0).where(self._rows.sms.indexed == 1).execute()
        return False

    def remove(self, number: int) -> bool:
        """Takes a message out for good, with its parts and PDUs and its place in the index; whether it was there."""
        with translated(), self._db.atomic("IMMEDIATE"):
            self.index.forget(number)
            sql(self._db, "DELETE FROM sms WHERE id = ?", number)
            return bool(sql(self._db, "SELECT changes()")[0][0])

    def _select(self, wanted: WantedSms, query: Query | None, limit: int) -> list[Any]:
        sms = self._rows.sms
        rows = sms.select().where(sms.state != WAITING).order_by(sms.id.desc()).limit(limit)
        if wanted.before is not None:
            rows = rows.where(sms.id < wanted.before)
        if wanted.since is not None:
            rows = rows.where(sms.at >= wanted.since)
        if wanted.until is not None:
            rows = rows.where(sms.at < wanted.until)
        if wanted.direction:
            rows = rows.where(sms.direction == wanted.direction)
        if wanted.number:
            ids = self._of_number(wanted.number)
            return list(rows.where(sms.id.in_(ids if query is None else self.index.among(query, ids))))
        return list(rows) if query is None else self._matching(rows, wanted, query, limit)

    def _matching(self, rows: Any, wanted: WantedSms, query: Query, limit: int) -> list[Any]:
        """Page by page of the index until enough of its messages are wanted in every other respect."""
        sms = self._rows.sms
        found: list[Any] = []
        high = NEWEST if wanted.before is None else wanted.before - 1
        narrow = wanted.direction or wanted.since is not None or wanted.until is not None
        page = limit * FEW if narrow else limit
        while len(found) < limit:
            ids = self.index.find(query, page, 0, high)
            found += list(rows.where(sms.id.in_(ids))) if ids else []
            if len(ids) < page:
                break
            high, page = ids[-1] - 1, min(page * 2, MOST)
        return found[:limit]

    def _of_number(self, number: str) -> list[int]:
        """Newest messages with a number, the end of one, or a sender that is a name."""
        digits = "".join(char for char in number if char.isdigit())
        end = f"%{digits}" if digits and not number.startswith("+") else None
        statement = (
            "SELECT id FROM sms WHERE number = ? COLLATE NOCASE OR (NOT named AND number LIKE ?)"
            " ORDER BY id DESC LIMIT ?"
        )
        return [row[0] for row in sql(self._db, statement, number, end, NUMBER_MESSAGES)]

    def _snippet(self, text: str, query: Query | None) -> Snippet | None:
        return None if query is None else best([Passage("sms", text)], query, self._stemmer)

    def _waiting(self) -> int:
        statement = "SELECT COUNT(*) FROM sms WHERE indexed = 0 AND state <> 'waiting'"
        return int(sql(self._db, statement)[0][0])
