"""The box's clock. A Pi without a battery begins in the past: the mobile network's time sets it, and until then nothing
may expire."""

import logging
from collections.abc import Callable
from typing import Final, Protocol

from hw.errors import HardwareError
from secretaryd.bus import Bus
from secretaryd.control.protocol import ClockSet
from secretaryd.troubles import Troubles

log = logging.getLogger(__name__)

BUILT: Final = 1_764_000_000.0
"""UTC epoch seconds, November 2025: before this program was made no clock can be right."""
LATEST: Final = BUILT + 50 * 365.25 * 86400
OFF_SECONDS: Final = 30.0
"""NITZ comes in whole seconds, some networks' minutes late; below that the clock is right."""
AGREE_SECONDS: Final = 5.0
"""Two readings of the network's time differ by what has passed, give or take so much."""
TROUBLE: Final = "clock.unset"


class SystemClock(Protocol):
    """The machine's clock."""

    def now(self) -> float:
        """UTC epoch seconds."""

    def synchronised(self) -> bool:
        """NTP keeps it."""

    def set(self, now: float) -> None:
        """Raises HardwareError."""


class Timekeeper:
    """Owned by the core. `idle` says whether no call is up: a row's times must not jump within it."""

    def __init__(
        self,
        clock: SystemClock,
        bus: Bus,
        troubles: Troubles,
        *,
        idle: Callable[[], bool],
        monotonic: Callable[[], float],
    ) -> None:
        self._clock, self._bus, self._troubles = clock, bus, troubles
        self._idle, self._monotonic = idle, monotonic
        self._told: tuple[float, float] | None = None
        self._off = False

    @property
    def is_set(self) -> bool:
        """Whether the time may be believed, so that things may expire: no earlier than this program, and not
        contradicted by the network."""
        return self._clock.now() >= BUILT and (not self._off or self._clock.synchronised())

    def look(self) -> None:
        """For the health report: a clock that stands before this program is an alert of its own."""
        if self.is_set:
            self._troubles.clear(TROUBLE)
        else:
            self._troubles.note(TROUBLE)

    def network_told(self, at: float) -> None:
        """The network's time, UTC epoch seconds. An unset clock takes it at once; one that may be right, and differs,
        only where two readings agree: some networks tell nonsense now and then."""
        now, mono = self._clock.now(), self._monotonic()
        before, self._told = self._told, (at, mono)
        if not BUILT <= at <= LATEST:
            log.warning("the network tells a time that cannot be", extra={"at": at})
            return
        if self._clock.synchronised() or abs(at - now) <= OFF_SECONDS:
            self._off = False
            self.look()
            return
        agrees = before is not None and abs((at - before[0]) - (mono - before[1])) <= AGREE_SECONDS
        self._off = self._off or agrees
        if self._idle() and (now < BUILT or agrees):
            self._set(now, at)
        self.look()

    def _set(self, was: float, now: float) -> None:
        try:
            self._clock.set(now)
        except HardwareError as error:
            self._troubles.note(TROUBLE, str(error))
            log.error("the clock is wrong and cannot be set", extra={"off": round(now - was), "reason": str(error)})
            return
        if abs(self._clock.now() - now) > OFF_SECONDS:
            log.warning("the clock is off, and somebody was asked to set it", extra={"by": round(now - was)})
            return
        self._off = False
        log.warning("the clock is set by the network", extra={"by": round(now - was)})
        self._bus.publish(ClockSet(was=was, now=now))
