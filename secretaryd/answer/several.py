"""Several questions in one phrase: "какой у вас адрес и до скольки вы работаете". PURE."""

from collections.abc import Callable
from itertools import combinations
from typing import Final

from secretaryd.answer.retrieve import Found
from secretaryd.answer.words import plain_words, word_set

JOINTS: Final = word_set("и а ещё также and also")
MOST: Final = 3
"""Questions; who asks more is answered the first ones."""
MOST_JOINTS: Final = 6
"""A longer chain of them is a story."""


def several(heard: str, sure: Callable[[str], Found | None]) -> tuple[Found, ...]:
    """The facts that answer a phrase's questions, in their order; empty where it asks but one. `sure` gives the fact
    that answers a question beyond doubt. A joint that stands within a question ("ремонт и настройка") splits nothing:
    the parts of a phrase count only where two of them are answered, each by a fact of its own."""
    words = plain_words(heard)
    joints = [at for at, word in enumerate(words) if word in JOINTS and 0 < at < len(words) - 1][:MOST_JOINTS]
    best: tuple[Found, ...] = ()
    for count in range(1, min(MOST, len(joints) + 1)):
        for cuts in combinations(joints, count):
            found = _answers(words, cuts, sure)
            if len(found) > len(best):
                best = found
    return best if len(best) > 1 else ()


def _answers(words: list[str], cuts: tuple[int, ...], sure: Callable[[str], Found | None]) -> tuple[Found, ...]:
    """Of the parts between the cuts, each fact once."""
    found: dict[str, Found] = {}
    for begin, end in zip((0, *(cut + 1 for cut in cuts)), (*cuts, len(words)), strict=True):
        part = [word for word in words[begin:end] if word not in JOINTS]
        if part and (one := sure(" ".join(part))) is not None:
            found.setdefault(one.fact.label, one)
    return tuple(found.values())
