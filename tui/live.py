"""A call as it happens, from the event stream. Pure: events in, lines out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from secretaryd.control.protocol import (
    CallAnswered,
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
from tui.plain import joined, plain

MAX_LINES: Final = 300
"""Lines of one call that are kept; the oldest go."""
BUSY: Final = frozenset({"ringing", "answering", "talking", "ending", "dialling", "connecting"})
PARTS: Final = ("endpoint", "stt", "first_token", "first_sentence", "first_audio", "queue")


@dataclass(frozen=True, slots=True)
class Spoken:
    """One line. `who`: "caller", "secretary", "keys", "message" or "lost"; `open` while it is still being said."""

    who: str
    text: str
    source: str = ""
    detail: str = ""
    confidence: float = 0.0
    interrupted: bool = False
    open: bool = False
    latency: tuple[tuple[str, float], ...] = ()
    total: float | None = None


def latency_parts(latency: Mapping[str, Any]) -> tuple[tuple[str, float], ...]:
    """(part, milliseconds) in order; they add up to the total. The first token comes on the way to the first sentence,
    whose own part is what was left then."""
    parts = {name: float(value) for name in PARTS if isinstance(value := latency.get(name), int | float)}
    if "first_token" in parts and "first_sentence" in parts:
        parts["first_token"] = min(parts["first_token"], parts["first_sentence"])
        parts["first_sentence"] -= parts["first_token"]
    return tuple(parts.items())


def total_of(latency: Mapping[str, Any]) -> float | None:
    """Milliseconds from the caller's last sound to our first."""
    value = latency.get("total")
    return float(value) if isinstance(value, int | float) else None


@dataclass(slots=True)
class LiveCall:
    """The call in progress, or the last one. Feed `take` with every event."""

    line: str = ""
    call: int | None = None
    number: str = ""
    name: str = ""
    presentation: str = ""
    rang_at: float | None = None
    answered_at: float | None = None
    ended: CallEnded | None = None
    partial: str = ""
    levels: tuple[float, float] | None = None
    """How loud the caller and the secretary are, in dB of full scale; None where that is not known (yet)."""
    lines: list[Spoken] = field(default_factory=list)

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
        self.partial, self.levels = "", None
        if self.going_on:
            self.call = None
            self.lines = []

    def _rang(self, event: CallRang, at: float) -> None:
        if event.call != self.call:
            self.lines, self.partial, self.ended, self.answered_at, self.levels = [], "", None, None, None
            self.call, self.rang_at = event.call, at
        self.number, self.presentation = plain(event.number or ""), plain(event.presentation)
        self.name = plain(event.name)

    def _answered(self, event: CallAnswered, at: float) -> None:
        self._meet(event.call, at)
        self.answered_at = at

    def _partial_heard(self, event: PartialHeard, at: float) -> None:
        self._meet(event.call, at)
        self.partial = plain(event.text)

    def _phrase_heard(self, event: PhraseHeard, at: float) -> None:
        self._meet(event.call, at)
        self.partial = ""
        self._add(Spoken("caller", plain(event.text), confidence=event.confidence))

    def _saying(self, event: SayingStarted, at: float) -> None:
        self._meet(event.call, at)
        self._add(Spoken("secretary", plain(event.text), plain(event.source), plain(event.detail), open=True))

    def _said(self, event: TurnSaid, at: float) -> None:
        self._meet(event.call, at)
        while self.lines and self.lines[-1].open:
            self.lines.pop()
        latency = event.latency or {}
        self._add(
            Spoken(
                "secretary",
                plain(event.text),
                plain(event.source),
                plain(event.detail),
                interrupted=event.interrupted,
                latency=latency_parts(latency),
                total=total_of(latency),
            )
        )

    def _digits(self, event: DigitsPressed, at: float) -> None:
        self._meet(event.call, at)
        self._add(Spoken("keys", plain(event.digits)))

    def _message(self, event: MessageTaken, at: float) -> None:
        self._meet(event.call, at)
        self._add(Spoken("message", joined((plain(event.name), plain(event.number), plain(event.matter)))))

    def _ended(self, event: CallEnded, _: float) -> None:
        if event.call != self.call:
            return  # a caller who knocked beside the one who has the line
        self.ended, self.partial, self.levels = event, "", None
        self.lines = [replace(one, open=False) for one in self.lines]

    def _line_changed(self, event: LineChanged, _: float) -> None:
        self.line = plain(event.state)

    def _levels(self, event: LevelsMeasured, at: float) -> None:
        self._meet(event.call, at)
        if self.going_on:
            self.levels = (event.heard, event.said)

    def _dropped(self, event: Dropped, _: float) -> None:
        self._add(Spoken("lost", str(event.count)))

    def _meet(self, call: int, at: float) -> None:
        """A call whose beginning we did not see."""
        if call != self.call:
            self._rang(CallRang(call=call, number=None, presentation=""), at)

    def _add(self, line: Spoken) -> None:
        self.lines.append(line)
        del self.lines[:-MAX_LINES]


TAKERS: Final[dict[type[Any], Callable[[LiveCall, Any, float], None]]] = {
    CallRang: LiveCall._rang,
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
