"""The audit's chain."""

from typing import Any

from peewee import AutoField, FloatField, Model, TextField


def up(_migrator: Any, db: Any) -> None:
    """Creates the table."""

    class Audit(Model):
        id = AutoField()
        at = FloatField(index=True)
        who = TextField()
        where = TextField()
        what = TextField()
        salt = TextField(null=True)  # null once the body was erased
        body = TextField(null=True)  # JSON object: target, before, after
        digest = TextField()
        previous = TextField()
        hash = TextField()

        class Meta:
            database = db
            table_name = "audit"

    db.create_tables([Audit], safe=False)
