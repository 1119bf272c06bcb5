"""The Russian words of a reason. An error brings its sentence and values; a text that another process wrote down, or a
library, is known again by the same tables. PURE."""

import re
from collections.abc import Mapping
from functools import lru_cache
from string import Formatter
from typing import Final

from secretaryd.below import disk, metal, sound
from secretaryd.below.system import FOREIGN, WORDINGS

RUSSIAN: Final[dict[str, str]] = {**disk.RUSSIAN, **sound.RUSSIAN, **metal.RUSSIAN}
WHY: Final = "why"
"""The value that is a reason itself."""
LONGEST: Final = 600
FEWEST_LETTERS: Final = 6
"""Beside its values, for a sentence to be known again without them."""
Value = str | int


def english(reason: str | BaseException) -> str:
    """As it was raised; the system's errors as people say them: no number, the file behind."""
    if isinstance(reason, OSError) and reason.strerror:
        return f"{reason.strerror} ({reason.filename})" if reason.filename else reason.strerror
    return str(reason)


def russian(reason: str | BaseException) -> str:
    """The same in Russian; what nobody knows is told as it is."""
    if (words := RUSSIAN.get(getattr(reason, "sentence", ""))) is not None:
        return _filled(words, getattr(reason, "values", {}))
    if isinstance(reason, OSError) and reason.strerror:
        why = _known(reason.strerror) or reason.strerror
        return f"{why} ({reason.filename})" if reason.filename else why
    text = str(reason)
    return _known(text) or text


def _filled(words: str, values: Mapping[str, Value]) -> str:
    return words.format(**{name: _reason(value) if name == WHY else value for name, value in values.items()})


def _reason(value: Value) -> str:
    text = str(value)
    return _known(text) or (f"«{text}»" if re.search(r"[A-Za-z]", text) else text)


@lru_cache(256)
def _known(text: str) -> str:
    """The words for a text; "" where no table has it."""
    if len(text) > LONGEST or re.search(r"[а-яё]", text, re.IGNORECASE):
        return ""
    if words := FOREIGN.get(text) or RUSSIAN.get(text):
        return words
    for pattern, words in (*_ours(), *WORDINGS):
        if found := pattern.fullmatch(text):
            return _filled(words, found.groupdict())
    for mark in ("; ", ": "):  # several, or one behind the name of what it is about
        head, _, tail = text.partition(mark)
        if tail and (words := _known(tail)):
            return f"{_known(head) or head}{mark}{words}"
    return ""


@lru_cache(1)
def _ours() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The most telling first; made when it is first wanted, which on the command line is never."""
    found = []
    for sentence, words in RUSSIAN.items():
        parts = list(Formatter().parse(sentence))
        letters = sum(letter.isalpha() for text, *_ in parts for letter in text)
        if letters >= FEWEST_LETTERS and any(name for _, name, *_ in parts):
            found.append((letters, re.compile(_pattern(sentence), re.DOTALL), words))
    return tuple((pattern, words) for _, pattern, words in sorted(found, key=lambda each: -each[0]))


def _pattern(sentence: str) -> str:
    seen: set[str] = set()
    whole = ""
    for text, name, _, how in Formatter().parse(sentence):
        whole += re.escape(text)
        if name:
            one = ".+?" if name == WHY else "(?:(?!; ).)+?"  # a name goes not on into the next reason
            value = f"(?P={name})" if name in seen else f"(?P<{name}>{one})"
            whole += f"""['"]{value}['"]""" if how == "r" else value
            seen.add(name)
    return whole
