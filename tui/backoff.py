"""How long to wait before the next try. Pure."""

from dataclasses import dataclass
from typing import Final

FIRST_SECONDS: Final = 0.25
LAST_SECONDS: Final = 5.0


@dataclass(slots=True)
class Backoff:
    """Doubles from a quarter of a second up to five: a box that restarts is met again within a second."""

    _next: float = FIRST_SECONDS

    def wait(self) -> float:
        """Seconds before the next try."""
        now, self._next = self._next, min(LAST_SECONDS, self._next * 2)
        return now

    def reset(self) -> None:
        """It worked."""
        self._next = FIRST_SECONDS
