"""The one door into the core: HTTP over a Unix socket, peers known by the kernel's word."""

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from secretaryd.bus import Bus
from secretaryd.control.protocol import (
    KEPT_SECONDS,
    NEWEST,
    VERSION,
    Event,
    Malformed,
    Piece,
    Problem,
    Request,
    Right,
    decode_envelope,
    encode,
)
from secretaryd.control.reader import Texts, reads
from secretaryd.control.rights import Peer, Refused, Rights

log = logging.getLogger(__name__)

BODY_LIMIT: Final = 1 << 20
KEEP_ALIVE_SECONDS: Final = 15.0
SOCKET_MODE: Final = 0o660
DRAIN_SECONDS: Final = 2

Desk = Callable[[Request, Peer], Awaitable[Any]]
TEXTS: Final = {
    "ru": {"refused": "{who}: этого нельзя, нужно право «{right}»."},
    "en": {"refused": "{who} may not do this: it needs the right {right!r}."},
}


class DeskError(Exception):
    """A request that the box understood and could not do."""

    def __init__(self, problem: Problem, status: int = 409) -> None:
        super().__init__(problem.text)
        self.problem = problem
        self.status = status


class PeerProtocol(H11Protocol):
    """Puts the peer's uid where ASGI keeps the client's address: ("uid", uid)."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Asks the kernel who connected (SO_PEERCRED: pid, uid, gid)."""
        super().connection_made(transport)
        connected = transport.get_extra_info("socket")
        credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, uid, _ = struct.unpack("3i", credentials)
        self.client = ("uid", uid)


class ControlApp:
    """The ASGI application; `desk` does what a request says and raises DeskError where it cannot."""

    def __init__(self, desk: Desk, bus: Bus, rights: Rights, language: str = "en") -> None:
        """`language` is the box's."""
        self._desk = desk
        self._texts = Texts(TEXTS, language)
        self._bus = bus
        self._rights = rights

    def app(self) -> Starlette:
        """The three routes."""
        return Starlette(
            routes=[
                Route("/v1/request", self.request, methods=["POST"]),
                Route("/v1/stream", self.stream, methods=["POST"]),
                Route("/v1/events", self.events, methods=["GET"]),
            ]
        )

    async def request(self, http: HttpRequest) -> Response:
        """One request, one answer."""
        return await self._asked(http, streams=False)

    async def stream(self, http: HttpRequest) -> Response:
        """One request, an answer in pieces."""
        return await self._asked(http, streams=True)

    async def _asked(self, http: HttpRequest, *, streams: bool) -> Response:
        try:
            body = await _body(http)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        if body is None:
            return _problem(413, "too_large", f"a request is at most {BODY_LIMIT} bytes")
        try:
            envelope = decode_envelope(body)
        except Malformed as error:
            return _problem(400, "malformed", str(error))
        if envelope.version != VERSION:
            return _problem(400, "version", f"this box speaks version {VERSION} of the control protocol")
        if envelope.request.streams is not streams:
            return _problem(400, "wrong_path", "POST /v1/stream for what is answered in pieces, else /v1/request")
        peer = Peer(_uid(http), envelope.actor)
        reads(envelope.language)
        try:
            self._rights.require(peer, envelope.request.needs)
            answer = await self._desk(envelope.request, peer)
        except Refused as error:
            return self._refused(error)
        except DeskError as error:
            return Response(encode(error.problem), error.status, media_type="application/problem+json")
        if streams:
            return StreamingResponse(_pieces(answer), media_type="text/event-stream")
        return Response(encode(answer), media_type="application/json")

    async def events(self, http: HttpRequest) -> Response:
        """The event stream; transcripts pass by, so it needs the right to read."""
        try:
            peer = Peer(_uid(http), http.query_params.get("actor"))
            self._rights.require(peer, Right.READ)
            resume = http.headers.get("last-event-id")
            after = None if resume is None else int(resume)
        except Refused as error:
            return self._refused(error)
        except ValueError:
            return _problem(400, "malformed", "Last-Event-ID must be a number")
        levels = http.query_params.get("levels") == "1"
        told = self._stream(peer, after, levels, http.app.state.stopping)
        headers = {NEWEST: str(self._bus.last_id)}
        return StreamingResponse(told, media_type="text/event-stream", headers=headers)

    def _refused(self, error: Refused) -> Response:
        text = self._texts["refused"].format(who=error.who, right=error.right) if error.right else str(error)
        return _problem(403, "refused", text)

    async def _stream(
        self, peer: Peer, after: int | None, levels: bool, stopping: asyncio.Event
    ) -> AsyncIterator[bytes]:
        with self._bus.reader(after, levels=levels) as reader:
            yield b": secretaryd\n\n"
            events = aiter(reader)
            waiting = asyncio.ensure_future(anext(events))
            ending = asyncio.ensure_future(stopping.wait())
            try:
                while True:
                    done, _ = await asyncio.wait(
                        {waiting, ending}, timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED
                    )
                    if not done:
                        yield b": still here\n\n"
                        continue
                    if waiting not in done:
                        return  # the box ends, and everything was told
                    try:
                        stamped = waiting.result()
                    except StopAsyncIteration:  # the box stops
                        return
                    if not self._may_read(peer):
                        return  # who was disabled is told nothing more: `users.changed` wakes his stream
                    waiting = asyncio.ensure_future(anext(events))
                    yield b"id: %d\nevent: %s\ndata: %s\n\n" % (stamped.id, _kind(stamped.event), encode(stamped))
            finally:
                waiting.cancel()
                ending.cancel()

    def _may_read(self, peer: Peer) -> bool:
        return Right.READ in self._rights.of(peer)


