"""What the audit keeps, and what it finds. Times are UTC epoch seconds."""

from dataclasses import dataclass, field
from typing import Any, Final

Details = dict[str, Any]
"""JSON: strings, numbers, booleans, None, lists and dicts of them."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that somebody did. `what` is "<kind>.<verb>" ("contact.edited", "call.hung_up").

    `target`, `before` and `after` may hold personal data: they can be erased later without breaking the chain. `who`,
    `where` and `what` cannot, so that no caller's number belongs there.
    """

    who: str
    where: str
    what: str
    target: str = ""
    before: Details | None = None
    after: Details | None = None


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, and through which door ("control", "system")."""

    who: str
    where: str


SYSTEM: Final = By("system", "system")
"""The box by itself: retention, imports at start."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One link of the chain. `erased`: its target and details were removed with a person's data."""

    id: int
    at: float
    who: str
    where: str
    what: str
    target: str
    before: Details | None
    after: Details | None
    hash: str
    erased: bool = False


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What to list; empty means all. `kind` is a `what` or its beginning up to a dot ("contact")."""

    since: float | None = None
    until: float | None = None
    who: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Flaw:
    """Where the chain does not hold. `code`: "edited", "missing", "order", "truncated", "unaccounted", "checkpoint"."""

    id: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk along the whole chain found. `first` is the oldest entry still kept; `head` the hash of the last."""

    entries: int
    first: int
    last: int
    head: str
    erased: int = 0
    flaws: tuple[Flaw, ...] = field(default=())

    @property
    def sound(self) -> bool:
        """Nothing was found."""
        return not self.flaws
