"""Marks in a model's words: <message>, <hangup>, <transfer>. They are taken out as the words stream by; every other
markup is removed, so that nothing between angle brackets is ever spoken. PURE."""

import unicodedata
from enum import StrEnum
from typing import Final

MAX_MARK: Final = 40
"""Characters between the brackets; beyond that a "<" was no mark and only the bracket is dropped."""


class Mark(StrEnum):
    """What a model can ask for."""

    MESSAGE = "message"
    HANG_UP = "hangup"
    TRANSFER = "transfer"


_KNOWN = {mark.value: mark for mark in Mark}
_DROPPED = frozenset("*_`#~|<>\\")


class MarkFilter:
    """Pieces of any size in; clean text and marks out, in order. What comes out, joined, does not depend on the
    pieces. Holds at most MAX_MARK + 1 characters."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, delta: str) -> list[str | Mark]:
        """What is certain so far."""
        self._held += delta
        out: list[str | Mark] = []
        while (start := self._held.find("<")) >= 0:
            _text(self._held[:start], out)
            rest = self._held[start + 1 :]
            end, again = rest.find(">"), rest.find("<")
            if 0 <= end <= MAX_MARK and not 0 <= again < end:
                if (mark := _KNOWN.get(rest[:end].strip().lower().strip("/ "))) is not None:
                    out.append(mark)
                else:
                    _text(" ", out)
                self._held = rest[end + 1 :]
            elif end < 0 and again < 0 and len(rest) <= MAX_MARK:
                self._held = "<" + rest
                return out
            else:
                self._held = rest
        _text(self._held, out)
        self._held = ""
        return out

    def close(self) -> list[str | Mark]:
        """The text is over: a mark that was never closed is dropped with what it had begun to say."""
        self._held = ""
        return []


def _text(text: str, out: list[str | Mark]) -> None:
    clean = "".join(_character(char) for char in text)
    if not clean:
        return
    if out and not isinstance(out[-1], Mark):
        out[-1] = out[-1] + clean
    else:
        out.append(clean)


def _character(char: str) -> str:
    if char in _DROPPED:
        return ""
    if char.isspace():
        return " "
    return "" if unicodedata.category(char) in ("So", "Sk", "Cc", "Cf", "Cn", "Co", "Cs") else char
