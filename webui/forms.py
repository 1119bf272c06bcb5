"""What pages read out of requests: fields of forms, numbers, who asks."""

from collections.abc import Sequence
from typing import Final

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request

from webui.auth.visitor import Visitor

MAX_FIELDS: Final = 150
FORM: Final = "application/x-www-form-urlencoded"
MAX_LINE: Final = 500


async def form_of(request: Request) -> FormData:
    """The fields of a form; no files."""
    return await request.form(max_fields=MAX_FIELDS, max_files=0)


def text_of(form: FormData, name: str) -> str:
    """A field as it was typed (a password keeps its spaces); "" if missing."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def texts_of(form: FormData, name: str) -> list[str]:
    """All fields of one name."""
    return [value for value in form.getlist(name) if isinstance(value, str)]


def line(form: FormData, name: str, longest: int = MAX_LINE) -> str:
    """A field of one line, without spaces around; "" if missing."""
    return " ".join(area(form, name, longest).split())


def area(form: FormData, name: str, longest: int = 20_000) -> str:
    """A field of many lines; browsers send CR LF, we keep LF."""
    return text_of(form, name).replace("\r\n", "\n").strip()[:longest]


def lines(form: FormData, name: str) -> list[str]:
    """A field with one thing on each line."""
    return [one for one in (" ".join(part.split()) for part in area(form, name).split("\n")) if one]


def one_of(asked: str, allowed: Sequence[str]) -> str:
    """What was asked for, if it is one of those; else ""."""
    return asked if asked in allowed else ""


def number(text: str) -> int | None:
    """A whole number of a path or query; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def visitor_of(request: Request) -> Visitor:
    """Who asks, on a route that needs somebody."""
    visitor = request.scope["visitor"]
    assert isinstance(visitor, Visitor), "the guard lets nobody else in"
    return visitor


def who(request: Request) -> str:
    """In whose name the core is asked."""
    return visitor_of(request).name


def address_of(request: Request) -> str:
    """The other end of the connection."""
    return request.client.host if request.client is not None else ""


async def sent_file(request: Request, most: int) -> bytes:
    """A file: as the body of a request (a script of ours sends it so, with the session's token in a header), or typed
    into the field `content` of a form. Raises HTTPException (413)."""
    if request.headers.get("content-type", "").partition(";")[0].strip() == FORM:
        return area(await form_of(request), "content", most).encode()
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise HTTPException(413)
    return bytes(body)
