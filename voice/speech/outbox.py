"""What waits for a client to read it: bounded, and patient only for so long."""

import asyncio

from wyoming.event import Event

from voice.errors import VoiceError
from voice.speech.framing import encode

MAX_WAITING = 32
"""Events. A chunk of speech is 100 ms, so three seconds of it; after that its synthesis waits."""
STALLED_SECONDS = 30.0
"""A client that takes nothing for so long is gone, whatever its socket says."""


class PeerStalled(VoiceError):
    """The client does not read."""


class Outbox:
    """One connection's way out; `pump` runs in the connection's task group."""

    def __init__(self, *, stalled_after: float = STALLED_SECONDS) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_WAITING)
        self._stalled_after = stalled_after

    async def put(self, event: Event) -> None:
        """Waits for room: the backpressure that holds only this connection's work."""
        await self._queue.put(encode(event))

    def offer(self, event: Event) -> bool:
        """For what the next one replaces anyway: False (dropped) when there is no room."""
        try:
            self._queue.put_nowait(encode(event))
        except asyncio.QueueFull:
            return False
        return True

    async def close(self) -> None:
        """`pump` returns after what was put before."""
        await self._queue.put(None)

    async def pump(self, writer: asyncio.StreamWriter) -> None:
        """Writes until `close`. Raises PeerStalled or OSError."""
        while (frame := await self._queue.get()) is not None:
            writer.write(frame)
            try:
                async with asyncio.timeout(self._stalled_after):
                    await writer.drain()
            except TimeoutError:
                raise PeerStalled(f"the client has read nothing for {self._stalled_after:.0f} s") from None
