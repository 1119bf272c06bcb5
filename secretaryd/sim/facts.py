"""What is wrong with the SIM, from what is known of it. Pure."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

DAY: Final = 86_400.0
UNUSED_DAYS: Final = 45
"""Operators take a number back after 60 to 120 days without anything paid for; that is told in good time."""
OLD_DAYS: Final = 7
"""A balance older than that is no ground for alarm."""


@dataclass(frozen=True, slots=True)
class SimKnown:
    """Times are UTC epoch seconds."""

    balance: Decimal | None = None
    balance_at: float | None = None
    seen_at: float | None = None
    """When the box first saw this SIM."""
    used_at: float | None = None
    """When it was last used for something that costs."""


@dataclass(frozen=True, slots=True)
class SimFact:
    """An alert's code, and the figure in it."""

    code: str
    detail: str = ""


def sim_facts(known: SimKnown, low: Decimal, now: float) -> tuple[SimFact, ...]:
    """What the owner should be told now; `low` is the balance, in roubles, below which he wants to know."""
    found = []
    fresh = known.balance_at is not None and now - known.balance_at <= OLD_DAYS * DAY
    if known.balance is not None and fresh and known.balance < low:
        found.append(SimFact("sim.balance_low", f"{known.balance:.2f} ₽"))
    last = max((at for at in (known.used_at, known.seen_at) if at is not None), default=None)
    if last is not None and now - last > UNUSED_DAYS * DAY:
        found.append(SimFact("sim.unused", f"{int((now - last) // DAY)}"))
    return tuple(found)


def decimal_of(text: str) -> Decimal | None:
    """A kept balance; None where it cannot be read."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
