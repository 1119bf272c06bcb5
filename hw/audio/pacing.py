"""When the line speaks: pure arithmetic on a clock that the caller reads.

The modem's 8 kHz and ours differ by tens of ppm, so the uplink is slaved to the downlink: a frame received earns a
frame to send, and time passes in *slots* of 20 ms. Only where the downlink stalls does our own clock make the slots.
What may be sent is bounded by an estimate of what the modem has not consumed yet.
"""

import math
from dataclasses import dataclass
from typing import Final

from hw.audio.ports import FRAME_BYTES, FRAME_SECONDS, MAX_AHEAD_BYTES, RATE

STALL_SECONDS: Final = 0.06
"""Downlink silence after which our own clock takes over. USB delivers in bursts of up to 40 ms: those are no stall."""

FIRST_SOUND_SECONDS: Final = 0.5
"""The same before the first frame ever: the modem may switch its codec a while after the OK to AT+CPCMREG=1."""

MAX_UNMATCHED: Final = 100
"""Slots (2 s) made by our clock that still wait for the sound received meanwhile."""

BURST_FRAMES: Final = 2
"""Frames that may still be on their way although sound flows: a burst of USB is 40 ms."""

GRACE_SECONDS: Final = 0.06
"""How long after a stall the sound that was only delayed may take to come; then what is missing is lost."""

DRIFT: Final = 200e-6
"""Two crystals of 100 ppm. The estimate must not fall behind a modem that is merely faster than we."""

LATE_SECONDS: Final = 0.01
WINDOW_FRAMES: Final = 50


@dataclass(frozen=True, slots=True)
class Share:
    """What came due, to be done in this order. Slots wait in a queue until the sound received in them is known."""

    skipped: int
    """New slots too old to send for: the modem has already put silence on the air."""
    send: int
    """New slots to send a frame for."""
    lost: int
    """Oldest slots whose received sound will not come."""
    filled: int
    """Slots, oldest first, that get the oldest frames received."""


class UplinkBudget:
    """A leaky bucket: bytes written and not yet consumed by the modem, by our best estimate."""

    def __init__(self, now: float) -> None:
        self._level = 0.0
        self._at = now

    def room(self, now: float) -> int:
        """Whole frames that fit below 40 ms."""
        drained = (now - self._at) * RATE * 2 * (1 + DRIFT)
        self._level = max(0.0, self._level - drained)
        self._at = now
        return int((MAX_AHEAD_BYTES - self._level) // FRAME_BYTES)

    def spend(self) -> None:
        """A frame was written."""
        self._level += FRAME_BYTES


class Pacer:
    """Turns arrivals and the passing of time into slots.

    While the downlink flows, an arrival makes a slot. When it stalls, our own clock makes them. What arrives then is
    held until it is clear whether it was delayed (and fills the slots made meanwhile) or what came before is lost."""

    def __init__(self, now: float) -> None:
        self.budget = UplinkBudget(now)
        self._slot_at = now
        self._patience = FIRST_SOUND_SECONDS
        self._resumed_at: float | None = None
        self.unmatched = 0
        """Slots whose received sound is not known yet."""
        self.held = 0
        """Frames received that wait for the decision."""
        self.stalled = False
        self.stalls = 0

    def timeout(self, now: float) -> float:
        """Seconds until our own clock must act if nothing arrives."""
        step = FRAME_SECONDS if self.stalled else self._patience
        return max(0.0, self._slot_at + step - now)

    def advance(self, count: int, now: float) -> Share:
        """`count` frames have arrived together (0: none, only time has passed)."""
        made = self._by_our_clock(now) if self._stalls(count, now) else 0
        self.held += count
        made += max(0, self.held - self.unmatched - made)
        self.unmatched += made
        send = min(made, self.budget.room(now))
        lost, filled = self._decide(count, now)
        self.unmatched -= lost + filled
        self.held -= filled
        return Share(made - send, send, lost, filled)

    def _stalls(self, count: int, now: float) -> bool:
        if not self.stalled and not count and now - self._slot_at >= self._patience:
            self.stalled = True
            self.stalls += 1
        return self.stalled

    def _by_our_clock(self, now: float) -> int:
        due = int((now - self._slot_at) / FRAME_SECONDS + 1e-6)
        self._slot_at += due * FRAME_SECONDS
        return min(due, MAX_UNMATCHED)  # a machine that slept for an hour does not owe an hour

    def _decide(self, count: int, now: float) -> tuple[int, int]:
        """How many slots are lost, and how many filled."""
        missing = self.unmatched - self.held
        if not self.stalled:
            self._flows(count, now)
            return 0, self.held
        if self.held and self._resumed_at is None:
            self._resumed_at = now
        if self.held and missing <= BURST_FRAMES:  # the next burst brings the rest
            self._flows(self.held, now)
            return 0, self.held
        if self._resumed_at is not None and now - self._resumed_at >= GRACE_SECONDS:
            self._flows(self.held, now)
            return missing, self.held
        return max(0, self.unmatched - MAX_UNMATCHED), 0

    def _flows(self, count: int, now: float) -> None:
        if count:
            self._slot_at = now
            self._patience = STALL_SECONDS
            self._resumed_at = None
            self.stalled = False


class Punctuality:
    """How late frames come, against the best clock that explains them: the earliest arrivals anchor it."""

    def __init__(self) -> None:
        self._due: float | None = None
        self._least = math.inf
        self._seen = 0
        self._last: float | None = None
        self.late = 0
        self.max_gap = 0.0

    def arrived(self, count: int, now: float) -> None:
        """`count` frames arrived together; each has its own due time."""
        if self._last is not None:
            self.max_gap = max(self.max_gap, now - self._last)
        self._last = now
        due = now if self._due is None else self._due
        for _ in range(count):
            lateness = max(0.0, now - due)
            due = min(due, now) + FRAME_SECONDS
            self.late += lateness > LATE_SECONDS
            self._least = min(self._least, lateness)
            self._seen += 1
            if self._seen % WINDOW_FRAMES == 0:  # lost frames, or a slower modem: nobody was on time for a second
                due += self._least
                self._least = math.inf
        self._due = due
