"""The parts of a fact, and which figure belongs to what: "занятие в группе 900 рублей, индивидуальное 1800". PURE."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from secretaryd.answer.figures import figures
from secretaryd.answer.words import Lemmas, content_lemmas, plain_words, word_set

_CONDITION: Final = re.compile(r"^\s*(?:от|при|если|после|за|свыше|if|from|after|with)\b", re.IGNORECASE)
_BOUNDS: Final = word_set("от до около свыше более from up about over")
"""Words without which a figure says something else."""
_UNITS: Final = word_set("рубль час минута день неделя месяц год процент ruble rubles hour hours day days percent")


@dataclass(frozen=True, slots=True)
class _Part:
    figures: frozenset[str]
    words: frozenset[str]


class Parts:
    """A fact's value, cut at its commas."""

    def __init__(self, value: str, lemmas: Lemmas) -> None:
        self._lemmas = lemmas
        pieces = [piece for piece in value.split(",") if piece.strip()]
        self._parts = tuple(_Part(figures(piece), frozenset(self._things(piece))) for piece in pieces)
        self._figures = figures(value)
        self._conditional = any(_CONDITION.match(piece) for piece in pieces[1:])
        words = plain_words(value)
        self._bounds = {figure: word for word, figure in pairwise(words) if word in _BOUNDS and figure.isdecimal()}

    def misplaced(self, sentence: str, heard: str) -> str:
        """The first figure that a sentence gives to something else than the fact does, or without its "from"; empty
        where there is none. `heard` is the question: a part that it names goes before the others."""
        spoken = figures(sentence) & self._figures
        if not spoken:
            return ""
        words = set(plain_words(sentence))
        if loose := sorted(figure for figure in spoken if self._bounds.get(figure, "") not in words | {""}):
            return loose[0]
        if self._conditional and (left := sorted(self._figures - spoken)):
            return left[0]
        if len(self._parts) < 2 or spoken == self._figures:
            return ""
        said, asked = set(self._things(sentence)), set(self._things(heard))
        nearest = max(len(part.words & asked) for part in self._parts)
        named = [part for part in self._parts if len(part.words & asked) == nearest]
        fitting = [part for part in named if part.words & (said | asked)]
        known = frozenset().union(*(part.figures for part in fitting))
        return min(spoken - known, default="")

    def _things(self, text: str) -> list[str]:
        lemmas = content_lemmas(self._lemmas.tokens(text))
        return [lemma for lemma in lemmas if lemma not in _UNITS and not lemma.isdecimal()]
