"""What was taken over from the predecessor and has no place of its own yet."""

from typing import Any

from peewee import AutoField, FloatField, Model, TextField


def up(_migrator: Any, db: Any) -> None:
    """Creates the table."""

    class Imported(Model):
        id = AutoField()
        source = TextField()  # name of the file
        key = TextField()
        kind = TextField()  # preset, widget, telegram, chat
        body = TextField()  # JSON object
        at = FloatField()

        class Meta:
            database = db
            table_name = "imported"
            indexes = ((("source", "key", "kind"), True),)

    db.create_tables([Imported], safe=False)
