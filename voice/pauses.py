"""PURE: how long this caller pauses within his phrases, learnt while he speaks, and how long to wait therefore.

Somebody who dictates with pauses of 0.8 s is waited for longer than usual; somebody who speaks in one breath gets his
answers sooner. Within bounds: the first phrases of a call tell little, and a caller's pace changes with the matter.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

REMEMBERED: Final = 12
"""Pauses, some three phrases' worth: older ones were made at another pace."""
SHORTEST: Final = 0.12
"""Shorter gaps in the sound are closures of consonants, not pauses."""
LEARNT: Final = 4
"""Pauses from which on the waits are moved by them."""


@dataclass(frozen=True, slots=True)
class PaceBounds:
    """Seconds. `usual` is the longest ordinary pause that the policy's own waits are made for."""

    usual: float = 0.65
    least: float = -0.25
    most: float = 0.35
    early_step: float = 0.08
    """What each end declared too early adds to all waits ..."""
    early_most: float = 0.24
    forgive: int = 4
    """... and after how many good ends one of these steps is taken back."""


class Pauses:
    """For one call."""

    def __init__(self, bounds: PaceBounds | None = None) -> None:
        self._bounds = bounds or PaceBounds()
        self._pauses: deque[float] = deque(maxlen=REMEMBERED)
        self._early = 0
        self._good = 0

    def paused(self, seconds: float) -> None:
        """The caller was silent for so long and went on with his phrase."""
        if seconds >= SHORTEST:
            self._pauses.append(seconds)

    def ended_early(self, seconds: float) -> None:
        """He went on so long after his last sound, though his phrase had been declared over."""
        self.paused(seconds)
        steps = round(self._bounds.early_most / self._bounds.early_step)
        self._early, self._good = min(steps, self._early + 1), 0

    def ended_well(self) -> None:
        """A phrase was over, and nothing came of him for a while."""
        self._good += 1
        if self._good >= self._bounds.forgive:
            self._early, self._good = max(0, self._early - 1), 0

    @property
    def caution(self) -> float:
        """Seconds to add to every wait: he was cut off lately."""
        return self._early * self._bounds.early_step

    @property
    def longer(self) -> float:
        """Seconds to add to the waits within unfinished phrases, less than nothing for a brisk caller. By the second
        longest pause: one long one may have been a distraction."""
        if len(self._pauses) < LEARNT:
            return 0.0
        typical = sorted(self._pauses)[-2]
        return min(self._bounds.most, max(self._bounds.least, typical - self._bounds.usual))