async def serve(app: Starlette, path: Path, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Serves on the Unix socket until `stop`; signals stay with the caller."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    app.state.stopping = stop
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(path))
        path.chmod(SOCKET_MODE)
        config = uvicorn.Config(
            app,
            http=PeerProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_keep_alive=KEPT_SECONDS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        server = uvicorn.Server(config)
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[listening])
        ready()
        # uvicorn's main_loop() would wake ten times a second, and only renews a Date header that nobody here reads.
        try:
            await stop.wait()
        finally:
            await server.shutdown(sockets=[listening])
    finally:
        listening.close()
        path.unlink(missing_ok=True)


async def _pieces(pieces: AsyncGenerator[Piece, None]) -> AsyncIterator[bytes]:
    """With a comment where nothing comes for long, so that a reader knows a slow answer from a dead box."""
    waiting: asyncio.Future[Piece] | None = None
    async with aclosing(pieces):
        yield b": secretaryd\n\n"
        try:
            while True:
                waiting = waiting or asyncio.ensure_future(anext(pieces))
                done, _ = await asyncio.wait({waiting}, timeout=KEEP_ALIVE_SECONDS)
                if not done:
                    yield b": still here\n\n"
                    continue
                try:
                    piece = waiting.result()
                except StopAsyncIteration:
                    return
                finally:
                    waiting = None
                yield b"data: %s\n\n" % encode(piece)
        finally:
            if waiting is not None:
                waiting.cancel()
                await asyncio.wait({waiting})


async def _body(http: HttpRequest) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    async for part in http.stream():
        size += len(part)
        if size > BODY_LIMIT:
            return None
        parts.append(part)
    return b"".join(parts)


def _uid(http: HttpRequest) -> int:
    if http.client is None or http.client.host != "uid":
        raise Refused("the peer's uid is unknown")
    return http.client.port


def _kind(event: Event) -> bytes:
    return str(type(event).__struct_config__.tag).encode()


def _problem(status: int, code: str, text: str) -> Response:
    return Response(encode(Problem(code=code, text=text)), status, media_type="application/problem+json")
