"""Pages of a list that grows at its end: a cursor says from where on, and stays right while new things come."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeVar

import msgspec

from webui.unfit import Unfit

MAX: Final = 200
USUAL: Final = 50
LONGEST: Final = 200
T = TypeVar("T")

Limit = Annotated[int, msgspec.Meta(ge=1, le=MAX, description="How many at most.")]
Cursor = Annotated[
    str, msgspec.Meta(max_length=LONGEST, description="`next` of the page before; it means nothing else.")
]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Query of a list."""

    limit: Limit = USUAL
    cursor: Cursor = ""


def cursor_of(place: int | float | str) -> str:
    """A cursor to go on behind that place."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def place_of(cursor: str, kind: type[T]) -> T | None:
    """The reverse; None for the first page. Raises Unfit for what is no cursor of ours."""
    if not cursor:
        return None
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        raise Unfit("unfit.cursor") from error


def parted(found: Sequence[Any], limit: int, key: str) -> tuple[list[Any], str | None]:
    """The first `limit` of what was asked with one more, and the cursor behind them where there are more."""
    shown = list(found[:limit])
    return shown, cursor_of(shown[-1][key]) if len(found) > limit and shown else None
