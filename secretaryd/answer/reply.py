"""What an answer is made of. PURE."""

from dataclasses import dataclass
from typing import Final

from secretaryd.answer.broker import Intent
from secretaryd.answer.retrieve import Found

MODEL: Final = "model"
"""Source of a model's own words."""
FILLER: Final = "filler"
"""Source of a piece that is no answer: who waits anyway may leave it unsaid."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence to say. `source`: "faq", "model", "fact", "phrase" or FILLER; `detail`: which entry and how well it
    fitted, why a rung was passed by, or the phrase's id."""

    text: str
    source: str
    detail: str = ""


Reply = Piece | Intent


def stated(found: Found, why: str) -> Piece:
    """A fact as it stands."""
    return Piece(found.fact.say, "fact", f"{found.fact.topic} {found.score:.2f} ({why})")
