"""What happens to a call before anybody speaks, by who calls. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

BLOCKED: Final = "blocked"
SAY_GOODBYE: Final = "goodbye"


class Verdict(StrEnum):
    """What to do with a call."""

    TAKE = "take"
    DECLINE = "decline"  # hung up unanswered: the caller hears that the number is busy
    GOODBYE = "goodbye"  # answered with a goodbye, unrecorded


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a number belongs to."""

    id: int
    name: str
    group: str = ""
    rule: str = ""


NOBODY: Final = Person(0, "")


def screen(person: Person | None) -> Verdict:
    """A number that nobody has is taken."""
    if person is None or person.group != BLOCKED:
        return Verdict.TAKE
    return Verdict.GOODBYE if person.rule == SAY_GOODBYE else Verdict.DECLINE
