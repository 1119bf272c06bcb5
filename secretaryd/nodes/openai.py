"""A node that speaks the OpenAI chat API: our own llm process, llama-server, vLLM, a cloud provider."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec

from secretaryd.nodes.ports import ChatMessage, Fault, NodeFailed, NodeHealth, NodeSettings, NodeState, Priority
from secretaryd.nodes.sse import DONE, BadStream, EventStream
from voice.llm.protocol import ModelState

log = logging.getLogger(__name__)

CONNECT_SECONDS = 1.0
STALL_SECONDS = 15.0
"""Between two pieces of an answer."""
TOTAL_SECONDS = 120.0
HEALTH_SECONDS = 3.0
PREFILL_SECONDS = 60.0
MAX_CONNECTIONS = 16
MAX_ERROR_BODY = 4096
MAX_HEALTH_BODY = 64 * 1024
CHARS_A_TOKEN = 16
"""More than any tokeniser packs into a token on average: a server that ignores max_tokens is cut off there."""
NO_SUCH_PATH = (404, 405, 501)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds."""

    connect: float = CONNECT_SECONDS
    stall: float = STALL_SECONDS
    total: float = TOTAL_SECONDS
    health: float = HEALTH_SECONDS
    prefill: float = PREFILL_SECONDS


class OpenAiNode:
    """One server and its connections."""

    def __init__(self, settings: NodeSettings, limits: Limits | None = None) -> None:
        """Raises ValueError for a URL that is neither unix:PATH nor http(s)."""
        self._settings, self._limits = settings, limits or Limits()
        root, path = _address(settings.url)
        self._root, self._api = root, f"{root}/v1"
        self._local = path is not None
        self._ours = self._local
        self._prefills = True
        self._key = ""
        self._client = httpx2.AsyncClient(
            transport=httpx2.AsyncHTTPTransport(
                uds=path,
                verify=root.startswith("https:"),
                trust_env=False,
                limits=httpx2.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=4),
            ),
            # The core talks to the configured nodes only: no proxy from the environment, no redirects elsewhere.
            trust_env=False,
            follow_redirects=False,
            headers={"accept-encoding": "identity"},
        )

    @property
    def name(self) -> str:
        """See Node."""
        return self._settings.name

    @property
    def ours(self) -> bool:
        """See Node."""
        return self._ours

    async def aclose(self) -> None:
        """See Node."""
        await self._client.aclose()

    async def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        session: str,
        priority: Priority,
        max_tokens: int,
        allow_starter: bool,
    ) -> AsyncGenerator[str, None]:
        """See Node."""
        body: Json = {"messages": _rows(messages), "stream": True, "max_tokens": max_tokens}
        if self._settings.model:
            body["model"] = self._settings.model
        if self._ours:
            body |= {"session": session, "priority": priority.value, "allow_starter": allow_starter}
        left = max_tokens * CHARS_A_TOKEN
        async with self._request("POST", f"{self._api}/chat/completions", body, self._limits.stall) as response:
            await _expect_ok(response)
            async with aclosing(response.aiter_raw()) as raw, aclosing(self._deltas(raw)) as deltas:
                async for text in deltas:
                    yield text[:left]
                    left -= len(text)
                    if left <= 0:
                        log.warning("a node ignores max_tokens", extra={"node": self.name, "max_tokens": max_tokens})
                        return

    async def _deltas(self, raw: AsyncIterator[bytes]) -> AsyncGenerator[str, None]:
        events, finished = EventStream(), False
        deadline = asyncio.get_running_loop().time() + self._limits.total
        async for data in raw:
            if asyncio.get_running_loop().time() > deadline:
                raise NodeFailed(Fault.SLOW, f"not finished after {self._limits.total:g} s")
            try:
                payloads = events.feed(data)
            except BadStream as error:
                raise NodeFailed(Fault.BROKEN, f"not an event stream: {error}") from error
            for payload in payloads:
                if payload.strip() == DONE:
                    return
                text, finish = _delta(payload)
                finished = finished or finish
                if text:
                    yield text
        if not finished:
            raise NodeFailed(Fault.AWAY, "the stream broke off")

    async def prefill(self, messages: Sequence[ChatMessage], *, session: str, priority: Priority, partial: str) -> None:
        """See Node. A server without /v1/prefill is not asked again."""
        if not self._prefills:
            return
        body: Json = {
            "messages": _rows(messages),
            "session": session,
            "partial": partial,
            "priority": priority.value,
        }
        async with self._request("POST", f"{self._api}/prefill", body, self._limits.prefill) as response:
            if response.status_code in NO_SUCH_PATH:
                self._prefills = False
                log.info("a node has no prefill", extra={"node": self.name})
                return
            await _expect_ok(response)

    async def release(self, session: str) -> None:
        """See Node. Others than ours keep no sessions."""
        if self._ours:
            async with self._request("DELETE", f"{self._api}/session/{session}", None, self._limits.health) as response:
                await _expect_ok(response, (200, 204))

    async def health(self) -> NodeHealth:
        """See Node. Ours says much, llama-server and vLLM only that they are well; the rest is asked for its models."""
        try:
            async with asyncio.timeout(self._limits.health):
                return await self._ask_health()
        except TimeoutError:
            return NodeHealth(self.name, NodeState.AWAY, reason=f"no answer within {self._limits.health:g} s")
        except NodeFailed as error:
            state = NodeState.AWAY if error.fault is Fault.AWAY else NodeState.FAILED
            return NodeHealth(self.name, state, reason=str(error))

    async def _ask_health(self) -> NodeHealth:
        async with self._request("GET", f"{self._root}/health", None, self._limits.health) as response:
            status, body = response.status_code, await _read(response, MAX_HEALTH_BODY)
        if status == 200 and (seen := _our_health(self.name, body)):
            self._ours = True
            return seen
        self._ours = self._local
        if status == 200:
            return NodeHealth(self.name, NodeState.READY, self._settings.model)
        if status == 503:
            return NodeHealth(self.name, NodeState.LOADING, self._settings.model, reason="HTTP 503")
        async with self._request("GET", f"{self._api}/models", None, self._limits.health) as response:
            await _expect_ok(response)
        return NodeHealth(self.name, NodeState.READY, self._settings.model)

    @asynccontextmanager
    async def _request(self, method: str, url: str, body: Json | None, read: float) -> AsyncIterator[httpx2.Response]:
        """A response whose body is still to be read. Raises NodeFailed, also for what goes wrong while it is read."""
        limits = httpx2.Timeout(read, connect=self._limits.connect, pool=self._limits.connect)
        content = msgspec.json.encode(body) if body is not None else None
        headers = {"content-type": "application/json"} if body is not None else {}
        if key := await self._read_key():
            headers["authorization"] = f"Bearer {key}"
        try:
            async with self._client.stream(method, url, content=content, headers=headers, timeout=limits) as response:
                if response.status_code in (401, 403):
                    self._key = ""  # a new key may have been put into the file
                yield response
        except httpx2.ReadTimeout as error:
            raise NodeFailed(Fault.SLOW, f"nothing for {read:g} s") from error
        except (httpx2.TransportError, OSError) as error:
            raise NodeFailed(Fault.AWAY, f"{type(error).__name__}: {error}".rstrip(": ")) from error
        except httpx2.HTTPError as error:
            raise NodeFailed(Fault.BROKEN, f"{type(error).__name__}: {error}") from error

    async def _read_key(self) -> str:
        file, other = self._settings.api_key_file, self._settings.api_key
        if self._key or (file is None and other is None):
            return self._key
        where = file if other is None else "the secret"
        try:
            text = await asyncio.to_thread(other) if other else await asyncio.to_thread(_text_of, file)
        except (OSError, UnicodeDecodeError) as error:
            raise NodeFailed(Fault.BROKEN, f"the key in {where} cannot be read: {type(error).__name__}") from error
        self._key = text.strip()
        if not self._key.isascii() or not self._key.isprintable():
            self._key = ""
            raise NodeFailed(Fault.BROKEN, f"{where} holds no key")
        return self._key


