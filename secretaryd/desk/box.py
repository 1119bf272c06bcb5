"""Requests about the box itself."""

from typing import Any, Protocol

from secretaryd.config.schema import Config
from secretaryd.control.protocol import ShowConfig, Status
from secretaryd.control.rights import Peer
from secretaryd.desk.parts import Handlers, plain
from secretaryd.health import Health


class HasConfig(Protocol):
    """Whoever knows the configuration in force."""

    @property
    def config(self) -> Config: ...


class BoxDesk:
    """State and configuration."""

    def __init__(self, owner: HasConfig, health: Health) -> None:
        """`owner` has the configuration in force."""
        self._owner = owner
        self._health = health

    def handlers(self) -> Handlers:
        """Its requests."""
        return {Status: self._status, ShowConfig: self._show_config}

    async def _status(self, _: Status, __: Peer) -> Any:
        return await self._health.status()

    async def _show_config(self, _: ShowConfig, __: Peer) -> Any:
        return {"config": plain(self._owner.config)}
