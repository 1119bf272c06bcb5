"""Contacts for the event loop."""

from collections.abc import Callable, Sequence

from storage.audit.records import By
from storage.contacts.book import ContactBook
from storage.contacts.records import Card, ContactRecord, Imported
from storage.thread import StorageThread


class Contacts:
    """Reached as `storage.contacts`. What changes anything says who did it (`By`), and is durable when it returns."""

    def __init__(self, thread: StorageThread, book: ContactBook) -> None:
        self._thread, self._book = thread, book

    async def add(self, card: Card, by: By) -> ContactRecord:
        """Raises Unfit, NumberTaken."""
        return await self._thread.run(self._book.add, card, by)

    async def edit(self, number: int, change: Callable[[Card], Card], by: By) -> ContactRecord:
        """`change` makes the new card of the old one, on the storage thread. Raises NotFound, Unfit, NumberTaken."""
        return await self._thread.run(self._book.edit, number, change, by)

    async def remove(self, number: int, by: By) -> ContactRecord:
        """Returns what it was. Raises NotFound."""
        return await self._thread.run(self._book.remove, number, by)

    async def restore(self, number: int, by: By) -> ContactRecord:
        """Undoes a removal. Raises NotFound, NumberTaken."""
        return await self._thread.run(self._book.restore, number, by)

    async def get(self, number: int) -> ContactRecord:
        """Raises NotFound."""
        return await self._thread.run(self._book.get, number)

    async def owner(self, number: str) -> ContactRecord | None:
        """Whose canonical number that is."""
        return await self._thread.run(self._book.owner, number)

    async def list(
        self, group: str = "", text: str = "", limit: int = 100, after: str = ""
    ) -> tuple[ContactRecord, ...]:
        """By name."""
        return await self._thread.run(self._book.page, group, text, limit, after)

    async def all(self) -> tuple[ContactRecord, ...]:
        """Everybody."""
        return await self._thread.run(self._book.all)

    async def merge(self, cards: Sequence[Card], by: By) -> Imported:
        """Takes in cards from elsewhere. Raises Unfit."""
        return await self._thread.run(self._book.merge, cards, by)
