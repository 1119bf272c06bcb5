"""Text of others (callers, senders, models, file names) made harmless for a terminal. Pure.

Nothing of it reaches a parser of markup either: widgets are given `textual.content.Content`, which reads none."""

from collections.abc import Iterable
from typing import Any, Final

MARK: Final = "\N{REPLACEMENT CHARACTER}"
LONGEST: Final = 4000
"""Characters of one text that are shown; a longer one ends with an ellipsis."""


def plain(text: Any) -> str:
    """One line: what moves the cursor, colours the screen or turns the direction of writing becomes a mark."""
    given = str(text)
    cut = given if len(given) <= LONGEST else given[:LONGEST] + "…"
    return "".join(char if char.isprintable() else " " if char.isspace() else MARK for char in cut)


def plain_lines(text: Any) -> str:
    """The same, with its line breaks kept."""
    return "\n".join(plain(line) for line in str(text).splitlines())


def joined(parts: Iterable[str], by: str = " · ") -> str:
    """Those that are not empty."""
    return by.join(part for part in parts if part)
