"""How long to wait before the next try. Pure: time comes in as numbers."""

from dataclasses import dataclass
from typing import Final

FIRST_SECONDS: Final = 2.0
MOST_SECONDS: Final = 60.0
GROWTH: Final = 1.5
"""Slow growth: after a reset the modem is back on the bus in 14-23 s, and the box is deaf until it looks."""
STEADY_SECONDS: Final = 10.0
"""A modem that was up for so long has recovered: the next fault starts from the beginning, and a restart of the modem
is followed at once."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Failures in a row so far."""

    failures: int = 0

    def after_failure(self, up_seconds: float | None, *, at_once: bool = False) -> "tuple[Backoff, float]":
        """The next state and the seconds to wait. `up_seconds`: how long the modem had been up, None when it did not
        come up. `at_once`: the modem is known to be there (it restarted by itself)."""
        steady = up_seconds is not None and up_seconds >= STEADY_SECONDS
        failures = 0 if steady else self.failures
        if at_once and (steady or failures == 0):
            return Backoff(failures + 1), 0.0
        # The exponent is bounded so that years of failures do not overflow a float.
        return Backoff(failures + 1), min(MOST_SECONDS, FIRST_SECONDS * GROWTH ** min(failures, 20))