def _text_of(file: Path | None) -> str:
    return file.read_text("utf-8") if file else ""


def _address(url: str) -> tuple[str, str | None]:
    """Root URL without /v1, and the path of a Unix socket."""
    if url.startswith("unix:"):
        return "http://llm", url.removeprefix("unix:")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f'"{url}": unix:PATH or an http(s) URL is wanted')
    return url.rstrip("/").removesuffix("/v1"), None


def _rows(messages: Sequence[ChatMessage]) -> list[Json]:
    return [{"role": message.role, "content": message.content} for message in messages]


async def _expect_ok(response: httpx2.Response, good: tuple[int, ...] = (200,)) -> None:
    status = response.status_code
    if status in good:
        return
    code = _error_code(await _read(response, MAX_ERROR_BODY))
    # Only the code: a server's message may repeat what the caller said.
    reason = f"HTTP {status} {code}".strip()
    if code == "starter_model":
        raise NodeFailed(Fault.REQUEST, "starter")
    if status in (408, 425, 429, 502, 503, 504):
        raise NodeFailed(Fault.AWAY, reason)
    if status in (400, 413, 422):
        raise NodeFailed(Fault.REQUEST, reason)
    raise NodeFailed(Fault.BROKEN, reason)


async def _read(response: httpx2.Response, limit: int) -> bytes:
    body = b""
    async for data in response.aiter_raw():
        body += data
        if len(body) >= limit:
            break
    return body[:limit]


def _error_code(body: bytes) -> str:
    try:
        code = msgspec.json.decode(body)["error"]["code"]
    except (msgspec.DecodeError, UnicodeDecodeError, LookupError, TypeError):
        return ""
    return code[:64] if isinstance(code, str) else ""


def _delta(payload: str) -> tuple[str, bool]:
    """Text of a chunk and whether it is the last. Raises NodeFailed."""
    try:
        chunk = msgspec.json.decode(payload)
        if "error" in chunk:
            raise NodeFailed(Fault.BROKEN, "an error in mid-stream")
        if not chunk["choices"]:
            return "", False  # a chunk with the usage only
        choice = chunk["choices"][0]
        text = (choice.get("delta") or {}).get("content") or ""
        if not isinstance(text, str):
            raise TypeError("content is no text")
        return text, choice.get("finish_reason") is not None
    except (msgspec.DecodeError, LookupError, TypeError, AttributeError) as error:
        raise NodeFailed(Fault.BROKEN, "not a chat completion") from error


class _OurHealth(msgspec.Struct):
    """What our llm process says of itself."""

    state: ModelState
    model: str
    starter: bool
    reason: str
    tokens_per_second: dict[str, float]


_STATES = {
    ModelState.READY: NodeState.READY,
    ModelState.LOADING: NodeState.LOADING,
    ModelState.FAILED: NodeState.FAILED,
    ModelState.ABSENT: NodeState.FAILED,
}


def _our_health(name: str, body: bytes) -> NodeHealth | None:
    """None when it is not our process that answers."""
    try:
        seen = msgspec.json.decode(body, type=_OurHealth, strict=True)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    speed = seen.tokens_per_second.get("decode", 0.0)
    return NodeHealth(name, _STATES[seen.state], seen.model, seen.starter, seen.reason, speed)
