"""What goes: a durable queue. A part is marked before it is handed to the modem, so that after a crash the one that may
have gone out is known: it is sent once more, flagged, and never a third time."""

import json
from collections.abc import Sequence
from typing import Any, Final

import peewee

from storage.audit.log import AuditLog
from storage.audit.records import Deed
from storage.database import sql, translated
from storage.errors import NotFound, WrongState
from storage.sms.records import (
    CANCELLED,
    DELIVERED,
    FAILED,
    QUEUED,
    SENDING,
    SENT,
    UNCERTAIN,
    FollowUp,
    IncomingPdu,
    NewPart,
    NewSms,
    PartRecord,
    SmsRecord,
    ThreadRecord,
)
from storage.sms.rows import SmsRows, part_record, sms_record

MAX_LISTED: Final = 500
REPORT_SECONDS: Final = 7 * 86400.0
"""A report is of a message sent within that: references have 8 bits and are used again."""
TRIED: Final = (SENDING, SENT, DELIVERED, FAILED)
NEWEST: Final = 2**62
LOOKED_AT: Final = 500
LOOKS: Final = 4
"""Messages that are read at once, and how often, to find the newest of each number."""
LATEST: Final = "SELECT id, number FROM sms WHERE id < ? AND state <> 'waiting' ORDER BY id DESC LIMIT ?"
OF_EACH: Final = (
    "SELECT MAX(id) AS last, number FROM sms WHERE state <> 'waiting' GROUP BY number ORDER BY last DESC LIMIT ?"
)
COUNTS: Final = (
    "SELECT number, COUNT(*) FROM sms WHERE number IN (SELECT value FROM json_each(?)) AND state <> 'waiting'"
    " GROUP BY number"
)


