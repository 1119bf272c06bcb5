"""What a hand does with one button: a press or a hold. Pure: edges and the time in, gestures out."""

from enum import StrEnum
from typing import Final

BOUNCE_SECONDS: Final = 0.03
"""A contact bounces for some milliseconds; shorter is no press."""
HOLD_SECONDS: Final = 2.0
"""From here on it is a hold, told while the button is still down."""
STUCK_SECONDS: Final = 30.0
"""A button that is down for so long is stuck or shorted: nothing more is read into it."""


class Gesture(StrEnum):
    """What was meant."""

    PRESS = "press"
    HOLD = "hold"


class Button:
    """One button. Times are seconds of any monotonic clock."""

    def __init__(self) -> None:
        self._down_at: float | None = None
        self._told = False

    def edge(self, down: bool, now: float) -> Gesture | None:
        """The contact closed or opened; a repeated edge changes nothing."""
        if down:
            if self._down_at is None:
                self._down_at, self._told = now, False
            return None
        began, self._down_at = self._down_at, None
        if began is None or self._told or not BOUNCE_SECONDS <= now - began < STUCK_SECONDS:
            return None
        return Gesture.HOLD if now - began >= HOLD_SECONDS else Gesture.PRESS

    def tick(self, now: float) -> Gesture | None:
        """Time has passed; a hold is told once, while it lasts."""
        if self._down_at is None or self._told or now - self._down_at < HOLD_SECONDS:
            return None
        self._told = True
        return Gesture.HOLD
