"""PURE: the call as it happens, from the event stream: events in, lines out. What callers say stays text."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from secretaryd.control.protocol import (
    CallAnswered,
    CallDialled,
    CallEnded,
    CallRang,
    DigitsPressed,
    Dropped,
    LevelsMeasured,
    LineChanged,
    MessageTaken,
    PartialHeard,
    PhraseHeard,
    SayingStarted,
    Stamped,
    TurnSaid,
)

MAX_LINES: Final = 300
"""Lines of one call that are kept; the oldest go."""
MAX_TEXT: Final = 2000
FLOOR_DB: Final = -60.0
"""What a level meter shows as nothing; telephone noise lies about there."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing said. `who`: caller, secretary, keys, message or lost; `open` while it is being said; `latency`:
    milliseconds by part."""

    who: str
    text: str
    at: float
    source: str = ""
    detail: str = ""
    interrupted: bool = False
    open: bool = False
    latency: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class LiveCall:
    """The call in progress, or the last one. Feed `take` with every event; times are UTC epoch seconds."""

    line: str = ""
    call: int | None = None
    number: str = ""
    name: str = ""
    group: str = ""
    outgoing: bool = False
    rang_at: float | None = None
    answered_at: float | None = None
    ended: CallEnded | None = None
    partial: str = ""
    levels: tuple[int, int] | None = None
    """How loud caller and secretary are, in percent of what a meter shows; None where that is not known."""
    lines: list[Line] = field(default_factory=list)

    @property
    def going_on(self) -> bool:
        """Whether somebody is on the line."""
        return self.call is not None and self.ended is None

    def take(self, stamped: Stamped) -> bool:
        """One event; False where it says nothing of calls."""
        taker = TAKERS.get(type(stamped.event))
        if taker is None:
            return False
        taker(self, stamped.event, stamped.at)
        return True

    def forget_unfinished(self) -> None:
        """The box went away: nobody will tell how this call ended."""
        self.partial, self.levels, self.line = "", None, ""
        if self.going_on:
            self.call, self.lines = None, []

    def _begin(self, call: int, at: float) -> None:
        if call != self.call:
            self.lines, self.partial, self.ended, self.answered_at, self.levels = [], "", None, None, None
            self.number = self.name = self.group = ""
            self.call, self.rang_at, self.outgoing = call, at, False

    def _rang(self, event: CallRang, at: float) -> None:
        self._begin(event.call, at)
        self.number, self.name, self.group = _cut(event.number or ""), _cut(event.name), _cut(event.group)

    def _dialled(self, event: CallDialled, at: float) -> None:
        self._begin(event.call, at)
        self.number, self.outgoing = _cut(event.number or ""), True

    def _answered(self, event: CallAnswered, at: float) -> None:
        self._begin(event.call, at)
        self.answered_at = at

    def _partial_heard(self, event: PartialHeard, at: float) -> None:
        self._begin(event.call, at)
        self.partial = _cut(event.text)

    def _phrase_heard(self, event: PhraseHeard, at: float) -> None:
        self._begin(event.call, at)
        self.partial = ""
        self._add(Line("caller", _cut(event.text), at))

    def _saying(self, event: SayingStarted, at: float) -> None:
        self._begin(event.call, at)
        self._add(Line("secretary", _cut(event.text), at, _cut(event.source), _cut(event.detail), open=True))

    def _said(self, event: TurnSaid, at: float) -> None:
        self._begin(event.call, at)
        while self.lines and self.lines[-1].open:
            at = self.lines.pop().at
        latency = {name: float(value) for name, value in (event.latency or {}).items() if value is not None}
        source, detail = _cut(event.source), _cut(event.detail)
        said = Line("secretary", _cut(event.text), at, source, detail, event.interrupted, latency=latency)
        self._add(said)

    def _digits(self, event: DigitsPressed, at: float) -> None:
        self._begin(event.call, at)
        self._add(Line("keys", _cut(event.digits), at))

    def _message(self, event: MessageTaken, at: float) -> None:
        self._begin(event.call, at)
        told = " · ".join(_cut(one) for one in (event.name, event.number, event.matter) if one)
        self._add(Line("message", told, at))

    def _ended(self, event: CallEnded, _: float) -> None:
        if event.call == self.call:  # not a caller who knocked beside the one who has the line
            self.ended, self.partial, self.levels = event, "", None
            self.lines = [replace(one, open=False) for one in self.lines]

    def _line_changed(self, event: LineChanged, _: float) -> None:
        self.line = _cut(event.state)

    def _levels(self, event: LevelsMeasured, at: float) -> None:
        self._begin(event.call, at)
        if self.going_on:
            self.levels = (_percent(event.heard), _percent(event.said))

    def _dropped(self, event: Dropped, at: float) -> None:
        if self.going_on:
            self._add(Line("lost", str(event.count), at))

    def _add(self, line: Line) -> None:
        self.lines.append(line)
        del self.lines[:-MAX_LINES]


TAKERS: Final[dict[type[Any], Callable[[LiveCall, Any, float], None]]] = {
    CallRang: LiveCall._rang,
    CallDialled: LiveCall._dialled,
    CallAnswered: LiveCall._answered,
    PartialHeard: LiveCall._partial_heard,
    PhraseHeard: LiveCall._phrase_heard,
    SayingStarted: LiveCall._saying,
    TurnSaid: LiveCall._said,
    DigitsPressed: LiveCall._digits,
    MessageTaken: LiveCall._message,
    CallEnded: LiveCall._ended,
    LineChanged: LiveCall._line_changed,
    LevelsMeasured: LiveCall._levels,
    Dropped: LiveCall._dropped,
}


def _cut(text: str) -> str:
    return " ".join(text.split())[:MAX_TEXT]


def _percent(db: float) -> int:
    """-60 dB of full scale -> 0, 0 dB -> 100."""
    return max(0, min(100, round(100 * (db - FLOOR_DB) / -FLOOR_DB)))
