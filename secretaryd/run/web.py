"""Composition root of the page on the LAN. Its only way to the box is the control socket."""

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import uvicorn

from secretaryd.config.schema import Config
from secretaryd.control.client import AsyncControlClient, ControlError, Events, RequestRefused
from secretaryd.control.protocol import ListCalls, Piece, Request, Status
from secretaryd.control.protocol.users import Access, NoteAccess, Redeem, RoleOf
from secretaryd.errors import CannotStart
from secretaryd.notify import Notifier
from secretaryd.run.secured import Secured
from webui import reader
from webui.app import create_app
from webui.auth.gate import Gate
from webui.auth.passwords import Passwords
from webui.auth.store import WebStore
from webui.errors import CoreAway, NotDone, NotWelcome, WebStoreFailed
from webui.hosts import ALLOWED_HOSTS
from webui.ports import Standing
from webui.redirect import create_redirect

log = logging.getLogger(__name__)

DRAIN_SECONDS = 2
MAX_SOCKET_MESSAGE = 64 * 1024

Application = Callable[..., Awaitable[None]]  # ASGI


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

    async def standing(self, user: str) -> Standing:
        """What the core takes a user for. Raises CoreAway."""
        told: dict[str, Any] = await self._ask(RoleOf(name=user))
        grants = tuple(told.get("grants", ()))
        return Standing(told["role"], grants, float(told.get("unlocked", 0.0)), bool(told.get("known", True)))

    async def note(self, what: str, user: str, address: str) -> None:
        """For the audit. Raises CoreAway."""
        await self._ask(NoteAccess(what=cast("Access", what), name=user, address=address))

    async def redeem(self, token: str, name: str) -> str:
        """The name of the user whose invitation it was. Raises NotWelcome, CoreAway."""
        try:
            asked = Redeem(token=token, name=name)
            return str((await self._client.ask(asked, None, reader.language()))["name"])
        except RequestRefused as error:
            raise NotWelcome(error.problem.text) from error
        except ControlError as error:
            raise CoreAway(str(error)) from error

    async def ask(self, request: Request, actor: str) -> Any:
        """In a user's name. Raises NotDone, CoreAway."""
        try:
            return await self._client.ask(request, actor, reader.language())
        except RequestRefused as error:
            raise _not_done(error) from error
        except ControlError as error:
            raise CoreAway(str(error)) from error

    @asynccontextmanager
    async def stream(self, request: Request, actor: str) -> AsyncIterator[AsyncIterator[Piece]]:
        """The same, answered in pieces. Raises NotDone, CoreAway."""
        try:
            async with self._client.stream(request, actor, reader.language()) as pieces:
                yield pieces
        except RequestRefused as error:
            raise _not_done(error) from error
        except ControlError as error:
            raise CoreAway(str(error)) from error

    @asynccontextmanager
    async def events(self, actor: str, after: int) -> AsyncIterator[Events]:
        """What a user may hear. Raises NotDone, CoreAway."""
        try:
            async with self._client.events(after, levels=True, actor=actor) as events:
                yield events
        except RequestRefused as error:
            raise NotDone(error.problem.text, error.status) from error
        except ControlError as error:
            raise CoreAway(str(error)) from error

    async def _ask(self, request: Request) -> Any:
        try:
            return await self._client.ask(request)
        except ControlError as error:
            raise CoreAway(str(error)) from error


def _not_done(error: RequestRefused) -> NotDone:
    return NotDone(error.problem.text, error.status, error.problem.code, error.problem.remedy)


def state_folder(config: Config) -> Path:
    """Where the page keeps what is its own: under systemd its StateDirectory=, else a folder beside the core's data."""
    given = os.environ.get("STATE_DIRECTORY", "")
    return Path(given) if given else config.box.data_dir / "web"


async def run(config: Config, stop: asyncio.Event) -> None:
    """Serves the page until `stop`. Raises CannotStart where the address cannot be had, or the owner's certificate is
    none."""
    client = AsyncControlClient(config.control.socket)
    folder = state_folder(config)
    desk, store = ControlDesk(client), WebStore(folder / "web.db")
    try:
        await store.open()
    except WebStoreFailed as error:
        raise CannotStart(f"{error}; the page keeps its sessions there") from error
    notifier = Notifier()
    try:
        secured = Secured(config, folder / "tls") if config.web.tls else None
        hosts = allowed_hosts(config)
        trust = secured.trust() if secured else None
        app = create_app(desk, desk, Gate(store, desk, Passwords()), desk, allowed_hosts=hosts, trust=trust)
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(_served("web.listen =", config.web.listen, app, secured))
            stack.push_async_callback(app.state.feeds.close)  # before the server, which would wait for open streams
            if config.web.redirect:
                redirect = create_redirect(int(config.web.listen.rpartition(":")[2]), hosts)
                await stack.enter_async_context(_served("web.redirect =", config.web.redirect, redirect, None))
            notifier.ready()
            log.info("page ready", extra={"url": f"{'https' if secured else 'http'}://{config.web.listen}/"})
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(notifier.watch(lambda: None), name="web.watchdog")]
                if secured is not None:
                    tasks.append(group.create_task(secured.keep(), name="web.certificate"))
                await stop.wait()
                for task in tasks:
                    task.cancel()
            notifier.stopping()
    finally:
        await client.close()
        await store.close()


def allowed_hosts(config: Config) -> list[str]:
    """Names under which the page answers, beyond the address that a connection comes to."""
    own = socket.gethostname().lower()
    return [*ALLOWED_HOSTS, own, f"{own.partition('.')[0]}.local", *config.web.hosts]


@asynccontextmanager
async def _served(key: str, place: str, app: Application, secured: Secured | None) -> AsyncIterator[None]:
    """Raises CannotStart."""
    host, _, port = place.rpartition(":")
    settings = uvicorn.Config(
        app,
        host=host.strip("[]"),
        port=int(port),
        ws="websockets-sansio",
        ws_max_size=MAX_SOCKET_MESSAGE,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        ssl_context_factory=(lambda _config, _usual: secured.context) if secured is not None else None,
    )
    server = uvicorn.Server(settings)
    settings.load()
    server.lifespan = settings.lifespan_class(settings)
    try:
        # startup() exits the interpreter where the address is taken; that is told as our own error.
        await server.startup()
    except SystemExit as error:
        raise CannotStart(f"{key} {place!r} cannot be had: another program listens there") from error
    try:
        yield
    finally:
        await server.shutdown()
