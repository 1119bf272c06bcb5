"""What a request should have been, as a code with values: told in the reader's language. msgspec tells its reasons in
English only, and without codes; its wordings (msgspec 0.19 to 0.21, `_core.c`) are known here, and one that is not is
quoted."""

import re
from typing import Final

from starlette.exceptions import HTTPException

STATUS: Final = 422
LONGEST: Final = 300
Value = str | int | float
PLACE: Final = re.compile(r"(?P<why>.*?)(?: - at `(?P<place>[^`]*)`)?", re.DOTALL)
WORDINGS: Final = tuple(
    (code, re.compile(pattern, re.DOTALL))
    for code, pattern in (
        ("type", r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`"),
        ("missing", r"Object missing required field `(?P<field>[^`]+)`"),
        ("unknown", r"Object contains unknown field `(?P<field>[^`]+)`"),
        ("longest", r"Expected `\w+` of length <= (?P<n>\d+)"),
        ("shortest", r"Expected `\w+` of length >= (?P<n>\d+)"),
        ("between", r"Expected `\w+` of length between (?P<low>\d+) and (?P<high>\d+)"),
        ("most", r"Expected `\w+` <= (?P<n>[-\d.e+]+)"),
        ("least", r"Expected `\w+` >= (?P<n>[-\d.e+]+)"),
        ("choice", r"Invalid enum value (?P<got>.+)"),
        ("json", r"JSON is malformed: .*|Input data was truncated"),
    )
)


class Unfit(HTTPException):
    """422; `key` is a msgid, `values` what it holds."""

    def __init__(self, key: str, **values: Value) -> None:
        super().__init__(STATUS, key)
        self.key, self.values = key, values


def unfit(error: Exception) -> Unfit:
    """Why msgspec does not take something."""
    text = str(error)[:LONGEST]
    parts = PLACE.fullmatch(text)
    why, place = (parts["why"], parts["place"] or "") if parts else (text, "")
    for code, wording in WORDINGS:
        if found := wording.fullmatch(why):
            return Unfit(f"unfit.{code}", place=_named(place), **found.groupdict())
    return Unfit("unfit.other", place=_named(place), why=why)


def _named(place: str) -> str:
    """`$.numbers[...]` -> numbers[...]; the whole is `body`."""
    return place.removeprefix("$").removeprefix(".") or "body"
