"""Rows, private to storage. The tables themselves, and their indexes, are made by the migrations."""

from dataclasses import dataclass
from typing import Any

import peewee
from peewee import AutoField, BooleanField, FloatField, ForeignKeyField, IntegerField, TextField


@dataclass(frozen=True, slots=True)
class Rows:
    """The row classes of one database. They are built for each connection, so that two databases never share them."""

    call: Any
    turn: Any
    message: Any
    follow_up: Any


def rows_of(database: peewee.SqliteDatabase) -> Rows:
    """Row classes bound to `database`."""
    base: Any = database.Model

    class CallRow(base):  # type: ignore[misc]
        id = AutoField()
        line = TextField()
        direction = TextField()
        number = TextField(null=True)
        presentation = TextField()
        began = FloatField()
        answered = FloatField(null=True)
        ended = FloatField(null=True)
        outcome = TextField(default="")
        end_cause = TextField(default="")
        summary = TextField(default="")
        recording = TextField(null=True)
        recorded_seconds = FloatField(default=0.0)
        flow = TextField(default="")
        keep = BooleanField(default=False)
        note = TextField(default="")
        tags = TextField(default="[]")
        deleted = FloatField(null=True)
        indexed = IntegerField(default=0)
        packed = IntegerField(default=0)

        class Meta:
            table_name = "call"

    class TurnRow(base):  # type: ignore[misc]
        id = AutoField()
        call = ForeignKeyField(CallRow, on_delete="CASCADE", index=False)
        position = IntegerField()
        who = TextField()
        text = TextField()
        start = FloatField()
        end = FloatField()
        source = TextField()
        confidence = FloatField(null=True)
        interrupted = BooleanField(default=False)
        detail = TextField(default="")
        latency = TextField(null=True)
        words = TextField(default="[]")

        class Meta:
            table_name = "turn"

    class MessageRow(base):  # type: ignore[misc]
        id = AutoField()
        call = ForeignKeyField(CallRow, on_delete="RESTRICT")
        line = TextField()
        taken = FloatField()
        name = TextField(default="")
        number = TextField(default="")
        matter = TextField(default="")
        handled = BooleanField(default=False)
        assigned = TextField(default="")  # the name of a user of the page

        class Meta:
            table_name = "message"

    class FollowUpRow(base):  # type: ignore[misc]
        id = AutoField()
        kind = TextField()
        ref = IntegerField()
        at = FloatField()

        class Meta:
            table_name = "follow_up"

    return Rows(CallRow, TurnRow, MessageRow, FollowUpRow)
