"""Requests about the box itself."""

from typing import Any

from secretaryd.config.schema import Config
from secretaryd.control.protocol import ShowConfig, Status
from secretaryd.control.rights import Peer
from secretaryd.desk.parts import Handlers, plain
from secretaryd.health import Health


class BoxDesk:
    """State and configuration."""

    def __init__(self, config: Config, health: Health) -> None:
        self._config = config
        self._health = health

    def handlers(self) -> Handlers:
        """Its requests."""
        return {Status: self._status, ShowConfig: self._show_config}

    async def _status(self, _: Status, __: Peer) -> Any:
        return await self._health.status()

    async def _show_config(self, _: ShowConfig, __: Peer) -> Any:
        return {"config": plain(self._config)}
