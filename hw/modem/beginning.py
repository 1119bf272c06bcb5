"""The beginning of one life of the modem: what a call needs first, then the rest, part by part between calls.

A module that takes seconds for a command needs two minutes for all of it; a caller who is left over from before, or
rings meanwhile, is not kept waiting for that.
"""

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from hw.at.channel import AtChannel
from hw.modem import init
from hw.modem.events import Fact, ModemInfo
from hw.modem.network import NetworkTracker

logger = logging.getLogger(__name__)

UNKNOWN: Final = ModemInfo("", "", "", "")
"""Of a modem that had no time yet to say who it is."""


class Beginning:
    """Owned by the session; used once. `tell` gets what is learnt of the network."""

    def __init__(self, channel: AtChannel, network: NetworkTracker, tell: Callable[[list[Fact]], None]) -> None:
        self._channel, self._network, self._tell = channel, network, tell
        self.info: ModemInfo | None = None
        """Once it was asked for."""
        self._said: dict[str, str] = {}
        self._in_call = deque(partial(init.take, channel, step) for step in init.IN_CALL_STEPS)
        self._left: deque[Callable[[], Awaitable[object]]] = deque(
            [
                *(partial(self._identify, name) for name in init.IDENTITY),
                *(partial(self._look_around, reading) for reading in init.READINGS),
                *(partial(init.take, channel, step) for step in init.OTHER_STEPS),
            ]
        )

    @property
    def done(self) -> bool:
        """Whether nothing is left to be told or asked."""
        return not self._left and not self._in_call

    async def introduce(self, idle: Callable[[], bool]) -> None:
        """Who it is, and which network it sees; as `rest`."""
        await self.rest(lambda: idle() and len(self._left) > len(init.OTHER_STEPS))

    async def in_call(self, free: Callable[[], bool]) -> None:
        """What tells of things that happen in calls, unless somebody waits to be answered. Raises as `rest`."""
        while self._in_call and free():
            await self._in_call[0]()
            self._in_call.popleft()

    async def rest(self, idle: Callable[[], bool]) -> None:
        """What calls can do without, for as long as no call is there. Raises CommandTimeout, PortLost."""
        while self._left and idle():
            await self._left[0]()
            self._left.popleft()

    async def _identify(self, name: str) -> None:
        self._said[name] = await init.identify(self._channel, name)
        if len(self._said) == len(init.IDENTITY):
            self.info = ModemInfo(**self._said)
            if self.info.manufacturer and "SIMCOM" not in self.info.manufacturer.upper():
                logger.warning("not a SIMCom modem", extra={"manufacturer": self.info.manufacturer})

    async def _look_around(self, reading: Callable[[AtChannel, NetworkTracker], Awaitable[list[Fact]]]) -> None:
        self._tell(await reading(self._channel, self._network))
