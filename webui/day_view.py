"""PURE: what the owner's dashboard shows of the day and the week."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from webui.i18n import Texts
from webui.view import Branch

DAYS: Final = 7
WIDTH: Final = 280
HEIGHT: Final = 70
"""Of the bars, in units of the drawing; below them stand the days."""
GAP: Final = 8


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the day. `path`: where it is looked into; `bad`: whether it asks for the owner."""

    text: str
    value: str
    path: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of the week as it is drawn: everything, and the part of it that was missed."""

    x: float
    y: float
    width: float
    height: float
    missed_y: float
    missed_height: float
    day: str
    calls: int


def midnights(now: datetime, days: int = DAYS) -> list[float]:
    """The beginnings of the last days on this machine's calendar, today's last, as UTC epoch seconds."""
    today = now.astimezone().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    # By the calendar, not by 24 hours: a day of 23 hours is one too.
    return [(today - timedelta(days=days - 1 - place)).astimezone().timestamp() for place in range(days)]


def figures(counts: Mapping[str, Any], say: Texts) -> list[Figure]:
    """Today in numbers."""
    tree = Branch(counts)
    numbers = {name: int(tree.number(name) or 0) for name in ("calls", "answered", "missed", "unhandled")}
    paths = {"calls": "/calls", "answered": "/calls?outcome=answered", "missed": "/calls?outcome=missed",
             "unhandled": "/messages"}  # fmt: skip
    return [
        Figure(
            say.count(f"day.{name}", value),
            say.number(value),
            paths[name],
            name in {"missed", "unhandled"} and value > 0,
        )
        for name, value in numbers.items()
    ]


def bars(days: Sequence[tuple[float, int, int]], say: Texts) -> list[Bar]:
    """(midnight, calls, missed) of each day, drawn."""
    most = max([calls for _, calls, _ in days] + [1])
    step = WIDTH / max(1, len(days))
    drawn = []
    for place, (at, calls, missed) in enumerate(days):
        height = round(HEIGHT * calls / most, 1)
        lost = round(HEIGHT * min(missed, calls) / most, 1)
        x = round(place * step + GAP / 2, 1)
        drawn.append(Bar(x, HEIGHT - height, step - GAP, height, HEIGHT - lost, lost, say.weekday(at), calls))
    return drawn


def in_words(drawn: Sequence[Bar], say: Texts) -> str:
    """The same for who does not see it."""
    return say("day.week") + ": " + ", ".join(f"{bar.day} {say.number(bar.calls)}" for bar in drawn)
