"""Errors of the API: RFC 9457's problem+json, and bodies that are what they should be."""

from typing import Final, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from webui.unfit import unfit

T = TypeVar("T")
API: Final = "/admin/"
"""What lies below answers errors as problem+json."""
PROGRAMS: Final = ("/health", "/metrics", "/openapi.json")
"""And so do these."""
BODY_LIMIT: Final = 1 << 20


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """`code` is stable and for programs; `title` and `detail` are for people, in the asker's language."""

    status: int
    code: str
    title: str
    detail: str = ""
    remedy: str = ""
    """What to do, often a command of `secretaryctl`."""
    type: str = "about:blank"


def is_for_programs(path: str) -> bool:
    """Whether errors at that path are told to a program."""
    return path.startswith(API) or path in PROGRAMS


def problem(status: int, code: str, title: str, detail: str = "", remedy: str = "") -> Response:
    """The answer."""
    body = msgspec.json.encode(Problem(status=status, code=code, title=title, detail=detail, remedy=remedy))
    return Response(body, status, media_type="application/problem+json")


async def json_body(request: Request, kind: type[T], limit: int = BODY_LIMIT) -> T:
    """The body as `kind`; numbers, lengths and names as it says. Raises HTTPException (413, 415, 422)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415)
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > limit:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None
    try:
        return msgspec.json.decode(bytes(body), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise unfit(error) from error
