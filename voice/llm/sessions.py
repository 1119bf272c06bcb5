"""Which conversations' evaluated prompts are kept, within bounds. Pure."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

MAX_SESSIONS = 8
MAX_SESSION_BYTES = 128 * 1024 * 1024
"""A 1.5B model keeps about 28 KiB a token: some four long calls."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A sequence's state as the engine wrote it."""

    tokens: tuple[int, ...]
    state: bytes


def common(left: Sequence[int], right: Sequence[int]) -> int:
    """Length of the longest common prefix."""
    length = min(len(left), len(right))
    for at in range(length):
        if left[at] != right[at]:
            return at
    return length


class Sessions:
    """Saved states by session, the least recently used forgotten first."""

    def __init__(self, max_sessions: int = MAX_SESSIONS, max_bytes: int = MAX_SESSION_BYTES) -> None:
        self._max_sessions, self._max_bytes = max_sessions, max_bytes
        self._saved: OrderedDict[str, Saved] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._saved)

    def __contains__(self, session: str) -> bool:
        return session in self._saved

    def keep(self, session: str, saved: Saved) -> None:
        """Keeps `saved` as the newest, and forgets the oldest beyond the bounds."""
        self.forget(session)
        self._saved[session] = saved
        self.size += len(saved.state)
        while self._saved and (len(self._saved) > self._max_sessions or self.size > self._max_bytes):
            _, old = self._saved.popitem(last=False)
            self.size -= len(old.state)

    def forget(self, session: str) -> None:
        """Drops a session's state; one that is not kept is no error."""
        old = self._saved.pop(session, None)
        if old is not None:
            self.size -= len(old.state)

    def best(self, session: str, tokens: Sequence[int]) -> tuple[int, Saved | None]:
        """The state that shares the longest beginning with `tokens`, and that length; the session's own wins a tie.
        Another session's helps too: calls share the persona's prompt."""
        length, found, owner = 0, None, ""
        for name, saved in self._saved.items():
            shared = common(saved.tokens, tokens)
            if shared > length or (shared == length and shared and name == session):
                length, found, owner = shared, saved, name
        if owner:
            self._saved.move_to_end(owner)
        return length, found

    def clear(self) -> None:
        """Forgets all."""
        self._saved.clear()
        self.size = 0
