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

DRIFT: Final = 200e-6
"""Two crystals of 100 ppm. The estimate must not fall behind a modem that is merely faster than we."""

LATE_SECONDS: Final = 0.01
WINDOW_FRAMES: Final = 50


@dataclass(frozen=True, slots=True)
class Share:
    """What to do with frames that arrived together, in this order of time."""

    lost: int
    """Slots made by our clock whose received sound will not come."""
    matched: int
    """Frames that belong to slots made by our clock: nothing to send for them."""
    skipped: int
    """Frames too old to send for: the modem has already put silence on the air."""
    send: int
    """Frames that earn one to send."""


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
    """Turns arrivals and the passing of time into slots."""

    def __init__(self, now: float) -> None:
        self.budget = UplinkBudget(now)
        self._slot_at = now
        self._unmatched = 0
        self._patience = FIRST_SOUND_SECONDS
        self.stalled = False
        self.stalls = 0

    @property
    def unmatched(self) -> int:
        """Slots made by our clock that wait for their received sound."""
        return self._unmatched

    def timeout(self, now: float) -> float:
        """Seconds until our own clock must act if nothing arrives."""
        step = FRAME_SECONDS if self.stalled else self._patience
        return max(0.0, self._slot_at + step - now)

    def arrived(self, count: int, now: float) -> Share:
        """`count` frames arrived together."""
        fresh = count - min(count, self._unmatched)
        if self.stalled and count <= self._unmatched:
            # Sound of the stall is lost: what came last belongs to the slot that is due now, not to an old one.
            fresh = min(count, round((now - self._slot_at) / FRAME_SECONDS))
        matched = count - fresh
        lost = self._unmatched - matched
        send = min(fresh, self.budget.room(now))
        self._unmatched = 0
        self._slot_at = now
        self._patience = STALL_SECONDS
        self.stalled = False
        return Share(lost, matched, fresh - send, send)

    def tick(self, now: float) -> Share:
        """Nothing arrived: the slots that our own clock makes now (`skipped`, then `send`), and those given up
        (`lost`) because too many wait."""
        if not self.stalled:
            if now - self._slot_at < self._patience:
                return Share(0, 0, 0, 0)
            self.stalled = True
            self.stalls += 1
        due = int((now - self._slot_at) / FRAME_SECONDS + 1e-6)
        if not due:
            return Share(0, 0, 0, 0)
        self._slot_at += due * FRAME_SECONDS
        due = min(due, MAX_UNMATCHED)  # a machine that slept for an hour does not owe an hour
        send = min(due, 1, self.budget.room(now))
        self._unmatched += due
        lost = max(0, self._unmatched - MAX_UNMATCHED)
        self._unmatched -= lost
        return Share(lost, 0, due - send, send)


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
