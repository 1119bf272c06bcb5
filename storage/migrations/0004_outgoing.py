"""What the box does by itself on the line: call-backs asked for, calls dialled, what is known of the SIM."""

from typing import Any

from peewee import AutoField, FloatField, IntegerField, Model, TextField


def up(_migrator: Any, db: Any) -> None:
    """Creates the tables."""

    class Task(Model):
        id = AutoField()
        made = FloatField()
        line = TextField()
        kind = TextField()
        number = TextField()
        call = IntegerField(null=True)  # the call in which it was asked for; it may be deleted before the task
        wish = TextField(default="")
        state = TextField(index=True)
        attempts = IntegerField(default=0)
        tried = FloatField(null=True)
        result = TextField(default="")
        answered_by = IntegerField(null=True)  # the outgoing call of the last attempt

        class Meta:
            database = db
            table_name = "task"

    class DialUsage(Model):
        id = AutoField()
        began = FloatField(index=True)
        line = TextField()
        number = TextField()
        task = IntegerField(null=True)
        reserved = FloatField()  # seconds that count while it is not known how long it lasted
        seconds = FloatField(null=True)

        class Meta:
            database = db
            table_name = "dial_usage"

    class SimFact(Model):
        key = TextField(primary_key=True)
        value = TextField()
        at = FloatField()

        class Meta:
            database = db
            table_name = "sim_fact"

    db.create_tables([Task, DialUsage, SimFact], safe=False)
