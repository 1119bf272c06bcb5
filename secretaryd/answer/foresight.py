"""How long a language model will take, from how long it took: seconds of reading a prompt and of writing an answer.
PURE: time comes with what is told.

A session's prompts only grow, and what was read once stays read, so a prompt costs what is new in it, and the way to
the node. Lengths are in characters: tokens are the model's own affair. Of what it has not seen the like of, it says
nothing.
"""

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import linear_regression
from typing import Final

from voice.llm.protocol import ChatMessage

SESSIONS: Final = 8
REMEMBERED: Final = 8
"""Measurements."""
FRESH_SECONDS: Final = 180.0
"""Older ones tell nothing: the node may have been changed, or be less busy."""
SPREAD: Final = 120
"""Characters between the shortest and the longest from which on the pace of reading is told from the way."""
ALIKE: Final = 2.0
"""Without that: so much longer than the mean may a prompt be to be judged by it."""
GIVEN_UP: Final = 3.0
"""By so much more than it was waited for."""
EASING: Final = 0.5
"""What a new measurement of writing weighs against those before."""
LEAST_WRITTEN: Final = 12


@dataclass(frozen=True, slots=True)
class _Reading:
    characters: int
    seconds: float
    at: float


class Foresight:
    """For one pool of models."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, str] = OrderedDict()
        self._readings: deque[_Reading] = deque(maxlen=REMEMBERED)
        self._writing: float | None = None  # characters a second

    def forget(self) -> None:
        """The nodes are others now."""
        self._known.clear()
        self._readings.clear()
        self._writing = None

    def unread(self, messages: Sequence[ChatMessage], session: str) -> int:
        """Characters of a prompt that the session has not read yet."""
        whole = _text(messages)
        return len(whole) - shared(whole, self._known.get(session, ""))

    def knows(self, messages: Sequence[ChatMessage], session: str) -> None:
        """The session has read a prompt, in no time worth telling."""
        self._known[session] = _text(messages)
        self._known.move_to_end(session)
        while len(self._known) > SESSIONS:
            self._known.popitem(last=False)

    def read(self, messages: Sequence[ChatMessage], session: str, seconds: float, now: float) -> None:
        """The session read a prompt in so many seconds."""
        self._readings.append(_Reading(self.unread(messages, session), seconds, now))
        self.knows(messages, session)

    def gave_up(self, messages: Sequence[ChatMessage], session: str, seconds: float, now: float) -> None:
        """It was not through with a prompt in so many seconds: reading takes as long at the least, and likely more."""
        self._readings.append(_Reading(self.unread(messages, session), GIVEN_UP * seconds, now))

    def wrote(self, characters: int, seconds: float) -> None:
        """So much of an answer came in so many seconds after its beginning."""
        if characters >= LEAST_WRITTEN and seconds > 0:
            pace = characters / seconds
            self._writing = pace if self._writing is None else self._writing + EASING * (pace - self._writing)

    def seconds(self, messages: Sequence[ChatMessage], session: str, characters: int, now: float) -> float | None:
        """Until so many characters of an answer would be there; None where nothing is known of the pace."""
        fresh = [one for one in self._readings if now - one.at <= FRESH_SECONDS]
        reading = _predicted(fresh, self.unread(messages, session))
        if reading is None:
            return None
        return reading + (characters / self._writing if self._writing is not None else 0.0)


def _predicted(seen: Sequence[_Reading], unread: int) -> float | None:
    """Seconds of reading so many characters."""
    if not seen:
        return None
    lengths, times = [one.characters for one in seen], [one.seconds for one in seen]
    if max(lengths) - min(lengths) >= SPREAD:
        slope, way = linear_regression(lengths, times)
        return max(0.0, way) + max(0.0, slope) * unread
    mean = max(1.0, sum(lengths) / len(lengths))
    if unread > ALIKE * mean:
        return None
    return max(1.0, unread / mean) * sum(times) / len(times)


def shared(one: str, other: str) -> int:
    """Characters that two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _text(messages: Sequence[ChatMessage]) -> str:
    return "\n".join(message.content for message in messages)
