"""Services of the box started anew: which have to be before a setting is at work, and doing it once nobody calls.

The core ends, and whoever started it does so again. The others run as users of their own: the core leaves word for
secretary-restart.service, or for `secretaryd all`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from operator import attrgetter
from pathlib import Path
from typing import Final, NoReturn

from hw.board.restart import SERVICES as OTHERS
from secretaryd.config.edit import EVERYWHERE, known_keys, restarts
from secretaryd.config.schema import Config

log = logging.getLogger(__name__)

REQUEST: Final = "restart"
"""In the folder of the sockets, where secretary-restart.path and `secretaryd all` look for it."""
CORE: Final = "secretaryd"
SERVICES: Final = EVERYWHERE
TOLD_SECONDS: Final = 1.5
"""Until whoever asked has read the answer, and his browser the page after it."""


class Lagging:
    """Pure: which services still run on settings of before."""

    def __init__(self, config: Config) -> None:
        """`config` is what all of them began with."""
        self._began = dict.fromkeys(SERVICES, config)
        self._settings = [(attrgetter(key), restarts(key)) for key in known_keys()]

    def began(self, services: Iterable[str], config: Config) -> None:
        """They start anew with that."""
        self._began |= dict.fromkeys(services, config)

    def waiting(self, config: Config) -> tuple[str, ...]:
        """Those for which something in it is new."""
        return tuple(
            service
            for service, before in self._began.items()
            if any(service in units and value(before) != value(config) for value, units in self._settings)
        )


class Restarter:
    """One for the core. A second wish joins the first."""

    def __init__(
        self,
        config: Callable[[], Config],
        idle: Callable[[], Awaitable[None]],
        begin_anew: Callable[[], None],
        folder: Path,
    ) -> None:
        """`config`: the one in force; `idle` returns once no call has the line; `begin_anew` ends the core for a new
        start; `folder`: of the sockets."""
        self._config, self._idle, self._begin_anew = config, idle, begin_anew
        self._request, self._lagging = folder / REQUEST, Lagging(config())
        self._wake = asyncio.Event()
        self.asked: tuple[str, ...] = ()
        """What will be started anew."""

    @property
    def waiting(self) -> tuple[str, ...]:
        """Services that do not know of the newest settings yet."""
        return self._lagging.waiting(self._config())

    def ask(self, services: Iterable[str]) -> None:
        """Has these started anew, after the call where there is one."""
        wanted = {*self.asked, *services}
        self.asked = tuple(one for one in SERVICES if one in wanted)
        self._wake.set()

    async def run(self) -> NoReturn:
        """For ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(TOLD_SECONDS)
            await self._idle()
            self._do()

    def _do(self) -> None:
        services, self.asked = self.asked, ()
        log.info("services start anew", extra={"services": ", ".join(services)})
        if others := [one for one in services if one in OTHERS]:
            try:
                self._leave_word(others)
            except OSError as error:
                log.error("services are not started anew", extra={"reason": str(error)})
                return
            self._lagging.began(others, self._config())
        if CORE in services:
            self._begin_anew()

    def _leave_word(self, services: list[str]) -> None:
        new = self._request.with_name(f"{self._request.name}.new")
        new.write_text("\n".join(services) + "\n", encoding="ascii")
        new.replace(self._request)
