"""The parts of a fact, and which figure belongs to what: "занятие в группе 900 рублей, индивидуальное 1800". PURE."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from secretaryd.answer.figures import figures
from secretaryd.answer.promises import promises
from secretaryd.answer.words import Lemmas, content_lemmas, plain_words, word_set

_CONDITION: Final = re.compile(r"^\s*(?:от|при|если|после|за|свыше|if|from|after|with)\b", re.IGNORECASE)
_BOUNDS: Final = word_set("от до около свыше более from up about over")
"""Words without which a figure says something else."""
_UNITS: Final = word_set("рубль час минута день неделя месяц год процент ruble rubles hour hours day days percent")


@dataclass(frozen=True, slots=True)
class _Part:
    claims: frozenset[str]
    """Figures, and beginnings of promises."""
    words: frozenset[str]
    conditional: bool

    def told(self, claims: frozenset[str], words: set[str]) -> bool:
        """Whether a sentence tells the whole of it."""
        return self.claims <= claims and bool(self.words & words or not self.words)


class Parts:
    """A fact's value, cut at its commas."""

    def __init__(self, value: str, lemmas: Lemmas) -> None:
        self._lemmas = lemmas
        pieces = [piece for piece in value.split(",") if piece.strip()]
        self._parts = tuple(
            _Part(_claims(piece), frozenset(self._things(piece)), bool(at and _CONDITION.match(piece)))
            for at, piece in enumerate(pieces)
        )
        self._claims = _claims(value)
        words = plain_words(value)
        self._bounds = {figure: word for word, figure in pairwise(words) if word in _BOUNDS and figure.isdecimal()}

    def misplaced(self, sentence: str, heard: str) -> str:
        """The first figure or promise that a sentence gives to something else than the fact does, or without its
        "from" or its condition; empty where there is none. `heard` is the question: a part that it names goes before
        the others."""
        spoken = _claims(sentence) & self._claims
        if not spoken:
            return ""
        words, said = set(plain_words(sentence)), set(self._things(sentence))
        if loose := sorted(claim for claim in spoken if self._bounds.get(claim, "") not in words | {""}):
            return loose[0]
        if any(part.conditional and not part.told(spoken, said) for part in self._parts):
            return min(spoken)
        promised = spoken & promises(sentence)
        if any(promised & part.claims and part.words and not part.words & said for part in self._parts):
            return min(promised)
        if len(self._parts) < 2 or spoken == self._claims:
            return ""
        asked = set(self._things(heard))
        nearest = max(len(part.words & asked) for part in self._parts)
        named = [part for part in self._parts if len(part.words & asked) == nearest]
        fitting = [part for part in named if part.words & (said | asked)]
        known = frozenset().union(*(part.claims for part in fitting))
        return min(spoken - known, default="")

    def _things(self, text: str) -> list[str]:
        lemmas = content_lemmas(self._lemmas.tokens(text))
        return [lemma for lemma in lemmas if lemma not in _UNITS and not _claims(lemma)]


def _claims(text: str) -> frozenset[str]:
    return figures(text) | promises(text)
