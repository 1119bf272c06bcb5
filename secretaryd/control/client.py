"""The control socket from outside: for the CLI (blocking) and for the web page and the console (asyncio)."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
import msgspec

from secretaryd.control.protocol import (
    KEPT_SECONDS,
    NEWEST,
    Envelope,
    Malformed,
    Piece,
    Problem,
    Request,
    Stamped,
    decode_piece,
    decode_problem,
    decode_stamped,
)
from secretaryd.control.protocol import encode as encode_message

BASE: Final = "http://secretaryd"
# `verify=False` below: there is no TLS on a Unix socket, and reading the certificates would take 50 ms each time.
SILENCE_SECONDS: Final = 60.0  # the server sends a comment every 15 s
LIMITS: Final = httpx2.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=KEPT_SECONDS - 5)
"""Streams stay open as long as somebody watches, and must not keep a question waiting."""


class ControlError(Exception):
    """Root of what the client raises."""


class NotRunning(ControlError):
    """Nobody answers at the socket."""


class RequestRefused(ControlError):
    """The box answered with a problem."""

    def __init__(self, problem: Problem, status: int) -> None:
        super().__init__(problem.text)
        self.problem = problem
        self.status = status


class ControlClient:
    """Blocking client for scripts and the CLI."""

    def __init__(self, path: Path, actor: str | None = None) -> None:
        self._path = path
        self._actor = actor

    def ask(self, request: Request) -> Any:
        """The answer as plain data. Raises NotRunning, RequestRefused."""
        with self._http() as http, _translated(self._path):
            return _answer(http.post("/v1/request", content=_body(request, self._actor), timeout=request.seconds))

    def stream(self, request: Request) -> Iterator[Piece]:
        """The pieces of an answer as they come. Raises NotRunning, RequestRefused."""
        content = _body(request, self._actor)
        with (
            _translated(self._path),
            self._http() as http,
            http.stream("POST", "/v1/stream", content=content, timeout=SILENCE_SECONDS) as answer,
        ):
            if answer.status_code != 200:
                answer.read()
                _answer(answer)
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield decode_piece(line[6:])

    def events(self, after: int | None = None, *, levels: bool = False) -> Iterator[Stamped]:
        """Events as they come, with `levels` the sound's too; ends when the box ends. Raises NotRunning."""
        headers = {} if after is None else {"Last-Event-ID": str(after)}
        with (
            _translated(self._path),
            self._http() as http,
            http.stream("GET", _events(levels, self._actor), headers=headers, timeout=SILENCE_SECONDS) as answer,
        ):
            if answer.status_code != 200:
                answer.read()
                _answer(answer)
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield decode_stamped(line[6:])

    def _http(self) -> httpx2.Client:
        return httpx2.Client(transport=httpx2.HTTPTransport(uds=str(self._path), verify=False), base_url=BASE)


class Events(AsyncIterator[Stamped]):
    """Events as they come. `newest`: the id of the last one that there was when they began, 0 for none; what is still
    remembered up to it comes first."""

    def __init__(self, lines: AsyncIterator[Stamped], newest: int) -> None:
        self.newest = newest
        self._lines = lines

    async def __anext__(self) -> Stamped:
        return await anext(self._lines)


class AsyncControlClient:
    """The same for asyncio; close it when done."""

    def __init__(self, path: Path, actor: str | None = None, language: str = "") -> None:
        """`language`: what the asker reads where a request does not say; "" for the box's."""
        self._path = path
        self._actor, self._language = actor, language
        transport = httpx2.AsyncHTTPTransport(uds=str(path), verify=False, limits=LIMITS)
        self._http = httpx2.AsyncClient(transport=transport, base_url=BASE)

    async def close(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def ask(self, request: Request, actor: str | None = None, language: str = "") -> Any:
        """The answer as plain data; `actor` is the user for whom this one is asked, `language` what he reads. Raises
        NotRunning, RequestRefused."""
        with _translated(self._path):
            content = _body(request, self._actor if actor is None else actor, language or self._language)
            return _answer(await self._http.post("/v1/request", content=content, timeout=request.seconds))

    @asynccontextmanager
    async def stream(
        self, request: Request, actor: str | None = None, language: str = ""
    ) -> AsyncIterator[AsyncIterator[Piece]]:
        """``async with client.stream(request) as pieces: async for piece in pieces``. Raises NotRunning,
        RequestRefused."""
        content = _body(request, self._actor if actor is None else actor, language or self._language)
        with _translated(self._path):
            async with self._http.stream("POST", "/v1/stream", content=content, timeout=SILENCE_SECONDS) as answer:
                if answer.status_code != 200:
                    await answer.aread()
                    _answer(answer)
                yield _piece_lines(answer)

    @asynccontextmanager
    async def events(
        self, after: int | None = None, *, levels: bool = False, actor: str | None = None
    ) -> AsyncIterator[Events]:
        """``async with client.events() as events: async for stamped in events``: open once the context is entered. In
        the name of `actor` it ends as soon as he may not read any more."""
        headers = {} if after is None else {"Last-Event-ID": str(after)}
        with _translated(self._path):
            place = _events(levels, self._actor if actor is None else actor)
            async with self._http.stream("GET", place, headers=headers, timeout=SILENCE_SECONDS) as answer:
                if answer.status_code != 200:
                    await answer.aread()
                    _answer(answer)
                newest = answer.headers.get(NEWEST, "0")
                yield Events(_stamped_lines(answer), int(newest) if newest.isdecimal() else 0)


def _events(levels: bool, actor: str | None) -> str:
    asked = {"levels": "1"} if levels else {}
    if actor is not None:
        asked["actor"] = actor
    return f"/v1/events?{urlencode(asked)}"


async def _stamped_lines(answer: httpx2.Response) -> AsyncIterator[Stamped]:
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield decode_stamped(line[6:])


async def _piece_lines(answer: httpx2.Response) -> AsyncIterator[Piece]:
    async for line in answer.aiter_lines():
        if line.startswith("data: "):
            yield decode_piece(line[6:])


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except httpx2.TransportError as error:
        raise NotRunning(f"{path}: {error}") from error
    except (Malformed, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ControlError(f"{path}: unexpected data: {error}") from error


def _body(request: Request, actor: str | None, language: str = "") -> bytes:
    return encode_message(Envelope(request=request, actor=actor, language=language))


def _answer(answer: httpx2.Response) -> Any:
    if answer.status_code == 200:
        return msgspec.json.decode(answer.content)
    try:
        problem = decode_problem(answer.content)
    except Malformed:
        problem = Problem(code="unexpected", text=f"HTTP {answer.status_code}: {answer.text[:200]}")
    raise RequestRefused(problem, answer.status_code)
