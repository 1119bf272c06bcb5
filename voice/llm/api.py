"""The OpenAI chat API as far as a phone secretary speaks it: bodies to requests, results to JSON. Pure.

Field names and error shapes follow the OpenAI API reference (chat completions); `session`, `priority`, `allow_starter`
and /v1/prefill are our own additions, which other servers ignore or answer with 404.
"""

import re
from typing import Annotated, Any

import msgspec

from voice.errors import VoiceError
from voice.llm.job import Request
from voice.llm.protocol import ChatMessage, EngineHealth, Priority, Usage, Work

MAX_BODY = 256 * 1024
MAX_MESSAGES = 256
MAX_TOKENS = 512
"""A spoken answer is some forty words; nobody listens to more than this."""
DEFAULT_TOKENS = 120
DEFAULT_TEMPERATURE = 0.2
MAX_STOPS, MAX_STOP = 8, 64
_SESSION = re.compile(r"[\w.:+-]{0,64}")
_ROLES = ("system", "user", "assistant")

Json = dict[str, Any]


class BadRequest(VoiceError):
    """The body is not what this API takes."""


class _Part(msgspec.Struct):
    type: str
    text: str = ""


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Part] | None = None


class _Session(msgspec.Struct):
    messages: Annotated[list[_Message], msgspec.Meta(min_length=1, max_length=MAX_MESSAGES)]
    session: str = ""
    priority: Priority = Priority.CALL
    allow_starter: bool = True


class _Completion(_Session):
    stream: bool = False
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    temperature: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    stop: str | list[str] | None = None
    seed: Annotated[int, msgspec.Meta(ge=0, lt=2**32)] | None = None


class _Prefill(_Session):
    partial: str = ""
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] = DEFAULT_TOKENS


class Asked(msgspec.Struct, frozen=True):
    """A valid request and how its answer is wanted."""

    request: Request
    stream: bool
    allow_starter: bool


def completion(body: bytes) -> Asked:
    """POST /v1/chat/completions. Raises BadRequest."""
    found = _decode(body, _Completion)
    stops = [found.stop] if isinstance(found.stop, str) else found.stop or []
    if len(stops) > MAX_STOPS or any(len(stop) > MAX_STOP for stop in stops):
        raise BadRequest(f"stop: at most {MAX_STOPS} texts of at most {MAX_STOP} characters")
    request = Request(
        messages=_messages(found.messages),
        session=_session(found.session),
        priority=found.priority,
        max_tokens=min(found.max_completion_tokens or found.max_tokens or DEFAULT_TOKENS, MAX_TOKENS),
        temperature=DEFAULT_TEMPERATURE if found.temperature is None else found.temperature,
        stop=tuple(stops),
        seed=found.seed or 0,
    )
    return Asked(request, found.stream, found.allow_starter)


def prefill(body: bytes) -> Asked:
    """POST /v1/prefill. Raises BadRequest."""
    found = _decode(body, _Prefill)
    if not found.session:
        raise BadRequest("session: a prefill belongs to a session")
    request = Request(
        messages=_messages(found.messages),
        session=_session(found.session),
        priority=found.priority,
        work=Work.PREFILL,
        partial=found.partial,
        max_tokens=min(found.max_tokens, MAX_TOKENS),
    )
    return Asked(request, False, found.allow_starter)


def _decode(body: bytes, kind: type[msgspec.Struct]) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise BadRequest(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"not JSON: {error}") from error


def _session(session: str) -> str:
    if not _SESSION.fullmatch(session):
        raise BadRequest("session: up to 64 letters, digits and .:+-_")
    return session


def _messages(messages: list[_Message]) -> tuple[ChatMessage, ...]:
    found = []
    for at, message in enumerate(messages):
        if message.role not in _ROLES:
            raise BadRequest(f"messages[{at}].role: one of {', '.join(_ROLES)}")
        content = message.content or ""
        if not isinstance(content, str):
            if any(part.type != "text" for part in content):
                raise BadRequest(f"messages[{at}].content: only text is understood")
            content = "".join(part.text for part in content)
        found.append(ChatMessage(message.role, content))
    return tuple(found)


def error_body(message: str, kind: str, code: str) -> Json:
    """An error as OpenAI's clients expect it."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def usage_body(usage: Usage) -> Json:
    """`usage` of a response, with our timing beside the standard fields."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cached_tokens},
        "evaluated_tokens": usage.evaluated_tokens,
        "preemptions": usage.preemptions,
        "queued_s": round(usage.queued_s, 4),
        "first_token_s": round(usage.first_token_s, 4),
        "total_s": round(usage.total_s, 4),
    }


def whole_body(name: str, created: int, ident: str, text: str, finish: str, usage: Usage) -> Json:
    """A response in one piece."""
    message = {"role": "assistant", "content": text}
    return {
        "id": ident,
        "object": "chat.completion",
        "created": created,
        "model": name,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": usage_body(usage),
    }


def chunk_body(name: str, created: int, ident: str, delta: Json, finish: str | None, usage: Usage | None) -> Json:
    """A piece of a streamed response; the last one carries the usage."""
    body: Json = {
        "id": ident,
        "object": "chat.completion.chunk",
        "created": created,
        "model": name,
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    if usage is not None:
        body["usage"] = usage_body(usage)
    return body


def event(body: Json) -> bytes:
    """One server-sent event."""
    return b"data: " + msgspec.json.encode(body) + b"\n\n"


DONE = b"data: [DONE]\n\n"


def health_body(health: EngineHealth) -> Json:
    """GET /health."""
    return {
        "state": health.state.value,
        "reason": health.reason,
        "model": health.model,
        "starter": health.starter,
        "load_seconds": health.load_seconds,
        "context": health.context,
        "queue": health.queue,
        "sessions": health.sessions,
        "session_bytes": health.session_bytes,
        "tokens_per_second": {"prefill": health.prefill_tps, "decode": health.decode_tps},
        "paced": health.paced,
    }
