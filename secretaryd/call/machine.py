"""One call as a state machine. Pure: facts in, orders out; the driver performs them and feeds back what happened.

    IDLE -> RINGING -> ANSWERING -> TALKING -> ENDING -> OVER      the box is called
    IDLE -> DIALLING -> CONNECTING -> TALKING -> ENDING -> OVER    it calls

ENDING is left by any proof that the call is gone: the modem's word, an empty +CLCC, or its own deadline. OVER is final.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """Where a call is."""

    IDLE = "idle"
    RINGING = "ringing"
    ANSWERING = "answering"
    DIALLING = "dialling"
    CONNECTING = "connecting"
    TALKING = "talking"
    ENDING = "ending"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Rang:
    """The network rings; `enough` once as many rings were heard as the owner wants."""

    enough: bool = False


@dataclass(frozen=True, slots=True)
class DialAsked:
    """A number is to be called that the policy permits."""


@dataclass(frozen=True, slots=True)
class DialRefused:
    """The modem would not dial; nothing is up."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class DialFailed:
    """The modem did not say whether it dials; something may be up."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Connected:
    """The modem says that the call is up. Of a call that we make it may say so as soon as ringback can be heard."""


@dataclass(frozen=True, slots=True)
class PickedUp:
    """Somebody is there at the far end: the sound says so."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The call is no more; `cause` is the modem's word."""

    cause: str = ""


@dataclass(frozen=True, slots=True)
class Dismissed:
    """The secretary, the owner or a limit wants it ended: `by` says who."""

    by: str = "secretary"


@dataclass(frozen=True, slots=True)
class AnswerFailed:
    """The modem refused to answer."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class DeadlineHit:
    """The state lasted too long."""


Event = (
    Rang | DialAsked | DialRefused | DialFailed | Connected | PickedUp | Gone | Dismissed | AnswerFailed | DeadlineHit
)


class Do(StrEnum):
    """Orders to the driver."""

    OPEN = "open"  # the call's row
    ANSWER = "answer"
    DIAL = "dial"
    START_VOICE = "start_voice"
    STOP_VOICE = "stop_voice"
    HANG_UP = "hang_up"
    SAVE = "save"


class IllegalEvent(Exception):
    """The event cannot happen in that state; nothing changes."""


S, D = State, Do

TABLE: Final[dict[tuple[State, type[Event]], tuple[State, tuple[Do, ...]]]] = {
    (S.IDLE, Rang): (S.RINGING, (D.OPEN,)),
    # after a restart in mid-call, or where RING was lost
    (S.IDLE, Connected): (S.TALKING, (D.OPEN, D.START_VOICE)),
    (S.IDLE, DialAsked): (S.DIALLING, (D.OPEN, D.DIAL)),
    (S.DIALLING, Connected): (S.CONNECTING, (D.START_VOICE,)),
    (S.DIALLING, DialRefused): (S.OVER, (D.SAVE,)),
    (S.DIALLING, DialFailed): (S.ENDING, (D.HANG_UP,)),
    (S.DIALLING, Gone): (S.OVER, (D.SAVE,)),
    (S.DIALLING, Dismissed): (S.ENDING, (D.HANG_UP,)),
    (S.DIALLING, DeadlineHit): (S.ENDING, (D.HANG_UP,)),  # nobody answers
    (S.DIALLING, Rang): (S.DIALLING, ()),
    (S.CONNECTING, PickedUp): (S.TALKING, ()),
    (S.CONNECTING, Connected): (S.CONNECTING, ()),
    (S.CONNECTING, Rang): (S.CONNECTING, ()),
    (S.CONNECTING, Gone): (S.OVER, (D.STOP_VOICE, D.SAVE)),
    (S.CONNECTING, Dismissed): (S.ENDING, (D.STOP_VOICE, D.HANG_UP)),
    (S.CONNECTING, DeadlineHit): (S.ENDING, (D.STOP_VOICE, D.HANG_UP)),
    (S.RINGING, Rang): (S.RINGING, ()),
    (S.RINGING, Connected): (S.TALKING, (D.START_VOICE,)),  # somebody answered by other means
    (S.RINGING, Gone): (S.OVER, (D.SAVE,)),  # the caller gave up: missed
    (S.RINGING, Dismissed): (S.ENDING, (D.HANG_UP,)),
    (S.RINGING, DeadlineHit): (S.ENDING, (D.HANG_UP,)),  # rings that neither stop nor are answered
    (S.ANSWERING, Rang): (S.ANSWERING, ()),  # a ring that was on its way
    (S.ANSWERING, Connected): (S.TALKING, (D.START_VOICE,)),
    (S.ANSWERING, Gone): (S.OVER, (D.SAVE,)),
    (S.ANSWERING, AnswerFailed): (S.ENDING, (D.HANG_UP,)),
    (S.ANSWERING, Dismissed): (S.ENDING, (D.HANG_UP,)),
    (S.ANSWERING, DeadlineHit): (S.ENDING, (D.HANG_UP,)),
    (S.TALKING, Connected): (S.TALKING, ()),
    (S.TALKING, PickedUp): (S.TALKING, ()),
    (S.TALKING, Rang): (S.TALKING, ()),
    (S.TALKING, AnswerFailed): (S.TALKING, ()),  # a late refusal of a call that is up
    (S.TALKING, Gone): (S.OVER, (D.STOP_VOICE, D.SAVE)),
    (S.TALKING, Dismissed): (S.ENDING, (D.STOP_VOICE, D.HANG_UP)),
    (S.TALKING, DeadlineHit): (S.ENDING, (D.STOP_VOICE, D.HANG_UP)),
    (S.ENDING, Gone): (S.OVER, (D.SAVE,)),
    (S.ENDING, DeadlineHit): (S.OVER, (D.SAVE,)),  # the modem never confirmed: kept all the same
    (S.ENDING, Connected): (S.ENDING, (D.HANG_UP,)),  # it came up while we were giving it up
    (S.ENDING, Rang): (S.ENDING, ()),
    (S.ENDING, PickedUp): (S.ENDING, ()),
    (S.ENDING, DialRefused): (S.OVER, (D.SAVE,)),  # given up while the modem still thought about it
    (S.ENDING, DialFailed): (S.ENDING, ()),
    (S.ENDING, Dismissed): (S.ENDING, ()),
    (S.ENDING, AnswerFailed): (S.ENDING, ()),
}

ENOUGH: Final = (S.ANSWERING, (D.ANSWER,))

DEADLINES: Final[dict[State, float]] = {
    S.RINGING: 120.0,
    S.DIALLING: 60.0,  # the owner's `dial.ring_seconds` in its place, to CONNECTING's end
    S.CONNECTING: 60.0,
    S.ANSWERING: 20.0,  # ATA may take 15 s, and VoLTE or CSFB set-up follows it
    S.ENDING: 20.0,  # CHUP has 15 s
}
"""Seconds a state may last; TALKING is limited by the owner's `call.max_seconds`."""


def step(state: State, event: Event) -> tuple[State, tuple[Do, ...]]:
    """The next state and what to do. Raises IllegalEvent and changes nothing where the table has no entry."""
    if state is S.RINGING and isinstance(event, Rang) and event.enough:
        return ENOUGH
    if state is S.IDLE and isinstance(event, Rang) and event.enough:
        return S.ANSWERING, (D.OPEN, D.ANSWER)
    try:
        return TABLE[state, type(event)]
    except KeyError:
        raise IllegalEvent(f"{type(event).__name__} while {state}") from None
