"""What a second hearing came to. Frozen."""

from dataclasses import dataclass
from typing import Final

WANTED: Final = "wanted"
"""The owner asked for it."""
BEGUN: Final = "begun"
DONE: Final = "done"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class SecondLine:
    """Something the caller said; seconds from the start of the recording. `turn`: the place among the call's turns of
    what the first recogniser made of it, None where that heard nothing."""

    start: float
    end: float
    text: str
    confidence: float
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class SecondRecord:
    """A call's second transcript. `state`: wanted, begun, done, or failed for `reason`; `at`: since when (UTC epoch
    seconds); `model`: the recogniser's name."""

    state: str
    model: str
    at: float
    reason: str = ""
    lines: tuple[SecondLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Unheard:
    """A call whose turn it is. `spoken`: place, start and end of each of the caller's turns."""

    call: int
    recording: str
    spoken: tuple[tuple[int, float, float], ...]
