"""PURE: how long a session lasts, and when an account or an address is locked out. Times are UTC epoch seconds."""

from dataclasses import dataclass
from typing import Final

IDLE_SECONDS: Final = 30 * 60
ABSOLUTE_SECONDS: Final = 12 * 3600
SEEN_EVERY_SECONDS: Final = 60
"""A session's last use is written at most so often: a page that refreshes itself would wear the card."""
FREE_TRIES: Final = 5
LOCK_SECONDS: Final = (60, 300, 900, 3600)
"""After so many further failures, one after the other; the last one is for all that follow."""
FORGET_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. `id` is the hash of its cookie: who reads the database cannot become anybody."""

    id: str
    user: str
    csrf: str
    created: float
    seen: float
    address: str
    agent: str

    def ends(self) -> float:
        """When it is over, unless it is used before."""
        return min(self.seen + IDLE_SECONDS, self.created + ABSOLUTE_SECONDS)

    def is_over(self, now: float) -> bool:
        """A clock that was set back ends it too: its age is not known any more."""
        return now >= self.ends() or now < self.created - SEEN_EVERY_SECONDS

    def is_worth_noting(self, now: float) -> bool:
        """Whether this use should be written down."""
        return now - self.seen >= SEEN_EVERY_SECONDS


@dataclass(frozen=True, slots=True)
class Tries:
    """Failed sign-ins of one account, or from one address, in a row."""

    failures: int = 0
    last: float = 0.0

    def failed(self, now: float) -> "Tries":
        """One more; what is a day old is forgotten first."""
        before = 0 if now - self.last > FORGET_SECONDS else self.failures
        return Tries(before + 1, now)

    def wait(self, now: float) -> float:
        """Seconds until the next try is looked at; 0 for at once, and where the clock was set back."""
        over = self.failures - FREE_TRIES
        if over < 0 or now < self.last:
            return 0.0
        return max(0.0, self.last + LOCK_SECONDS[min(over, len(LOCK_SECONDS) - 1)] - now)
