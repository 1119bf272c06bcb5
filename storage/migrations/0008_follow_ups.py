"""What the box still owes somebody for a message that was left, or a call that ended: an SMS, perhaps none."""

from typing import Any

from peewee import AutoField, FloatField, IntegerField, Model, TextField


def up(_migrator: Any, db: Any) -> None:
    """Creates the table."""

    class FollowUp(Model):
        id = AutoField()
        kind = TextField()  # message, call
        ref = IntegerField()  # it may be deleted before
        at = FloatField()

        class Meta:
            database = db
            table_name = "follow_up"

    db.create_tables([FollowUp], safe=False)
