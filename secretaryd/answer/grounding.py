"""Is what a model says taken from what it was told? PURE.

A model copies facts with slips of a digit or a letter, moves a price to another thing, agrees to what a caller wants to
hear; a caller cannot see that. So every figure, proper name, day, measure and promise in a sentence must occur in what
the answer may be made of, whether in digits or in words; else the sentence is not spoken.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from secretaryd.answer.figures import figures
from secretaryd.answer.parts import Parts
from secretaryd.answer.promises import promises
from secretaryd.answer.words import CONTENT, Lemmas, plain_words, word_set

_NAME = re.compile(r"(?<=[\w,»«—-] )[«\"(]?([A-ZА-ЯЁ][\w-]+)|[«\"]([\w-]+)")
_WORD = re.compile(r"[^\W_]+")
_END = re.compile(r"[.!?…](?=\s|$)")
_POLITE: Final = word_set("вы ваш")
_MEASURES: Final = word_set("""
    рубль тысяча процент час минута день неделя месяц год сутки понедельник вторник среда четверг пятница суббота
    воскресенье будни выходной праздник ежедневно ежедневный круглосуточно круглосуточный сегодня завтра послезавтра
    ruble rubles percent hour hours minute minutes day days week weeks month months year years monday tuesday wednesday
    thursday friday saturday sunday weekend weekends daily today tomorrow
""")
_SAME_MEASURE: Final = {"час": "часы", "день": "ежедневно"}
""" "Часы работы: ежедневно с 9 до 20" may be told as "каждый день до 20 часов"."""
_DENIALS: Final = word_set("не нет без нельзя только кроме никогда not no never only without except")
_AGREES: Final = word_set(
    "да конечно разумеется безусловно верно правильно точно можно yes sure certainly absolutely right"
)
"""First words that turn into a promise whatever the caller has said."""
_EXISTS: Final = word_set("есть имеется имеются бывает бывают найдется")
_HARMLESS: Final = word_set("""
    вопрос помощь сообщение спасибо сожаление компания звонок информация здравствуйте день минута секунда связь
    магазин офис салон клиника сервис мастерская течение клиент
    стоимость оплата работа срок время адрес услуга цена
""")
"""Nouns that any answer may have."""


def copied_sentence(text: str, value: str) -> str:
    """The beginning of a text up to the end of the sentence that holds a value word by word; empty where none does, or
    where the sentence is not over."""
    found = [(match.group().lower().replace("ё", "е"), match.end()) for match in _WORD.finditer(text)]
    wanted = [match.group().lower().replace("ё", "е") for match in _WORD.finditer(value)]
    for at in range(len(found) - len(wanted) + 1):
        if wanted and [word for word, _ in found[at : at + len(wanted)]] == wanted:
            end = _END.search(text, found[at + len(wanted) - 1][1])
            return text[: end.end()].strip() if end else ""
    return ""


class Ground:
    """What is known in one answer: prompt, history, the caller's words.

    `strict` is for the smallest models, which take the right number from the wrong place: a number must then stand
    beside a word that it stands beside in the known text. `subject`: where given, each answer must begin with a
    sentence that has a word of it. `claims`: the only text that figures, measures and promises may come from ("": there
    must be none); without it, everything known. `value`: the fact's value, whose figures stay with their things.
    """

    def __init__(
        self,
        known: Iterable[str],
        lemmas: Lemmas,
        *,
        strict: bool = False,
        subject: str = "",
        claims: str | None = None,
        heard: str = "",
        value: str = "",
    ) -> None:
        text = "\n".join(known)
        self._lemmas, self._strict = lemmas, strict
        self._subject = {token.lemma for token in lemmas.tokens(subject) if token.weight == CONTENT}
        self._pairs = {pair for line in text.split("\n") for pair in self._beside(line)}
        self._words = self._both(text)
        self._limited, self._claims = claims is not None, text if claims is None else claims
        self._figures, self._promised = figures(self._claims, loose=True), promises(self._claims)
        self._claimed = self._both(self._claims)
        self._parts, self._question = Parts(value, lemmas), heard
        self._heard, self._heard_figures = self._both(heard), figures(heard, loose=True)

    def stray(self, sentence: str) -> str:
        """The first figure, name, promise or the like in the sentence that was made up; empty where there is none."""
        words = plain_words(sentence)
        measures = [word for word in words if self._lemmas.lemma(word) in _MEASURES or word in _MEASURES]
        spoken = figures(sentence)
        # The caller's own number may be read back, but no measure may be taken from the caller's words.
        told = self._figures if measures or promises(sentence) else self._figures | self._heard_figures
        if made_up := sorted(spoken - told):
            return made_up[0]
        if word := self._unknown_name(sentence):
            return word
        if self._limited and (word := self._unfounded(sentence, words, measures)):
            return word
        if word := self._parts.misplaced(sentence, self._question):
            return word
        return self._misplaced(sentence) if self._strict else ""

    def off_subject(self, sentence: str) -> bool:
        """Whether the first sentence of an answer speaks of something else than the fact it was given."""
        return bool(self._subject) and not self._subject & set(self._lemmas.lemmas(sentence))

    def _unknown_name(self, sentence: str) -> str:
        for found in _NAME.finditer(sentence):
            word = (found[1] or found[2]).lower().replace("ё", "е")
            if self._lemmas.lemma(word) in _POLITE:
                continue
            if not self._knows(word) and not any(self._knows(part) for part in word.split("-")):
                return word
        return ""

    def _unfounded(self, sentence: str, words: list[str], measures: list[str]) -> str:
        """A promise, measure, denial or thing that the fact does not have."""
        if made_up := sorted(promises(sentence) - self._promised):
            return made_up[0]
        for word in measures:
            lemma = self._lemmas.lemma(word)
            if not {word, lemma, _SAME_MEASURE.get(lemma, lemma)} & self._claimed:
                return word
        if not self._claims:
            return next((word for word in words if word in _EXISTS or (word in _AGREES and word == words[0])), "")
        if denied := (_DENIALS & set(words)) ^ (_DENIALS & self._claimed):
            return min(denied)
        return "" if sentence.rstrip().endswith("?") else self._unknown_thing(words, bool(figures(sentence)))

    def _unknown_thing(self, words: list[str], with_figures: bool) -> str:
        """A noun that neither the fact nor, in a sentence without figures, the caller has named."""
        for word in words:
            tag, lemma = self._lemmas.tag(word), self._lemmas.lemma(word)
            if tag is None or tag.POS != "NOUN" or lemma in _HARMLESS or lemma in _MEASURES:
                continue
            if lemma not in self._claimed and word not in self._claimed and (with_figures or lemma not in self._heard):
                return word
        return ""

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

    def _both(self, text: str) -> set[str]:
        """Words and their lemmas. Line by line: a word list is cut at a length that a whole prompt may have."""
        words = [word for line in text.split("\n") for word in plain_words(line)]
        return set(words) | {self._lemmas.lemma(word) for word in words}
