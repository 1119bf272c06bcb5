"""Composition root of the page on the LAN. Its only way to the box is the control socket."""

import asyncio
import logging
from typing import Any

import uvicorn

from secretaryd.config.schema import Config
from secretaryd.control.client import AsyncControlClient, ControlError
from secretaryd.control.protocol import ListCalls, Status
from secretaryd.errors import CannotStart
from secretaryd.notify import Notifier
from webui.app import create_app
from webui.errors import CoreAway

log = logging.getLogger(__name__)

DRAIN_SECONDS = 2


class ControlDesk:
    """What the page asks of the box, over the control socket."""

    def __init__(self, client: AsyncControlClient) -> None:
        self._client = client

    async def status(self) -> dict[str, Any]:
        """Raises CoreAway."""
        return await self._ask(Status())

    async def calls(self, limit: int) -> list[dict[str, Any]]:
        """Newest first. Raises CoreAway."""
        answer: list[dict[str, Any]] = (await self._ask(ListCalls(limit=limit)))["calls"]
        return answer

    async def _ask(self, request: Status | ListCalls) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = await self._client.ask(request)
        except ControlError as error:
            raise CoreAway(str(error)) from error
        return answer


async def run(config: Config, stop: asyncio.Event) -> None:
    """Serves the page until `stop`. Raises CannotStart where the address cannot be had."""
    host, _, port = config.web.listen.rpartition(":")
    client = AsyncControlClient(config.control.socket)
    settings = uvicorn.Config(
        create_app(ControlDesk(client)),
        host=host.strip("[]"),
        port=int(port),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    server = uvicorn.Server(settings)
    settings.load()
    server.lifespan = settings.lifespan_class(settings)
    notifier = Notifier()
    try:
        # startup() exits the interpreter where the address is taken; that is told as our own error.
        await server.startup()
    except SystemExit as error:
        raise CannotStart(f"web.listen = {config.web.listen!r} cannot be had: another program listens there") from error
    try:
        notifier.ready()
        log.info("page ready", extra={"url": f"http://{config.web.listen}/"})
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(notifier.watch(lambda: None), name="web.watchdog")
            await stop.wait()
            watching.cancel()
    finally:
        notifier.stopping()
        await server.shutdown()
        await client.close()
