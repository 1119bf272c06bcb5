"""Composition root of the page on the LAN. Its only way to the box is the control socket."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Any

import uvicorn

from secretaryd.config.schema import Config
from secretaryd.control.client import AsyncControlClient, ControlError, RequestRefused
from secretaryd.control.protocol import ListCalls, Request, Status
from secretaryd.control.protocol.users import Redeem, RoleOf
from secretaryd.errors import CannotStart
from secretaryd.notify import Notifier
from webui.app import create_app
from webui.auth.gate import Gate
from webui.auth.passwords import Passwords
from webui.auth.store import WebStore
from webui.errors import CoreAway, NotDone, NotWelcome, WebStoreFailed

log = logging.getLogger(__name__)

DRAIN_SECONDS = 2


class ControlDesk:
    """What the page asks of the box, over the control socket."""

    def __init__(self, client: AsyncControlClient) -> None:
        self._client = client

    async def status(self) -> dict[str, Any]:
        """Raises CoreAway."""
        answer: dict[str, Any] = await self._ask(Status())
        return answer

    async def calls(self, limit: int) -> list[dict[str, Any]]:
        """Newest first. Raises CoreAway."""
        answer: list[dict[str, Any]] = (await self._ask(ListCalls(limit=limit)))["calls"]
        return answer

    async def role(self, user: str) -> str | None:
        """What the core takes a user for; None for nobody. Raises CoreAway."""
        role: str | None = (await self._ask(RoleOf(name=user)))["role"]
        return role

    async def redeem(self, token: str, name: str) -> str:
        """The name of the user whose invitation it was. Raises NotWelcome, CoreAway."""
        try:
            return str((await self._client.ask(Redeem(token=token, name=name)))["name"])
        except RequestRefused as error:
            raise NotWelcome(error.problem.text) from error
        except ControlError as error:
            raise CoreAway(str(error)) from error

    async def ask(self, request: Request, actor: str) -> Any:
        """In a user's name. Raises NotDone, CoreAway."""
        try:
            return await self._client.ask(request, actor)
        except RequestRefused as error:
            raise NotDone(error.problem.text, error.status) from error
        except ControlError as error:
            raise CoreAway(str(error)) from error

    async def _ask(self, request: Request) -> Any:
        try:
            return await self._client.ask(request)
        except ControlError as error:
            raise CoreAway(str(error)) from error


def state_folder(config: Config) -> Path:
    """Where the page keeps what is its own: under systemd its StateDirectory=, else a folder beside the core's data."""
    given = os.environ.get("STATE_DIRECTORY", "")
    return Path(given) if given else config.box.data_dir / "web"


async def run(config: Config, stop: asyncio.Event) -> None:
    """Serves the page until `stop`. Raises CannotStart where the address cannot be had."""
    host, _, port = config.web.listen.rpartition(":")
    client = AsyncControlClient(config.control.socket)
    desk, store = ControlDesk(client), WebStore(state_folder(config) / "web.db")
    try:
        await store.open()
    except WebStoreFailed as error:
        raise CannotStart(f"{error}; the page keeps its sessions there") from error
    settings = uvicorn.Config(
        create_app(desk, desk, Gate(store, desk, Passwords())),
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
        await store.close()
