"""Both sides of the line for whoever listens in the event loop: what we said goes by the line's thread.

A frame may be heard up to half a slot before ours of the same slot is sent (`hw.audio.pacing`), and the loop does not
wait for that: what it is told with each frame heard is what was said in the slot before. That one is always known.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

BEHIND: Final = 300
"""Frames (6 s): more than the line itself keeps for a blocked event loop."""
SILENCE: Final = bytes(320)

Tap = Callable[[bytes, bytes], None]


class Sides:
    """Remembers what was said in each slot. `tap` is called by the line's thread, once a slot, `said` by the loop."""

    def __init__(self, onward: Tap | None) -> None:
        self._onward = onward
        self._slots = 0
        self._said: deque[tuple[int, bytes]] = deque(maxlen=BEHIND)

    def tap(self, heard: bytes, said: bytes) -> None:
        """20 ms of both sides; handed on to the recorder."""
        self._said.append((self._slots, said))
        self._slots += 1
        if self._onward is not None:
            self._onward(heard, said)

    def onward(self, tap: Tap) -> None:
        """From now on both sides go to `tap` too."""
        self._onward = tap

    def said_before(self, index: int) -> bytes:
        """What was said in the slot before `index`; asked for in order. Silence where that is not known any more."""
        while self._said and self._said[0][0] < index - 1:
            self._said.popleft()
        return self._said.popleft()[1] if self._said and self._said[0][0] == index - 1 else SILENCE
