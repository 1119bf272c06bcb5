"""What the console needs of the world."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
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
