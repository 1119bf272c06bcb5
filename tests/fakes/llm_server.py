"""A strict OpenAI-compatible server on a real socket, which answers well or in every wrong way that servers know.

What a client sends is checked; a breach is kept in `violations` and answered with 418, which no client takes for good.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any

Json = dict[str, Any]

STANDARD = {"messages", "stream", "max_tokens", "model", "stop", "temperature"}
OURS = {"session", "priority", "allow_starter"}


class Way(Enum):
    """How a completion goes."""

    GOOD = auto()
    CUT = auto()
    """Good, a byte at a time."""
    NO_DONE = auto()
    """Good, without [DONE]."""
    SILENT = auto()
    """Takes the request and says nothing."""
    HEADERS = auto()
    """Says 200 and nothing more."""
    COMMENTS = auto()
    """Keeps alive with comments for ever."""
    DROPS = auto()
    """Closes before any answer."""
    DIES = auto()
    """Breaks the connection after the first word."""
    ENDS = auto()
    """Ends the body after the first word, without a finish."""
    STALLS = auto()
    """Says the first word and then nothing."""
    NOT_JSON = auto()
    WRONG_SHAPE = auto()
    HTML = auto()
    ERROR_EVENT = auto()
    """An error in place of the first word."""
    LATE_ERROR = auto()
    """An error after it."""
    EMPTY = auto()
    ENDLESS = auto()
    FLOOD = auto()
    """A line that never ends."""


def our_health(**change: object) -> Json:
    """What our own llm process says when it is well."""
    good: Json = {
        "state": "ready",
        "reason": "",
        "model": "qwen",
        "starter": False,
        "tokens_per_second": {"prefill": 30.0, "decode": 8.5},
        "queue": 0,
    }
    return good | change


@dataclass
class FakeLlmServer:
    words: Sequence[str] = ("Добрый ", "день.")
    way: Way = Way.GOOD
    status: int = 200
    """Of completions."""
    code: str = ""
    health: Json | int = 200
    """Our own health, or a bare status."""
    models: int = 200
    prefill: int = 200
    key: str = ""
    ours: bool = False
    url: str = ""

    def __post_init__(self) -> None:
        self.requests: list[tuple[str, str, Json]] = []
        self.violations: list[str] = []
        self._asked = asyncio.Event()
        self.left = asyncio.Event()
        """A client closed in the middle of an answer."""
        self.written = 0

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.requests]

    async def asked(self, path: str, times: int = 1) -> None:
        """Waits until `path` has been asked for that many times."""
        while self.paths().count(path) < times:
            self._asked.clear()
            await self._asked.wait()

    # -- HTTP -------------------------------------------------------------------------------------------------------

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("ascii").split("\r\n")
                method, path, version = head[0].split(" ")
                headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head[1:] if line}
                raw = await reader.readexactly(int(headers.get("content-length", "0")))
                body = json.loads(raw) if raw else {}
                self.requests.append((method, path, body))
                self._asked.set()
                if breach := self._breach(method, path, version, headers, body):
                    self.violations.append(breach)
                    await self._whole(writer, 418, {"error": {"code": breach}})
                elif not await self._route(method, path, reader, writer):
                    break
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def _breach(self, method: str, path: str, version: str, headers: dict[str, str], body: Json) -> str:
        known = {
            ("GET", "/health"),
            ("GET", "/v1/models"),
            ("POST", "/v1/chat/completions"),
            ("POST", "/v1/prefill"),
            ("DELETE", path if path.startswith("/v1/session/") else ""),
        }
        if (method, path) not in known or version != "HTTP/1.1":
            return f"{method} {path} {version}"
        if not headers.get("host"):
            return "no host"
        if headers.get("authorization", "") != (f"Bearer {self.key}" if self.key else ""):
            return "a wrong key, or one where none is wanted"
        if method == "POST":
            return self._body_breach(path, headers, body)
        return ""

    def _body_breach(self, path: str, headers: dict[str, str], body: Json) -> str:
        if headers.get("content-type") != "application/json":
            return "no JSON"
        allowed = STANDARD | (OURS if self.ours else set()) if path.endswith("completions") else OURS | {"partial"}
        if unknown := set(body) - allowed - {"messages"}:
            return f"fields this server refuses: {sorted(unknown)}"
        messages = body.get("messages")
        if not messages or any(set(row) != {"role", "content"} for row in messages):
            return "messages"
        if path.endswith("completions") and (body.get("stream") is not True or not isinstance(body["max_tokens"], int)):
            return "stream and max_tokens are wanted"
        return ""

    async def _route(self, method: str, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """True: the connection stays."""
        if path == "/health":
            if isinstance(self.health, int):
                return await self._whole(writer, self.health, None)
            return await self._whole(writer, 200, self.health)
        if path == "/v1/models":
            return await self._whole(writer, self.models, {"object": "list", "data": []})
        if path == "/v1/prefill":
            return await self._whole(writer, self.prefill, {})
        if method == "DELETE":
            return await self._whole(writer, 204, None)
        if self.status != 200:
            return await self._whole(writer, self.status, {"error": {"message": "не скажу", "code": self.code}})
        gone = asyncio.create_task(reader.read(1))
        answering = asyncio.create_task(self._answer(writer))
        await asyncio.wait({gone, answering}, return_when=asyncio.FIRST_COMPLETED)
        if not answering.done() or isinstance(answering.exception(), ConnectionError):
            self.left.set()
        for task in (gone, answering):
            task.cancel()
            with suppress(asyncio.CancelledError, ConnectionError):
                await task
        return False

    async def _whole(self, writer: asyncio.StreamWriter, status: int, body: Json | None) -> bool:
        raw = json.dumps(body).encode() if body is not None else b""
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(raw)}\r\n\r\n".encode() + raw)
        await writer.drain()
        return True

    # -- answers ----------------------------------------------------------------------------------------------------

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        way = self.way
        if way is Way.SILENT:
            await asyncio.Event().wait()
        if way is Way.DROPS:
            return
        kind = "text/html" if way is Way.HTML else "text/event-stream"
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        async for data in self._stream():
            self.written += len(data)
            for at in range(len(data)) if way is Way.CUT else (None,):
                writer.write(data if at is None else data[at : at + 1])
                await writer.drain()
            await asyncio.sleep(0)
        if way is Way.DIES:
            writer.transport.abort()

    async def _stream(self) -> AsyncIterator[bytes]:
        way = self.way
        if way in (Way.NOT_JSON, Way.WRONG_SHAPE, Way.HTML, Way.ERROR_EVENT):
            yield {
                Way.NOT_JSON: b"data: {oops\n\n",
                Way.WRONG_SHAPE: b'data: {"answer": 42}\n\n',
                Way.HTML: b"<html>502</html>",
                Way.ERROR_EVENT: b'data: {"error": {"message": "x"}}\n\n',
            }[way]
            return
        yield b": hello\r\n\r\n" + _chunk({"role": "assistant", "content": ""})
        while way is Way.FLOOD:
            yield b"data: " + b"x" * 1000
        while way is Way.COMMENTS:
            yield b": still here\n\n"
        if way is Way.HEADERS:
            await asyncio.Event().wait()
        while way is Way.ENDLESS:
            yield _chunk({"content": "и так далее, "})
        for word in () if way is Way.EMPTY else self.words:
            yield _chunk({"content": word})
            if way is Way.LATE_ERROR:
                yield b'data: {"error": {"message": "x"}}\n\n'
            if way is Way.STALLS:
                await asyncio.Event().wait()
            if way in (Way.DIES, Way.ENDS, Way.LATE_ERROR):
                return
        yield _chunk({}, finish="stop")
        yield b'data: {"choices": [], "usage": {"total_tokens": 5}}\n\n'
        if way is not Way.NO_DONE:
            yield b"data: [DONE]\n\n"


def _chunk(delta: Json, finish: str | None = None) -> bytes:
    body = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(body, ensure_ascii=False).encode() + b"\r\n\r\n"


@dataclass
class Servers:
    """Starts servers for one test, and checks what they saw."""

    folder: Path
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    started: list[FakeLlmServer] = field(default_factory=list)

    async def start(self, server: FakeLlmServer) -> FakeLlmServer:
        """On a Unix socket when the server plays our own process, else on a TCP port."""
        await self.stack.enter_async_context(self._listening(server))
        self.started.append(server)
        return server

    @asynccontextmanager
    async def _listening(self, server: FakeLlmServer) -> AsyncIterator[None]:
        if server.ours:
            path = self.folder / f"llm{len(self.started)}.sock"
            listener = await asyncio.start_unix_server(server.serve, path)
            server.url = f"unix:{path}"
        else:
            listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
            server.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        try:
            yield
        finally:
            listener.close()
