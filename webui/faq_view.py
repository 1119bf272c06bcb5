"""What the pages of questions and answers show: pure, from the core's rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from webui.i18n import Texts
from webui.view import Branch

ORIGINS: Final = ("own", "persona", "general")
TONES: Final = {"own": "ok", "persona": "busy", "general": "off"}
ACTIONS: Final = ("", "message", "hangup")
MAX_ANSWER: Final = 2000
MAX_VARIANTS: Final = 200
FULL: Final = 100.0
"""The best score of a question; of a fact it is 1."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question in some wordings, with its answer."""

    id: str
    variants: tuple[str, ...]
    answer: str
    action: str
    origin: str
    origin_text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Near:
    """How near something comes to a phrase, in percent."""

    id: str
    score: str
    percent: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What a phrase would be answered with."""

    heard: str
    entry: str
    how: str
    tone: str
    score: str
    answer: str
    source: str
    entries: tuple[Near, ...]
    facts: tuple[Near, ...]


def question(row: Mapping[str, Any], say: Texts) -> Question:
    """An entry of `faq.list`."""
    entry = Branch(row)
    origin, variants, answer = entry.text("origin"), row.get("variants"), row.get("answer")
    listed = variants[:MAX_VARIANTS] if isinstance(variants, list | tuple) else ()
    action = entry.text("action")
    return Question(
        id=entry.text("id"),
        variants=tuple(one[:MAX_ANSWER] for one in listed if isinstance(one, str)),
        answer=answer[:MAX_ANSWER] if isinstance(answer, str) else "",
        action=action if action in ACTIONS else "",
        origin=origin,
        origin_text=say.known(f"faq.origin.{origin}") or origin,
        tone=TONES.get(origin, "off"),
    )


def fits(entry: Question, words: str) -> bool:
    """Whether every word of a search stands in it."""
    text = " ".join((entry.id, *entry.variants, entry.answer)).casefold()
    return all(word in text for word in words.casefold().split())


def tried(heard: str, answer: Mapping[str, Any], say: Texts) -> Tried:
    """Of `faq.test`."""
    tree = Branch(answer)
    how, entry = tree.text("how"), tree.text("faq")
    said = answer.get("answer")
    return Tried(
        heard=heard,
        entry=entry,
        how=say.known(f"faq.how.{how}") or how,
        tone="ok" if entry else "warn",
        score=say.number(tree.number("score") or 0.0, 0),
        answer=said[:MAX_ANSWER] if isinstance(said, str) else "",
        source=tree.text("source"),
        entries=_nearest(tree.parts("entries"), FULL, say),
        facts=_nearest(tree.parts("facts"), 1.0, say),
    )


def _nearest(found: Sequence[Branch], full: float, say: Texts) -> tuple[Near, ...]:
    rows = []
    for one in found:
        score = one.number("score") or 0.0
        percent = round(min(100.0, max(0.0, score * 100 / full)))
        rows.append(Near(one.text("id"), say.number(score, 0 if full > 1 else 2), percent))
    return tuple(rows)
