"""What the pages of kept calls show: pure, from the core's rows, and as tolerant of another version as `webui.view`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webui.i18n import Texts
from webui.view import BAD_OUTCOMES, Branch, duration

OUTCOMES: Final = ("answered", "message", "missed", "blocked", "transferred", "failed")
STEPS: Final = ("endpoint", "stt", "first_sentence", "first_audio", "queue")
"""Where the time of an answer goes, in order; together they are its total."""


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A row of the list, and the head of a call's own page."""

    id: int
    when: str
    number: str
    outcome: str
    tone: str
    lasted: str
    summary: str


@dataclass(frozen=True, slots=True)
class Step:
    """A part of an answer's time, in ms, and its share of the whole, in percent."""

    name: str
    milliseconds: int
    share: int


@dataclass(frozen=True, slots=True)
class Spoken:
    """A turn. `ours`: the secretary's."""

    ours: bool
    at: str
    text: str
    source: str
    detail: str
    interrupted: bool
    seconds: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class LeftMessage:
    """What a caller left."""

    id: int
    call: int
    when: str
    name: str
    number: str
    matter: str
    handled: bool
    assigned: str


def kept_call(row: Mapping[str, Any], say: Texts) -> KeptCall:
    """A row of calls."""
    call = Branch(row)
    answered, ended = call.number("answered"), call.number("ended")
    outcome = call.text("outcome")
    return KeptCall(
        id=int(call.number("id") or 0),
        when=say.moment(call.number("began")),
        number=call.text("number") or say("number.withheld"),
        outcome=say.known(f"outcome.{outcome}") or outcome,
        tone="bad" if outcome in BAD_OUTCOMES else "off" if outcome == "blocked" else "ok",
        lasted=duration(ended - answered, say) if answered is not None and ended is not None else "",
        summary=call.text("summary"),
    )


def spoken(row: Mapping[str, Any], say: Texts) -> Spoken:
    """A turn of a call."""
    turn = Branch(row)
    latency = turn.part("latency")
    total = latency.number("total")
    start = max(0.0, turn.number("start") or 0.0)
    source = turn.text("source")
    return Spoken(
        ours=turn.text("who") == "secretary",
        at=f"{int(min(start, 1e6)) // 60}:{int(min(start, 1e6)) % 60:02d}",
        text=turn.text("text"),
        source=say.known(f"source.{source}") or source,
        detail=turn.text("detail"),
        interrupted=turn.flag("interrupted") is True,
        seconds=say.number(total / 1000, 2) if total else "",
        steps=_steps(latency, total, say),
    )


def left_message(row: Mapping[str, Any], say: Texts) -> LeftMessage:
    """A message."""
    message = Branch(row)
    return LeftMessage(
        id=int(message.number("id") or 0),
        call=int(message.number("call_id") or 0),
        when=say.moment(message.number("taken")),
        name=message.text("name"),
        number=message.text("number"),
        matter=message.text("matter"),
        handled=message.flag("handled") is True,
        assigned=message.text("assigned"),
    )


def _steps(latency: Branch, total: float | None, say: Texts) -> tuple[Step, ...]:
    if not total or total < 0:
        return ()
    found = [(name, latency.number(name)) for name in STEPS]
    return tuple(
        Step(say(f"step.{name}"), round(value), max(0, min(100, round(100 * value / total))))
        for name, value in found
        if value is not None and 0.5 <= value < 1e7
    )
