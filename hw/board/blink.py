"""What the one light says. Pure: a mood and the time in, on or off out."""

from enum import StrEnum
from typing import Final


class Mood(StrEnum):
    """How the box is, from the one thing that matters most."""

    STARTING = "starting"
    READY = "ready"
    RINGING = "ringing"
    TALKING = "talking"
    TROUBLE = "trouble"
    """Calls are taken, but something wants the owner."""
    DEAF = "deaf"
    """No call can be taken."""


PATTERNS: Final[dict[Mood, tuple[float, ...]]] = {
    Mood.STARTING: (0.1, 0.4),
    Mood.READY: (0.05, 3.95),
    Mood.RINGING: (0.25, 0.25),
    Mood.TALKING: (1.0,),
    Mood.TROUBLE: (0.1, 0.2, 0.1, 1.6),
    Mood.DEAF: (0.5, 0.5),
}
"""Seconds on, off, on, ...; over and over. One alone is always on."""
FASTEST: Final = 0.05
"""Nothing shorter is in the table: whoever shows it looks that often."""


def is_lit(mood: Mood, seconds: float) -> bool:
    """Whether the light is on so long after the mood began."""
    pattern = PATTERNS[mood]
    if len(pattern) == 1:
        return True
    place = seconds % sum(pattern)
    for number, length in enumerate(pattern):
        if place < length:
            return number % 2 == 0
        place -= length
    return False


def mood_of(line: str, *, modem_up: bool, starting: bool, worst: str) -> Mood:
    """From the line's state, whether there is a modem, and the level of the worst alert ("" for none)."""
    if line in ("ringing", "answering", "dialling", "connecting"):
        return Mood.RINGING
    if line in ("talking", "ending"):
        return Mood.TALKING
    if not modem_up:
        return Mood.STARTING if starting else Mood.DEAF
    return Mood.TROUBLE if worst in ("error", "warning") else Mood.READY
