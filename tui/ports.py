"""What the console needs of the world."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from secretaryd.control.protocol import Request, Stamped


class Door(Protocol):
    """The box; `secretaryd.control.client.AsyncControlClient` is one. Both raise ControlError and its children."""

    async def ask(self, request: Request) -> Any:
        """The answer as plain data."""

    def events(
        self, after: int | None = None, *, levels: bool = False
    ) -> AbstractAsyncContextManager[AsyncIterator[Stamped]]:
        """Events after that id, with `levels` how loud a call is too; open once the context is entered."""


class Player(Protocol):
    """The loudspeaker of the machine on which the console runs."""

    def plays(self, name: str) -> bool:
        """Whether there is one, and something that plays such a file."""

    async def play(self, call: int) -> None:
        """Plays a call's recording to its end; silent when cancelled. Raises OSError, with words, where it cannot."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `level` is "ok", "skipped", "note", "warning" or "error"; texts are in the console's language."""

    name: str
    level: str
    title: str
    detail: str = ""
    cause: str = ""
    remedy: str = ""
    mends: bool = False
    """Whether `Doctor.mend` can put it right."""


class Doctor(Protocol):
    """Checks of the box and of the machine that the console runs on."""

    async def examine(self, language: str) -> Sequence[Finding]:
        """All of them; takes seconds."""

    async def mend(self, language: str) -> Sequence[str]:
        """Puts right what can be put right safely; what was done, a line each."""

    async def report(self) -> str:
        """Writes one file for a report of a fault, with nothing of callers in it; where it is. Raises ExportFailed."""


class ExportFailed(Exception):
    """A file could not be written; the text says why."""


class Exporter(Protocol):
    """Files with what is kept, written by the console's own user."""

    def place(self, number: str) -> str:
        """Where a person's data would go unless told otherwise."""

    async def export(self, number: str, file: str) -> str:
        """Everything about a number as a ZIP; what became of it in words. Raises ExportFailed."""
