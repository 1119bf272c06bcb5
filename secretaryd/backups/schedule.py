"""When the nightly backup is due. PURE."""

from datetime import datetime, time, timedelta, tzinfo
from math import ceil
from typing import Final

CLOCK_UNSET: Final = datetime(2025, 1, 1).timestamp()
"""A box without a battery wakes up in the past until the network tells the time; nothing is rotated then."""


DAY: Final = 86_400.0
WEAR_BYTES: Final = 250_000_000
"""Of the database's copies a night, on the average."""


def parse_time(text: str) -> time:
    """ "03:30". Raises ValueError."""
    found = time.fromisoformat(text)
    if len(text) != 5 or found.tzinfo is not None:
        raise ValueError(f"{text!r} is not HH:MM")
    return found


def last_planned(now: float, at: time, zone: tzinfo) -> float:
    """The newest moment of that time of day that is not after `now`; UTC epoch seconds."""
    local = datetime.fromtimestamp(now, zone)
    planned = local.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    if planned > local:
        planned -= timedelta(days=1)
    return planned.timestamp()


def is_due(now: float, last: float, at: time, zone: tzinfo, nights: int = 1) -> bool:
    """Whether none was begun (`last`, UTC epoch seconds; 0 for never) since it was planned last, every so many
    `nights`. A box that slept through the night makes up for it; one whose clock is not set waits."""
    return now >= CLOCK_UNSET and last < last_planned(now, at, zone) - (nights - 1) * DAY


def nights_between(database_bytes: int) -> int:
    """A backup writes a copy of the database to the card first, so that a very large one is backed up less often: the
    card has to live for years."""
    return max(1, ceil(database_bytes / WEAR_BYTES))
