"""Numbers to people, in memory: a ring is screened at once, whatever the disk is doing."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from secretaryd.people.screening import Person


class CardLike(Protocol):
    """A contact's card."""

    @property
    def name(self) -> str:
        """Shown."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """Canonical."""

    @property
    def group(self) -> str:
        """One of the groups."""

    @property
    def rule(self) -> str:
        """One of the rules."""


class ContactLike(Protocol):
    """A kept contact."""

    @property
    def id(self) -> int:
        """Its row."""

    @property
    def card(self) -> CardLike:
        """What it says."""


class Directory:
    """Loaded at the start and after every change of the contacts."""

    def __init__(self, all_contacts: Callable[[], Awaitable[Iterable[ContactLike]]]) -> None:
        self._all = all_contacts
        self._people: dict[str, Person] = {}

    async def reload(self) -> None:
        """Raises StorageError; what was known stays then."""
        people: dict[str, Person] = {}
        for contact in await self._all():
            person = Person(contact.id, contact.card.name, contact.card.group, contact.card.rule)
            people.update(dict.fromkeys(contact.card.numbers, person))
        self._people = people

    def find(self, number: str | None) -> Person | None:
        """Whose canonical number that is."""
        return None if number is None else self._people.get(number)

    def name(self, number: str | None) -> str:
        """Empty for a number that nobody has."""
        person = self.find(number)
        return "" if person is None else person.name
