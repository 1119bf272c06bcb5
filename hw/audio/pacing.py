"""When the line speaks: pure arithmetic on a clock that the caller reads.

The modem's 8 kHz and ours differ by tens of ppm, and what it sends comes in bursts of up to 60 ms. So the uplink
follows neither our clock nor the arrivals, but an estimate of the modem's clock made of both: arrivals say where it
stands at least, our clock carries it on between them. Time passes in *slots* of 20 ms by that estimate, and every slot
sends a frame. At the start the clock is watched for 200 ms and then two frames are sent at once: from then on the modem
has 20 to 40 ms in hand, so it neither runs dry when a frame comes up to 30 ms late, nor does silence after barge-in
take longer than 40 ms.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from hw.audio.ports import FRAME_BYTES, FRAME_SECONDS, MAX_AHEAD_BYTES

AHEAD_FRAMES: Final = MAX_AHEAD_BYTES // FRAME_BYTES

WAIT: Final = 0.5
"""Where within a frame of the estimate a slot is filled. The modem takes its frames near the frame's edge, where it has
just given one; half-way between it never meets us, though either of us trembles by some milliseconds."""

CALIBRATION_FRAMES: Final = 10
"""Frames of sound from which the modem's clock is learnt before the first frame is sent: the first one may be late."""

PUNCTUAL: Final = 0.2
"""Frames (4 ms) that the first write may be late by. Else it waits for the next slot, CALIBRATION_FRAMES more at the
most: in which of the modem's frames it falls decides on what lies ahead for the whole call."""

STALL_SECONDS: Final = 0.1
"""Downlink silence that is more than a burst (USB: up to 40 ms; 60 ms beside a busy bus)."""

FIRST_SOUND_SECONDS: Final = 0.5
"""How long the start waits for sound: the modem may switch its codec a while after the OK to AT+CPCMREG=1."""

MAX_UNMATCHED: Final = 100
"""Slots (2 s) that still wait for the sound received in them."""

BURST_FRAMES: Final = 3
"""Frames that may still be on their way although sound flows."""

GRACE_SECONDS: Final = 0.06
"""How long after a stall the sound that was only delayed may take to come; then what is missing is lost."""

LOSS_SECONDS: Final = 2.0
"""The same while sound flows: when nothing was on time for so long, frames were lost."""

DRIFT: Final = 200e-6
"""Two crystals of 100 ppm. The estimate runs so much slower than our clock, and arrivals put it right: it is never
ahead of the modem, and behind by no more than what the next punctual arrival mends."""

ROUNDING: Final = 0.1
"""Frames (2 ms) that a whole number of lost frames may seem too few, the estimate being a little behind."""

LATE_SECONDS: Final = 0.01

LATE_TIMES: Final = 256
"""Times at which we were late that are remembered."""


@dataclass(frozen=True, slots=True)
class Share:
    """What came due, to be done in this order. Slots wait in a queue until the sound received in them is known."""

    prime: int = 0
    """Frames of silence to send ahead, in no slot."""
    skipped: int = 0
    """New slots not to send for: the modem has already put silence on the air."""
    send: int = 0
    """New slots to send a frame for."""
    lost: int = 0
    """Oldest slots whose received sound will not come."""
    filled: int = 0
    """Slots, oldest first, that get the oldest frames received; the newest one may not be there yet."""


class UplinkBudget:
    """A leaky bucket: frames written and not yet consumed by the modem, at the most. The last line of defence, which
    plausible arrivals never meet."""

    MAX_LEVEL: Final = AHEAD_FRAMES + 1
    """The modem takes a whole frame at an unknown moment within 20 ms."""

    def __init__(self, now: float) -> None:
        self._level = 0.0
        self._at = now

    def room(self, now: float) -> int:
        """Whole frames that may be written."""
        self._level = max(0.0, self._level - (now - self._at) / FRAME_SECONDS * (1 + DRIFT))
        self._at = now
        return max(0, int(self.MAX_LEVEL - self._level + 1e-6))

    def spend(self, frames: int) -> None:
        """So many are written."""
        self._level += frames


class LeastLag:
    """The least that arrivals were late by, in frames, since a time."""

    def __init__(self, now: float) -> None:
        self.reset(now)

    def reset(self, now: float) -> None:
        """Begins anew."""
        self._least = math.inf
        self._since = now

    def lost(self, lag: float, now: float, seconds: float) -> int:
        """Takes a lag; says how many frames must have been lost, once `seconds` have been seen."""
        self._least = min(self._least, lag)
        if now - self._since < seconds:
            return 0
        lost = int(self._least + ROUNDING)
        self.reset(now)
        return lost


