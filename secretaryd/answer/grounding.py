"""Is what a model says taken from what it was told? PURE.

A small model copies facts with slips of a digit or a letter, and a caller cannot see that. So numbers and proper names
in a sentence must occur in what the model was given; else the sentence is not spoken.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from secretaryd.answer.collect_numbers import NUMBER_WORDS
from secretaryd.answer.words import CONTENT, Lemmas, plain_words, word_set

_DIGITS = re.compile(r"\d+")
_NAME = re.compile(r"(?<=[\w,»«—-] )[«\"(]?([A-ZА-ЯЁ][\w-]+)|[«\"]([\w-]+)")
_SMALL: Final = word_set("один одна одно два две ноль one two")
"""Number words that occur in speech without being figures."""
_POLITE: Final = word_set("вы ваш")


class Ground:
    """What is known in one answer: prompt, history, the caller's words.

    `strict` is for the smallest models, which take the right number from the wrong place: a number must then stand
    beside a word that it stands beside in the known text. `subject`: where given, each answer must begin with a
    sentence that has a word of it.
    """

    def __init__(self, known: Iterable[str], lemmas: Lemmas, *, strict: bool = False, subject: str = "") -> None:
        text = "\n".join(known)
        self._lemmas, self._strict = lemmas, strict
        self._subject = {token.lemma for token in lemmas.tokens(subject) if token.weight == CONTENT}
        self._pairs = {pair for line in text.split("\n") for pair in self._beside(line)}
        self._digits = {digits.lstrip("0") or "0" for digits in _DIGITS.findall(text)}
        words = [word for line in text.split("\n") for word in plain_words(line)]
        self._words = set(words) | {lemmas.lemma(word) for word in words}

    def stray(self, sentence: str) -> str:
        """The first number or name in the sentence that was made up; empty where there is none."""
        for digits in _DIGITS.findall(sentence):
            if (digits.lstrip("0") or "0") not in self._digits:
                return str(digits)
        for word in plain_words(sentence):
            if word in NUMBER_WORDS and word not in _SMALL and not self._knows(word):
                return word
        for found in _NAME.finditer(sentence):
            word = (found[1] or found[2]).lower().replace("ё", "е")
            if self._lemmas.lemma(word) in _POLITE:
                continue
            if not self._knows(word) and not any(self._knows(part) for part in word.split("-")):
                return word
        return self._misplaced(sentence) if self._strict else ""

    def off_subject(self, sentence: str) -> bool:
        """Whether the first sentence of an answer speaks of something else than the fact it was given."""
        return bool(self._subject) and not self._subject & set(self._lemmas.lemmas(sentence))

    def _beside(self, line: str) -> set[tuple[str, str]]:
        """Pairs of neighbouring words in which one is a number."""
        words = [word if word.isdecimal() else self._lemmas.lemma(word) for word in plain_words(line)]
        return {pair for pair in pairwise(words) if pair[0].isdecimal() or pair[1].isdecimal()}

    def _misplaced(self, sentence: str) -> str:
        """A number none of whose neighbours here is one of its neighbours there."""
        pairs = self._beside(sentence)
        for number in {word for pair in pairs for word in pair if word.isdecimal()}:
            if not any(number in pair and pair in self._pairs for pair in pairs):
                return number
        return ""

    def _knows(self, word: str) -> bool:
        return word in self._words or self._lemmas.lemma(word) in self._words
