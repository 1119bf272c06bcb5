"""What the pages of calls show: pure, from the core's rows, and as tolerant of another version as `webui.view`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from webui.i18n import Texts
from webui.kept_view import KeptCall, Spoken, kept_call, spoken
from webui.view import Branch

MAX_PIECE: Final = 400
MAX_WORDS: Final = 500
MAX_SAID: Final = 4000
PATH_POINTS: Final = 400
LOUDEST: Final = 255
QUIET: Final = 32
"""A call in which nothing was louder is drawn as quiet as it was."""
CAUSES: Final = ("caller", "secretary", "limit", "owner", "line lost", "crash")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a snippet; `found`: one of the words looked for."""

    text: str
    found: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A call in the list."""

    call: KeptCall
    who: str
    outgoing: bool
    keep: bool
    tags: tuple[str, ...]
    snippet: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a caller; `at`: seconds from the start of the recording, `unsure`: the recogniser was."""

    text: str
    at: str
    end: str
    unsure: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing said, for the player and for "why this answer"."""

    place: int
    said: Spoken
    text: str
    start: str
    end: str
    words: tuple[Word, ...]
    entry: str
    """The question of the FAQ that was answered, "" for others."""
    why: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """One call."""

    call: KeptCall
    number: str
    outgoing: bool
    keep: bool
    note: str
    tags: tuple[str, ...]
    recorded: bool
    length: str
    facts: tuple[tuple[str, str], ...]
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Wave:
    """The outline of a recording as two SVG paths in a box of `width` x 100, caller above."""

    seconds: float
    width: int
    caller: str
    secretary: str


def row(hit: Mapping[str, Any], say: Texts) -> Row:
    """A hit of `calls.search`."""
    call = Branch(hit).part("call")
    shown = kept_call(call.tree, say)
    return Row(
        call=shown,
        who=call.text("name") or shown.number,
        outgoing=call.text("direction") == "out",
        keep=call.flag("keep") is True,
        tags=_texts(call.tree.get("tags")),
        snippet=pieces(Branch(hit).part("snippet").tree),
    )


def pieces(snippet: Mapping[str, Any]) -> tuple[Piece, ...]:
    """The snippet cut at its marks. Places that lie outside of the text, or in each other, are passed over."""
    text, marks = snippet.get("text"), snippet.get("marks")
    if not isinstance(text, str) or not text:
        return ()
    text, found, at = text[:MAX_PIECE], [], 0
    for mark in marks if isinstance(marks, list | tuple) else ():
        if not isinstance(mark, list | tuple) or len(mark) != 2 or not all(type(one) is int for one in mark):
            continue
        start, end = mark
        if at <= start < end <= len(text):
            found += [Piece(text[at:start], found=False), Piece(text[start:end], found=True)]
            at = end
    return tuple(piece for piece in (*found, Piece(text[at:], found=False)) if piece.text)


def shown(row_: Mapping[str, Any], say: Texts) -> Shown:
    """A call of `calls.show`."""
    call = Branch(row_)
    head = kept_call(row_, say)
    cause, seconds = call.text("end_cause"), call.number("recorded_seconds") or 0.0
    facts = [(say("calls.began"), head.when)]
    if cause:
        facts.append((say("calls.ended_by"), say.known("cause." + cause.replace(" ", "_")) or cause))
    if call.text("flow"):
        facts.append((say("calls.flow"), call.text("flow")))
    turns = row_.get("turns")
    return Shown(
        call=head,
        number=call.text("number"),
        outgoing=call.text("direction") == "out",
        keep=call.flag("keep") is True,
        note=_long(row_.get("note")),
        tags=_texts(row_.get("tags")),
        recorded=bool(call.text("recording")),
        length=clock(seconds),
        facts=tuple(facts),
        turns=tuple(_turn(n, one, say) for n, one in enumerate(turns if isinstance(turns, list | tuple) else ())),
    )


def wave(answer: Mapping[str, Any]) -> Wave | None:
    """Of `calls.peaks`; None where there is no outline."""
    tree = Branch(answer)
    sides = [_peaks(answer.get(side)) for side in ("caller", "secretary")]
    seconds = tree.number("seconds") or 0.0
    if seconds <= 0 or not sides[0]:
        return None
    loudest = max(QUIET, *sides[0], *sides[1])
    return Wave(seconds, len(sides[0]), _path(sides[0], 25, loudest), _path(sides[1], 75, loudest))


def clock(seconds: float) -> str:
    """65.2 -> 1:05."""
    whole = int(min(max(seconds, 0.0), 1e6))
    return f"{whole // 60}:{whole % 60:02d}"


def day(text: str, *, after: bool = False) -> float | None:
    """The beginning (or the end) of a day written 2026-11-26, on this machine's calendar, as UTC epoch seconds."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%d").astimezone()
        return (moment + timedelta(days=1) if after else moment).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _turn(place: int, row_: object, say: Texts) -> Turn:
    turn = Branch(row_)
    said = spoken(turn.tree, say)
    source, detail = turn.text("source"), turn.text("detail")
    start, end = turn.number("start") or 0.0, turn.number("end") or 0.0
    why = []
    if said.ours and detail:
        why.append((say.known(f"why.{source}") or say("why.detail"), detail))
    confidence = turn.number("confidence")
    if not said.ours and confidence is not None:
        why.append((say("why.confidence"), say.percent(min(1.0, max(0.0, confidence)))))
    return Turn(
        place=place,
        said=said,
        text=_long(turn.tree.get("text")),
        start=_seconds(start),
        end=_seconds(end),
        words=_words(turn.tree.get("words")),
        entry=detail.partition(" ")[0] if said.ours and source == "faq" else "",
        why=tuple(why),
    )


def _words(found: object) -> tuple[Word, ...]:
    words = []
    for one in found[:MAX_WORDS] if isinstance(found, list | tuple) else ():
        word = Branch(one)
        confidence = word.number("confidence")
        start, end = word.number("start"), word.number("end")
        if word.text("text") and start is not None and end is not None:
            unsure = confidence is not None and confidence < 0.5
            words.append(Word(word.text("text"), _seconds(start), _seconds(end), unsure))
    return tuple(words)


def _seconds(value: float) -> str:
    return f"{min(max(value, 0.0), 1e6):.2f}"


def _long(value: object) -> str:
    return value[:MAX_SAID] if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one[:80] for one in value[:50] if isinstance(one, str)) if isinstance(value, list | tuple) else ()


def _peaks(value: object) -> list[int]:
    if not isinstance(value, list | tuple) or not all(type(one) is int for one in value):
        return []
    return [min(LOUDEST, max(0, one)) for one in value[:PATH_POINTS]]


def _path(peaks: Sequence[int], middle: int, loudest: int) -> str:
    """Strokes up and down of the middle, 24 at the loudest of the call; quiet is a dot."""
    heights = [max(0.5, peak * 24 / loudest) for peak in peaks]
    return "".join(f"M{x + 0.5:g} {middle - h:.1f}v{2 * h:.1f}" for x, h in enumerate(heights))
