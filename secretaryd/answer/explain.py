"""What a phrase would be answered with, and how near everything else comes: for the owner who writes the questions."""

from dataclasses import dataclass
from typing import Final

from secretaryd.answer.faq import Match
from secretaryd.answer.ladder import Ladder

SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Score:
    """How well something fits a phrase; FAQ 0 to 100, facts 0 to 1."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """`faq`: the entry that matches, or ""; `how`: "exact", "fuzzy", "below", "tie" or "empty". `answer` is what would
    be said without asking a model, with its `source`; both empty where a model is asked, or a message is offered."""

    faq: str
    how: str
    score: float
    answer: str
    source: str
    entries: tuple[Score, ...]
    facts: tuple[Score, ...]


def explain(ladder: Ladder, heard: str) -> Explanation:
    """Never raises, whatever the phrase."""
    match, piece = ladder.faq.match(heard), ladder.without_model(heard)
    return Explanation(
        faq=match.entry.id if isinstance(match, Match) else "",
        how=match.how if isinstance(match, Match) else match.reason,
        score=round(match.score, 1) if isinstance(match, Match) else 0.0,
        answer=piece.text if piece is not None else "",
        source=f"{piece.source} {piece.detail}".strip() if piece is not None else "",
        entries=tuple(Score(entry_id, score) for entry_id, score in ladder.faq.ranking(heard, SHOWN)),
        facts=tuple(Score(one.fact.topic, round(one.score, 2)) for one in ladder.facts.best(heard, SHOWN, 0.0)),
    )
