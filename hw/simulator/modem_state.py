"""What the module knows between commands, what it tells the world, and the texts for both."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from hw.simulator.at_lexer import Command
from hw.simulator.profile import Profile

# AT manual 3.3: numbers and texts of +CME ERROR.
CME = {
    3: "operation not allowed",
    4: "operation not supported",
    10: "SIM not inserted",
    11: "SIM PIN required",
    12: "SIM PUK required",
    13: "SIM failure",
    14: "SIM busy",
    16: "incorrect password",
    21: "invalid index",
    30: "no network service",
    50: "incorrect parameters",
    100: "Unknown",
    258: "retry operation",
}
# AT manual 3.4: +CMS ERROR.
CMS = {
    38: "Network out of order",
    42: "Congestion",
    300: "ME failure",
    302: "Operation not allowed",
    303: "Operation not supported",
    304: "Invalid PDU mode parameter",
    305: "Invalid text mode parameter",
    310: "SIM not inserted",
    320: "Memory failure",
    321: "Invalid memory index",
    322: "Memory full",
    330: "SMSC address unknown",
    331: "no network service",
    332: "Network timeout",
    340: "NO +CNMA ACK EXPECTED",
    500: "Unknown error",
}


class Stat(IntEnum):
    """Call states of +CLCC (3GPP TS 27.007 7.18)."""

    ACTIVE = 0
    HELD = 1
    DIALLING = 2
    ALERTING = 3
    INCOMING = 4
    WAITING = 5
    RELEASED = 6


@dataclass(frozen=True, slots=True)
class Number:
    """A caller's number as the network presents it: `presentation` is presented, withheld or unavailable."""

    digits: str
    presentation: str = "presented"


@dataclass(slots=True)
class Call:
    """A call in the module's list."""

    id: int
    incoming: bool
    stat: Stat
    number: Number
    since: float
    active_since: float | None = None
    rings: int = 0
    told: float | None = None
    """When the host could first hear of it."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Root of what the module does to the world."""


@dataclass(frozen=True, slots=True)
class Rang(Effect):
    """A RING went out to the host."""

    count: int


@dataclass(frozen=True, slots=True)
class Answered(Effect):
    """The host took the call."""


@dataclass(frozen=True, slots=True)
class HungUp(Effect):
    """The host ended (or rejected) the call."""


@dataclass(frozen=True, slots=True)
class PcmStarted(Effect):
    """Sound flows on the PCM port at `rate`."""

    rate: int


@dataclass(frozen=True, slots=True)
class PcmStopped(Effect):
    """Sound no longer flows."""


@dataclass(frozen=True, slots=True)
class Restarting(Effect):
    """The ports vanish for `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class SentDigits(Effect):
    """DTMF towards the caller (AT+VTS)."""

    digits: str


@dataclass(frozen=True, slots=True)
class PinTried(Effect):
    """The host gave the SIM a PIN; `left` tries remain."""

    accepted: bool
    left: int


@dataclass(frozen=True, slots=True)
class Dialled(Effect):
    """The host dialled."""

    number: str


@dataclass(frozen=True, slots=True)
class Noted(Effect):
    """Something for the ledger: messages that came, were stored, deleted, sent."""

    what: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """A command's answer: information lines, then the final result ("" = none: the command hangs or prompts)."""

    lines: tuple[str, ...] = ()
    final: str = "OK"
    extra_s: float = 0.0
    """Added to the module's latency before the answer."""
    prompt: bool = False
    abortable: bool = False
    """Any character from the host ends it early."""
    after: Callable[[float], None] | None = None
    """Done right after the final result went out."""


OK = Reply()
ERROR = Reply(final="ERROR")


@dataclass(slots=True)
class ModemState:
    """Everything that a reset clears, save `kept`."""

    profile: Profile
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    booted_at: float = 0.0
    fun: int = 1
    pin_given: bool = False
    pin_tries: int = 3
    pcm_on: bool = False
    pcm_registered: bool = False
    pcm_blocked: bool = False
    pcm_stop_seen: bool = False
    """AT+CPCMREG=0[,1] was sent since the call came up."""
    pcm_16k: bool = False
    calls_since_reset: int = 0
    auto_answer: int = 0
    last_cause: str = "No cause information available"

    def value(self, name: str) -> str:
        """First parameter of a setting."""
        return self.values[name][0]

    def active(self) -> Call | None:
        """The connected call."""
        return next((call for call in self.calls if call.stat is Stat.ACTIVE), None)

    def ringing(self) -> Call | None:
        """The incoming call that is not answered yet."""
        return next((call for call in self.calls if call.stat is Stat.INCOMING), None)


