"""Calls, their turns, messages left by callers, and a few values of the database itself."""

from typing import Any

from peewee import AutoField, BooleanField, FloatField, ForeignKeyField, IntegerField, Model, TextField


def up(_migrator: Any, db: Any) -> None:
    """Creates the first tables."""

    class Call(Model):
        id = AutoField()
        line = TextField()
        direction = TextField()
        number = TextField(null=True)
        presentation = TextField()
        began = FloatField(index=True)
        answered = FloatField(null=True)
        ended = FloatField(null=True)
        outcome = TextField(default="")
        end_cause = TextField(default="")
        summary = TextField(default="")
        recording = TextField(null=True)
        recorded_seconds = FloatField(default=0.0)
        flow = TextField(default="")

        class Meta:
            database = db
            table_name = "call"

    class Turn(Model):
        id = AutoField()
        call = ForeignKeyField(Call, on_delete="CASCADE", index=False)  # the unique index below serves
        position = IntegerField()
        who = TextField()
        text = TextField()
        start = FloatField()
        end = FloatField()
        source = TextField()
        confidence = FloatField(null=True)
        interrupted = BooleanField(default=False)
        detail = TextField(default="")
        latency = TextField(null=True)  # JSON object
        words = TextField(default="[]")  # JSON array of [text, start, end, confidence]

        class Meta:
            database = db
            table_name = "turn"
            indexes = ((("call", "position"), True),)

    class Message(Model):
        id = AutoField()
        call = ForeignKeyField(Call, on_delete="RESTRICT")
        line = TextField()
        taken = FloatField(index=True)
        name = TextField(default="")
        number = TextField(default="")
        matter = TextField(default="")
        handled = BooleanField(default=False)

        class Meta:
            database = db
            table_name = "message"

    class Meta_(Model):  # noqa: N801 (peewee reads an inner class named Meta)
        key = TextField(primary_key=True)
        value = TextField()

        class Meta:
            database = db
            table_name = "meta"

    db.create_tables([Call, Turn, Message, Meta_], safe=False)
