"""What is heard. Times are seconds on the recogniser's stream: 0.0 is the first frame sent since `start`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """A recognised word; `confidence` 0..1 (the starter recogniser's says little)."""

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Partial:
    """The hypothesis so far for the phrase in progress; replaces the one before."""

    text: str
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True)
class Final:
    """A finished phrase; empty `text` when nothing was said."""

    text: str
    words: tuple[Word, ...] = ()
    confidence: float = 0.0


Heard = Partial | Final
