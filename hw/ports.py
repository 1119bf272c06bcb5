"""What `hw` needs of whoever carries its bytes."""

from typing import Protocol


class BytePort(Protocol):
    """A serial line, used once: after PortLost or `close` a new one is opened."""

    async def read(self) -> bytes:
        """The next bytes, as they came (any length, not aligned to lines); empty when none came for about a second.
        Cancelling it loses nothing: the next call gets the bytes. Raises PortLost."""

    async def write(self, data: bytes) -> None:
        """Returns when all has gone to the kernel. Raises PortLost, also when the line takes nothing for seconds."""

    async def close(self) -> None:
        """Frees the port; a pending read ends. Never raises."""


class PowerKey(Protocol):
    """The modem's power key. It is a toggle: pressed on a running module it switches it off."""

    async def press(self, seconds: float) -> None:
        """Down, and up again after so long. Raises HardwareError."""
