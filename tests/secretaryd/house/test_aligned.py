"""Cuts fall into pauses, and a word belongs to the turn in whose time it was said."""

import math
from array import array

import pytest

from secretaryd.house.aligned import LONGEST_SECONDS, SHORTEST_SECONDS, Cutter, lines
from storage.second.records import SecondLine
from voice.events import Word

PIECE_SECONDS = 0.5


def piece(loud: bool, noise: int = 200) -> bytes:
    level = 8000 if loud else noise
    return array("h", (int(level * math.sin(n / 3)) for n in range(4000))).tobytes()


def cuts(pieces: list[bytes]) -> list[float]:
    cutter = Cutter()
    return [(n + 1) * PIECE_SECONDS for n, each in enumerate(pieces) if cutter.cut(each)]


def test_a_cut_waits_for_a_pause() -> None:
    speech = [piece(True)] * 23 + [piece(False)] + [piece(True)] * 40 + [piece(False)]
    assert cuts(speech) == [12.0, 32.5]


def test_speech_without_an_end_is_cut_all_the_same() -> None:
    assert cuts([piece(True)] * 100) == [LONGEST_SECONDS]


def test_silence_is_cut_as_early_as_may_be() -> None:
    assert cuts([bytes(8000)] * 41) == [SHORTEST_SECONDS, 2 * SHORTEST_SECONDS]
    assert not Cutter().cut(b"")


SPOKEN = [(0, 1.0, 2.0), (2, 5.0, 6.0)]


def word(text: str, start: float, end: float, confidence: float = 1.0) -> Word:
    return Word(text, start, end, confidence)


ALIGNED = [
    ([], []),
    (
        [word("алло", 1.1, 1.3), word("да", 1.9, 2.3, 0.5)],
        [SecondLine(1.1, 2.3, "алло да", 0.75, 0)],
    ),
    (
        [word("алло", 1.1, 1.3), word("нет", 5.1, 5.3)],
        [SecondLine(1.1, 1.3, "алло", 1.0, 0), SecondLine(5.1, 5.3, "нет", 1.0, 2)],
    ),
    (
        [word("позже", 9.0, 9.4), word("раз", 3.4, 3.6), word("два", 3.7, 3.9), word("и", 10.0, 10.1)],
        [SecondLine(3.4, 3.9, "раз два", 1.0), SecondLine(9.0, 10.1, "позже и", 1.0)],
    ),
]


@pytest.mark.parametrize(("words", "expected"), ALIGNED)
def test_words_find_their_turns(words: list[Word], expected: list[SecondLine]) -> None:
    assert lines(words, SPOKEN) == tuple(expected)


def test_a_call_in_which_nothing_was_heard_gets_its_words_too() -> None:
    assert [line.turn for line in lines([word("алло", 1.0, 1.2)], ())] == [None]