class Outbox:
    """Used on the storage thread only; every method is one transaction, durable when it returns."""

    def __init__(self, database: peewee.SqliteDatabase, rows: SmsRows, audit: AuditLog) -> None:
        self._db, self._rows, self._audit = database, rows, audit

    def add(
        self,
        line: str,
        number: str,
        text: str,
        parts: Sequence[NewPart],
        at: float,
        purpose: str,
        not_before: float,
        deed: Deed | None,
    ) -> SmsRecord:
        """Queues a message; `deed` is written into the audit where it is the owner's doing."""
        with translated(), self._db.atomic("IMMEDIATE"):
            sms = self._queue(line, NewSms(number, text, tuple(parts), purpose), at, not_before)
            if deed is not None:
                self._audit.append(deed)
        return sms_record(sms)

    def owed(self) -> tuple[FollowUp, ...]:
        """What may want a message, oldest first."""
        row = self._rows.follow_up
        with translated():
            found = row.select().order_by(row.id).limit(MAX_LISTED)
            return tuple(FollowUp(each.id, each.kind, each.ref, each.at) for each in found)

    def follow_up(self, owed: int, line: str, messages: Sequence[NewSms], at: float) -> tuple[SmsRecord, ...]:
        """Queues what is owed and crosses it off, in one: nothing of it where it was crossed off before."""
        row = self._rows.follow_up
        with translated(), self._db.atomic("IMMEDIATE"):
            if not row.delete().where(row.id == owed).execute():
                return ()
            return tuple(sms_record(self._queue(line, message, at, 0.0)) for message in messages)

    def _queue(self, line: str, message: NewSms, at: float, not_before: float) -> Any:
        sms = self._rows.sms.create(
            line=line,
            direction="out",
            number=message.number,
            at=at,
            text=message.text,
            state=QUEUED,
            purpose=message.purpose,
            total=len(message.parts),
            have=0,
            told=True,
            next_try=not_before,
        )
        for place, part in enumerate(message.parts, 1):
            self._rows.part.create(
                sms=sms,
                part=place,
                text=json.dumps(part.text),
                at=at,
                pdu=part.pdu,
                length=part.length,
                state=QUEUED,
            )
        return sms

    def due(self, now: float) -> PartRecord | None:
        """The next part to send: the oldest message first, its parts in order."""
        sms, part = self._rows.sms, self._rows.part
        with translated():
            row = (
                part.select()
                .join(sms)
                .where((part.state == QUEUED) & self._waiting() & (sms.next_try <= now))
                .order_by(sms.id, part.part)
                .first()
            )
        return part_record(row) if row is not None else None

    def next_due(self) -> float | None:
        """When something is to be sent next."""
        sms = self._rows.sms
        with translated():
            row = sms.select().where(self._waiting()).order_by(sms.next_try).first()
        return float(row.next_try) if row is not None else None

    def _waiting(self) -> Any:
        """Which messages of ours are on their way; by direction first, as the index is: others are not looked at."""
        sms = self._rows.sms
        return (sms.direction == "out") & sms.state.in_((QUEUED, SENDING))

    def begin(self, part_id: int, at: float) -> SmsRecord:
        """It goes to the modem now. Raises NotFound, WrongState when it was cancelled meanwhile."""
        with translated(), self._db.atomic("IMMEDIATE"):
            part = self._part(part_id)
            if part.state != QUEUED or part.sms.state not in (QUEUED, SENDING):
                raise WrongState(
                    "part {number} is {state}, its message {message}",
                    number=part_id,
                    state=part.state,
                    message=part.sms.state,
                )
            part.state, part.tried, part.attempts = SENDING, at, part.attempts + 1
            part.save()
            return self._settle(part.sms)

    def sent(self, part_id: int, reference: int) -> SmsRecord:
        """The network has it."""
        with translated(), self._db.atomic("IMMEDIATE"):
            part = self._part(part_id)
            part.state, part.reference = SENT, reference
            part.save()
            return self._settle(part.sms)

    def again(self, part_id: int, reason: str, next_try: float, *, counts: bool = True) -> SmsRecord:
        """It was not sent; later again. `counts`: the network was asked, so that it was an attempt."""
        with translated(), self._db.atomic("IMMEDIATE"):
            part = self._part(part_id)
            part.state = QUEUED
            part.attempts -= not counts
            part.save()
            part.sms.reason, part.sms.next_try = reason, next_try
            return self._settle(part.sms)

    def wait(self, sms_id: int, reason: str, until: float) -> SmsRecord:
        """Nothing was tried; not before `until`."""
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._sms(sms_id)
            row.reason, row.next_try = reason, until
            return self._settle(row)

    def fail(self, part_id: int, reason: str) -> SmsRecord:
        """It will not be sent, nor will the parts after it."""
        with translated(), self._db.atomic("IMMEDIATE"):
            part = self._part(part_id)
            parts = self._rows.part
            parts.update(state=FAILED).where((parts.sms == part.sms) & parts.state.in_((QUEUED, SENDING))).execute()
            part.sms.reason = reason
            return self._settle(part.sms)

    def doubt(self, part_id: int, next_try: float) -> SmsRecord:
        """Nobody knows whether it was sent: once more, flagged; after the second time it counts as failed."""
        with translated(), self._db.atomic("IMMEDIATE"):
            return self._doubt(self._part(part_id), next_try)

    def recover(self, now: float) -> tuple[SmsRecord, ...]:
        """What a crash left in the middle."""
        parts = self._rows.part
        with translated(), self._db.atomic("IMMEDIATE"):
            return tuple(self._doubt(part, now) for part in list(parts.select().where(parts.state == SENDING)))

    def cancel(self, sms_id: int, deed: Deed) -> SmsRecord:
        """Takes it out of the queue. Raises NotFound, WrongState where a part has gone out."""
        parts = self._rows.part
        with translated(), self._db.atomic("IMMEDIATE"):
            sms = self._sms(sms_id)
            gone = parts.select().where((parts.sms == sms) & (parts.state != QUEUED)).exists()
            if sms.direction != "out" or sms.state != QUEUED or gone:
                raise WrongState("message {number} is {state}", number=sms_id, state=sms.state)
            parts.update(state=CANCELLED).where(parts.sms == sms).execute()
            sms.state = CANCELLED
            sms.save()
            self._audit.append(deed)
        return sms_record(sms)

    def report(self, incoming: IncomingPdu) -> SmsRecord | None:
        """A status report, within the inbox's transaction. None where it is of no message of ours."""
        sms, parts = self._rows.sms, self._rows.part
        since = incoming.at - REPORT_SECONDS
        part = (
            parts.select()
            .join(sms)
            .where(
                (parts.reference == incoming.reference)
                & (parts.state == SENT)
                & (sms.number == incoming.number)
                & (parts.tried > since)
            )
            .order_by(parts.id.desc())
            .first()
        )
        if part is None:
            return None
        if incoming.outcome:
            part.state = incoming.outcome
            part.save()
            if incoming.outcome == FAILED:
                part.sms.reason = incoming.reason
        return self._settle(part.sms)

    def tried_since(self, since: float) -> int:
        """How many parts were handed to the modem since then, repetitions counted."""
        parts = self._rows.part
        with translated():
            query = parts.select(peewee.fn.SUM(parts.attempts)).where(parts.tried >= since)
            return int(query.scalar() or 0)

    def last_to(self, number: str, purpose: str) -> float | None:
        """When a message of this purpose was queued for this number last."""
        sms = self._rows.sms
        with translated():
            query = sms.select(peewee.fn.MAX(sms.at)).where(
                (sms.direction == "out") & (sms.number == number) & (sms.purpose == purpose) & (sms.state != CANCELLED)
            )
            found = query.scalar()
        return float(found) if found is not None else None

    def list(self, number: str, direction: str, limit: int, before: int | None) -> tuple[SmsRecord, ...]:
        """Newest first; those still waiting for parts are left out."""
        sms = self._rows.sms
        query = sms.select().where(sms.state != "waiting").order_by(sms.id.desc()).limit(max(0, min(limit, MAX_LISTED)))
        if number:
            query = query.where(sms.number == number)
        if direction:
            query = query.where(sms.direction == direction)
        if before is not None:
            query = query.where(sms.id < before)
        with translated():
            return tuple(sms_record(row) for row in query)

    def threads(self, limit: int) -> tuple[ThreadRecord, ...]:
        """By number, the newest first."""
        sms = self._rows.sms
        with translated():
            newest = self._newest_of_each(max(0, min(limit, MAX_LISTED)))
            counts = dict(sql(self._db, COUNTS, json.dumps([*newest])))
            rows = list(sms.select().where(sms.id.in_([*newest.values()])).order_by(sms.id.desc()))
        return tuple(ThreadRecord(row.number, row.named, sms_record(row), counts[row.number]) for row in rows)

    def _newest_of_each(self, limit: int) -> dict[str, int]:
        """Number to the id of its newest message, of so many numbers: from the newest message on until there are
        enough, which is soon; where few wrote nearly all of it, by a look at the index instead."""
        found: dict[str, int] = {}
        before = NEWEST
        for _ in range(LOOKS):
            rows = sql(self._db, LATEST, before, LOOKED_AT)
            for place, number in rows:
                if len(found) < limit:
                    found.setdefault(number, place)
            if len(found) >= limit or len(rows) < LOOKED_AT:
                return found
            before = rows[-1][0]
        return {number: place for place, number in sql(self._db, OF_EACH, limit)}

    def get(self, sms_id: int) -> SmsRecord:
        """With its parts and the PDUs it came as. Raises NotFound."""
        parts, pdus = self._rows.part, self._rows.pdu
        with translated():
            row = self._sms(sms_id)
            found = parts.select().where(parts.sms == row).order_by(parts.part)
            raw = pdus.select().where(pdus.sms == row).order_by(pdus.id)
            return sms_record(row, tuple(part_record(part) for part in found), tuple(each.pdu for each in raw))

    def _doubt(self, part: Any, next_try: float) -> SmsRecord:
        twice = part.doubtful
        part.doubtful, part.state = True, FAILED if twice else QUEUED
        part.save()
        part.sms.doubtful, part.sms.reason = True, UNCERTAIN
        if twice:
            parts = self._rows.part
            parts.update(state=FAILED).where((parts.sms == part.sms) & (parts.state == QUEUED)).execute()
        else:
            part.sms.next_try = next_try
        return self._settle(part.sms)

    def _settle(self, sms: Any) -> SmsRecord:
        """The message's state follows from its parts'."""
        parts = self._rows.part
        states = [row.state for row in parts.select().where(parts.sms == sms)]
        sms.have = sum(state in (SENT, DELIVERED) for state in states)
        if FAILED in states:
            sms.state = FAILED
        elif set(states) <= {DELIVERED}:
            sms.state, sms.reason = DELIVERED, ""
        elif set(states) <= {SENT, DELIVERED}:
            sms.state, sms.reason = SENT, ""
        elif SENDING in states or sms.have:
            sms.state = SENDING
        else:
            sms.state = QUEUED
        sms.save()
        return sms_record(sms)

    def _part(self, part_id: int) -> Any:
        row = self._rows.part.get_or_none(self._rows.part.id == part_id)
        if row is None:
            raise NotFound("there is no part {number}", number=part_id)
        return row

    def _sms(self, sms_id: int) -> Any:
        row = self._rows.sms.get_or_none(self._rows.sms.id == sms_id)
        if row is None:
            raise NotFound("there is no message {number}", number=sms_id)
        return row
