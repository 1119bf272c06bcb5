"""Somebody whom the box calls: connecting, ringback or busy tone, then the scenario as any caller plays it (PURE)."""

import numpy as np

from hw.simulator.caller import Caller
from hw.simulator.network import FRAME_SECONDS
from hw.simulator.scenario import Scenario
from hw.simulator.wav import FRAME_SAMPLES, RATE, Samples

TONE_HZ = 425.0  # ITU-T E.180 supplement 2: Russia
TONE_LEVEL = 6000.0
RING_ON, RING_OFF = 1.0, 4.0
BUSY_ON, BUSY_OFF = 0.35, 0.35
BUSY_TONE_SECONDS = 25.0
"""Then the network clears the call."""
RINGS_ON_SECONDS = 60.0
"""The network gives up on a call that nobody answers."""
REJECT_AFTER = 4.0


class Callee(Caller):
    """The far end of a call of the box. Its events `far_...` are the network's word to the module; `answered` is the
    truth, whatever the module tells."""

    def __init__(self, scenario: Scenario, inband: bool = True) -> None:
        super().__init__(scenario, inband)
        self.connected = True  # its side of the line can be heard from the start, if the module lets it through
        self.picked_up = False
        self._busy = False
        self._alerted = False

    def answered(self) -> None:
        """The module says so; that changes nothing here."""

    def tick(self, heard: Samples) -> Samples:
        """20 ms: what is heard in, what the far side or its network says out."""
        if self.picked_up:
            return super().tick(heard)
        now, does = self.now, self.scenario.callee
        self._frames += 1
        if self.hung_up or now < does.connect_seconds:
            return np.zeros(FRAME_SAMPLES, np.int16)
        if not self._alerted:
            self._alerted = True
            self._begin()
        since = now - does.connect_seconds
        if self._busy:
            if since >= BUSY_TONE_SECONDS:
                self._hang_up("cleared")
            return self._tone(since, BUSY_ON, BUSY_OFF)
        if does.does == "answers" and since >= does.ring_seconds:
            self._pick_up()
        elif does.does == "rejects" and since >= REJECT_AFTER:
            self._be_busy()
        elif since >= RINGS_ON_SECONDS:
            self._note("far_gone")
            self._hang_up("no_answer")
        return self._tone(since, RING_ON, RING_OFF)

    def _begin(self) -> None:
        """Where the call has got through to."""
        if self.scenario.callee.does == "unreachable":
            self._note("far_gone")
            self._hang_up("unreachable")
        elif self.scenario.callee.does == "busy":
            self._be_busy()
        else:
            self._note("far_alerts")

    def _be_busy(self) -> None:
        self._busy = True
        self._note("far_busy")

    def _pick_up(self) -> None:
        self._note("far_answers")
        self._note("answered", after_seconds=round(self.now, 2))
        self.picked_up = True
        self._frames = 0

    def _tone(self, since: float, on: float, off: float) -> Samples:
        if since % (on + off) >= on - FRAME_SECONDS / 2:
            return np.zeros(FRAME_SAMPLES, np.int16)
        n = np.arange(FRAME_SAMPLES) + self._frames * FRAME_SAMPLES
        return np.asarray(np.rint(np.sin(2 * np.pi * TONE_HZ / RATE * n) * TONE_LEVEL), np.int16)
