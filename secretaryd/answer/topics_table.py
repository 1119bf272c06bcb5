"""How callers ask about each topic: patterns of words out of topics/<language>.toml. PURE but for `load_topics`.

Places of words in a phrase are bits of an integer: the first word is bit 0.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from secretaryd.answer.words import Lemmas, Token, word_set

FOLDER: Final = Path(__file__).parent / "topics"
WEIGHTS: Final = {"sure": 0.95, "good": 0.75, "hint": 0.4}
NEVER: Final = 0.25
"""What is left of a topic's weight when a `never` pattern is met."""
BESIDE: Final = 0.5
"""How much a further pattern adds that explains other words than the best one."""
MAX_CACHED: Final = 4096

_OTHERS: Final = frozenset({"common", "request"})

Places = Mapping[int, int]
"""Number of an element to the places where it stands in a phrase."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Terms that must all be in a phrase, in any order; a term is alternative chains, a chain is neighbours, each the
    number of an element."""

    terms: tuple[tuple[tuple[int, ...], ...], ...]

    def find(self, places: Places) -> int:
        """Places of the words that it is made of; 0 where it does not fit."""
        used = 0
        for chains in self.terms:
            found = next((here for chain in chains if (here := _chain(chain, places))), 0)
            if not found:
                return 0
            used |= found
        return used


def _chain(chain: tuple[int, ...], places: Places) -> int:
    """Places of the first run of a chain's elements."""
    here = -1
    for offset, element in enumerate(chain):
        here &= places.get(element, 0) >> offset
        if not here:
            return 0
    return (here & -here) * ((1 << len(chain)) - 1)


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic's patterns with their weights, the heaviest first."""

    patterns: tuple[tuple[float, Pattern], ...] = ()
    never: tuple[Pattern, ...] = ()

    def denies(self, places: Places) -> bool:
        """Whether a phrase is about something else."""
        return any(pattern.find(places) for pattern in self.never)

    def weigh(self, places: Places) -> tuple[float, int]:
        """How much a phrase sounds like this topic, 0..1, and the places of the words that say so."""
        doubt, explained = 1.0, 0
        for weight, pattern in self.patterns:
            found = pattern.find(places)
            if found & ~explained:
                doubt *= 1 - weight * (BESIDE if explained else 1)
                explained |= found
        if explained and self.denies(places):
            return (1 - doubt) * NEVER, explained
        return 1 - doubt, explained


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics of a language. `groups`: a lemma to the first word of its group of synonyms."""

    topics: Mapping[str, Topic]
    neutral: frozenset[str] = frozenset()
    generic: frozenset[str] = frozenset()
    price: tuple[Pattern, ...] = ()
    no_price: tuple[Pattern, ...] = ()
    groups: Mapping[str, str] = field(default_factory=dict)
    requests: Mapping[str, Topic] = field(default_factory=dict)
    elements: "_Elements" = field(default_factory=lambda: _Elements())

    def group(self, lemma: str) -> str:
        """The word under which a lemma is compared."""
        return self.groups.get(lemma, lemma)

    def read(self, words: Sequence[Token]) -> dict[int, int]:
        """Which elements stand where in a phrase."""
        places: dict[int, int] = {}
        for at, word in enumerate(words):
            for element in self.elements.of(word.text, word.lemma):
                places[element] = places.get(element, 0) | 1 << at
        return places

    def price_words(self, places: Places) -> int:
        """Places of the words that ask what something costs; 0 where nothing does."""
        found = 0
        for pattern in self.price:
            found |= pattern.find(places)
        return 0 if found and any(pattern.find(places) for pattern in self.no_price) else found


class _Elements:
    """The distinct elements of all patterns, numbered: "a|b*" is the word a, or a word that begins with b."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._whole: dict[str, list[int]] = {}
        self._beginnings: dict[str, list[int]] = {}
        self.of = lru_cache(MAX_CACHED)(self._of)

    def number(self, text: str) -> int:
        """Of an element, new or known."""
        if text not in self._numbers:
            number = self._numbers[text] = len(self._numbers)
            for one in filter(None, text.split("|")):
                table, word = (self._beginnings, one[:-1]) if one.endswith("*") else (self._whole, one)
                table.setdefault(word, []).append(number)
        return self._numbers[text]

    def _of(self, word: str, lemma: str) -> frozenset[int]:
        found = {*self._whole.get(word, ()), *self._whole.get(lemma, ())}
        for end in range(1, len(word) + 1):
            found.update(self._beginnings.get(word[:end], ()))
        return frozenset(found)


def load_topics(language: str, lemmas: Lemmas) -> Topics:
    """The table that comes with the box; a language without one has none."""
    path = FOLDER / f"{language}.toml"
    if not path.is_file():
        return Topics({})
    return _compile(tomllib.loads(path.read_text(encoding="utf-8")), lemmas)


def _compile(document: Mapping[str, Any], lemmas: Lemmas) -> Topics:
    common, elements = document["common"], _Elements()
    groups: dict[str, str] = {}
    for line in common["synonyms"]:
        known = sorted({lemmas.lemma(word) for word in word_set(line)})
        groups |= dict.fromkeys(known, known[0])
    return Topics(
        {name: _topic(table, elements) for name, table in document.items() if name not in _OTHERS},
        _with_lemmas(common["neutral"], lemmas),
        _with_lemmas(common["generic"], lemmas),
        tuple(_pattern(one, elements) for one in common["price"].split()),
        tuple(_pattern(one, elements) for one in common["no_price"].split()),
        groups,
        {name: _topic(table, elements) for name, table in document.get("request", {}).items()},
        elements,
    )


def _with_lemmas(text: str, lemmas: Lemmas) -> frozenset[str]:
    words = word_set(text)
    return words | {lemmas.lemma(word) for word in words}


def _topic(table: Mapping[str, Sequence[str]], elements: _Elements) -> Topic:
    patterns = [(weight, _pattern(one, elements)) for name, weight in WEIGHTS.items() for one in table.get(name, ())]
    return Topic(tuple(patterns), tuple(_pattern(one, elements) for one in table.get("never", ())))


def _pattern(text: str, elements: _Elements) -> Pattern:
    terms = text.replace("ё", "е").split()
    return Pattern(
        tuple(
            tuple(tuple(elements.number(part) for part in chain.split("_")) for chain in term.split("/"))
            for term in terms
        )
    )
