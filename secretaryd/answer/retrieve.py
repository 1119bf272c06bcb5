"""The one or two facts that fit a question. PURE."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from secretaryd.answer.persona import Fact
from secretaryd.answer.words import Lemmas, content_lemmas

SURE: Final = 0.55
"""Score from which a fact is said by itself, with no model."""
HELPFUL: Final = 0.25
"""Score from which it is worth a line in the prompt."""
NEAR_WORD: Final = 86.0
KEYWORD, LABEL, VALUE = 1.0, 1.0, 0.5
GRAM: Final = 3
GRAM_SHARE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Found:
    """A fact and how well it fits, 0..1."""

    fact: Fact
    score: float


class FactIndex:
    """Facts prepared for look-up by lemmas, by near words and by runs of three letters."""

    def __init__(self, facts: Sequence[Fact], lemmas: Lemmas) -> None:
        self._lemmas = lemmas
        self._facts = tuple((fact, _weights(fact, lemmas), _grams(_text(fact))) for fact in facts)

    def best(self, question: str, limit: int = 2, floor: float = HELPFUL) -> tuple[Found, ...]:
        """The best first; empty where nothing fits."""
        wanted = list(
            dict.fromkeys(lemma for tokens in self._lemmas.readings(question) for lemma in content_lemmas(tokens))
        )
        if not wanted:
            return ()
        grams = _grams(" ".join(wanted))
        found = [Found(fact, _score(wanted, grams, words, known)) for fact, words, known in self._facts]
        found.sort(key=lambda one: -one.score)
        return tuple(one for one in found[:limit] if one.score >= floor)


def _score(wanted: list[str], grams: set[str], words: dict[str, float], known: set[str]) -> float:
    hits = [max((w * _likeness(lemma, word) for word, w in words.items()), default=0.0) for lemma in wanted]
    by_word = max(hits) * (0.4 + 0.6 * sum(hits) / len(hits))
    by_gram = len(grams & known) / len(grams) if grams else 0.0
    return by_word * (1 - GRAM_SHARE) + by_gram * GRAM_SHARE


def _likeness(lemma: str, word: str) -> float:
    if lemma == word:
        return 1.0
    if min(len(lemma), len(word)) < 5 or lemma[0] != word[0]:
        return 0.0  # "поставить" is not "доставить": beginnings are seldom misheard
    ratio = fuzz.ratio(lemma, word)
    return ratio / 100 if ratio >= NEAR_WORD else 0.0


def _weights(fact: Fact, lemmas: Lemmas) -> dict[str, float]:
    words: dict[str, float] = {}
    for text, weight in ((fact.value, VALUE), (fact.label, LABEL), (" ".join(fact.keywords), KEYWORD)):
        words.update(dict.fromkeys(content_lemmas(lemmas.tokens(text)), weight))
    return words


def _text(fact: Fact) -> str:
    return f"{fact.label} {' '.join(fact.keywords)}".lower().replace("ё", "е")


def _grams(text: str) -> set[str]:
    return {word[i : i + GRAM] for word in text.split() for i in range(len(word) - GRAM + 1)}
