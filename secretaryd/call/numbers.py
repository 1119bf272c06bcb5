"""Telephone numbers as the network gives them, in one form. Pure."""

import re
from typing import Final

_SHAPE: Final = re.compile(r"[0-9+*#]{1,32}")
RUSSIAN_DIGITS: Final = 10
SHORT_DIGITS: Final = 6
"""Up to here a number is a service's short number ("900", "112") and stays as it is."""


_SIGNS: Final = re.compile(r"[\s().\-\u2010-\u2015\u2212\u00a0\u202f/]+")
_LEAD: Final = re.compile(r"(?i)^(tel:|тел\.?:?)")
_EXTENSION: Final = re.compile(r"(?i)(доб\.?|ext\.?|;ext=|x)\s*\d+$")


def written(text: str) -> str | None:
    """The canonical form of a number as people write it: "8 (916) 123-45-67", "tel:+7-916-123-45-67". An extension is
    passed over. None for what is no number."""
    bare = _EXTENSION.sub("", _LEAD.sub("", text.strip()))
    bare = _SIGNS.sub("", bare)
    if not any(char.isdigit() for char in bare):
        return None
    return canonical(bare)


def canonical(number: str | None) -> str | None:
    """E.164 for everything that is a Russian number in one of its usual forms, or international ("810...", "00...").

    "+79161234567", "79161234567", "89161234567" and "9161234567" are one caller. Short numbers and codes stay as they
    are, and so does what fits no form. None stays None; what is no number at all (letters) becomes None.
    """
    if number is None or not _SHAPE.fullmatch(number):
        return None
    digits = number.removeprefix("+")
    if not digits.isdecimal() or len(digits) <= SHORT_DIGITS:
        return number
    if number.startswith("+"):
        return number
    if digits.startswith("810") and len(digits) > RUSSIAN_DIGITS + 1:
        return "+" + digits[3:]
    if digits.startswith("00") and len(digits) > RUSSIAN_DIGITS:
        return "+" + digits[2:]
    if len(digits) == RUSSIAN_DIGITS + 1 and digits[0] in "78":
        return "+7" + digits[1:]
    if len(digits) == RUSSIAN_DIGITS and digits[0] in "3489":
        return "+7" + digits
    return number