@dataclass(frozen=True, slots=True)
class Setting:
    """A command that only keeps values: `+X=..`, `+X?`, `+X=?`."""

    default: tuple[str, ...]
    ranges: tuple[Callable[[str], bool], ...]
    test: str
    needed: int = 1
    kept: bool = False
    quoted: bool = False

    def accepts(self, command: Command) -> bool:
        """Whether the arguments are right in number and range."""
        count = len(command.args)
        return self.needed <= count <= len(self.ranges) and all(
            fits(value) for fits, value in zip(self.ranges, command.args, strict=False)
        )

    def show(self, name: str, values: tuple[str, ...]) -> str:
        """The line of the read form."""
        shown = (f'"{value}"' if self.quoted else value for value in values)
        return f"{name}: {','.join(shown)}"


def between(low: int, high: int) -> Callable[[str], bool]:
    """Accepts whole numbers in a range."""
    return lambda text: text.isascii() and text.isdigit() and len(text) < 6 and low <= int(text) <= high


def one_of(*values: str) -> Callable[[str], bool]:
    """Accepts these words."""
    return lambda text: text.upper() in values


def _numbers(default: str, *ranges: tuple[int, int], needed: int = 1, kept: bool = False) -> Setting:
    test = ",".join(f"({low}-{high})" for low, high in ranges)
    return Setting(tuple(default.split(",")), tuple(between(*r) for r in ranges), test, needed, kept)


SETTINGS: dict[str, Setting] = {
    "+CMEE": _numbers("0", (0, 2)),
    "+CATR": _numbers("0", (0, 7)),
    "+CLIP": _numbers("0", (0, 1)),
    "+CRC": _numbers("0", (0, 1)),
    "+CVHU": _numbers("1", (0, 1)),
    "+CCWA": _numbers("0", (0, 1)),
    "+CREG": _numbers("0", (0, 2)),
    "+CEREG": _numbers("0", (0, 2)),
    "+CGREG": _numbers("0", (0, 2)),
    "+CNSMOD": _numbers("0", (0, 1)),
    "+AUTOCSQ": _numbers("0,0", (0, 1), (0, 1)),
    "+CTZU": _numbers("1", (0, 1), kept=True),
    "+CTZR": _numbers("0", (0, 1)),
    "+CNMP": Setting(("2",), (one_of("2", "13", "14", "38", "39", "48", "54"),), "(2,13,14,38,39,48,54)", kept=True),
    "+CSCLK": _numbers("0", (0, 1)),
    "+MORING": _numbers("0", (0, 1)),
    "+VTD": _numbers("0", (0, 255)),
    "+DDET": _numbers("0", (0, 1)),
    "+CLVL": _numbers("4", (0, 5), kept=True),
    "+CMICGAIN": _numbers("3", (0, 8)),
    "+COUTGAIN": _numbers("8", (0, 8)),
    "+CSDVC": Setting(("1",), (one_of("1", "3"),), "(1,3)"),
    "+CODECCTL": _numbers("0", (0, 1)),
    "+CPCMBANDWIDTH": _numbers("0,1", (0, 1), (0, 1), needed=2),
    "+CMGF": _numbers("0", (0, 1)),
    "+CSCS": Setting(("IRA",), (one_of("IRA", "GSM", "UCS2"),), '("IRA","GSM","UCS2")', quoted=True),
    "+CSMS": _numbers("0", (0, 1)),
    "+CSMP": _numbers("17,167,0,0", (0, 255), (0, 255), (0, 255), (0, 255)),
    "+CSDH": _numbers("0", (0, 1)),
    "+CNMI": _numbers("2,1,0,0,0", (0, 2), (0, 3), (0, 3), (0, 2), (0, 1), kept=True),
}
