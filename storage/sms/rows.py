"""Rows of messages, private to this package."""

import json
from dataclasses import dataclass
from typing import Any

import peewee
from peewee import AutoField, BooleanField, FloatField, ForeignKeyField, IntegerField, TextField

from storage.schema import rows_of
from storage.sms.records import PartRecord, SmsRecord


@dataclass(frozen=True, slots=True)
class SmsRows:
    """The row classes of one database."""

    sms: Any
    part: Any
    pdu: Any
    follow_up: Any


def sms_rows(database: peewee.SqliteDatabase) -> SmsRows:
    """Row classes bound to `database`."""
    base: Any = database.Model

    class SmsRow(base):  # type: ignore[misc]
        id = AutoField()
        line = TextField()
        direction = TextField()
        number = TextField()
        named = BooleanField(default=False)
        at = FloatField()
        sent = FloatField(null=True)
        text = TextField()
        state = TextField()
        reason = TextField(default="")
        purpose = TextField(default="")
        flash = BooleanField(default=False)
        notes = TextField(default="[]")
        total = IntegerField(default=1)
        have = IntegerField(default=1)
        reference = IntegerField(default=0)
        wide = BooleanField(default=False)
        told = BooleanField(default=False)
        doubtful = BooleanField(default=False)
        next_try = FloatField(default=0.0)
        indexed = IntegerField(default=0)

        class Meta:
            table_name = "sms"

    class PartRow(base):  # type: ignore[misc]
        id = AutoField()
        sms = ForeignKeyField(SmsRow, on_delete="CASCADE", index=False)
        part = IntegerField()
        text = TextField(default='""')
        at = FloatField()
        pdu = TextField(default="")
        length = IntegerField(default=0)
        state = TextField(default="")
        reference = IntegerField(null=True)
        tried = FloatField(null=True)
        attempts = IntegerField(default=0)
        doubtful = BooleanField(default=False)

        class Meta:
            table_name = "sms_part"

    class PduRow(base):  # type: ignore[misc]
        id = AutoField()
        line = TextField()
        identity = TextField()
        pdu = TextField()
        memory = TextField(default="")
        slot = IntegerField(null=True)
        kind = TextField()
        at = FloatField()
        copies = IntegerField(default=1)
        sms = ForeignKeyField(SmsRow, null=True, on_delete="CASCADE")

        class Meta:
            table_name = "sms_pdu"

    return SmsRows(SmsRow, PartRow, PduRow, rows_of(database).follow_up)


def part_record(row: Any) -> PartRecord:
    """A part as others see it."""
    return PartRecord(
        id=row.id,
        sms_id=row.sms_id,
        part=row.part,
        state=row.state,
        reference=row.reference,
        tried=row.tried,
        attempts=row.attempts,
        doubtful=row.doubtful,
        pdu=row.pdu,
        length=row.length,
    )


def sms_record(row: Any, parts: tuple[PartRecord, ...] = (), pdus: tuple[str, ...] = ()) -> SmsRecord:
    """A message as others see it."""
    return SmsRecord(
        id=row.id,
        line=row.line,
        direction=row.direction,
        number=row.number,
        named=row.named,
        at=row.at,
        sent=row.sent,
        text=row.text,
        state=row.state,
        reason=row.reason,
        purpose=row.purpose,
        flash=row.flash,
        notes=tuple(json.loads(row.notes)),
        total=row.total,
        have=row.have,
        doubtful=row.doubtful,
        next_try=row.next_try,
        parts=parts,
        pdus=pdus,
    )
