"""The dial policy and the one command that dials. Pure.

ATD is written in one place, by `Dial`; a `Dial` is made of a `Permit`, and a permit only by `DialPolicy.permit`, which
looks at the number and at what was used up today. The protocol refuses every other command line that would dial
(hw.at.protocol), so that no text from outside can reach the network by any other way.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from hw.at.commands import CALL_SECONDS, Order
from hw.at.numbers import Kind, kind_of, normalised
from hw.errors import ModemError

LEAST_SECONDS: Final = 30
"""A call that could not last so long is not begun."""
MOST_CALL_SECONDS: Final = 7200

_ENTRY: Final = re.compile(r"\+[1-9][0-9]{1,14}\*|\+[1-9][0-9]{6,14}|[0-9]{2,6}")
_DIALLED: Final = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{2,6}")
_SEAL: Final = object()


class Refusal(StrEnum):
    """Why a number is not dialled; the owner's texts are made from these."""

    OFF = "off"
    NO_NUMBER = "no_number"
    EMERGENCY = "emergency"
    CODE = "code"
    SHORT = "short"
    FREE = "free"
    PREMIUM = "premium"
    SATELLITE = "satellite"
    KAZAKHSTAN = "kazakhstan"
    INTERNATIONAL = "international"
    DAILY_CALLS = "daily_calls"
    DAILY_MINUTES = "daily_minutes"


class DialRefused(ModemError):
    """The policy says no; nothing was sent to the modem."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(f"not dialled: {why}")
        self.why = why


@dataclass(frozen=True, slots=True)
class DialRules:
    """The owner's rules. With none of them set nothing is dialled at all."""

    enabled: bool = False
    allow: tuple[str, ...] = ()
    """Numbers beyond Russian landlines and mobiles: `+78001234567`, `900`, or a beginning such as `+375*`."""
    calls_a_day: int = 20
    minutes_a_day: int = 60
    call_seconds: int = 600
    """One call at most."""


@dataclass(frozen=True, slots=True)
class DialUsage:
    """What was used up since midnight: calls begun, and seconds of them (a call in progress with all it may last)."""

    calls: int = 0
    seconds: float = 0.0


class Permit:
    """A number that may be dialled once, now. Made by `DialPolicy.permit` alone."""

    __slots__ = ("_number", "_seconds", "_spent")

    def __init__(self, number: str, seconds: float, *, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("a permit is made by DialPolicy.permit alone")
        self._number, self._seconds, self._spent = number, seconds, False

    def __init_subclass__(cls) -> None:
        raise TypeError("a permit has no other kinds")

    @property
    def number(self) -> str:
        """Digits, with `+` in front of all but a short number."""
        return self._number

    @property
    def seconds(self) -> float:
        """The call may last so long."""
        return self._seconds

    def spend(self) -> str:
        """The number, once. Raises ValueError the second time."""
        if self._spent:
            raise ValueError("a permit dials once")
        self._spent = True
        return self._number


def bad_entries(allow: Sequence[str]) -> tuple[str, ...]:
    """Entries of a list of allowed numbers that cannot be used: not in the form above, or an emergency number."""
    return tuple(each for each in allow if not _ENTRY.fullmatch(each) or kind_of(each) is Kind.EMERGENCY)


KINDS: Final[dict[Kind, Refusal | None]] = {
    Kind.GEOGRAPHIC: None,
    Kind.MOBILE: None,
    Kind.FREE: Refusal.FREE,
    Kind.PREMIUM: Refusal.PREMIUM,
    Kind.SATELLITE: Refusal.SATELLITE,
    Kind.KAZAKHSTAN: Refusal.KAZAKHSTAN,
    Kind.INTERNATIONAL: Refusal.INTERNATIONAL,
    Kind.SHORT: Refusal.SHORT,
    Kind.CODE: Refusal.CODE,
    Kind.EMERGENCY: Refusal.EMERGENCY,
    Kind.NONE: Refusal.NO_NUMBER,
}
"""What is refused unless it is listed."""
NEVER: Final = frozenset({Refusal.EMERGENCY, Refusal.CODE, Refusal.NO_NUMBER})
"""Refused even where it is listed."""
ONLY_WHOLE: Final = frozenset({Refusal.PREMIUM, Refusal.SATELLITE})
"""A listed beginning such as `+7*` does not open these; only the number itself does."""


class DialPolicy:
    """Whether a number may be dialled. Holds no counters: they are durable, and handed in with every question."""

    def __init__(self, rules: DialRules) -> None:
        """Raises ValueError for a list of numbers that cannot be used."""
        if bad := bad_entries(rules.allow):
            raise ValueError(f"not numbers that can be allowed: {', '.join(bad)}")
        self.rules = rules
        self._whole = frozenset(entry for entry in rules.allow if not entry.endswith("*"))
        self._beginnings = tuple(entry[:-1] for entry in rules.allow if entry.endswith("*"))

    def check(self, raw: str) -> str:
        """The number as it would be dialled, caps apart. Raises DialRefused."""
        if not self.rules.enabled:
            raise DialRefused(Refusal.OFF)
        number = normalised(raw)
        why = KINDS[kind_of(number)]
        if why is not None and (why in NEVER or not self._listed(number, why)):
            raise DialRefused(why)
        return number

    def permit(self, raw: str, used: DialUsage) -> Permit:
        """Leave to dial `raw` once. Raises DialRefused."""
        number, rules = self.check(raw), self.rules
        if used.calls >= rules.calls_a_day:
            raise DialRefused(Refusal.DAILY_CALLS)
        left = rules.minutes_a_day * 60 - used.seconds
        if left < LEAST_SECONDS:
            raise DialRefused(Refusal.DAILY_MINUTES)
        return Permit(number, min(left, float(rules.call_seconds), float(MOST_CALL_SECONDS)), seal=_SEAL)

    def _listed(self, number: str, why: Refusal) -> bool:
        return number in self._whole or (why not in ONLY_WHOLE and number.startswith(self._beginnings))


class Dial(Order):
    """ATD (manual, 2.2.2): a voice call to the number of a permit, which it uses up. OK means accepted, no more."""

    __slots__ = ("_number",)

    timeout: ClassVar[float] = CALL_SECONDS
    dials: ClassVar[bool] = True

    def __init__(self, permit: Permit) -> None:
        """Raises TypeError for anything but a permit, ValueError for one that was used or whose number is none."""
        if type(permit) is not Permit:
            raise TypeError("only a permit can be dialled")
        number = permit.spend()
        # Believing nobody: what goes out is looked at once more where it is written.
        if not _DIALLED.fullmatch(number) or kind_of(number) in (Kind.EMERGENCY, Kind.NONE, Kind.CODE):
            raise ValueError("not a number that can be dialled")
        self._number = number

    def __init_subclass__(cls) -> None:
        raise TypeError("there is one command that dials")

    @property
    def number(self) -> str:
        """The number."""
        return self._number

    @property
    def text(self) -> str:
        """The command line. The semicolon makes it a voice call."""
        return f"ATD{self._number};"

    @property
    def shown(self) -> str:
        """Without the middle of the number."""
        return f"ATD{self._number[:-7]}...{self._number[-2:]};" if len(self._number) > 9 else self.text
