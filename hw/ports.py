"""What `hw` needs of whoever carries its bytes."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A PDU (hexadecimal, with the service centre) as the module gave it. `index` None: it was never stored there."""

    pdu: str
    memory: str = ""
    index: int | None = None


class Inbox(Protocol):
    """Where messages from the network are kept."""

    async def keep(self, message: RawMessage) -> None:
        """Returns when the message is durable: only then it is deleted from the module. The same message may be offered
        again (after a crash, a failed deletion). Raises NotKept."""


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
