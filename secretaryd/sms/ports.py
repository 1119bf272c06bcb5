"""What the SMS desk needs of others."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that the box writes by itself."""

    number: str
    text: str
    purpose: str


class MessageModem(Protocol):
    """The modem, as far as sending goes."""

    async def send_message(self, pdu: bytes, length: int) -> int:
        """The network's reference. Raises SendUncertain; any other ModemError means that nothing was sent."""


class Line(Protocol):
    """The line, as far as messages must wait for it."""

    async def idle(self) -> None:
        """Returns when no call has the line."""


class Recording(Protocol):
    """Whether calls are recorded."""

    def __call__(self, on: bool, who: str) -> Awaitable[None]:
        """From the next call on. Raises any error of the owner's edits, with words for people."""
