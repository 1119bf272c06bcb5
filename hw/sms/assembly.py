"""Parts of long messages to whole ones (PURE): which message a part belongs to, and when a message is shown.

A reference has 8 bits and is used again, so the same sender, reference and total alone do not make two parts one
message: the service centre's times must lie close together too. How late a part *arrives* does not matter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from hw.sms.header import Concat
from hw.sms.pdu import join

WAIT_SECONDS: Final = 72 * 3600.0
"""An incomplete message is shown as such after so long; a part that comes later still joins."""
SPAN_SECONDS: Final = 72 * 3600.0
"""The service centre's times of the parts of one message lie within that."""
GAP: Final = "[…]"
"""Stands for what has not come."""


@dataclass(frozen=True, slots=True)
class Key:
    """What the parts of one message have in common."""

    sender: str
    reference: int
    total: int
    wide: bool

    @classmethod
    def of(cls, sender: str, concat: Concat) -> "Key":
        """The key of a part."""
        return cls(sender, concat.reference, concat.total, concat.wide)


@dataclass(frozen=True, slots=True)
class Group:
    """A message under assembly: `texts` by part number, `at` the service centre's time of its first part."""

    id: int
    key: Key
    at: float
    texts: Mapping[int, str] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether every part is here."""
        return len(self.texts) == self.key.total

    @property
    def text(self) -> str:
        """In order; a gap of any width is one sign."""
        shown: list[str] = []
        for place in range(1, self.key.total + 1):
            if place in self.texts:
                shown.append(self.texts[place])
            elif not shown or shown[-1] != GAP:
                shown.append(GAP)
        return join(shown)


def place(key: Key, part: int, at: float, groups: Iterable[Group]) -> int | None:
    """The group that a part belongs to, None for a new one; `at` is the service centre's time, or the arrival's where
    there is none. Of several that lack it the one closest in time. The same part once more begins a new message, since
    the first parts of two messages may well be equal: that a PDU is a copy is told by its octets (`identity`)."""
    lacking = [
        group for group in groups if group.key == key and part not in group.texts and abs(group.at - at) <= SPAN_SECONDS
    ]
    return min(lacking, key=lambda group: (abs(group.at - at), group.id)).id if lacking else None


def due(group: Group, arrived: float, now: float) -> bool:
    """Whether it is to be shown: complete, or waited for long enough since its first part `arrived`."""
    return group.complete or now - arrived >= WAIT_SECONDS
