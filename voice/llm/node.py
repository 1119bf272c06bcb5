"""The llm process's door: an OpenAI-compatible API over HTTP on a Unix socket."""

import asyncio
import contextlib
import logging
import socket
import stat
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from voice.errors import ModelUnavailable, VoiceError
from voice.llm import api
from voice.llm.job import Handle
from voice.llm.prompt import PromptError, PromptTooLong
from voice.llm.protocol import LlmSettings, ModelState
from voice.llm.runner import ModelRunner, QueueFull

log = logging.getLogger(__name__)

MAX_SECONDS = 300.0
"""The longest answer, on the slowest machine; a reader that stops reading is let go after this."""
GRACE_SECONDS = 3
BACKLOG = 64
SOCKET_MODE = 0o660

__all__ = ["LlmSettings", "create_app", "serve"]


class StarterRefused(VoiceError):
    """The asker does not want the bundled toy to speak."""


_ERRORS: tuple[tuple[type[VoiceError], int, str, str], ...] = (
    (PromptTooLong, 400, "invalid_request_error", "context_length_exceeded"),
    (PromptError, 400, "invalid_request_error", "invalid_messages"),
    (api.BadRequest, 400, "invalid_request_error", "invalid_value"),
    (StarterRefused, 403, "invalid_request_error", "starter_model"),
    (QueueFull, 429, "rate_limit_error", "queue_full"),
    (ModelUnavailable, 503, "server_error", "model_unavailable"),
    (VoiceError, 500, "server_error", "engine_error"),
)


def _error(error: Exception) -> JSONResponse:
    status, kind, code = next(row[1:] for row in _ERRORS if isinstance(error, row[0]))
    return JSONResponse(api.error_body(str(error), kind, code), status)


