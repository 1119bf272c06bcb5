"""Words of a phrase as a recogniser gives it (lower case, no punctuation), their lemmas and their weight. PURE."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import pymorphy3

MAX_TEXT: Final = 1000
MAX_WORDS: Final = 60
MAX_CACHED: Final = 4096

SHORTEST_NAME: Final = 3

LIGHT: Final = 0.3
"""Weight of a function word: recognisers lose them and callers leave them out."""
QUESTION: Final = 0.8
CONTENT: Final = 1.5

_RUSSIAN = re.compile(r"[а-яё]+(?:-[а-яё]+)*")
_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")


def word_set(text: str) -> frozenset[str]:
    """The words of a table, ё as е as everywhere in comparisons."""
    return frozenset(text.replace("ё", "е").split())


_LIGHT = word_set("""
    я ты вы мы он она они свой ваш наш мой это этот тот то же ли бы и а но или в во на с со к ко у о об от до за из по
    для при через не ни уж уже там тут сейчас сегодня вообще есть быть можно мочь нужно надо такой какой-то весь всё
    себя
    the a an you your i we it is are do does did to of in on at for from be can could would will my me there this that s
    have has get please today now any by with and or
""")
_QUESTION = word_set("""
    как какой где куда откуда когда сколько что кто чей почему зачем который
    what when where who how which why much many
""")
_FILLERS = word_set("""
    а ну э эм ммм вот так ага угу ой алло алё пожалуйста скажите подскажите скажи подскажи здравствуйте здравствуй
    здрасьте привет девушка слушайте извините простите подождите минутку минуточку секунду секундочку хорошо понятно
    ладно ясно интересует интересно допустим значит короче типа
    um uh er well hello hi please hey okay ok excuse sorry
""")


def _by_first_word(phrases: Iterable[str]) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases:
        words = tuple(phrase.split())
        found.setdefault(words[0], []).append(words)
    return found


_FILLER_PHRASES: Final = _by_first_word((
    "добрый день", "добрый вечер", "доброе утро", "доброго дня", "будьте добры", "будьте любезны", "не подскажете",
    "не скажете", "хотел бы узнать", "хотела бы узнать", "хотел узнать", "хотела узнать", "хочу узнать",
    "хотим узнать", "хотел спросить", "хотела спросить", "хочу спросить", "можно узнать", "можно спросить",
    "меня интересует", "нас интересует", "такой вопрос", "у меня вопрос", "один вопрос", "вы не подскажете",
    "good morning", "good afternoon", "good evening", "could you tell me",
    "can you tell me", "please tell me", "tell me",
    "i would like to know", "i want to know", "id like to know",
))  # fmt: skip
_LEAD_INS = word_set("узнать спросить скажите подскажите интересует вопрос know ask tell")


@dataclass(frozen=True, slots=True)
class Token:
    """A word as it was heard, its lemma and its weight in a comparison."""

    text: str
    lemma: str
    weight: float


def plain_words(text: str) -> list[str]:
    """Lower-case words without punctuation, ё as е; at most MAX_WORDS of them."""
    lowered = text[:MAX_TEXT].lower().replace("ё", "е").replace("'", "")
    return _WORD.findall(lowered)[:MAX_WORDS]


class Lemmas:
    """Dictionary forms (pymorphy3, OpenCorpora). Build one and share it: the dictionary takes 15 MB and 0.1 s.
    `morph` is the dictionary, for others who need it too."""

    def __init__(self) -> None:
        self.morph = pymorphy3.MorphAnalyzer(lang="ru")
        self._parse = lru_cache(MAX_CACHED)(self.morph.parse)

    def lemma(self, word: str) -> str:
        """Of one lower-case word; a word that is not Russian is its own."""
        if not _RUSSIAN.fullmatch(word):
            return word  # the analyser fails on letters that Unicode has no name for
        return str(self._parse(word)[0].normal_form).replace("ё", "е")

    def tag(self, word: str) -> Any | None:
        """Grammar of one lower-case word as pymorphy3 tells it (its likeliest reading); None for a word that is not
        Russian."""
        return self._parse(word)[0].tag if _RUSSIAN.fullmatch(word) else None

    def is_verb(self, word: str) -> bool:
        """Whether a lower-case word is likeliest a verb."""
        tag = self.tag(word)
        return tag is not None and tag.POS in ("VERB", "INFN")

    def lemmas(self, text: str) -> list[str]:
        """Of each word of a text."""
        return [self.lemma(word) for word in plain_words(text)]

    def is_personal_name(self, word: str) -> bool:
        """Whether a lower-case word can be a first name, a patronymic or a surname."""
        if len(word) < SHORTEST_NAME or weight(word) != CONTENT or not _RUSSIAN.fullmatch(word):
            return False
        return any({"Name", "Patr", "Surn"} & parsed.tag.grammemes for parsed in self._parse(word))

    def tokens(self, text: str) -> list[Token]:
        """The words that carry meaning, fillers and courtesies left out (unless there is nothing else)."""
        words = plain_words(text)
        kept = _without_fillers(words) or words
        return [_token(word, self.lemma(word)) for word in kept]

    def readings(self, text: str) -> list[list[Token]]:
        """The whole phrase, and what follows its last "I would like to know" or the like, where something does."""
        words = plain_words(text)
        found = [self.tokens(text)]
        cut = max((i for i, word in enumerate(words) if word in _LEAD_INS), default=-1)
        tail = _without_fillers(words[cut + 1 :])
        if cut >= 0 and any(weight(self.lemma(word)) == CONTENT for word in tail):
            found.append([_token(word, self.lemma(word)) for word in tail])
        return found


def weight(lemma: str) -> float:
    """How much a word matters when phrases are compared."""
    if lemma in _QUESTION:
        return QUESTION
    return LIGHT if lemma in _LIGHT else CONTENT


def content_lemmas(tokens: Iterable[Token]) -> list[str]:
    """Lemmas of the words that are neither function nor question words."""
    return [token.lemma for token in tokens if token.weight == CONTENT]


def _token(word: str, lemma: str) -> Token:
    return Token(word, lemma, min(weight(lemma), weight(word)))


def _without_fillers(words: list[str]) -> list[str]:
    kept: list[str] = []
    at = 0
    while at < len(words):
        begun = _FILLER_PHRASES.get(words[at], ())
        phrase = next((p for p in begun if tuple(words[at : at + len(p)]) == p), None)
        if phrase is not None:
            at += len(phrase)
            continue
        if words[at] not in _FILLERS:
            kept.append(words[at])
        at += 1
    return kept
