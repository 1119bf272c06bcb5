"""An answer of the box, read with no trust in its shape: what is missing or of another type reads as nothing. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tui.plain import plain, plain_lines


@dataclass(frozen=True, slots=True)
class Tree:
    """A mapping whose texts come out harmless."""

    values: Mapping[str, Any]

    @classmethod
    def of(cls, value: Any) -> "Tree":
        """Empty where it is no mapping."""
        return cls(value if isinstance(value, Mapping) else {})

    def part(self, key: str) -> "Tree":
        """A branch, empty where there is none."""
        return Tree.of(self.values.get(key))

    def parts(self, key: str) -> "list[Tree]":
        """A list of branches."""
        value = self.values.get(key)
        return [Tree.of(one) for one in value] if isinstance(value, list | tuple) else []

    def has(self, key: str) -> bool:
        """Whether there is anything at all."""
        return self.values.get(key) is not None

    def text(self, key: str) -> str:
        """A line; "" where there is none."""
        value = self.values.get(key)
        return "" if value is None or isinstance(value, Mapping | list) else plain(value)

    def lines(self, key: str) -> str:
        """Text with its line breaks."""
        value = self.values.get(key)
        return plain_lines(value) if isinstance(value, str) else ""

    def number(self, key: str) -> float | None:
        """A finite number."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            return None
        return float(value)

    def whole(self, key: str) -> int:
        """A whole number, 0 where there is none."""
        return int(self.number(key) or 0)

    def flag(self, key: str) -> bool | None:
        """True, False, or None where it is not told."""
        value = self.values.get(key)
        return value if isinstance(value, bool) else None
