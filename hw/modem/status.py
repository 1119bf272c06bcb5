"""The modem's state as one frozen snapshot, for status pages and the watchdog."""

from dataclasses import dataclass, field
from typing import Final

from hw.modem.events import DownReason, ModemInfo, SimState
from hw.modem.recovery import Recovery

BARS_DBM: Final = (-109, -95, -85, -75)
"""dBm from which on the first, second, third and fourth bar is lit (the usual scale of handsets for GSM and UMTS)."""


def bars(dbm: int | None) -> int:
    """0 to 4; 0 also when unknown."""
    return 0 if dbm is None else sum(dbm >= limit for limit in BARS_DBM)


@dataclass(frozen=True, slots=True)
class Counters:
    """Since the start of the process."""

    timeouts: int = 0
    """Commands without an answer in time."""
    resyncs: int = 0
    """Times the AT line had to be brought back in step."""
    refused: int = 0
    """Commands answered with an error."""
    reconnects: int = 0
    """Times the modem came back after it was up once."""
    last_recovery: str = ""
    """What the last recovery was from, and how long it took; "" when there was none."""


@dataclass(frozen=True, slots=True)
class ModemStatus:
    """One moment."""

    up: bool = False
    down_reason: DownReason | None = DownReason.STARTING
    """None while up."""
    detail: str = ""
    """Words to `down_reason`, for the log and the health page."""
    info: ModemInfo | None = None
    """Identity as last read, kept while down."""
    sim: SimState = SimState.UNKNOWN
    pin_tries: int | None = None
    """PINs that may still be tried, as the SIM last said; None where nobody asked it."""
    signal_dbm: int | None = None
    bars: int = 0
    operator: str = ""
    technology: str = ""
    registered: bool = False
    denied: bool = False
    call: str = "idle"
    """idle, ringing, answering or up."""
    at_port: str = ""
    pcm_port: str = ""
    counters: Counters = field(default_factory=Counters)
    rungs: dict[str, int] = field(default_factory=dict)
    """How often each rung of the recovery ladder was taken, since the start of the process."""
    troubles: tuple[str, ...] = ()
    """Faults that are not over."""
    recoveries: tuple[Recovery, ...] = ()
    """The newest ones, oldest first."""
