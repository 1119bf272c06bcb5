"""Who may use the page, and invitations to it."""

from typing import Any

from peewee import BooleanField, FloatField, Model, TextField


def up(_migrator: Any, db: Any) -> None:
    """Creates the tables."""

    class User(Model):
        name = TextField(primary_key=True)
        role = TextField()
        disabled = BooleanField(default=False)
        created = FloatField()

        class Meta:
            database = db
            table_name = "user"

    class Invitation(Model):
        token = TextField(primary_key=True)  # its hash
        user = TextField()  # "" for the first owner, who chooses a name
        role = TextField()
        expires = FloatField()

        class Meta:
            database = db
            table_name = "invitation"

    db.create_tables([User, Invitation], safe=False)
