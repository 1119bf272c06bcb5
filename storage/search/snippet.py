"""The piece of a text that shows why it was found. No I/O."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from storage.search.query import Query
from storage.search.text import Stemmer

LENGTH: Final = 160
LEAD: Final = 50
"""Characters shown before the first word that was found."""
ELLIPSIS: Final = "…"


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of a call. `field`: "turn", "second" (what the second recogniser heard), "summary", "note", "tags" or
    "message"; or "sms" of a short message. `who` and `start` (seconds of the recording) are of what was said."""

    field: str
    text: str
    who: str = ""
    start: float = 0.0


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of a passage; `marks` are the found words' places in `text` (characters)."""

    field: str
    text: str
    marks: tuple[tuple[int, int], ...] = ()
    who: str = ""
    start: float = 0.0


def best(passages: Iterable[Passage], query: Query, stemmer: Stemmer) -> Snippet | None:
    """The first passage with all that is looked for, else the one with most of it, cut to a line; None where the words
    stand in different places."""
    chosen: tuple[Passage, list[tuple[int, int]]] | None = None
    for passage in passages:
        marks = query.marked(passage.text, stemmer)
        if marks and (chosen is None or len(marks) > len(chosen[1])):
            chosen = passage, marks
        if len(marks) >= len(query.wanted):
            break
    return None if chosen is None else _cut(*chosen)


def _cut(passage: Passage, marks: list[tuple[int, int]]) -> Snippet:
    text = passage.text
    start = 0
    if len(text) > LENGTH and marks[0][0] > LEAD:
        wanted = marks[0][0] - LEAD
        space = text.find(" ", wanted, marks[0][0])
        start = wanted if space < 0 else space + 1
    end = min(len(text), start + LENGTH)
    if end < len(text):
        space = text.rfind(" ", max(marks[0][1], start), end)
        end = end if space < 0 else space
    head = ELLIPSIS if start else ""
    shift = len(head) - start
    shown = head + text[start:end] + (ELLIPSIS if end < len(text) else "")
    kept = tuple((a + shift, b + shift) for a, b in marks if a >= start and b <= end)
    return Snippet(passage.field, shown, kept, passage.who, passage.start)
