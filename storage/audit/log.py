"""The audit's rows. Appending is one step of the transaction that makes the change; nothing is ever edited."""

import json
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import peewee
from peewee import AutoField, FloatField, TextField

from storage.audit.chain import GENESIS, SALT_BYTES, body_digest, body_text, link
from storage.audit.records import AuditFilter, AuditRecord, Deed
from storage.audit.walk import ERASED, PURGED, Entry, Mark
from storage.database import sql, translated
from storage.errors import StorageError, reason_of

MAX_LISTED: Final = 500
MAX_BODY_BYTES: Final = 64 * 1024
ERASED_IN_ONE: Final = 500
SYSTEM: Final = "system"
MAX_ID: Final = 2**62
HEAD: Final = "audit.head"
CHECKPOINT: Final = "audit.checkpoint"


class AuditLog:
    """Rows of the audit; used on the storage thread only. `append` joins the transaction that is open, if one is."""

    def __init__(self, database: peewee.SqliteDatabase, clock: Callable[[], float] = time.time) -> None:
        self._db, self._clock = database, clock
        base: Any = database.Model

        class AuditRow(base):  # type: ignore[misc]
            id = AutoField()
            at = FloatField()
            who = TextField()
            where = TextField()
            what = TextField()
            salt = TextField(null=True)
            body = TextField(null=True)
            digest = TextField()
            previous = TextField()
            hash = TextField()

            class Meta:
                table_name = "audit"

        class MetaRow(base):  # type: ignore[misc]
            key = TextField(primary_key=True)
            value = TextField()

            class Meta:
                table_name = "meta"

        self._rows: Any = AuditRow
        self._meta: Any = MetaRow

    def append(self, deed: Deed) -> AuditRecord:
        """Adds a link. Raises StorageError for details that are no JSON, or are too long."""
        try:
            body = body_text(deed.target, deed.before, deed.after)
        except (TypeError, ValueError) as error:
            raise StorageError(
                "audit details of {what} are not JSON: {why}", what=deed.what, why=reason_of(error)
            ) from error
        if len(body) > MAX_BODY_BYTES:
            raise StorageError(
                "audit details of {what} are longer than {most} characters", what=deed.what, most=MAX_BODY_BYTES
            )
        salt, at = secrets.token_hex(SALT_BYTES), float(self._clock())
        digest = body_digest(salt, body)
        with translated(), self._db.atomic():
            head = self._end()
            number = head.id + 1
            own = link(head.hash, number, at, deed, digest)
            self._rows.insert(
                id=number,
                at=at,
                who=deed.who,
                where=deed.where,
                what=deed.what,
                salt=salt,
                body=body,
                digest=digest,
                previous=head.hash,
                hash=own,
            ).execute()
            self._set_mark(HEAD, Mark(number, own))
        return AuditRecord(number, at, deed.who, deed.where, deed.what, deed.target, deed.before, deed.after, hash=own)

    def list(
        self, wanted: AuditFilter, limit: int = 50, before: int | None = None, after: int | None = None
    ) -> tuple[AuditRecord, ...]:
        """Newest first; with `after` oldest first from that id on. At most MAX_LISTED."""
        rows = self._rows
        query = rows.select().limit(max(0, min(limit, MAX_LISTED)))
        query = query.order_by(rows.id if after is not None else rows.id.desc())
        if after is not None:
            query = query.where(rows.id > after)
        if before is not None:
            query = query.where(rows.id < before)
        if wanted.since is not None:
            query = query.where(rows.at >= wanted.since)
        if wanted.until is not None:
            query = query.where(rows.at < wanted.until)
        if wanted.who:
            query = query.where(rows.who == wanted.who)
        if wanted.kind:
            # "/" is the character after ".": everything that begins with "kind."
            below = (rows.what >= f"{wanted.kind}.") & (rows.what < f"{wanted.kind}/")
            query = query.where((rows.what == wanted.kind) | below)
        with translated():
            return tuple(_record(row) for row in query)

    def entries(self, after: int, limit: int) -> tuple[Entry, ...]:
        """For a walk along the chain: raw links from that id on."""
        rows = self._rows
        query = rows.select().where(rows.id > after).order_by(rows.id).limit(limit)
        with translated():
            return tuple(_entry(row) for row in query)

    def last_id(self) -> int:
        """The id of the last link; 0 where there is none."""
        with translated():
            return int(self._rows.select(peewee.fn.COALESCE(peewee.fn.MAX(self._rows.id), 0)).scalar())

    def mark(self, key: str) -> Mark | None:
        """The chain's head or checkpoint, as the database states it; None where there is none, or it is unreadable."""
        with translated():
            row = self._meta.get_or_none(self._meta.key == key)
        if row is None:
            return None
        try:
            value = json.loads(row.value)
            return Mark(int(value["id"]), str(value["hash"]))
        except (ValueError, TypeError, KeyError):
            return None

    def purge(self, before: float, limit: int) -> int:
        """Deletes the oldest entries, those older than `before`, at most `limit`; returns how many. An entry says so,
        and a checkpoint keeps the rest verifiable."""
        rows = self._rows
        with translated(), self._db.atomic("IMMEDIATE"):
            kept = rows.select(peewee.fn.MIN(rows.id)).where(rows.at >= before).scalar()
            oldest = rows.select(peewee.fn.MIN(rows.id)).scalar()
            if oldest is None:
                return 0
            newest = rows.select(peewee.fn.MAX(rows.id)).scalar()
            through = min((newest if kept is None else kept - 1), oldest + limit - 1)
            last = rows.get_or_none(rows.id == through)
            if through < oldest or last is None:
                return 0
            count = through - oldest + 1
            gone = {"through": through, "hash": last.hash, "count": count}
            self.append(Deed(SYSTEM, SYSTEM, PURGED, after=gone))
            self._set_mark(CHECKPOINT, Mark(through, last.hash))
            rows.delete().where(rows.id <= through).execute()
        return int(count)

    def erase_bodies(self, ids: Sequence[int]) -> int:
        """Removes target and details of these entries for good; an entry says which. Returns how many there were."""
        rows, count = self._rows, 0
        for start in range(0, len(ids), ERASED_IN_ONE):
            piece = list(ids[start : start + ERASED_IN_ONE])
            with translated(), self._db.atomic("IMMEDIATE"):
                present = rows.select(rows.id).where(rows.id.in_(piece) & rows.body.is_null(False)).order_by(rows.id)
                found = [row.id for row in present]
                if found:
                    rows.update(body=None, salt=None).where(rows.id.in_(found)).execute()
                    self.append(Deed(SYSTEM, SYSTEM, ERASED, after={"ids": found}))
            count += len(found)
        return count

    def mentioning(self, text: str, after: int, limit: int) -> tuple[int, ...]:
        """Ids of entries whose target or details hold that text, oldest first."""
        rows = self._rows
        holds = peewee.fn.INSTR(rows.body, text) > 0
        query = rows.select(rows.id).where((rows.id > after) & holds).order_by(rows.id).limit(limit)
        with translated():
            return tuple(row.id for row in query)

    def about(self, targets: Sequence[str]) -> tuple[int, ...]:
        """Ids of entries with one of these targets, oldest first."""
        statement = (
            "SELECT id FROM audit WHERE body IS NOT NULL"
            " AND json_extract(body, '$.target') IN (SELECT value FROM json_each(?)) ORDER BY id"
        )
        with translated():
            return tuple(row[0] for row in sql(self._db, statement, json.dumps(list(targets))))

    def now(self) -> float:
        """The audit's time."""
        return float(self._clock())

    def _end(self) -> Mark:
        """What the next link follows: the mark, so that a gap at the end stays visible; where that cannot be used, the
        last link, so that a spoilt mark does not keep the owner from changing anything."""
        rows, head, last = self._rows, self.mark(HEAD), self.last_id()
        if head is not None and last <= head.id < MAX_ID:
            return head
        return Mark(last, rows.get_by_id(last).hash) if last else Mark(0, GENESIS)

    def _set_mark(self, key: str, mark: Mark) -> None:
        value = json.dumps({"id": mark.id, "hash": mark.hash})
        self._meta.insert(key=key, value=value).on_conflict_replace().execute()


def _entry(row: Any) -> Entry:
    return Entry(row.id, row.at, row.who, row.where, row.what, row.salt, row.body, row.digest, row.previous, row.hash)


def _record(row: Any) -> AuditRecord:
    body: dict[str, Any] = {}
    if row.body is not None:
        try:
            body = json.loads(row.body)
        except ValueError:  # tampered with: `verify` says so, listing goes on
            body = {"target": row.body}
    return AuditRecord(
        row.id,
        row.at,
        row.who,
        row.where,
        row.what,
        str(body.get("target", "")),
        body.get("before"),
        body.get("after"),
        row.hash,
        erased=row.body is None,
    )
