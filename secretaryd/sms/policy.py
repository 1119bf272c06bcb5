"""Who may be written to, when, and how often. Pure."""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from hw.at.numbers import Kind, kind_of, normalised
from secretaryd.config.hours import Hours

MAX_PARTS: Final = 10
"""Of one message: a text may be long, a bill should not."""
BACKOFF_SECONDS: Final = (30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0)
"""After the first, second, ... attempt that was refused for now; then it is given up."""
EXPIRES_SECONDS: Final = 24 * 3600.0
"""What could not be sent for so long is given up."""
AUTOMATIC: Final = frozenset({"notice", "missed", "busy", "broken", "confirm"})
"""Purposes that wait for the end of quiet hours; what the owner sends or asks goes at once."""


class NotAllowed(Exception):
    """A number that is not written to; `code` says why: no_number, emergency, short, foreign, fixed."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class SendPolicy:
    """Russian mobile numbers, and those that the owner lists: whole numbers, short ones, or beginnings with a star."""

    allow: tuple[str, ...] = ()

    def check(self, raw: str) -> str:
        """The number to write to. Raises NotAllowed."""
        number = normalised(raw)
        kind = kind_of(number)
        if kind is Kind.EMERGENCY:
            raise NotAllowed("emergency")
        if kind in (Kind.NONE, Kind.CODE):
            raise NotAllowed("no_number")
        if kind is Kind.MOBILE or self._listed(number):
            return number
        raise NotAllowed({Kind.SHORT: "short", Kind.GEOGRAPHIC: "fixed"}.get(kind, "foreign"))

    def _listed(self, number: str) -> bool:
        beginnings = tuple(entry[:-1] for entry in self.allow if entry.endswith("*"))
        return number in self.allow or (bool(beginnings) and number.startswith(beginnings))


def is_mobile(raw: str) -> bool:
    """Whether it can be the owner's: a Russian mobile number."""
    return kind_of(normalised(raw)) is Kind.MOBILE


def quiet_until(hours: str, now: dt.datetime) -> float | None:
    """When quiet hours end (UTC epoch seconds); None while it is not quiet. "" is never quiet; the same time twice too,
    since a whole day of quiet would be a queue that never sends."""
    if not hours:
        return None
    quiet = Hours.parse(hours)
    if quiet.begins == quiet.ends or not quiet.hold(now.time()):
        return None
    end = now.replace(hour=quiet.ends.hour, minute=quiet.ends.minute, second=0, microsecond=0)
    return (end if end > now else end + dt.timedelta(days=1)).timestamp()


def midnight(now: dt.datetime) -> dt.datetime:
    """The day's beginning."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def backoff(attempts: int) -> float | None:
    """Seconds until the next attempt after so many; None to give up."""
    return BACKOFF_SECONDS[attempts - 1] if 0 < attempts <= len(BACKOFF_SECONDS) else None


PERMANENT: Final = {
    "1": "not_existing",
    "8": "barred",
    "10": "barred",
    "28": "not_existing",
    "30": "not_existing",
    "50": "not_subscribed",
    "69": "not_subscribed",
    "304": "bad_message",
    "305": "bad_message",
    "invalid pdu mode parameter": "bad_message",
    "invalid text mode parameter": "bad_message",
}
"""+CMS ERROR by number or words (3GPP TS 24.011, annex E; 27.005, 3.2.5): nothing will be different later."""
TEMPORARY: Final = {
    "38": "no_network",
    "41": "no_network",
    "42": "congestion",
    "congestion": "congestion",
    "47": "no_network",
    "310": "sim",
    "sim not inserted": "sim",
    "313": "sim",
    "sim failure": "sim",
    "314": "sim",
    "sim busy": "sim",
    "322": "memory_full",
    "memory full": "memory_full",
    "331": "no_network",
    "no network service": "no_network",
    "332": "no_network",
    "network timeout": "no_network",
    "network out of order": "no_network",
}


def refusal(code: str) -> tuple[str, bool]:
    """The reason of a refusal, and whether trying again is of any use."""
    key = code.strip().casefold()
    if key in PERMANENT:
        return PERMANENT[key], False
    return TEMPORARY.get(key, "refused"), True
