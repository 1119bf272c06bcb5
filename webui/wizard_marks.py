"""How far the first set-up is: kept by the page, so that it goes on after the browser was closed, on any device."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from webui.auth.database import WebDatabase

STEPS: Final = ("language", "owner", "company", "line", "models", "key")
"""The screens, in order."""
END: Final = "end"
"""Not a screen: all of it is over, and the first call is waited for."""


class Mark(StrEnum):
    """What became of a screen."""

    DONE = "done"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Progress:
    """`marks` by screen; `ended`: UTC epoch seconds at which the owner was through, None before."""

    marks: Mapping[str, Mark] = field(default_factory=dict)
    ended: float | None = None
    tried: bool = False
    """Whether the first call was seen, or is not wanted."""

    @property
    def begun(self) -> bool:
        """Whether this box was set up here at all: one that was there before the wizard is not asked for it."""
        return bool(self.marks)

    @property
    def open(self) -> bool:
        """Begun, and not over."""
        return self.begun and self.ended is None

    @property
    def next(self) -> str:
        """The first screen that nobody has seen to; the last one where there is none."""
        return next((step for step in STEPS if step not in self.marks), STEPS[-1])


class WizardMarks:
    """The table; every method may raise WebStoreFailed."""

    def __init__(self, db: WebDatabase, clock: Callable[[], float] = time.time) -> None:
        self._db, self._clock = db, clock

    async def progress(self) -> Progress:
        """As it stands."""
        rows = await self._db.rows("SELECT step, state, at FROM wizard")
        marks = {step: Mark(state) for step, state, _ in rows if step in STEPS and state in tuple(Mark)}
        ends = {step: (state, float(at)) for step, state, at in rows if step == END}
        state, at = ends.get(END, ("", None))
        return Progress(marks, at, state == Mark.DONE)

    async def note(self, step: str, mark: Mark) -> None:
        """A screen was seen to; one that was done before stays so when it is skipped now."""
        await self._db.change(
            "INSERT INTO wizard VALUES (?, ?, ?) ON CONFLICT (step) DO UPDATE SET state = excluded.state, "
            "at = excluded.at WHERE excluded.state = 'done' OR wizard.state <> 'done'",
            step,
            mark,
            self._clock(),
        )

    async def end(self) -> None:
        """The owner is through; the first call is waited for. The first time counts."""
        await self._db.change("INSERT OR IGNORE INTO wizard VALUES (?, ?, ?)", END, "waiting", self._clock())

    async def tried(self) -> None:
        """The first call was seen."""
        await self._db.change("UPDATE wizard SET state = ? WHERE step = ?", Mark.DONE, END)
