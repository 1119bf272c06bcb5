"""Chats for the event loop; reached as `storage.chats`. `user` None stands for the console, which sees those of all."""

from collections.abc import Mapping
from typing import Any

from storage.audit.records import By
from storage.chat.records import ChatHit, ChatMessageRecord, ChatRecord
from storage.chat.rows import ChatRepository
from storage.thread import StorageThread


class Chats:
    """A method that writes returns when the write is durable."""

    def __init__(self, thread: StorageThread, rows: ChatRepository) -> None:
        self._thread, self._rows = thread, rows

    async def find(
        self, user: str | None, text: str = "", limit: int = 50, before: float | None = None
    ) -> tuple[ChatHit, ...]:
        """Newest first; with `text` those in which it stands."""
        return await self._thread.run(self._rows.find, user, text, limit, before)

    async def get(self, user: str | None, number: int) -> ChatRecord:
        """Raises NotFound, also for another's."""
        return await self._thread.run(self._rows.get, user, number)

    async def messages(self, number: int, limit: int = 200, before: int | None = None) -> tuple[ChatMessageRecord, ...]:
        """The newest, oldest first."""
        return await self._thread.run(self._rows.messages, number, limit, before)

    async def create(self, user: str, fields: dict[str, str], now: float, by: By) -> ChatRecord:
        """`fields`: name, persona, prompt, node. Raises WrongState where there are too many."""
        return await self._thread.run(self._rows.create, user, fields, now, by)

    async def change(self, user: str | None, number: int, fields: dict[str, str], now: float, by: By) -> ChatRecord:
        """Raises NotFound."""
        return await self._thread.run(self._rows.change, user, number, fields, now, by)

    async def delete(self, user: str | None, number: int, now: float, by: By) -> ChatRecord:
        """`restore` brings it back within a week. Raises NotFound."""
        return await self._thread.run(self._rows.hide, user, number, now, by)

    async def restore(self, user: str | None, number: int, by: By) -> ChatRecord:
        """Raises NotFound."""
        return await self._thread.run(self._rows.hide, user, number, None, by)

    async def add(
        self,
        number: int,
        role: str,
        text: str,
        at: float,
        state: str = "done",
        detail: str = "",
        why: Mapping[str, Any] | None = None,
    ) -> ChatMessageRecord:
        """`why` is plain data, as JSON can carry it. Raises NotFound, WrongState."""
        return await self._thread.run(self._rows.add, number, role, text, at, state, detail, dict(why or {}))

    async def forget_answer(self, number: int) -> bool:
        """Takes the last message away if the model said it; whether it was there."""
        return await self._thread.run(self._rows.forget_answer, number)
