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

    def events(self, after: int | None = None) -> AbstractAsyncContextManager[AsyncIterator[Stamped]]:
        """Events after that id; open once the context is entered."""


class Player(Protocol):
    """The loudspeaker of the machine on which the console runs."""

    @property
    def there(self) -> bool:
        """Whether there is one."""

    async def play(self, path: str) -> None:
        """Plays a WAV to its end; silent when cancelled. Raises OSError, with words, where it cannot."""


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
