"""What to do about a modem that fails: a ladder of ever harder measures a fault, and the time between them.

Pure: time comes in as numbers (seconds, any monotonic zero), decisions come out. The order of the rungs is the field's
(hang up, sound off, radio off and on, reset, power): each clears what the one before leaves, and costs more.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

FIRST_SECONDS: Final = 2.0
MOST_SECONDS: Final = 60.0
GROWTH: Final = 1.5
"""Slow growth: after a reset the modem is back on the bus in 14-23 s, and the box is deaf until it looks."""
STEADY_SECONDS: Final = 10.0
"""A modem that was well for so long has recovered: the next fault starts from the beginning, and a restart of the modem
is followed at once."""
REMEMBERED: Final = 20
"""Recoveries kept for the health page."""


class Fault(StrEnum):
    """What failed."""

    SILENT = "silent"
    """No answer, and the channel could not be brought back in step."""
    REFUSED = "refused"
    """Commands that must work are answered with errors."""
    NOT_A_MODEM = "not_a_modem"
    NO_PORT = "no_port"
    PORT_LOST = "port_lost"
    RESTARTED = "restarted"
    CALL_STUCK = "call_stuck"
    """A call that was hung up is still listed."""
    SOUND_REFUSED = "sound_refused"
    SOUND_WORN = "sound_worn"
    """AT+CPCMREG=1 needed more than one try: the one sign of an endpoint that wears out."""
    UPLINK_STUCK = "uplink_stuck"
    DOWNLINK_SILENT = "downlink_silent"
    UNREGISTERED = "unregistered"


class Rung(StrEnum):
    """What is done about it, gentle ones first."""

    RE_READ = "re_read"
    RESYNC = "resync"
    """Drain, AT until OK; done by the channel itself after every time-out, and counted here."""
    REOPEN = "reopen"
    """Look for the ports anew, by interface number, and open them."""
    HANG_UP = "hang_up"
    SOUND_OFF = "sound_off"
    """AT+CPCMREG=0,1; the next call switches it on again."""
    RADIO = "radio"
    """AT+CFUN=4, then 1."""
    RESET = "reset"
    """AT+CRESET, the only cure of a worn sound endpoint short of power."""
    POWER = "power"
    """The power key: off, then on."""


ENDS_CALLS: Final = frozenset({Rung.HANG_UP, Rung.SOUND_OFF, Rung.RADIO, Rung.RESET, Rung.POWER})
"""Never while a call is up, unless the call itself is what is stuck. (A call's own sound is mended by its gate.)"""


@dataclass(frozen=True, slots=True)
class Step:
    """One rung of a ladder: so often, and not before so many seconds of trouble."""

    rung: Rung
    tries: int = 1
    after: float = 0.0


LADDERS: Final[dict[Fault, tuple[Step, ...]]] = {
    # The channel has said AT in vain by then. A module that hears and cannot speak takes the reset; one that hangs
    # leaves only its power, and the port has to be opened anew in between.
    Fault.SILENT: (Step(Rung.RESET), Step(Rung.POWER), Step(Rung.REOPEN, 3), Step(Rung.RESET), Step(Rung.POWER)),
    Fault.REFUSED: (
        Step(Rung.RE_READ, 2),
        Step(Rung.RADIO),
        Step(Rung.RESET, after=10.0),
        Step(Rung.REOPEN, 2),
        Step(Rung.POWER, after=60.0),
    ),
    Fault.NOT_A_MODEM: (Step(Rung.REOPEN, 10),),
    # Cable and supply come first; a module that has left the bus for a minute comes back by its key alone.
    Fault.NO_PORT: (Step(Rung.REOPEN, 5), Step(Rung.POWER, after=60.0)),
    Fault.PORT_LOST: (Step(Rung.REOPEN, 6), Step(Rung.POWER, after=60.0)),
    Fault.RESTARTED: (Step(Rung.REOPEN, 4), Step(Rung.POWER, after=120.0)),
    Fault.CALL_STUCK: (Step(Rung.HANG_UP, 2), Step(Rung.RADIO), Step(Rung.RESET), Step(Rung.POWER)),
    Fault.SOUND_REFUSED: (Step(Rung.SOUND_OFF), Step(Rung.RESET), Step(Rung.POWER)),
    Fault.SOUND_WORN: (Step(Rung.RESET),),
    Fault.UPLINK_STUCK: (Step(Rung.SOUND_OFF), Step(Rung.RESET), Step(Rung.POWER)),
    Fault.DOWNLINK_SILENT: (Step(Rung.SOUND_OFF), Step(Rung.RESET), Step(Rung.POWER)),
    # No coverage is no defect: looking costs nothing, a reset every minute would wear the SIM and anger the network.
    Fault.UNREGISTERED: (
        Step(Rung.RE_READ, 2),
        Step(Rung.RADIO, after=120.0),
        Step(Rung.RESET, after=600.0),
        Step(Rung.RADIO, after=1800.0),
        Step(Rung.POWER, after=3600.0),
    ),
}

GENTLE: Final[dict[Fault, Rung]] = {
    Fault.REFUSED: Rung.RE_READ,
    Fault.UNREGISTERED: Rung.RE_READ,
    Fault.CALL_STUCK: Rung.HANG_UP,
}
"""What is done while the next rung of a fault is not due yet; REOPEN where none is named."""

ONE_CALL: Final = frozenset({Fault.SOUND_REFUSED, Fault.SOUND_WORN, Fault.UPLINK_STUCK, Fault.DOWNLINK_SILENT})
"""Seen once a call: the rung is taken when the call is over, and the next call shows whether it has helped."""

LINK: Final = frozenset(
    {Fault.SILENT, Fault.REFUSED, Fault.NOT_A_MODEM, Fault.NO_PORT, Fault.PORT_LOST, Fault.RESTARTED}
)
"""Ways of having no modem. They follow one another (a reset takes the port away), so they are one trouble."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Do this, then wait so long before the next try (unless the fault is over sooner)."""

    fault: Fault
    rung: Rung
    wait: float
    failure: int
    """Which one in a row, from 1."""
    trouble_seconds: float
    """Since this trouble began."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """A trouble that is over."""

    fault: Fault
    """What it began with."""
    rung: Rung
    """The last one taken."""
    seconds: float
    tries: int
    at: float


@dataclass(slots=True)
class _Trouble:
    first: Fault
    began: float
    fault: Fault
    round_began: float
    failures: int = 0
    done: dict[tuple[Fault, int], int] = field(default_factory=dict)
    last: Rung = Rung.REOPEN
    well_since: float | None = None
    asked: bool = False
    """A failure was told for which nothing has been done yet."""


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures before this one: 2, 3, 4.5 ... 60."""
    # The exponent is bounded so that years of failures do not overflow a float.
    return min(MOST_SECONDS, FIRST_SECONDS * GROWTH ** min(failures, 20))


class Ladder:
    """Every trouble of one modem; lives as long as its keeper. It never gives up: after the last rung it begins anew,
    and waits MOST_SECONDS at the most."""

    def __init__(self, *, power_key: bool = False) -> None:
        """`power_key`: whether the modem's power can be switched by us."""
        self._power_key = power_key
        self._troubles: dict[Fault, _Trouble] = {}
        self.taken: dict[Rung, int] = {}
        """How often each rung was taken, since the start."""
        self.recoveries: deque[Recovery] = deque(maxlen=REMEMBERED)

    def failed(self, fault: Fault, now: float) -> None:
        """It failed, once more. Within STEADY_SECONDS of its recovery that is the same trouble as before."""
        key = _family(fault)
        trouble = self._troubles.get(key)
        if trouble is None or _is_over(trouble, now):
            trouble = self._troubles[key] = _Trouble(fault, now, fault, now)
        trouble.fault = fault
        trouble.well_since = None
        trouble.asked = True

    def well(self, fault: Fault, now: float) -> Recovery | None:
        """It works again. Returns what that recovery was like; None where there was no such trouble, or nothing was
        done about it."""
        trouble = self._troubles.get(_family(fault))
        if trouble is None or trouble.well_since is not None:
            return None
        trouble.well_since, trouble.asked = now, False
        if not trouble.failures:
            return None
        recovery = Recovery(trouble.first, trouble.last, now - trouble.began, trouble.failures, now)
        self.recoveries.append(recovery)
        return recovery

    def next(self, fault: Fault, now: float, *, busy: bool = False) -> Decision | None:
        """What to do about a fault that was told by `failed`, which counts it as done; None when none was told, or when
        it must wait for the end of the call (`busy`)."""
        trouble = self._troubles.get(_family(fault))
        if trouble is None or not trouble.asked:
            return None
        fault = trouble.fault
        place = self._place(trouble, now)
        rung = GENTLE.get(fault, Rung.REOPEN) if place is None else LADDERS[fault][place].rung
        if busy and rung in ENDS_CALLS and fault is not Fault.CALL_STUCK:
            return None
        if place is not None:
            trouble.done[fault, place] = trouble.done.get((fault, place), 0) + 1
        at_once = fault in ONE_CALL or (fault is Fault.RESTARTED and trouble.failures == 0)
        wait = 0.0 if at_once else backoff(trouble.failures)
        trouble.failures += 1
        trouble.asked = False
        trouble.last = rung
        self.count(rung)
        return Decision(fault, rung, wait, trouble.failures, now - trouble.began)

    def pending(self) -> tuple[Fault, ...]:
        """Faults that were told and not seen to."""
        return tuple(trouble.fault for trouble in self._troubles.values() if trouble.asked)

    def troubles(self) -> tuple[Fault, ...]:
        """Faults that are not over."""
        return tuple(trouble.fault for trouble in self._troubles.values() if trouble.well_since is None)

    def count(self, rung: Rung, times: int = 1) -> None:
        """A rung was taken by somebody else (the channel resynchronises by itself)."""
        self.taken[rung] = self.taken.get(rung, 0) + times

    def _place(self, trouble: _Trouble, now: float) -> int | None:
        """The rung whose turn it is; None when it is not due yet."""
        fault = trouble.fault
        can = [at for at, step in enumerate(LADDERS[fault]) if step.rung is not Rung.POWER or self._power_key]
        left = [at for at in can if trouble.done.get((fault, at), 0) < LADDERS[fault][at].tries]
        if not left:
            trouble.done = {key: times for key, times in trouble.done.items() if key[0] is not fault}
            trouble.round_began = now
            left = can
        return left[0] if now - trouble.round_began >= LADDERS[fault][left[0]].after else None


def _family(fault: Fault) -> Fault:
    return Fault.PORT_LOST if fault in LINK else fault


def _is_over(trouble: _Trouble, now: float) -> bool:
    if trouble.well_since is None:
        return False
    return trouble.fault in ONE_CALL or now - trouble.well_since >= STEADY_SECONDS
