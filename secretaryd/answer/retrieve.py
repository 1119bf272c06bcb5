"""The one or two facts that fit a question. PURE.

What speaks for a fact: how callers usually ask about its topic (topics/<language>.toml) and the fact's own words. What
speaks against it: words of the question that it does not explain, another topic that sounds likelier (also one that
this company has no fact of), and for a question about a price, that the fact has none for the thing asked about. A fact
that is not clearly the answer is not `SURE`, and then no source states it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from secretaryd.answer.asking import asks, of_a_promise, of_ones_own
from secretaryd.answer.figures import VALUES
from secretaryd.answer.likeness import Vocabulary
from secretaryd.answer.persona import Fact
from secretaryd.answer.topics_table import Topic, Topics, load_topics
from secretaryd.answer.words import CONTENT, Lemmas, Token, content_lemmas

SURE: Final = 0.55
"""Score from which a fact is said by itself, with no model."""
HELPFUL: Final = 0.25
"""Score from which it is worth a line in the prompt."""
MARGIN: Final = 0.1
"""A sure fact is ahead of the next one, and of every topic that there is no fact of, by this."""
UNNAMED: Final = 0.85
"""What the score of a fact that only shares words with the question weighs against a better one."""
MAX_WORDS: Final = 24
"""A longer phrase is a story."""
MAX_CACHED: Final = 512
MAX_NEAR: Final = 4096

LABEL, KEYWORD, VALUE, GOODS, SAY, GENERIC = 0.7, 0.75, 0.5, 0.72, 0.35, 0.08
UNEXPLAINED: Final = 0.5
"""What a word that a fact does not explain weighs against one that it does."""
STATEMENT: Final = 0.5
DENIED: Final = 0.3
"""The most that a fact gets where its topic's table says that the question is about something else."""
OF_NO_PRICE: Final = 0.4
PRICED: Final = 0.8
"""Score of a fact that tells the price of the very thing asked about."""
VERB: Final = 0.5
"""What a verb weighs against a noun among them."""
KNOWN_SHARE: Final = 0.5
LISTS: Final = frozenset({"services", "prices"})
"""Topics whose values name things that callers ask for."""

_MONEY = re.compile(r"рубл|руб\b|₽|бесплатн|rubl|free|\$|€|тысяч", re.IGNORECASE)
_CONDITION = re.compile(r"^\s*(?:при|от|до|за|по|с|в|на|если|и|with|from|per)\b", re.IGNORECASE)
_AMOUNT = re.compile(r"\d|бесплатн|\bот\b|\bfree\b|\bfrom\b", re.IGNORECASE)
_PRICE_LIST = frozenset({"цена", "прайс", "тариф", "расценка", "стоимость", "price", "prices"})


@dataclass(frozen=True, slots=True)
class Found:
    """A fact and how well it fits, 0..1."""

    fact: Fact
    score: float
    named: bool = False
    """The question sounds like its topic, and does not only share words with it."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A fact prepared: its words with their weights; `heads` name what it tells the price of, `items` each thing of a
    price list."""

    fact: Fact
    topic: Topic
    words: dict[str, float]
    money: bool
    heads: frozenset[str]
    items: tuple[frozenset[str], ...]


@dataclass(slots=True)
class _Question:
    """A phrase prepared."""

    words: list[Token]
    places: dict[int, int]
    price: int
    content: dict[int, str] = field(default_factory=dict)
    """Place to lemma group, of the words that name things."""
    verbs: set[int] = field(default_factory=set)
    """Those of them that are verbs: there are many for each thing that is done."""


