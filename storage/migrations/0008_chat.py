"""Chats of the page's users with the model."""

from typing import Any

from peewee import AutoField, FloatField, ForeignKeyField, Model, TextField


def up(_migrator: Any, db: Any) -> None:
    """Creates the tables."""

    class Chat(Model):
        id = AutoField()
        user = TextField(index=True)
        name = TextField()
        persona = TextField()
        prompt = TextField()
        node = TextField()
        created = FloatField()
        changed = FloatField(index=True)
        deleted = FloatField(null=True)

        class Meta:
            database = db
            table_name = "chat"

    class ChatMessage(Model):
        id = AutoField()
        chat = ForeignKeyField(Chat, on_delete="CASCADE", index=True)
        role = TextField()
        text = TextField()
        folded = TextField()  # for the search: SQLite folds the case of ASCII only
        at = FloatField()
        state = TextField()
        detail = TextField()

        class Meta:
            database = db
            table_name = "chat_message"

    db.create_tables([Chat, ChatMessage], safe=False)
