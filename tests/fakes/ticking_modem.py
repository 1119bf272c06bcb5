"""A modem that takes a frame and gives a frame every 20 ms of its own clock, on a virtual time (PURE)."""

import itertools
from collections.abc import Iterator

from hw.audio.pacing import Pacer, Share

TICK = 0.02
FRAME = 320


class TickingModem:
    """Serves one Pacer the way a line does, and keeps the account that the caller's ear would keep.

    `kept(n)` is how many bytes of what it has by tick n it does not hand over yet: that is how bursts and odd lengths
    come about. `asleep(n)` is how many seconds too late the host's thread wakes for the n-th time."""

    def __init__(self, kept: Iterator[int], asleep: Iterator[float] | None = None, ppm: float = 0.0) -> None:
        self._kept = kept
        self._asleep = asleep or itertools.repeat(0.0)
        self.period = TICK / (1 + ppm * 1e-6)
        self.now = 0.0
        self.ticks = 0
        self._made = self._given = 0
        self.pacer = Pacer(0.0)
        self.queued: list[int] = []
        """Frames waiting at each tick, before one is taken; from the first frame on."""
        self.gaps: list[float] = []
        """When there was none."""
        self.shares: list[Share] = []
        self._queue = 0
        self._flowing = False
        self.lose: set[int] = set()
        """Ticks whose frame towards the host gets lost."""

    def run(self, ticks: int) -> "TickingModem":
        """So many ticks of the modem's clock."""
        end = self.ticks + ticks
        arrived = 0
        while self.ticks < end:
            tick_at = (self.ticks + 1) * self.period
            wake_at = self.now + self.pacer.timeout(self.now)
            if not arrived and tick_at <= wake_at:
                self.now = tick_at
                arrived = self._tick()
                if not arrived:
                    continue
            elif not arrived:
                self.now = wake_at
            arrived += self._sleep(next(self._asleep))
            self._serve(arrived)
            arrived = 0
        return self

    def _sleep(self, seconds: float) -> int:
        """The modem goes on meanwhile."""
        until = self.now + seconds
        arrived = 0
        while (self.ticks + 1) * self.period <= until:
            arrived += self._tick()
        self.now = until
        return arrived

    def _tick(self) -> int:
        """Takes a frame, makes one; returns the bytes handed over."""
        self.ticks += 1
        if self._flowing:
            self.queued.append(self._queue)
            if self._queue:
                self._queue -= 1
            else:
                self.gaps.append(self.ticks * self.period)
        if self.ticks not in self.lose:
            self._made += FRAME
        given = max(self._given, self._made - next(self._kept))
        arrived, self._given = given - self._given, given
        return arrived

    def _serve(self, arrived: int) -> None:
        share = self.pacer.advance(arrived, self.now)
        self.shares.append(share)
        self._queue += share.prime + share.send
        self._flowing = self._flowing or bool(share.send)