class _Watched(Response):
    """A response that works while its reader is there: when the reader goes, the handle is closed at once, whether
    something was being sent or only waited for."""

    def __init__(self, handle: Handle, write: Callable[[Send], Awaitable[None]]) -> None:
        super().__init__()
        self._handle, self._write = handle, write

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises nothing on a disconnect: what is sent to nobody is dropped by the server."""
        with closing(self._handle):
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self._watch(receive), name="llm.reader")
                try:
                    async with asyncio.timeout(MAX_SECONDS):
                        await self._reply(scope, receive, send)
                except TimeoutError:
                    log.warning("a reply was given up", extra={"seconds": MAX_SECONDS})
                watch.cancel()

    async def _reply(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._handle.prepared()
        except VoiceError as error:
            await _error(error)(scope, receive, send)
        else:
            await self._write(send)

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._handle.close()


class _Node:
    """The routes, over one runner."""

    def __init__(self, runner: ModelRunner, settings: LlmSettings) -> None:
        self._runner, self._settings = runner, settings
        self._count = 0

    def routes(self) -> list[Route]:
        """All paths of the API."""
        return [
            Route("/health", self._health),
            Route("/v1/models", self._models),
            Route("/v1/chat/completions", self._complete, methods=["POST"]),
            Route("/v1/prefill", self._prefill, methods=["POST"]),
            Route("/v1/session/{session}", self._release, methods=["DELETE"]),
        ]

    async def _health(self, _request: Request) -> Response:
        return JSONResponse(api.health_body(self._runner.health))

    async def _models(self, _request: Request) -> Response:
        health = self._runner.health
        model = {"id": health.model, "object": "model", "created": 0, "owned_by": "local"}
        return JSONResponse({"object": "list", "data": [model] if health.state is ModelState.READY else []})

    async def _release(self, request: Request) -> Response:
        self._runner.release(request.path_params["session"])
        return Response(status_code=204)

    async def _complete(self, request: Request) -> Response:
        try:
            asked = api.completion(await _body(request))
            handle = self._submit(asked)
        except VoiceError as error:
            return _error(error)
        self._count += 1
        ident = f"chatcmpl-{self._count}"
        return _Watched(handle, _Completion(handle, self._settings.name, ident, stream=asked.stream))

    async def _prefill(self, request: Request) -> Response:
        try:
            handle = self._submit(api.prefill(await _body(request)))
        except VoiceError as error:
            return _error(error)

        async def write(send: Send) -> None:
            usage = await handle.done()
            body = {"object": "prefill", "finish_reason": handle.finish_reason, "usage": api.usage_body(usage)}
            await _send_whole(send, JSONResponse(body))

        return _Watched(handle, write)

    def _submit(self, asked: api.Asked) -> Handle:
        if self._settings.starter and not asked.allow_starter:
            raise StarterRefused("only the bundled starter model is installed here")
        return self._runner.submit(asked.request)


class _Completion:
    """Writes one completion, streamed or whole."""

    def __init__(self, handle: Handle, name: str, ident: str, *, stream: bool) -> None:
        self._handle, self._name, self._ident, self._stream = handle, name, ident, stream
        self._created = int(time.time())

    async def __call__(self, send: Send) -> None:
        """To the ASGI server."""
        await (self._write_stream(send) if self._stream else self._write_whole(send))

    async def _write_whole(self, send: Send) -> None:
        try:
            text = "".join([piece async for piece in self._handle])
        except VoiceError as error:
            await _send_whole(send, _error(error))
            return
        finish, usage = self._handle.finish_reason, self._handle.usage
        body = api.whole_body(self._name, self._created, self._ident, text, finish, usage)
        await _send_whole(send, JSONResponse(body))

    async def _write_stream(self, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await _send(send, api.event(self._chunk({"role": "assistant", "content": ""})))
        try:
            async for piece in self._handle:
                await _send(send, api.event(self._chunk({"content": piece})))
        except VoiceError as error:
            # Too late for a status: an error event, and no [DONE].
            await _send(send, api.event(api.error_body(str(error), "server_error", "engine_error")), last=True)
            return
        await _send(send, api.event(self._chunk({}, last=True)))
        await _send(send, api.DONE, last=True)

    def _chunk(self, delta: api.Json, *, last: bool = False) -> api.Json:
        finish, usage = (self._handle.finish_reason, self._handle.usage) if last else (None, None)
        return api.chunk_body(self._name, self._created, self._ident, delta, finish, usage)


async def _send(send: Send, body: bytes, *, last: bool = False) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": not last})


async def _send_whole(send: Send, response: Response) -> None:
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await _send(send, bytes(response.body), last=True)


async def _body(request: Request) -> bytes:
    """The body, bounded. Raises BadRequest."""
    body = b""
    try:
        async for data in request.stream():
            body += data
            if len(body) > api.MAX_BODY:
                raise api.BadRequest(f"the body exceeds {api.MAX_BODY} bytes")
    except ClientDisconnect:
        raise api.BadRequest("the client went away") from None
    return body


def create_app(runner: ModelRunner, settings: LlmSettings) -> Starlette:
    """The API over a runner that somebody else runs."""
    return Starlette(routes=_Node(runner, settings).routes())


class _Server(uvicorn.Server):
    """uvicorn that leaves signals to the process and sleeps until it is told to stop."""

    def __init__(self, config: uvicorn.Config, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._stop, self._ready = stop, ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the composition root."""
        yield

    async def main_loop(self) -> None:
        """Without the tick of ten a second: no header here needs the time."""
        self._ready()
        await self._stop.wait()


@asynccontextmanager
async def _listening(path: Path) -> AsyncIterator[socket.socket]:
    """A Unix socket, mode 0660 before anybody can connect. A stale one is replaced; raises OSError if one is alive, or
    something else lies there."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise FileExistsError(f"{path} is in the way and is no socket")
        with socket.socket(socket.AF_UNIX) as probe:
            probe.setblocking(False)
            if probe.connect_ex(str(path)) == 0:
                raise OSError(f"{path}: another llm process listens there")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(path))
        path.chmod(SOCKET_MODE)
        listener.setblocking(False)
        yield listener
    finally:
        listener.close()
        path.unlink(missing_ok=True)


async def serve(
    settings: LlmSettings, *, ready: Callable[[], None], stop: asyncio.Event, runner: ModelRunner | None = None
) -> None:
    """Serves until `stop`. `ready` is called once the socket answers; the model loads meanwhile, and one that cannot
    be loaded leaves the process up with the reason in /health. Raises OSError if the socket cannot be had."""
    runner = runner or ModelRunner(settings)
    config = uvicorn.Config(
        create_app(runner, settings),
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=60,
    )
    server = _Server(config, stop, ready)
    async with _listening(settings.socket) as listener, asyncio.TaskGroup() as group:
        engine = group.create_task(runner.run(), name="llm.engine")
        serving = group.create_task(server.serve(sockets=[listener]), name="llm.http")
        await stop.wait()
        # The engine first: open streams then end by themselves, and the server has nothing to wait for.
        engine.cancel()
        await asyncio.wait({engine, serving})
