"""Facts about the line, in the order in which they happened. Nothing here is an order."""

from dataclasses import dataclass
from enum import StrEnum

from hw.modem.recovery import Fault, Rung


class Presentation(StrEnum):
    """Why a number is or is not there (3GPP TS 27.007, +CLIP `CLI_validity`)."""

    PRESENTED = "presented"
    WITHHELD = "withheld"
    UNAVAILABLE = "unavailable"
    MALFORMED = "malformed"


class SimState(StrEnum):
    """The SIM as AT+CPIN? tells it."""

    UNKNOWN = "unknown"
    READY = "ready"
    PIN_REQUIRED = "pin_required"
    PIN_WRONG = "pin_wrong"
    PUK_REQUIRED = "puk_required"
    ABSENT = "absent"
    BUSY = "busy"
    FAILED = "failed"


class DownReason(StrEnum):
    """Why there is no usable modem now; the owner's texts are made from these codes."""

    STARTING = "starting"
    NO_PORT = "no_port"
    PORT_BUSY = "port_busy"
    PORT_LOST = "port_lost"
    NOT_A_MODEM = "not_a_modem"
    SILENT = "silent"
    INIT_REFUSED = "init_refused"


@dataclass(frozen=True, slots=True)
class ModemInfo:
    """Identity as the modem states it."""

    manufacturer: str
    model: str
    firmware: str
    imei: str


@dataclass(frozen=True, slots=True)
class ModemUp:
    """Calls can come. Where one was there already, `info` is empty: it is asked for later."""

    info: ModemInfo


@dataclass(frozen=True, slots=True)
class ModemDown:
    """No usable modem; the keeper goes on trying. `detail` is for the log and the health page."""

    reason: DownReason
    detail: str


@dataclass(frozen=True, slots=True)
class SimChanged:
    """The SIM's state changed."""

    state: SimState


@dataclass(frozen=True, slots=True)
class SignalChanged:
    """Received signal strength in dBm (AT+CSQ: -113 + 2 * rssi), None when unknown (99)."""

    dbm: int | None


@dataclass(frozen=True, slots=True)
class NetworkChanged:
    """Registration (CREG or CEREG, whichever is registered), operator name, access technology ("GSM", "LTE", ...)."""

    registered: bool
    denied: bool
    operator: str
    technology: str


@dataclass(frozen=True, slots=True)
class Ringing:
    """One ring; repeated about every 6 s while the caller waits."""


@dataclass(frozen=True, slots=True)
class CallerKnown:
    """Caller ID of the call that rings. `number` is as the network gave it (never more than 32 characters of
    ``0-9+*#``), None unless presented; `raw` is what the modem wrote."""

    number: str | None
    presentation: Presentation
    raw: str


@dataclass(frozen=True, slots=True)
class CallAlerting:
    """It rings at the far end of a call that we made (+CLCC state 3). At most once per call; many modems never tell."""


@dataclass(frozen=True, slots=True)
class CallUp:
    """The call is connected (VOICE CALL: BEGIN, or +CLCC state 0). Sent once per call."""

    found: bool = False
    """It was up already when it was first seen: left over from before a crash or a lost port."""


@dataclass(frozen=True, slots=True)
class CallOver:
    """The call is gone, whoever ended it. Sent once per call, however many URCs say so.
    `cause` is the first URC that told ("NO CARRIER", "VOICE CALL: END", "MISSED_CALL", "CLCC empty", "port lost")."""

    cause: str


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """A DTMF digit from the far side: one of 0-9, *, #, A-D."""

    digit: str


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """A second caller rings while a call is up (+CCWA)."""

    number: str | None


@dataclass(frozen=True, slots=True)
class CallMissed:
    """MISSED_CALL, which may come minutes late; `number` None when withheld."""

    number: str | None


@dataclass(frozen=True, slots=True)
class MemoryChanged:
    """How full a memory for messages is ("ME" the module's, "SM" the SIM's, "SR" reports), when that changed."""

    memory: str
    used: int
    total: int


@dataclass(frozen=True, slots=True)
class NetworkTime:
    """The mobile network's time (NITZ), UTC epoch seconds, as the module's clock shows it now."""

    at: float


@dataclass(frozen=True, slots=True)
class RungTaken:
    """Something was done about a modem that fails; the next try comes after `wait` seconds."""

    fault: Fault
    rung: Rung
    wait: float
    failure: int
    """Which failure in a row, from 1."""


@dataclass(frozen=True, slots=True)
class Recovered:
    """A trouble is over: what it began with, the last rung, how long it took and how many rungs."""

    fault: Fault
    rung: Rung
    seconds: float
    tries: int


Fact = (
    ModemUp
    | ModemDown
    | SimChanged
    | SignalChanged
    | NetworkChanged
    | Ringing
    | CallerKnown
    | CallAlerting
    | CallUp
    | CallOver
    | DigitPressed
    | WaitingCall
    | CallMissed
    | MemoryChanged
    | NetworkTime
    | RungTaken
    | Recovered
)
