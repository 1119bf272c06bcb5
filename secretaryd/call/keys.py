"""One key pressed is one digit, whether the modem told of it (+RXDTMF), it was heard in the sound, or both. Pure.

No manual names +RXDTMF, and whether it comes is found out with the first key: once it has come in a call it is believed
alone; until then what is heard counts at once, and a +RXDTMF that follows is the same key's.
"""

from collections import deque
from typing import Final

SAME_SECONDS: Final = 5.0
"""A modem that is busy tells so late."""
REMEMBERED: Final = 32


class Keys:
    """One call's. Times are seconds of any clock."""

    def __init__(self) -> None:
        self._modem_tells = False
        self._heard: deque[tuple[str, float]] = deque(maxlen=REMEMBERED)

    def told(self, digit: str, now: float) -> bool:
        """The modem tells of a key; whether it counts."""
        self._modem_tells = True
        while self._heard and now - self._heard[0][1] > SAME_SECONDS:
            self._heard.popleft()
        for each in self._heard:
            if each[0] == digit:
                self._heard.remove(each)
                return False
        return True

    def heard(self, digit: str, now: float) -> bool:
        """A key's tones were in the sound; whether it counts."""
        if self._modem_tells:
            return False
        self._heard.append((digit, now))
        return True
