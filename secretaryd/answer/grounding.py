"""Is what a model says taken from what it was told? PURE.

A small model copies facts with slips of a digit or a letter, and a caller cannot see that. So numbers and proper names
in a sentence must occur in what the model was given; else the sentence is not spoken.
"""

import re
from collections.abc import Iterable
from typing import Final

from secretaryd.answer.collect_numbers import NUMBER_WORDS
from secretaryd.answer.words import Lemmas, plain_words, word_set

_DIGITS = re.compile(r"\d+")
_NAME = re.compile(r"(?<=[\w,»«—-] )[«\"(]?([A-ZА-ЯЁ][\w-]+)|[«\"]([\w-]+)")
_SMALL: Final = word_set("один одна одно два две ноль one two")
"""Number words that occur in speech without being figures."""
_POLITE: Final = word_set("вы ваш")


class Ground:
    """What is known in one answer: prompt, history, the caller's words."""

    def __init__(self, known: Iterable[str], lemmas: Lemmas) -> None:
        text = "\n".join(known)
        self._lemmas = lemmas
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
        return ""

    def _knows(self, word: str) -> bool:
        return word in self._words or self._lemmas.lemma(word) in self._words
