"""What was found in the predecessor's files. PURE."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Final

FAQ: Final = "faq"
SECRET: Final = "secret"  # noqa: S105 (a kind, none itself)
PRESET: Final = "preset"
IDLE: Final = ("widget", "telegram", "chat")
"""Kinds for which the box has no use yet: they are kept as they are, for the parts that will."""
KEPT: Final = (PRESET, *IDLE)
MAX_BODY: Final = 256 << 10
MAX_KEY: Final = 120


@dataclass(frozen=True, slots=True)
class Item:
    """Something to take over. `key` is the same whenever the same file is read again."""

    source: str
    key: str
    kind: str
    body: dict[str, Any]

    def __repr__(self) -> str:
        return f"Item({self.source!r}, {self.key!r}, {self.kind!r}, …)"  # it may be a secret


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that cannot be taken over, and why."""

    source: str
    key: str
    why: str


@dataclass(slots=True)
class Haul:
    """Everything that was found, in order."""

    items: list[Item] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    """Wordings of the questions among them."""
    _taken: set[tuple[str, str, str]] = field(default_factory=set)

    def take(self, source: str, key: str, kind: str, body: dict[str, Any]) -> None:
        """Kept, or refused where it is too large or stands there already."""
        key = key[:MAX_KEY]
        if (source, key, kind) in self._taken:
            self.refuse(source, key, "it stands there twice")
        elif len(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")) > MAX_BODY:
            self.refuse(source, key, f"it is larger than {MAX_BODY >> 10} kB")
        else:
            self._taken.add((source, key, kind))
            self.items.append(Item(source, key, kind, body))

    def refuse(self, source: str, key: str, why: str) -> None:
        """Not taken over."""
        self.refusals.append(Refusal(source, key[:MAX_KEY], why))


def digest(text: str) -> str:
    """A short name for a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:10]
