"""What may be shown to a stranger of what a box has written down. PURE.

A report of a fault goes to people who must not learn who called and what was said. Our logs hold no words and mask
numbers; but a trace of an exception may quote anything. So what is left is what programs write: Latin words, short
numbers, times. Everything else is struck out.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

STRUCK: Final = "▒"
NUMBER: Final = "<number>"
WITHHELD: Final = "<secret>"
QUOTED: Final = "<text>"

_STAMP = re.compile(
    r"\b(?:127\.0\.0\.1|0\.0\.0\.0)\b|"
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|\d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\d"
)
_NUMBER = re.compile(r"\+?\d(?:[\s().\-]{0,3}\d){5,}")
_MASKED = re.compile(r"\+?\d*•+\d*")
_FOREIGN = re.compile(r"[^\x00-\x7f▒]+")
_TOKEN = re.compile(r"(?<![\w.-])(?=(?:[^\d\s/]*\d){3})(?=[^A-Za-z\s/]*[A-Za-z])[A-Za-z0-9_\-+=]{20,}")
_KEYED = re.compile(r"(?i)\b(bearer|token|password|passwd|secret|api[_-]?key|pin)\b(\s*[=:]\s*|\s+)(\S+)")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_URL = re.compile(r"(?i)\b(https?|wss?)://[^\s'\"]+")
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_QUOTES = re.compile(r"'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\"|«[^»\n]*»")
_FAULT = re.compile(
    r"^\s*(?:[\w.]+\.)?\w*(?:Error|Exception|Exit|Interrupt|Warning|Malformed|Refused|Unavailable)\b.*:"
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def redacted(text: str, known: Collection[str] = ()) -> str:
    """The text, line by line. `known`: names of the box, of hosts, of users; struck out wherever they stand."""
    return "\n".join(_line(line, known) for line in text.split("\n"))


def _line(line: str, known: Collection[str]) -> str:
    line = _CONTROL.sub(" ", line)
    for word in sorted(known, key=len, reverse=True):
        if len(word) > 1:
            line = re.sub(re.escape(word), QUOTED, line, flags=re.IGNORECASE)
    if _FAULT.match(line):
        head, _, rest = line.partition(":")
        line = f"{head}:{_QUOTES.sub(QUOTED, rest)}"
    line = _KEYED.sub(lambda m: f"{m[1]}{m[2]}{WITHHELD}", line)
    line = _URL.sub(lambda m: f"{m[1]}://<host>", line)
    line = _MAIL.sub(WITHHELD, line)
    line = _TOKEN.sub(WITHHELD, line)
    stamps: list[str] = []

    def aside(match: re.Match[str]) -> str:
        stamps.append(match[0])
        return f"\x01{len(stamps) - 1:c}\x02" if len(stamps) < 64 else match[0]

    line = _STAMP.sub(aside, line)
    line = _ADDRESS.sub("<host>", line)
    line = _MASKED.sub(NUMBER, line)
    line = _NUMBER.sub(NUMBER, line)
    line = _FOREIGN.sub(STRUCK, line)
    return re.sub("\x01(.)\x02", lambda m: stamps[ord(m[1])], line, flags=re.DOTALL)


def redacted_tree(plain: Any, known: Collection[str] = ()) -> Any:
    """JSON with every string redacted, keys too."""
    if isinstance(plain, Mapping):
        return {redacted(str(key), known): redacted_tree(value, known) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [redacted_tree(each, known) for each in plain]
    return redacted(plain, known) if isinstance(plain, str) else plain


def masked_config(config: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The configuration without what the owner wrote in his own words, hosts, and paths into his folders."""
    return {
        section: {key: _masked(f"{section}.{key}", value) for key, value in keys.items()}
        for section, keys in config.items()
    }


OWN_WORDS: Final = frozenset({"box.name", "box.company", "call.greeting"})


def _masked(key: str, value: Any) -> Any:
    if key in OWN_WORDS:
        return f"<{len(value)} characters>" if value else ""
    return redacted_tree(value)