class FactIndex:
    """Facts prepared for look-up."""

    def __init__(
        self, facts: Sequence[Fact], lemmas: Lemmas, language: str = "ru", topics: Topics | None = None
    ) -> None:
        """`topics`: the language's table, where it is loaded already."""
        self._lemmas, self._topics = lemmas, topics if topics is not None else load_topics(language, lemmas)
        self._facts = tuple(self._prepare(fact) for fact in facts)
        self._absent = {name: topic for name, topic in self._topics.topics.items() if name not in self._own_topics()}
        vocabulary = Vocabulary(word for known in self._facts for word in (*known.words, *known.heads))
        self._near = lru_cache(MAX_NEAR)(vocabulary.near)
        self._rank = lru_cache(MAX_CACHED)(self._ranked)

    def best(self, question: str, limit: int = 2, floor: float = HELPFUL) -> tuple[Found, ...]:
        """The best first; empty where nothing fits. At most one reaches SURE."""
        return tuple(one for one in self._rank(question[:1000])[:limit] if one.score >= floor)

    def asks_fact(self, question: str) -> bool:
        """Whether a phrase asks for what facts could answer: a price, or anything in the form of a question."""
        for tokens in self._lemmas.readings(question):
            if self._topics.price_words(self._topics.read(tokens)) or asks(tokens, self._lemmas):
                return True
        return False

    def asks_price(self, question: str) -> bool:
        """Whether it asks what something costs."""
        return any(self._topics.price_words(self._topics.read(it)) for it in self._lemmas.readings(question))

    def _own_topics(self) -> set[str]:
        return {known.fact.topic for known in self._facts}

    def _ranked(self, question: str) -> tuple[Found, ...]:
        best: dict[str, Found] = {}
        for tokens in self._lemmas.readings(question):
            if not tokens or len(tokens) > MAX_WORDS:
                continue
            for found in self._one_reading(tokens):
                if found.fact.topic not in best or best[found.fact.topic].score < found.score:
                    best[found.fact.topic] = found
        return tuple(sorted(best.values(), key=lambda one: -one.score))

    def _one_reading(self, tokens: list[Token]) -> list[Found]:
        places = self._topics.read(tokens)
        asked = _Question(tokens, places, self._topics.price_words(places))
        for at, token in enumerate(tokens):
            if token.weight == CONTENT and not asked.price >> at & 1 and not self._is_neutral(token):
                asked.content[at] = self._topics.group(token.lemma)
                if self._lemmas.is_verb(token.text):
                    asked.verbs.add(at)
        found = sorted((self._score(asked, known) for known in self._facts), key=lambda one: -one.score)
        rivals = [one.score * (1 if one.named else UNNAMED) for one in found[1:]]
        rivals += [self._rival(asked, topic) for topic in self._absent.values()]
        if not found or found[0].score < SURE:
            return found
        clear = found[0].score - max(rivals, default=0.0) >= MARGIN and self._answerable(asked)
        return [one if clear and not at else _doubted(one) for at, one in enumerate(found)]

    def _answerable(self, asked: _Question) -> bool:
        """A question that facts can answer at all, and not one about the caller's own order."""
        return (bool(asked.price) or asks(asked.words, self._lemmas)) and not of_ones_own(asked.words)

    def _rival(self, asked: _Question, topic: Topic) -> float:
        """How much a question sounds like a topic that there is no fact of."""
        weight, explained = topic.weigh(asked.places)
        return weight * self._share(asked, explained, set()) if weight else 0.0

    def _score(self, asked: _Question, known: _Known) -> Found:
        weight, explained = known.topic.weigh(asked.places)
        hits = {at: own for at, word in asked.content.items() if (own := self._own(word, known)) > 0}
        doubt = 1 - weight
        for at, own in hits.items():
            doubt *= 1 - own * (0.5 if explained >> at & 1 else 1)
        score = (1 - doubt) * self._share(asked, explained, set(hits))
        if not asked.price and not asks(asked.words, self._lemmas):
            score *= STATEMENT
        if asked.price:
            score = max(score, PRICED) if self._prices(asked, known, explained) else score * OF_NO_PRICE
        elif known.fact.topic == "prices" and not weight:
            score = min(score, SURE - 0.01)  # who names a thing does not ask for its price yet
        if of_a_promise(asked.words):
            score *= STATEMENT
        if known.topic.denies(asked.places):
            score = min(score, DENIED)
        return Found(known.fact, score, named=weight > 0)

    def _share(self, asked: _Question, explained: int, hits: set[int]) -> float:
        """How much of what a question names is explained."""
        named = {at for at in asked.content if explained >> at & 1} | hits
        left = sum(VERB if at in asked.verbs else 1.0 for at in asked.content if at not in named)
        right = max(len(named), 1) + 0.5
        return right / (right + UNEXPLAINED * left)

    def _own(self, word: str, known: _Known) -> float:
        return max((known.words[other] * like for other, like in self._near(word) if other in known.words), default=0.0)

    def _is_neutral(self, token: Token) -> bool:
        neutral = self._topics.neutral
        return token.lemma in neutral or token.text in neutral or token.text in VALUES

    def _prices(self, asked: _Question, known: _Known, explained: int) -> bool:
        """Whether a fact tells the price of what a question about a price names."""
        if not known.money:
            return False
        covered = {at for at, word in asked.content.items() if self._near_any(word, known.heads) or explained >> at & 1}
        things = {at: word for at, word in asked.content.items() if at in covered or at not in asked.verbs}
        if not things:
            listed = known.fact.topic == "prices" and any(word in _PRICE_LIST for word in known.heads)
            return (listed and bool(explained) and not asked.content) or bool(explained & ~asked.price)
        last = asked.price.bit_length() - 1
        after = [at for at in things if at > last]
        first = min(after) if after else min(things)
        if known.fact.topic == "prices":
            whole = any(item and all(self._named(word, things) for word in item) for item in known.items)
            return first in covered and (len(covered) == len(asked.content) or whole)
        return first in covered and len(covered) >= KNOWN_SHARE * len(things)

    def _near_any(self, word: str, heads: frozenset[str]) -> bool:
        return any(other in heads for other, _ in self._near(word))

    def _named(self, head: str, things: dict[int, str]) -> bool:
        return any(head == other for word in things.values() for other, _ in self._near(word))

    def _prepare(self, fact: Fact) -> _Known:
        goods = GOODS if fact.topic in LISTS else VALUE
        words: dict[str, float] = {}
        for text, weight in (
            (fact.say, SAY),
            (fact.value, goods),
            (fact.label, LABEL),
            (" ".join(fact.keywords), KEYWORD),
        ):
            for lemma in self._groups(text):
                weight_here = min(weight, GENERIC) if lemma in self._topics.generic else weight
                words[lemma] = max(weight_here, words.get(lemma, 0.0))
        named = [frozenset(self._groups(one)) for one in _items(fact)]
        if fact.topic == "prices":
            named += [frozenset(label)] if not _PRICE_LIST & set(label := self._groups(fact.label)) else []
        items = tuple(one - self._topics.generic for one in named)
        heads = frozenset(self._groups(f"{fact.label} {' '.join(fact.keywords)}")).union(*named)
        topic = self._topics.topics.get(fact.topic, Topic())
        return _Known(fact, topic, words, bool(_MONEY.search(f"{fact.value} {fact.say}")), heads, items)

    def _groups(self, text: str) -> list[str]:
        return [self._topics.group(lemma) for lemma in content_lemmas(self._lemmas.tokens(text))]


def _doubted(found: Found) -> Found:
    return replace(found, score=min(found.score, SURE - 0.01))


def _items(fact: Fact) -> list[str]:
    """Of a price list, the words that name each thing: "чистка ноутбука" of "чистка ноутбука от 1500 рублей"."""
    if fact.topic != "prices":
        return []
    parts = [part for part in fact.value.split(",") if _AMOUNT.search(part) and not _CONDITION.match(part)]
    return [_AMOUNT.split(part, maxsplit=1)[0] for part in parts]
