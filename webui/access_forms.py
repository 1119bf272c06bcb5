"""What the pages of users and accounts read out of a form: fields by name, who asks, from where."""

from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request

from webui.auth.visitor import Visitor

MAX_FIELDS: Final = 60


async def form_of(request: Request) -> FormData:
    """Fields alone: files have routes of their own."""
    return await request.form(max_fields=MAX_FIELDS, max_files=0)


def text_of(form: FormData, name: str) -> str:
    """One field; "" where it is not there."""
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def texts_of(form: FormData, name: str) -> list[str]:
    """All of one name."""
    return [value for value in form.getlist(name) if isinstance(value, str)]


def visitor_of(request: Request) -> Visitor:
    """Who asks, on a route that needs somebody."""
    visitor = request.scope["visitor"]
    assert isinstance(visitor, Visitor), "the guard lets nobody else in"
    return visitor


def address_of(request: Request) -> str:
    """The other end of the connection."""
    return request.client.host if request.client is not None else ""
