"""Whether the core does its work: what the service manager's watchdog hangs on. Pure but for `Beat`'s clock."""

import time
from collections.abc import Callable
from typing import Final

MODEM_SECONDS: Final = 90.0
"""Longest time without an answer from a modem that is up."""
CALLS_SECONDS: Final = 60.0
"""Longest time for one fact of the modem; storing a missed call is the longest piece of it."""
LINE_SECONDS: Final = 20.0
"""Longest time without a frame on a line that is open: it makes its own where the modem gives none."""


class Beat:
    """The heart of something that goes on and off: the line's clock, one piece of work of the calls."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: float | None = None

    def tick(self) -> None:
        """It goes."""
        self._at = self._clock()

    def stop(self) -> None:
        """It rests, as it should."""
        self._at = None

    @property
    def silent(self) -> float:
        """Seconds since the last tick, 0 while it rests."""
        return 0.0 if self._at is None else self._clock() - self._at


def stuck(*, modem_silent: float | None, calls: float, line: float) -> str | None:
    """Why the watchdog should not be fed, None where all is well. `modem_silent`: seconds since the modem's last
    answer, None while there is no modem; `calls` and `line`: how long each has been at the same thing."""
    if modem_silent is not None and modem_silent > MODEM_SECONDS:
        return f"the modem has not answered for {modem_silent:.0f} s"
    if calls > CALLS_SECONDS:
        return f"the calls have been at one thing for {calls:.0f} s"
    if line > LINE_SECONDS:
        return f"the line has had no frame for {line:.0f} s"
    return None
