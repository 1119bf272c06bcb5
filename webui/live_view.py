"""PURE: what the page of the live call shows, from the call as it is known."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from secretaryd.control.protocol import (
    CallAnswered,
    CallDialled,
    CallEnded,
    CallRang,
    DigitsPressed,
    Dropped,
    LineChanged,
    MessageTaken,
    PartialHeard,
    PhraseHeard,
    SayingStarted,
    Stamped,
    TurnSaid,
)
from webui.i18n import Texts
from webui.kept_view import Spoken, spoken
from webui.live_call import Line, LiveCall
from webui.view import duration

HEAD: Final = (CallRang, CallDialled, CallAnswered, CallEnded, LineChanged)
"""Events after which who is there is shown anew."""
ADDED: Final = (PhraseHeard, TurnSaid, DigitsPressed, MessageTaken, Dropped)
"""Events that add a line to what was said."""


@dataclass(frozen=True, slots=True)
class Head:
    """Who is on the line. `going`: whether somebody is; `since`: UTC epoch seconds from which its time counts."""

    going: bool
    state: str
    who: str
    number: str
    detail: str
    since: float | None
    call: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """A piece of the page that an event changes: `what` is head, added, open or partial; `begins`: a new call, for
    which what was said before goes."""

    what: str
    line: Line | None = None
    begins: bool = False


def changes(stamped: Stamped, call: LiveCall) -> Iterator[Change]:
    """What an event changes, `call` being as it was left by that event or a later one."""
    event = stamped.event
    if isinstance(event, HEAD):
        # A ring is told again when its number becomes known; only the first one begins a call.
        begins = isinstance(event, CallRang | CallDialled) and (event.call != call.call or stamped.at == call.rang_at)
        yield Change("head", begins=begins)
    line = line_of(stamped)
    if isinstance(event, PartialHeard):
        yield Change("partial", line)
    elif isinstance(event, SayingStarted):
        yield Change("open", line)
    elif isinstance(event, ADDED) and line is not None:
        yield Change("added", line)


def line_of(stamped: Stamped) -> Line | None:
    """The line that one event alone tells of."""
    alone = LiveCall()
    if isinstance(stamped.event, Dropped):
        return Line("lost", str(stamped.event.count), stamped.at)
    alone.take(stamped)
    if isinstance(stamped.event, PartialHeard):
        return Line("caller", alone.partial, stamped.at, open=True)
    return alone.lines[-1] if alone.lines else None


def head(call: LiveCall, say: Texts, now: float | None = None) -> Head:
    """Who is there, and what is going on."""
    now = time.time() if now is None else now
    ended = call.ended
    if call.going_on:
        state = say.known(f"say.{call.line}") or say("say.talking" if call.answered_at else "say.ringing")
        since = call.answered_at or call.rang_at
        detail = say(f"live.{'out' if call.outgoing else 'in'}")
    else:
        since = None
        outcome = "" if ended is None else say.known(f"outcome.{ended.outcome}")
        lasted = "" if ended is None or ended.seconds <= 0 else duration(ended.seconds, say)
        state = say("live.nobody") if ended is None else say("live.over")
        detail = " · ".join(filter(None, (outcome, lasted)))
    number = call.number or (say("number.withheld") if call.call is not None else "")
    return Head(call.going_on, state, call.name or number, number if call.name else "", detail, since, call.call)


def shown(line: Line, call: LiveCall, say: Texts) -> Spoken:
    """A line as the pages of kept calls show it; its time counts from the answer."""
    since = call.answered_at or call.rang_at or line.at
    row = {
        "who": "secretary" if line.who == "secretary" else line.who,
        "text": line.text,
        "start": max(0.0, line.at - since),
        "source": line.source,
        "detail": line.detail,
        "interrupted": line.interrupted,
        "latency": line.latency,
    }
    return spoken(row, say)
