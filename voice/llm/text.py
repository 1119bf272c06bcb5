"""From tokens' bytes to text that can be handed on: whole characters only, and nothing of a stop text. Pure."""

import codecs
from collections.abc import Sequence


class TextStream:
    """Bytes of tokens in, text out. A token may end inside a character, and a stop text may span tokens."""

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self.stopped = False

    def feed(self, data: bytes) -> str:
        """Text that is sure not to belong to a stop text; "" while that is open."""
        return self._release(self._held + self._decoder.decode(data))

    def close(self) -> str:
        """What was held back, when no more is coming."""
        rest = self._release(self._held + self._decoder.decode(b"", final=True))
        rest, self._held = rest + self._held, ""
        return rest

    def _release(self, text: str) -> str:
        if self.stopped:
            return ""
        found = [at for stop in self._stop if (at := text.find(stop)) >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        keep = self._open_tail(text)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def _open_tail(self, text: str) -> int:
        """Length of the longest end of `text` that begins a stop text."""
        longest = max((len(stop) - 1 for stop in self._stop), default=0)
        for length in range(min(longest, len(text)), 0, -1):
            if any(stop.startswith(text[-length:]) for stop in self._stop):
                return length
        return 0
