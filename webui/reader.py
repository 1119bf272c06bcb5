"""Who reads: the language of a request, for our own texts and, on the way to the core, for what it refuses."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from starlette.requests import HTTPConnection

from webui import i18n

LANGUAGE_COOKIE: Final = "language"
_reads: Final[ContextVar[str]] = ContextVar("reader", default="")


def language_of(connection: HTTPConnection) -> str:
    """By ?lang=, else what was chosen before, else what the browser asks for (RFC 9110, 12.5.4)."""
    asked = connection.query_params.get("lang", "") or connection.cookies.get(LANGUAGE_COOKIE, "")
    return i18n.preferred(asked, connection.headers.get("accept-language", ""))


@contextmanager
def reads(connection: HTTPConnection) -> Iterator[None]:
    """Whatever is asked of the core within is asked for that reader."""
    token = _reads.set(language_of(connection))
    try:
        yield
    finally:
        _reads.reset(token)


def language() -> str:
    """Of the request that this task serves; "" where it serves none: then the box's own counts."""
    return _reads.get()
