"""How full the modem's memories for messages are, as the owner is told. What is kept is deleted from them, so that one
that stays full holds what cannot be read or deleted."""

from typing import Final

from hw.modem.events import MemoryChanged
from secretaryd.troubles import Troubles

FULL: Final = "sms.memory_full"
LOW: Final = "sms.memory_low"
NEARLY: Final = 0.8
"""Share of the slots: a long message takes several at once."""
REPORTS: Final = "SR"
"""Status reports lie apart: there no message of anybody's is held up."""


class MemoryWatch:
    """Each memory by itself: room in one says nothing of another."""

    def __init__(self, troubles: Troubles) -> None:
        self._troubles = troubles
        self._rooms: dict[str, tuple[int, int]] = {}

    def changed(self, fact: MemoryChanged) -> None:
        """A look at one of them."""
        if fact.memory != REPORTS:
            self._rooms[fact.memory] = fact.used, fact.total
        full = [(name, used, total) for name, (used, total) in self._rooms.items() if 0 < total <= used]
        low = [(name, used, total) for name, (used, total) in self._rooms.items() if NEARLY * total <= used < total]
        for code, found in ((FULL, full), (LOW, low)):
            if found:
                self._troubles.note(code, ", ".join(f"{name} {used}/{total}" for name, used, total in found))
            else:
                self._troubles.clear(code)
