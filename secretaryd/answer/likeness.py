"""Do two words come from one root, or is one the other misheard? PURE."""

from collections.abc import Iterable
from typing import Final

from rapidfuzz import fuzz

SHORTEST: Final = 4
NEAR_WORD: Final = 84.0
SHORTEST_MISHEARD: Final = 5
PREFIXES: Final = ("под", "пере", "про", "по", "за", "от", "вы", "при")
"""Of verbs: "почистить" is what "чистка" is. "до" is not among them: "доставить" is not "поставить"."""

_INFINITIVES: Final = ("ть", "ться", "ти", "чь", "чься")


def likeness(one: str, other: str) -> float:
    """0 where two lemmas have nothing to do with each other, 1 for the same."""
    if one == other:
        return 1.0
    if min(len(one), len(other)) < SHORTEST:
        return 0.0
    return max(_root(one, other), _misheard(one, other))


def _misheard(one: str, other: str) -> float:
    if min(len(one), len(other)) < SHORTEST_MISHEARD or one[0] != other[0]:
        return 0.0  # beginnings are seldom misheard
    ratio = fuzz.ratio(one, other)
    return ratio / 100 if ratio >= NEAR_WORD else 0.0


def _root(one: str, other: str) -> float:
    """By a common beginning, with one verbal prefix left out where the other word has none."""
    best = _beginning(one, other)
    for bare, word in ((one, other), (other, one)):
        for prefix in PREFIXES:
            stripped = bare.startswith(prefix) and bare.endswith(_INFINITIVES) and not word.startswith(prefix)
            if stripped and len(bare) - len(prefix) >= SHORTEST:
                best = max(best, 0.9 * _beginning(bare[len(prefix) :], word))
    return best


def _beginning(one: str, other: str) -> float:
    size = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        size += 1
    rest = max(len(one), len(other)) - size
    if size >= 5 and rest <= size + 2:
        return 0.9
    return 0.8 if size == 4 and rest <= 4 else 0.0


class Vocabulary:
    """Words to be compared with: looks at those only whose beginning can fit."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_letter: dict[str, list[str]] = {}
        for word in sorted(set(words)):
            for letter in _letters(word):
                self._by_letter.setdefault(letter, []).append(word)

    def near(self, word: str) -> tuple[tuple[str, float], ...]:
        """Words that `word` may stand for, with likeness."""
        others = dict.fromkeys(other for letter in _letters(word) for other in self._by_letter.get(letter, ()))
        found = ((other, likeness(word, other)) for other in others)
        return tuple((other, like) for other, like in found if like > 0)


def _letters(word: str) -> set[str]:
    """The first two letters, of the word and of what follows a prefix."""
    return {word[:2], *(word[len(prefix) : len(prefix) + 2] for prefix in PREFIXES if word.startswith(prefix))}
