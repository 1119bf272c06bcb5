"""The module's memories for messages: numbered slots that outlive a reset (PURE)."""

from dataclasses import dataclass
from enum import IntEnum


class State(IntEnum):
    """As AT+CMGL and +CMGR number it (AT manual 9.2.6)."""

    UNREAD = 0
    READ = 1
    UNSENT = 2
    SENT = 3


WORDS = {
    State.UNREAD: "REC UNREAD",
    State.READ: "REC READ",
    State.UNSENT: "STO UNSENT",
    State.SENT: "STO SENT",
}


@dataclass(slots=True)
class Slot:
    """One stored message; `id` is the ledger's (0: written by the host)."""

    pdu: str
    state: State
    id: int = 0


class Memory:
    """ME, SM or SR."""

    def __init__(self, size: int, first: int) -> None:
        self.size = size
        self._first = first
        self.slots: dict[int, Slot] = {}

    @property
    def free(self) -> int:
        """Slots without a message."""
        return self.size - len(self.slots)

    def add(self, slot: Slot) -> int:
        """The lowest free index; the caller has asked `free`."""
        index = next(i for i in range(self._first, self._first + self.size) if i not in self.slots)
        self.slots[index] = slot
        return index

    def has(self, index: int) -> bool:
        """Whether that is an index of this memory at all."""
        return self._first <= index < self._first + self.size
