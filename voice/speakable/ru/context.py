"""What stands around a match: the words that decide its case, and whether a dot also ends the sentence."""

import re

_BEFORE = re.compile(r"([А-Яа-яЁё\u0301]+)[\s\"(]*$")
_WORD = re.compile(r"[\s\"]*([А-Яа-яЁё\u0301]+)")
_SENTENCE_FOLLOWS = re.compile(r"\s*$|\s*\n|\s+[\"(—-]*\s*[А-ЯЁA-Z]")


def word_before(text: str, position: int) -> str:
    """The word that ends right before `position`, lower case; empty if punctuation stands between."""
    found = _BEFORE.search(text, max(0, position - 40), position)
    return found.group(1).lower() if found else ""


def words_after(text: str, position: int, most: int = 3) -> list[str]:
    """Up to `most` words from `position` on, lower case, as long as only spaces part them."""
    words: list[str] = []
    while len(words) < most and (found := _WORD.match(text, position)):
        words.append(found.group(1).lower())
        position = found.end()
    return words


def kept_dot(found: re.Match[str]) -> str:
    """A full stop, if the abbreviation that `found` replaces carried the one that ends its sentence."""
    if not found.group().endswith("."):
        return ""
    return "." if _SENTENCE_FOLLOWS.match(found.string, found.end()) else ""
