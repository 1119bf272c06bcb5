"""Rows of chats and their messages. What changes goes into the audit in the same transaction, but for the messages
themselves: what somebody says to the model is nobody else's matter."""

import json
from typing import Any, Final

import peewee
from peewee import AutoField, FloatField, ForeignKeyField, TextField, fn

from storage.audit.log import AuditLog
from storage.audit.records import By, Deed
from storage.chat.records import ASSISTANT, ChatHit, ChatMessageRecord, ChatRecord
from storage.database import translated
from storage.errors import NotFound, WrongState

MAX_LISTED: Final = 200
MAX_SHOWN: Final = 500
MAX_CHATS: Final = 1000
"""Of one user."""
MAX_MESSAGES: Final = 2000
"""Of one chat."""
RESTORABLE_SECONDS: Final = 7 * 86400.0
FIELDS: Final = ("name", "persona", "prompt", "node")


class ChatRepository:
    """Used on the storage thread only; every method is one transaction, durable when it returns. `user` None sees the
    chats of all."""

    def __init__(self, database: peewee.SqliteDatabase, audit: AuditLog) -> None:
        self._db, self._audit = database, audit
        base: Any = database.Model

        class ChatRow(base):  # type: ignore[misc]
            id = AutoField()
            user = TextField()
            name = TextField()
            persona = TextField(default="")
            prompt = TextField(default="")
            node = TextField(default="")
            created = FloatField()
            changed = FloatField()
            deleted = FloatField(null=True)

            class Meta:
                table_name = "chat"

        class ChatMessageRow(base):  # type: ignore[misc]
            id = AutoField()
            chat = ForeignKeyField(ChatRow, on_delete="CASCADE")
            role = TextField()
            text = TextField()
            folded = TextField()
            at = FloatField()
            state = TextField(default="done")
            detail = TextField(default="")
            why = TextField(default="")

            class Meta:
                table_name = "chat_message"

        self._chats: Any = ChatRow
        self._messages: Any = ChatMessageRow

    def find(self, user: str | None, text: str, limit: int, before: float | None) -> tuple[ChatHit, ...]:
        """Newest first, those changed earlier than `before`; with `text` those in which it stands."""
        chats, messages, folded = self._chats, self._messages, text.casefold()
        wanted = chats.select().where(chats.deleted.is_null()).order_by(chats.changed.desc(), chats.id.desc())
        if user is not None:
            wanted = wanted.where(chats.user == user)
        if before is not None:
            wanted = wanted.where(chats.changed < before)
        found: list[ChatHit] = []
        most = max(1, min(limit, MAX_LISTED))
        with translated():
            for row in wanted if folded else wanted.limit(most):
                if len(found) >= most:
                    break
                holding = None
                if folded:
                    holding = (
                        messages.select()
                        .where((messages.chat == row.id) & (fn.instr(messages.folded, folded) > 0))
                        .order_by(messages.id.desc())
                        .first()
                    )
                    if holding is None and folded not in row.name.casefold():
                        continue
                found.append(ChatHit(self._record(row), None if holding is None else _message(holding)))
        return tuple(found)

    def get(self, user: str | None, number: int) -> ChatRecord:
        """Raises NotFound, also for another's."""
        with translated():
            return self._record(self._row(user, number))

    def messages(self, number: int, limit: int, before: int | None = None) -> tuple[ChatMessageRecord, ...]:
        """The newest, oldest first."""
        messages = self._messages
        wanted = messages.select().where(messages.chat == number).order_by(messages.id.desc())
        if before is not None:
            wanted = wanted.where(messages.id < before)
        with translated():
            rows = list(wanted.limit(max(1, min(limit, MAX_SHOWN))))
        return tuple(_message(row) for row in reversed(rows))

    def create(self, user: str, fields: dict[str, str], now: float, by: By) -> ChatRecord:
        """What was deleted a week ago goes for good on this occasion. Raises WrongState where there are too many."""
        chats = self._chats
        with translated(), self._db.atomic("IMMEDIATE"):
            chats.delete().where(chats.deleted < now - RESTORABLE_SECONDS).execute()
            if chats.select().where(chats.user == user).count() >= MAX_CHATS:
                raise WrongState("there are {most} chats", most=MAX_CHATS)
            row = chats.create(user=user, created=now, changed=now, **fields)
            self._audit.append(Deed(by.who, by.where, "chat.created", f"chat:{row.id}"))
            return self._record(row)

    def change(self, user: str | None, number: int, fields: dict[str, str], now: float, by: By) -> ChatRecord:
        """Fields of FIELDS. Raises NotFound."""
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._row(user, number)
            before = {key: getattr(row, key) for key in fields if getattr(row, key) != fields[key]}
            if before:
                for key in before:
                    setattr(row, key, fields[key])
                row.changed = now
                row.save()
                after = {key: fields[key] for key in before}
                self._audit.append(Deed(by.who, by.where, "chat.changed", f"chat:{number}", before, after))
            return self._record(row)

    def hide(self, user: str | None, number: int, deleted: float | None, by: By) -> ChatRecord:
        """Deletes a chat, or (None) brings it back. Raises NotFound."""
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._row(user, number, deleted=deleted is None)
            row.deleted = deleted
            row.save()
            what = "chat.restored" if deleted is None else "chat.deleted"
            self._audit.append(Deed(by.who, by.where, what, f"chat:{number}"))
            return self._record(row)

    def add(
        self, number: int, role: str, text: str, at: float, state: str, detail: str, why: dict[str, Any]
    ) -> ChatMessageRecord:
        """One more message. Raises NotFound for a chat that is gone, WrongState for one that is full."""
        chats, messages = self._chats, self._messages
        with translated(), self._db.atomic("IMMEDIATE"):
            self._row(None, number)
            if messages.select().where(messages.chat == number).count() >= MAX_MESSAGES:
                raise WrongState("a chat holds {most} messages", most=MAX_MESSAGES)
            kept = json.dumps(why, ensure_ascii=False) if why else ""
            row = messages.create(
                chat=number, role=role, text=text, folded=text.casefold(), at=at, state=state, detail=detail, why=kept
            )
            chats.update(changed=at).where(chats.id == number).execute()
        return _message(row)

    def forget_answer(self, number: int) -> bool:
        """Takes the last message away if the model said it; whether it was there."""
        messages = self._messages
        with translated(), self._db.atomic("IMMEDIATE"):
            last = messages.select().where(messages.chat == number).order_by(messages.id.desc()).first()
            if last is None or last.role != ASSISTANT:
                return False
            last.delete_instance()
            return True

    def _row(self, user: str | None, number: int, *, deleted: bool = False) -> Any:
        row = self._chats.get_or_none(self._chats.id == number)
        if row is None or (user is not None and row.user != user) or (row.deleted is not None) != deleted:
            raise NotFound("there is no chat {number}", number=number)
        return row

    def _record(self, row: Any) -> ChatRecord:
        count = self._messages.select().where(self._messages.chat == row.id).count()
        return ChatRecord(
            row.id,
            row.user,
            row.name,
            row.persona,
            row.prompt,
            row.node,
            row.created,
            row.changed,
            row.deleted,
            count,
        )


def _message(row: Any) -> ChatMessageRecord:
    why: dict[str, Any] = json.loads(row.why) if row.why else {}
    return ChatMessageRecord(row.id, row.chat_id, row.role, row.text, row.at, row.state, row.detail, why)
