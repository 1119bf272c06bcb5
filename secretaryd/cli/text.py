"""Text of others on a terminal: a caller's words, a model's, a file's name. All of it is hostile."""

import unicodedata
from typing import Final

from rich.markup import escape

HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Unicode categories that move the cursor, colour the screen, turn the writing's direction or show nothing."""


def safe(text: str) -> str:
    """For a console that reads markup: no markup, no control characters; line breaks and tabs become spaces."""
    return escape(clean(text))


def clean(text: str) -> str:
    """For a console that reads no markup."""
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char in "\n\t":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in HIDDEN else char
