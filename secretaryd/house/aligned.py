"""Where a recording is cut into phrases for a second hearing, and to which turns its words belong. PURE."""

from array import array
from collections.abc import Iterable, Sequence
from typing import Final

from storage.second.records import SecondLine
from voice.events import Word

RATE: Final = 8000
FRAME: Final = RATE // 10
TAIL_FRAMES: Final = 2
"""At the end of a piece; a cut there is between words when they are quiet."""
SHORTEST_SECONDS: Final = 10.0
LONGEST_SECONDS: Final = 40.0
"""A phrase is cut even in the middle of speech then: a recogniser's memory of one grows without end."""
QUIET_SHARE: Final = 0.2
"""Of the loudest frame since the last cut; telephone noise lies far below that, speech above."""
SLACK_SECONDS: Final = 0.4
"""Recognisers do not agree on where a word begins."""
PAUSE_SECONDS: Final = 1.0
"""Between words that are of no turn: a longer one makes two lines of them."""

Spoken = tuple[int, float, float]
"""A turn of the caller's: its place, start and end in seconds of the recording."""


class Cutter:
    """Fed piece by piece; used for one recording."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._loudest = 1

    def cut(self, piece: bytes) -> bool:
        """Whether the phrase should end after this piece (s16le)."""
        samples = array("h", piece)
        loud = [max(map(abs, samples[at : at + FRAME]), default=0) for at in range(0, len(samples), FRAME)]
        self._seconds += len(samples) / RATE
        self._loudest = max([self._loudest, *loud])
        tail = max(loud[-TAIL_FRAMES:], default=0)
        quiet = tail <= QUIET_SHARE * self._loudest
        if self._seconds < SHORTEST_SECONDS or not (quiet or self._seconds >= LONGEST_SECONDS):
            return False
        self._seconds, self._loudest = 0.0, 1
        return True


def lines(words: Iterable[Word], spoken: Sequence[Spoken]) -> tuple[SecondLine, ...]:
    """The words as lines, in order: one a turn, and one for each stretch in which the first recogniser heard
    nothing."""
    found: list[tuple[int | None, list[Word]]] = []
    for word in sorted(words, key=lambda each: each.start):
        turn = _turn_of(word, spoken)
        last = found[-1] if found else None
        if last is not None and last[0] == turn and (turn is not None or _near(last[1][-1], word)):
            last[1].append(word)
        else:
            found.append((turn, [word]))
    return tuple(_line(turn, group) for turn, group in found)


def _turn_of(word: Word, spoken: Sequence[Spoken]) -> int | None:
    """The turn whose time is nearest to the word's middle, none where that is too far."""
    middle = (word.start + word.end) / 2
    near = [(max(start - middle, middle - end, 0.0), turn) for turn, start, end in spoken]
    distance, turn = min(near, default=(PAUSE_SECONDS, -1))
    return turn if distance <= SLACK_SECONDS else None


def _near(one: Word, other: Word) -> bool:
    return other.start - one.end <= PAUSE_SECONDS


def _line(turn: int | None, group: Sequence[Word]) -> SecondLine:
    confidence = sum(word.confidence for word in group) / len(group)
    text = " ".join(word.text for word in group)
    return SecondLine(round(group[0].start, 2), round(group[-1].end, 2), text, round(confidence, 3), turn)
