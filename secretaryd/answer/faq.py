"""Questions with ready answers: matched by lemmas, exactly or nearly; where two fit alike, the model is left to decide.
PURE: an index never changes; after an edit a new one is built."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz, process

from secretaryd.answer.template import Template
from secretaryd.answer.words import CONTENT, Lemmas, Token

THRESHOLD: Final = 76.0
TIE_MARGIN: Final = 4.0
WORD_SIMILARITY: Final = 82.0
"""rapidfuzz ratio from which two lemmas count as one word misheard."""
SHORTEST_FUZZY: Final = 5
MAX_CACHED: Final = 1024
"""Words of callers whose likes are remembered."""
MAX_HEARD: Final = 24
"""Words; a longer phrase is a story, not a question out of a list."""


@dataclass(frozen=True, slots=True)
class FaqEntry:
    """A question in some wordings; `action` is "", "message" or "hangup" and goes through the broker."""

    id: str
    variants: tuple[str, ...]
    answer: Template
    action: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """An answer; `score` 0..100, `how` is "exact" or "fuzzy"."""

    entry: FaqEntry
    score: float
    how: str


@dataclass(frozen=True, slots=True)
class NoMatch:
    """No answer: "empty" (nothing was heard), "below" (nothing fits) or "tie" (two entries fit alike). `best`: the
    nearest entries with their scores."""

    reason: str
    best: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class _Variant:
    entry: int
    bag: tuple[str, ...]
    weights: dict[str, float]
    total: float


class FaqIndex:
    """Entries prepared for matching."""

    def __init__(self, entries: Sequence[FaqEntry], lemmas: Lemmas, threshold: float = THRESHOLD) -> None:
        self.entries = tuple(entries)
        self._lemmas, self._threshold = lemmas, threshold
        self._variants: list[_Variant] = []
        self._exact: dict[tuple[str, ...], set[int]] = defaultdict(set)
        for number, entry in enumerate(self.entries):
            for text in entry.variants:
                if tokens := lemmas.tokens(text):
                    variant = _variant(number, tokens)
                    self._variants.append(variant)
                    self._exact[variant.bag].add(number)
        self._having: dict[str, list[int]] = defaultdict(list)
        """Variants by word."""
        for number, variant in enumerate(self._variants):
            for word in variant.weights:
                self._having[word].append(number)
        self._long = sorted(word for word in self._having if len(word) >= SHORTEST_FUZZY)
        self._nearest = lru_cache(MAX_CACHED)(self._look_nearest)

    def match(self, heard: str) -> Match | NoMatch:
        """The entry that answers a phrase. Never raises, whatever the phrase."""
        readings = self._readings(heard)
        if (exact := self._exactly(readings)) is not None:
            return exact
        ranked = self._ranked(readings)[:2]
        best = tuple((self.entries[i].id, round(score, 1)) for i, score in ranked)
        if not ranked or ranked[0][1] < self._threshold:
            return NoMatch("below", best)
        if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < TIE_MARGIN:
            return NoMatch("tie", best)
        return Match(self.entries[ranked[0][0]], best[0][1], "fuzzy")

    def ranking(self, heard: str, limit: int) -> tuple[tuple[str, float], ...]:
        """The nearest entries with their scores, best first, whether or not they would be taken."""
        return tuple((self.entries[i].id, round(score, 1)) for i, score in self._ranked(self._readings(heard))[:limit])

    def exact(self, heard: str) -> Match | NoMatch | None:
        """As `match`, but only of the same words; None where none of the entries has them."""
        return self._exactly(self._readings(heard))

    def _ranked(self, readings: list[list[Token]]) -> list[tuple[int, float]]:
        scores: dict[int, float] = {}
        for tokens in readings:
            if len(tokens) <= MAX_HEARD:
                for number, score in self._scores(tokens).items():
                    scores[number] = max(score, scores.get(number, 0.0))
        return sorted(scores.items(), key=lambda item: (-item[1], item[0]))

    def _readings(self, heard: str) -> list[list[Token]]:
        return [tokens for tokens in self._lemmas.readings(heard) if tokens]

    def _exactly(self, readings: list[list[Token]]) -> Match | NoMatch | None:
        if not readings:
            return NoMatch("empty")
        for tokens in readings:
            if exact := self._exact.get(_bag(tokens)):
                if len(exact) > 1:
                    return NoMatch("tie", tuple((self.entries[i].id, 100.0) for i in sorted(exact)))
                return Match(self.entries[next(iter(exact))], 100.0, "exact")
        return None

    def _scores(self, tokens: list[Token]) -> dict[int, float]:
        """For each entry the best of its variants: the harmonic mean of how much of the variant was heard and how much
        of what was heard is in the variant, by weight of words."""
        heard = {token.lemma: token.weight for token in tokens}
        total = sum(heard.values())
        sums: dict[int, list[float]] = {}
        taken: set[tuple[int, str]] = set()
        for lemma, weight in heard.items():
            for number, (likeness, word) in self._nearest(lemma).items():
                if (number, word) in taken:
                    continue
                taken.add((number, word))
                both = sums.setdefault(number, [0.0, 0.0])
                both[0] += likeness * weight
                both[1] += likeness * self._variants[number].weights[word]
        scores: dict[int, float] = {}
        for number, (ours, theirs) in sums.items():
            variant = self._variants[number]
            covered, used = theirs / variant.total, ours / total
            score = 100 * 2 * covered * used / (covered + used)
            scores[variant.entry] = max(score, scores.get(variant.entry, 0.0))
        return scores

    def _look_nearest(self, lemma: str) -> dict[int, tuple[float, str]]:
        """For each variant that has a word which `lemma` may stand for: the likeliest, with likeness 0..1."""
        found: dict[int, tuple[float, str]] = {}
        for word, likeness in self._near(lemma).items():
            for number in self._having[word]:
                found[number] = max((likeness, word), found.get(number, (0.0, "")))
        return found

    def _near(self, lemma: str) -> dict[str, float]:
        """Known words that `lemma` may stand for, with likeness 0..1."""
        if len(lemma) < SHORTEST_FUZZY:
            return {lemma: 1.0} if lemma in self._having else {}
        found = process.extract(lemma, self._long, scorer=fuzz.ratio, score_cutoff=WORD_SIMILARITY, limit=4)
        return {word: score / 100 for word, score, _ in found}


def _bag(tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(sorted(token.lemma for token in tokens))


def _variant(entry: int, tokens: Sequence[Token]) -> _Variant:
    weights = {token.lemma: token.weight for token in tokens}
    if CONTENT not in weights.values():
        weights = dict.fromkeys(weights, CONTENT)  # "кто вы" has nothing but light words: all of them are needed
    return _Variant(entry, _bag(tokens), weights, sum(weights.values()))
