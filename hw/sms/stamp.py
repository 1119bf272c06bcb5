"""Times in PDUs: seven half-swapped octets, the zone in quarters of an hour (3GPP TS 23.040, 9.2.3.11)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

OCTETS: Final = 7
CENTURY_TURNS: Final = 90
"""Years from here on are of the last century: before GSM there were no messages."""
MAX_QUARTERS: Final = 79


@dataclass(frozen=True, slots=True)
class Stamp:
    """UTC epoch seconds, and the zone (minutes east) that the network wrote it in."""

    at: float
    zone: int

    @property
    def local(self) -> datetime:
        """The wall clock as the network wrote it."""
        return datetime.fromtimestamp(self.at, timezone(timedelta(minutes=self.zone)))


def decode(octets: bytes) -> Stamp | None:
    """None for what is no time: some networks and modems write zeros or garbage here."""
    if len(octets) != OCTETS:
        return None
    low = [octet & 0x0F for octet in octets]
    high = [octet >> 4 for octet in octets]
    west, low[6] = bool(low[6] & 0x08), low[6] & 0x07
    if any(half > 9 for half in low + high):
        return None
    year, month, day, hour, minute, second, quarters = (10 * tens + ones for tens, ones in zip(low, high, strict=True))
    if quarters > MAX_QUARTERS:
        return None
    zone = 15 * (-quarters if west else quarters)
    year += 1900 if year >= CENTURY_TURNS else 2000
    try:
        wall = datetime(year, month, day, hour, minute, second, tzinfo=timezone(timedelta(minutes=zone)))
    except ValueError:
        return None
    return Stamp(wall.timestamp(), zone)


def encode(stamp: Stamp) -> bytes:
    """Seven octets."""
    wall = stamp.local if stamp.zone else datetime.fromtimestamp(stamp.at, UTC)
    fields = (wall.year % 100, wall.month, wall.day, wall.hour, wall.minute, wall.second, abs(stamp.zone) // 15)
    octets = bytearray(field // 10 | field % 10 << 4 for field in fields)
    if stamp.zone < 0:
        octets[-1] |= 0x08
    return bytes(octets)
