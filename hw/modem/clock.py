"""The network's time (NITZ) as the module keeps it. Pure."""

import calendar
import re
from datetime import UTC, datetime
from typing import Final

QUARTER_SECONDS: Final = 900
FIRST_YEAR, LAST_YEAR = 24, 79
"""Two digits; 80 is the module's own beginning (80/01/06), before the network has told."""
MOST_ZONE: Final = 56
"""Quarters of an hour, 14 h either way."""

_CLOCK: Final = re.compile(r"(\d\d)/(\d\d)/(\d\d),(\d\d):(\d\d):(\d\d)([+-]\d\d)")


def parse_clock(text: str) -> float | None:
    """UTC epoch seconds of `26/11/22,08:48:00+12` (SIMCom manual, 3.2.4: local time and its zone in quarters of an
    hour); None where the network has told none: no zone, or a year out of reach."""
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, zone = map(int, match.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR or abs(zone) > MOST_ZONE:
        return None
    try:
        local = datetime(2000 + year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except ValueError:
        return None
    return calendar.timegm(local.timetuple()) - zone * QUARTER_SECONDS
