"""Questions with ready answers: matched by lemmas, exactly or nearly; where two fit alike, the model is left to decide.
PURE: an index never changes; after an edit a new one is built."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz, process

from secretaryd.answer.template import Template
from secretaryd.answer.words import CONTENT, Lemmas, Token

THRESHOLD: Final = 76.0
TIE_MARGIN: Final = 4.0
WORD_SIMILARITY: Final = 82.0
"""rapidfuzz ratio from which two lemmas count as one word misheard."""
SHORTEST_FUZZY: Final = 5
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
        self._vocabulary = sorted({word for variant in self._variants for word in variant.weights})

    def match(self, heard: str) -> Match | NoMatch:
        """The entry that answers a phrase. Never raises, whatever the phrase."""
        readings = [tokens for tokens in self._lemmas.readings(heard) if tokens]
        if not readings:
            return NoMatch("empty")
        for tokens in readings:
            if exact := self._exact.get(_bag(tokens)):
                if len(exact) > 1:
                    return NoMatch("tie", tuple((self.entries[i].id, 100.0) for i in sorted(exact)))
                return Match(self.entries[next(iter(exact))], 100.0, "exact")
        scores: dict[int, float] = {}
        for tokens in readings:
            if len(tokens) <= MAX_HEARD:
                for number, score in self._scores(tokens).items():
                    scores[number] = max(score, scores.get(number, 0.0))
        ranked = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:2]
        best = tuple((self.entries[i].id, round(score, 1)) for i, score in ranked)
        if not ranked or ranked[0][1] < self._threshold:
            return NoMatch("below", best)
        if len(ranked) > 1 and ranked[0][1] - ranked[1][1] < TIE_MARGIN:
            return NoMatch("tie", best)
        return Match(self.entries[ranked[0][0]], best[0][1], "fuzzy")

    def _scores(self, tokens: list[Token]) -> dict[int, float]:
        """For each entry the best of its variants: the harmonic mean of how much of the variant was heard and how much
        of what was heard is in the variant, by weight of words."""
        heard = {token.lemma: token.weight for token in tokens}
        near = {lemma: self._near(lemma) for lemma in heard}
        total = sum(heard.values())
        scores: dict[int, float] = {}
        for variant in self._variants:
            ours = theirs = 0.0
            taken: set[str] = set()
            for lemma, known in near.items():
                pairs = [(likeness, word) for word, likeness in known.items() if word in variant.weights]
                if pairs and (found := max(pairs))[1] not in taken:
                    taken.add(found[1])
                    ours += found[0] * heard[lemma]
                    theirs += found[0] * variant.weights[found[1]]
            if ours:
                covered, used = theirs / variant.total, ours / total
                score = 100 * 2 * covered * used / (covered + used)
                scores[variant.entry] = max(score, scores.get(variant.entry, 0.0))
        return scores

    def _near(self, lemma: str) -> dict[str, float]:
        """Known words that `lemma` may stand for, with likeness 0..1."""
        if len(lemma) < SHORTEST_FUZZY:
            return {lemma: 1.0} if lemma in self._vocabulary else {}
        found = process.extract(lemma, self._vocabulary, scorer=fuzz.ratio, score_cutoff=WORD_SIMILARITY, limit=4)
        return {word: score / 100 for word, score, _ in found if len(word) >= SHORTEST_FUZZY}


def _bag(tokens: Sequence[Token]) -> tuple[str, ...]:
    return tuple(sorted(token.lemma for token in tokens))


def _variant(entry: int, tokens: Sequence[Token]) -> _Variant:
    weights = {token.lemma: token.weight for token in tokens}
    if CONTENT not in weights.values():
        weights = dict.fromkeys(weights, CONTENT)  # "кто вы" has nothing but light words: all of them are needed
    return _Variant(entry, _bag(tokens), weights, sum(weights.values()))