class ModemClock:
    """The modem's clock in frames, never ahead of it."""

    def __init__(self) -> None:
        self.frames = 0.0
        self._at = 0.0
        self._origin = self._shift = 0.0

    def start(self, frames: float, now: float) -> None:
        """Runs from here."""
        self.frames, self._at = frames, now

    def run(self, now: float) -> None:
        """Time has passed; of an hour that the machine slept, not all."""
        passed = min((now - self._at) / FRAME_SECONDS, float(MAX_UNMATCHED))
        self.frames += passed * (1 - DRIFT)
        self._shift = max(min(self._shift, 0.0), self._shift - passed * 1.5 * DRIFT)
        self._at = now

    def mark(self) -> None:
        """The uplink begins now: this is the origin."""
        self._origin, self._shift = self.frames % 1, 0.0

    def told(self, frames: float) -> int:
        """Arrivals show that it stands here at least. A clock does not jump: more than drift shows that it was ahead of
        us all the time, at the origin too. Returns how many frames it counted between then and where we believed to be
        then: those it took nothing of ours for."""
        if (jump := frames - self.frames) <= 0:
            return 0
        self.frames = frames
        self._shift += jump
        whole = int(self._shift + self._origin)
        self._shift -= whole
        return whole

    def seconds_until(self, frames: float, now: float) -> float:
        """From `now`."""
        return max(0.0, self._at + (frames - self.frames) * FRAME_SECONDS / (1 - DRIFT) - now)


