"""What came: each PDU is taken once, whatever it is, and a message is whole when its parts are."""

import json
from collections.abc import Callable
from typing import Any, Final

import peewee

from storage.database import translated
from storage.sms.records import (
    DRAFT,
    INCOMPLETE,
    RECEIVED,
    UNREADABLE,
    WAITING,
    IncomingPdu,
    Joiner,
    Kept,
    Outline,
    SmsRecord,
)
from storage.sms.rows import SmsRows, sms_record

OPEN: Final = (WAITING, INCOMPLETE)
STATES: Final = {"text": RECEIVED, "draft": DRAFT, "unreadable": UNREADABLE}
MAX_OUTLINES: Final = 200

OnReport = Callable[[IncomingPdu], SmsRecord | None]


class Inbox:
    """Used on the storage thread only; every method is one transaction, durable when it returns."""

    def __init__(self, database: peewee.SqliteDatabase, rows: SmsRows, on_report: OnReport) -> None:
        """`on_report` gives a status report to the outbox, within the same transaction."""
        self._db, self._rows, self._on_report = database, rows, on_report

    def keep(self, line: str, incoming: IncomingPdu, joiner: Joiner) -> Kept:
        """Takes a PDU. One that is known (read again after a crash, or delivered twice) is only counted."""
        pdus = self._rows.pdu
        with translated(), self._db.atomic("IMMEDIATE"):
            known = pdus.get_or_none((pdus.line == line) & (pdus.identity == incoming.identity))
            if known is not None:
                known.copies += 1
                known.save()
                return Kept(sms_record(known.sms) if known.sms_id is not None else None, repeated=True)
            kept: SmsRecord | None
            if incoming.kind == "report":
                kept = self._on_report(incoming)
            else:
                join = self._join if incoming.total > 1 else self._single
                kept = sms_record(join(line, incoming, joiner))
            pdus.create(
                line=line,
                identity=incoming.identity,
                pdu=incoming.pdu,
                memory=incoming.memory,
                slot=incoming.slot,
                kind=incoming.kind,
                at=incoming.at,
                sms=kept.id if kept is not None else None,
            )
        return Kept(kept)

    def _single(self, line: str, incoming: IncomingPdu, _: Joiner) -> Any:
        return self._rows.sms.create(**_fields(line, incoming), text=incoming.text, state=STATES[incoming.kind])

    def _join(self, line: str, incoming: IncomingPdu, joiner: Joiner) -> Any:
        place = joiner.place(incoming, self._outlines(line, incoming))
        sms = self._rows.sms.get_by_id(place) if place is not None else self._begin(line, incoming)
        self._rows.part.create(sms=sms, part=incoming.part, text=json.dumps(incoming.text), at=_moment(incoming))
        texts = self._texts(sms)
        sms.text, sms.have = joiner.text(texts, sms.total), len(texts)
        if sms.have == sms.total:
            sms.state, sms.told = RECEIVED, False
        sms.notes = json.dumps(sorted({*json.loads(sms.notes), *incoming.notes}))
        sms.save()
        return sms

    def _begin(self, line: str, incoming: IncomingPdu) -> Any:
        row = _fields(line, incoming)
        row |= {"total": incoming.total, "have": 0, "reference": incoming.reference, "wide": incoming.wide}
        return self._rows.sms.create(**row, text="", state=WAITING)

    def _outlines(self, line: str, incoming: IncomingPdu) -> list[Outline]:
        """Incomplete messages that this could be a part of."""
        rows = self._rows.sms
        query = rows.select().where(
            (rows.line == line)
            & (rows.direction == "in")
            & (rows.number == incoming.number)
            & (rows.state.in_(OPEN))
            & (rows.reference == incoming.reference)
            & (rows.total == incoming.total)
            & (rows.wide == incoming.wide)
        )
        found = query.order_by(rows.id.desc()).limit(MAX_OUTLINES)
        return [Outline(row.id, row.sent if row.sent is not None else row.at, self._texts(row)) for row in found]

    def _texts(self, sms: Any) -> dict[int, str]:
        parts = self._rows.part
        return {row.part: json.loads(row.text) for row in parts.select().where(parts.sms == sms)}

    def overdue(self, before: float) -> tuple[SmsRecord, ...]:
        """Messages whose first part came before that are shown as they are from now on; a late part still joins."""
        rows = self._rows.sms
        with translated(), self._db.atomic("IMMEDIATE"):
            found = list(rows.select().where((rows.state == WAITING) & (rows.at < before)).limit(MAX_OUTLINES))
            for row in found:
                row.state = INCOMPLETE
                row.save()
        return tuple(sms_record(row) for row in found)

    def untold(self) -> tuple[SmsRecord, ...]:
        """Messages that came and that nobody has been told of yet, oldest first."""
        rows = self._rows.sms
        shown = (RECEIVED, INCOMPLETE, UNREADABLE, DRAFT)
        query = rows.select().where((rows.direction == "in") & ~rows.told & rows.state.in_(shown)).order_by(rows.id)
        with translated():
            return tuple(sms_record(row) for row in query.limit(MAX_OUTLINES))

    def mark_told(self, sms_id: int) -> None:
        """What follows from this message was done."""
        rows = self._rows.sms
        with translated(), self._db.atomic("IMMEDIATE"):
            rows.update(told=True).where(rows.id == sms_id).execute()


def _moment(incoming: IncomingPdu) -> float:
    return incoming.sent if incoming.sent is not None else incoming.at


def _fields(line: str, incoming: IncomingPdu) -> dict[str, Any]:
    return {
        "line": line,
        "direction": "in",
        "number": incoming.number,
        "named": incoming.named,
        "at": incoming.at,
        "sent": incoming.sent,
        "flash": incoming.flash,
        "notes": json.dumps(list(incoming.notes)),
    }
