"""Where the one call is, and what each sign of it changes. A table only; hw.modem.calls reads the signs."""

from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    """Where the call is."""

    IDLE = "idle"
    DIALLING = "dialling"
    RINGING = "ringing"
    ANSWERING = "answering"
    UP = "up"


class Sign(StrEnum):
    """What a line or a listing means for the call."""

    RING = "ring"
    INCOMING = "incoming"
    ACTIVE = "active"
    LISTED_INCOMING = "listed incoming"
    LISTED_ACTIVE = "listed active"
    ANSWER_SENT = "answer sent"
    NOT_ANSWERED = "not answered"
    DIAL_SENT = "dial sent"
    NOT_DIALLED = "not dialled"
    ALERTING = "alerting"
    GONE = "gone"
    UNSURE = "unsure"


class Deed(StrEnum):
    """What follows from it."""

    TELL_RING = "tell ring"
    TELL_UP = "tell up"
    TELL_ALERTING = "tell alerting"
    TELL_OVER = "tell over"
    DOUBT = "doubt"


_IDLE, _RINGING, _ANSWERING, _UP = Phase.IDLE, Phase.RINGING, Phase.ANSWERING, Phase.UP
_DIALLING = Phase.DIALLING

TABLE: Final[dict[tuple[Phase, Sign], tuple[Phase, tuple[Deed, ...]]]] = {
    (_IDLE, Sign.RING): (_RINGING, (Deed.TELL_RING,)),
    (_IDLE, Sign.INCOMING): (_RINGING, ()),  # +CLCC state 4 comes just before its RING
    (_IDLE, Sign.ACTIVE): (_IDLE, (Deed.DOUBT,)),  # a late BEGIN of a call that is over, or a ring was missed
    (_IDLE, Sign.LISTED_INCOMING): (_RINGING, (Deed.TELL_RING,)),
    (_IDLE, Sign.LISTED_ACTIVE): (_UP, (Deed.TELL_UP,)),
    (_IDLE, Sign.DIAL_SENT): (_DIALLING, ()),
    (_DIALLING, Sign.ALERTING): (_DIALLING, (Deed.TELL_ALERTING,)),
    (_DIALLING, Sign.ACTIVE): (_UP, (Deed.TELL_UP,)),
    (_DIALLING, Sign.LISTED_ACTIVE): (_UP, (Deed.TELL_UP,)),
    (_DIALLING, Sign.NOT_DIALLED): (_DIALLING, (Deed.DOUBT,)),
    (_DIALLING, Sign.UNSURE): (_DIALLING, (Deed.DOUBT,)),
    (_DIALLING, Sign.RING): (_DIALLING, (Deed.DOUBT,)),  # both ends called at once; the listing tells which call it is
    (_DIALLING, Sign.GONE): (_IDLE, (Deed.TELL_OVER,)),
    (_RINGING, Sign.RING): (_RINGING, (Deed.TELL_RING,)),
    (_RINGING, Sign.LISTED_INCOMING): (_RINGING, ()),
    (_RINGING, Sign.ACTIVE): (_UP, (Deed.TELL_UP,)),
    (_RINGING, Sign.LISTED_ACTIVE): (_UP, (Deed.TELL_UP,)),
    (_RINGING, Sign.ANSWER_SENT): (_ANSWERING, ()),
    (_RINGING, Sign.UNSURE): (_RINGING, (Deed.DOUBT,)),
    (_RINGING, Sign.GONE): (_IDLE, (Deed.TELL_OVER,)),
    (_ANSWERING, Sign.ACTIVE): (_UP, (Deed.TELL_UP,)),
    (_ANSWERING, Sign.LISTED_ACTIVE): (_UP, (Deed.TELL_UP,)),
    (_ANSWERING, Sign.NOT_ANSWERED): (_RINGING, (Deed.DOUBT,)),
    (_ANSWERING, Sign.UNSURE): (_ANSWERING, (Deed.DOUBT,)),
    (_ANSWERING, Sign.GONE): (_IDLE, (Deed.TELL_OVER,)),
    (_UP, Sign.RING): (_UP, (Deed.DOUBT,)),  # a second call is told by +CCWA, so the first may have ended in silence
    (_UP, Sign.UNSURE): (_UP, (Deed.DOUBT,)),
    (_UP, Sign.GONE): (_IDLE, (Deed.TELL_OVER,)),
}
"""What is not here changes nothing: a second END, a BEGIN while up, NO CARRIER while idle."""