class Pacer:
    """Turns arrivals and the passing of time into slots.

    What arrives after a stall is held until it is clear whether it was delayed (and fills the slots made meanwhile) or
    what came before is lost."""

    def __init__(self, now: float) -> None:
        self._began_at = now
        self._clock = ModemClock()
        self._budget = UplinkBudget(now)
        self._lag = LeastLag(now)
        self._running = self._primed = False
        self._bytes = 0
        self._frames = 0
        self._lost = 0
        self._slots = 0
        self._first_slot = 0
        self._arrival_at = now
        self._stalled = self._resumed = False
        self.unmatched = 0
        """Slots whose received sound is not known yet; -1 or less where sound has come before its slot."""
        self.held = 0
        """Frames received that wait for the decision."""
        self.stalls = 0
        self.late = 0
        """Slots filled more than LATE_SECONDS after the estimate said so: our own lateness, not the modem's."""
        self.missed = 0
        """Slots come too late for: the caller heard a gap."""
        self.worst = 0.0
        """Longest lateness of ours, in seconds."""
        self.late_at: deque[float] = deque(maxlen=LATE_TIMES)
        """When slots were late or missed last, by the clock of `advance`."""

    @property
    def lag(self) -> float:
        """Seconds that the newest whole frame received is behind the modem's clock."""
        return max(0.0, self._clock.frames - self._frames - self._lost) * FRAME_SECONDS

    def timeout(self, now: float) -> float:
        """Seconds until a slot comes due if nothing arrives."""
        if not self._running:
            return max(0.0, self._began_at + FIRST_SOUND_SECONDS - now)
        return self._clock.seconds_until(self._slots + 1 + WAIT, now)

    def advance(self, received: int, now: float) -> Share:
        """So many bytes have arrived together (0: none, only time has passed)."""
        self._bytes += received
        frames = self._bytes // FRAME_BYTES - self._frames
        self._frames += frames
        self.held += frames
        if not self._running and not self._begins(now):
            return Share()
        self._clock.run(now)
        lost = self._listen(frames, now) if received else self._wait(now)
        before = self._clock.frames
        ahead = self._clock.told(self._bytes / FRAME_BYTES + self._lost)
        prime, skipped, send = self._due(before, ahead, now)
        filled = 0 if self._stalled else self.held
        overflow = max(0, self.unmatched - lost - max(self.held, MAX_UNMATCHED))
        self._lost += overflow
        self.unmatched -= lost + overflow + filled
        self.held -= filled
        return Share(prime, skipped, send, lost + overflow, filled)

    def _begins(self, now: float) -> bool:
        """With the first sound, or when there was none for too long."""
        if not self._frames and self.timeout(now) > 0:
            return False
        self._running = True
        self._arrival_at = now
        self._stalled = not self._frames
        self.stalls += self._stalled
        self._clock.start(self._bytes / FRAME_BYTES if self._frames else 1 + WAIT, now)
        self._first_slot = self._frames + CALIBRATION_FRAMES if self._frames else 1
        self._lag.reset(now)
        return True

    def _listen(self, frames: int, now: float) -> int:
        """Sound has arrived. Returns the slots whose sound is lost."""
        self._arrival_at = now
        if self._stalled and not self._resumed:
            self._resumed = True
            self._lag.reset(now)
        if not frames:
            return 0
        lost, lag = 0, max(0.0, self._clock.frames - self._bytes / FRAME_BYTES - self._lost)
        if not self._stalled:
            lost = self._lag.lost(lag, now, LOSS_SECONDS)
        elif lag > BURST_FRAMES:
            lost = self._lag.lost(lag, now, GRACE_SECONDS)
        if self._stalled and (lost or lag <= BURST_FRAMES):  # or only delayed: the next burst brings the rest
            self._stalled = self._resumed = False
            self._lag.reset(now)
        self._lost += lost
        return lost

    def _wait(self, now: float) -> int:
        """Nothing has arrived."""
        if now - self._arrival_at >= STALL_SECONDS:
            self.stalls += not self._stalled
            self._stalled, self._resumed = True, False
        return 0

    def _due(self, before: float, ahead: int, now: float) -> tuple[int, int, int]:
        """New slots: (to prime, skipped, to send for). The clock stood at `before` when nothing had been told yet."""
        if not self._primed:
            return self._calibrate(now)
        clock = self._clock.frames
        slots = int(clock - WAIT + 1e-6)
        if int(clock) - ahead - self._slots > AHEAD_FRAMES:  # run dry, and the silence put on the air is past
            slots = max(slots, int(clock))
        made = max(0, slots - self._slots)
        due = max(0, made - ahead)
        send = min(due, AHEAD_FRAMES, self._budget.room(now))
        self._budget.spend(send)
        self._judge(now, before - WAIT - self._slots, due, due - send)
        self._slots += made
        self.unmatched += made
        return 0, made - send, send

    def _calibrate(self, now: float) -> tuple[int, int, int]:
        """Slots in which nothing is sent, until the clock is known."""
        clock = self._clock.frames
        slots = max(self._slots, int(clock - WAIT + 1e-6))
        ready = self._slots < slots >= self._first_slot and clock - WAIT - slots <= PUNCTUAL
        if slots > self._first_slot + CALIBRATION_FRAMES:  # too busy a machine to be punctual: as good as it gets
            slots, ready = max(slots, int(clock)), True
        made = slots - self._slots
        self._slots = slots
        self.unmatched += made
        if not ready:
            return 0, made, 0
        self._primed = True
        self._clock.mark()
        self._budget.room(now)
        self._budget.spend(AHEAD_FRAMES)
        return AHEAD_FRAMES - 1, made - 1, 1

    def _judge(self, now: float, passed: float, due: int, missed: int) -> None:
        """How punctual we were with the next `due` slots, `passed` frames having gone by since the last."""
        before = self.late
        self.missed += missed
        for slot in range(1, due + 1):
            late = (passed - slot) * FRAME_SECONDS
            self.worst = max(self.worst, late)
            self.late += late > LATE_SECONDS
        if missed or self.late > before:
            self.late_at.append(now)


class ArrivalJitter:
    """How unevenly the modem delivers: each frame's lateness against its own clock, in bins of a millisecond."""

    BINS: Final = 250

    def __init__(self) -> None:
        self._bins = [0] * self.BINS
        self._count = 0
        self._last: float | None = None
        self.max_gap = 0.0
        """Longest time between two arrivals, in seconds."""

    def arrived(self, frames: int, lag: float, now: float) -> None:
        """`frames` frames arrived together, the newest of them `lag` seconds late."""
        if self._last is not None:
            self.max_gap = max(self.max_gap, now - self._last)
        self._last = now
        for older in range(min(frames, self.BINS)):
            self._bins[min(int((lag + older * FRAME_SECONDS) * 1000), self.BINS - 1)] += 1
        self._count += min(frames, self.BINS)

    def percentile(self, percent: float) -> float:
        """Milliseconds that so many of the frames were late by at the most; 0 before the first."""
        wanted, seen = self._count * percent / 100, 0
        for milliseconds, count in enumerate(self._bins):
            seen += count
            if count and seen >= wanted:
                return float(milliseconds + 1)
        return 0.0
