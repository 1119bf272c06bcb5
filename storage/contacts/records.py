"""What is kept of a person. Times are UTC epoch seconds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from storage.errors import StorageError

GROUPS: Final = ("", "vip", "family", "supplier", "blocked")
RULES: Final = ("", "decline", "goodbye")
"""What happens to a blocked contact's call: it is declined, or answered with a goodbye. Empty: declined."""
MAX_NAME: Final = 120
MAX_NOTE: Final = 4000
MAX_NUMBERS: Final = 20
MAX_NUMBER: Final = 32


class Unfit(StorageError):
    """The contact cannot be kept so; `field` says what is wrong."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class NumberTaken(StorageError):
    """Another contact has that number."""

    def __init__(self, number: str, contact: int) -> None:
        super().__init__(f"contact {contact} has that number")
        self.number, self.contact = number, contact


@dataclass(frozen=True, slots=True)
class Card:
    """A contact as it is written down: `numbers` are canonical, the first one is called."""

    name: str
    numbers: tuple[str, ...] = ()
    group: str = ""
    note: str = ""
    rule: str = ""

    def checked(self) -> "Card":
        """Itself, without spaces around. Raises Unfit."""
        card = Card(self.name.strip(), tuple(dict.fromkeys(self.numbers)), self.group, self.note.strip(), self.rule)
        if not card.name or len(card.name) > MAX_NAME:
            raise Unfit("name", f"a name has 1 to {MAX_NAME} characters")
        if len(card.note) > MAX_NOTE:
            raise Unfit("note", f"a note has at most {MAX_NOTE} characters")
        if card.group not in GROUPS:
            raise Unfit("group", f"{card.group!r} is none of {', '.join(filter(None, GROUPS))}")
        if card.rule not in RULES:
            raise Unfit("rule", f"{card.rule!r} is none of {', '.join(filter(None, RULES))}")
        if len(card.numbers) > MAX_NUMBERS or any(not 0 < len(number) <= MAX_NUMBER for number in card.numbers):
            raise Unfit("numbers", f"a contact has at most {MAX_NUMBERS} numbers of at most {MAX_NUMBER} digits")
        return card

    def plain(self) -> dict[str, Any]:
        """For the audit."""
        return {**asdict(self), "numbers": list(self.numbers)}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Card":
        """The card of an audit's details."""
        return cls(
            str(plain.get("name", "")),
            tuple(str(number) for number in plain.get("numbers", ())),
            str(plain.get("group", "")),
            str(plain.get("note", "")),
            str(plain.get("rule", "")),
        )


@dataclass(frozen=True, slots=True)
class ContactRecord:
    """A kept card."""

    id: int
    card: Card
    created: float
    changed: float


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a batch of cards."""

    added: int = 0
    changed: int = 0
    same: int = 0
    conflicts: int = 0
    """Cards whose numbers belong to different contacts here; left alone."""
