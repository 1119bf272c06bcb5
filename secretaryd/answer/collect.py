"""A message out of dictated phrases: who, on what number, about what. PURE.

Phrases are as a recogniser gives them; each is added together with what the caller had been asked for. Nothing that was
said is thrown away: what is neither a name nor a number is the matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from secretaryd.answer.collect_numbers import (
    MAX_DIGITS,
    PLUS,
    Run,
    counts_goods,
    in_number,
    is_whole,
    may_go_on,
    normalised,
    number_runs,
    read_digits,
    unit_lost,
)
from secretaryd.answer.words import Lemmas, plain_words, word_set

MAX_MATTER: Final = 1000
NAME_WORDS: Final = 3
SHORT_ANSWER: Final = 3
"""Words of an answer to "what name, what number?" that are no message: "не надо", "с этого"."""
LONE_NUMBER: Final = 6
"""Digits from which a run of number words, unless it counts goods, is taken for a telephone number even where none was
asked for."""


class Asked(StrEnum):
    """What the last question was about."""

    NOTHING = ""
    NAME = "name"
    NUMBER = "number"
    MATTER = "matter"


@dataclass(frozen=True, slots=True)
class Fields:
    """What is known so far; empty strings where nothing is. `number` is E.164 where the digits make one; `dictated` are
    the words of it, kept since it may go on in the next phrase."""

    name: str = ""
    number: str = ""
    matter: str = ""
    dictated: tuple[str, ...] = ()

    @property
    def callback(self) -> str:
        """The number, or the digits that were understood of one."""
        return self.number or (read_digits(self.dictated) if self.dictated else "")

    @property
    def missing(self) -> tuple[Asked, ...]:
        """What is still to be asked for, in order."""
        wanted = ((Asked.MATTER, self.matter), (Asked.NAME, self.name), (Asked.NUMBER, self.number))
        return tuple(asked for asked, value in wanted if not value)


_NAME_LEADS = (
    ("меня", "зовут"), ("мое", "имя"), ("это", "говорит"), ("говорит",), ("вас", "беспокоит"), ("беспокоит",),
    ("моя", "фамилия"), ("это",), ("я",), ("my", "name", "is"), ("this", "is"), ("i", "am"), ("its",),
)  # fmt: skip
_SURE_LEADS = frozenset({("меня", "зовут"), ("мое", "имя"), ("моя", "фамилия"), ("my", "name", "is")})
_NAME_TAILS = (("меня", "зовут"), ("зовут", "меня"))
_FROM = word_set("из от from")
_NUMBER_LEADS = word_set("""
    номер номеру телефон телефона телефону мой запишите записывайте диктую по на звоните это мобильный домашний
    да ну вот так number phone my is it
""")
_SURE_NUMBER_LEADS = word_set("номер номеру телефон телефона телефону диктую number phone")
_THIS = word_set("этот этого этому тот же него него которого текущий this same")
_NUMBER = word_set("номер номера номеру телефон телефона телефону звоню number phone")
_MATTER_LEADS = (
    ("хочу", "оставить", "сообщение"), ("хотел", "оставить", "сообщение"), ("хотела", "оставить", "сообщение"),
    ("можно", "оставить", "сообщение"), ("передайте", "пожалуйста", "что"), ("передайте", "что"), ("передайте",),
    ("скажите", "что"), ("сообщите", "что"), ("запишите",), ("я", "звоню"), ("звоню",),
    ("я", "хочу", "оставить", "сообщение"), ("i", "want", "to", "leave", "a", "message"),
    ("please", "tell", "him", "that"), ("please", "tell", "them", "that"), ("tell", "him", "that"),
)  # fmt: skip
_IDLE = word_set("""
    алло здравствуйте добрый доброе день вечер утро ну э эм а да нет вот так значит пожалуйста спасибо хорошо верно
    угу ага
    hello hi yes no well um please thanks thank you okay
""")
_NOT_NAMES = word_set("робот секретарь автоответчик вы кто я он она компания не насчет по что")


class Collector:
    """Turns phrases into fields; keeps nothing itself."""

    def __init__(self, lemmas: Lemmas, caller: str | None = None) -> None:
        """`caller` is the number that the call comes from, for "call me back on this one"."""
        self._lemmas, self._caller = lemmas, caller

    def add(self, fields: Fields, heard: str, asked: Asked = Asked.NOTHING) -> Fields:
        """The fields with one more phrase taken in. Never raises, whatever the phrase."""
        words = plain_words(heard)
        fields, words = self._number(fields, words, asked)
        name, words = self._name(words, asked)
        if name and (not fields.name or asked is Asked.NAME):
            fields = replace(fields, name=name)
        matter = " ".join(_matter(words))
        if matter and not (asked in (Asked.NUMBER, Asked.NAME) and len(matter.split()) <= SHORT_ANSWER):
            fields = replace(fields, matter="; ".join(filter(None, (fields.matter, matter)))[:MAX_MATTER])
        return fields

    def without_number(self, fields: Fields) -> Fields:
        """For "no, that is wrong": the number is asked for again."""
        return replace(fields, number="", dictated=())

    def continued(self, fields: Fields, heard: str) -> str:
        """The whole number where a phrase gives the unit of its last tens, said late: "восемьдесят" | "девять". Empty
        where it does not."""
        said = tuple(word for word in plain_words(heard) if word not in _IDLE)
        if len(said) != 1 or not may_go_on(fields.dictated):
            return ""
        whole = _number_of(fields.dictated + said) if in_number(said[0]) else ""
        return whole if whole[:-1] == fields.number[:-1] else ""

    def _number(self, fields: Fields, words: list[str], asked: Asked) -> tuple[Fields, list[str]]:
        """The fields with the number words of a phrase, and the words that are left."""
        runs = _joined(number_runs(words), words)
        if asked is not Asked.NUMBER and not (fields.dictated and not fields.number):
            runs = [run for run in runs if _stands_alone(run, words)][:1]
        if not runs:
            if asked is Asked.NUMBER and self._caller and says_this_number(words):
                return replace(fields, number=self._caller, dictated=()), []
            return fields, words
        said = tuple(word for run in runs for word in words[run.start : run.end] if in_number(word))
        left = [word for at, word in enumerate(words) if not any(_begin(run, words) <= at < run.end for run in runs)]
        on = read_digits(fields.dictated + said)
        if not is_whole(on) and (is_whole(read_digits(said)) or len(on) > MAX_DIGITS):
            return replace(fields, number=_number_of(said), dictated=said), left  # the caller began again
        number = _number_of(fields.dictated + said) or fields.number
        if self._caller and unit_lost(said, number, self._caller):
            number = self._caller
        return replace(fields, number=number, dictated=fields.dictated + said), left

    def _name(self, words: list[str], asked: Asked) -> tuple[str, list[str]]:
        """The name in a phrase, and the words that are left."""
        for lead in _NAME_LEADS:
            at = _find(words, lead)
            if at < 0:
                continue
            first = at + len(lead)
            end = self._name_end(words, first, sure=lead in _SURE_LEADS)
            if end > first:
                return self._with_company(words, at, first, end)
        for tail in _NAME_TAILS:
            at = _find(words, tail)
            first = max(0, at - NAME_WORDS)
            while first < at and not self._lemmas.is_personal_name(words[first]):
                first += 1
            if 0 <= first < at:
                return _title(words[first:at]), words[:first] + words[at + len(tail) :]
        if asked is Asked.NAME:
            kept = [word for word in words if word not in _IDLE]
            named = [word for word in kept if self._lemmas.is_personal_name(word)]
            if named or 0 < len(kept) <= NAME_WORDS:
                taken = named[:NAME_WORDS] or kept
                return _title(taken), [word for word in kept if word not in taken]
        return "", words

    def _name_end(self, words: Sequence[str], first: int, *, sure: bool) -> int:
        """Where the name that begins at `first` ends; `first` itself where there is none."""
        end = first
        while end < min(len(words), first + NAME_WORDS) and self._lemmas.is_personal_name(words[end]):
            end += 1
        if end == first and sure and first < len(words) and words[first] not in _NOT_NAMES:
            end += 1  # a name that the dictionary does not know
        return end

    def _with_company(self, words: list[str], at: int, first: int, end: int) -> tuple[str, list[str]]:
        name = _title(words[first:end])
        if end + 1 < len(words) and words[end] in _FROM and words[end + 1] not in _NOT_NAMES:
            return f"{name} {words[end]} {words[end + 1].capitalize()}", words[:at] + words[end + 2 :]
        return name, words[:at] + words[end:]


def says_this_number(words: Sequence[str]) -> bool:
    """Whether a caller who was asked for a number means the one that he calls from."""
    return bool(_THIS & set(words)) and (bool(_NUMBER & set(words)) or len(words) <= SHORT_ANSWER)


def _number_of(words: tuple[str, ...]) -> str:
    digits = read_digits(words) if words else ""
    return normalised(digits) if is_whole(digits) else ""


def _stands_alone(run: Run, words: Sequence[str]) -> bool:
    """Whether a run is a telephone number although none was asked for."""
    if run.start > 0 and words[run.start - 1] in _SURE_NUMBER_LEADS:
        return True
    said = [word for word in words[run.start : run.end] if in_number(word)]
    return len(run.digits.lstrip("+")) >= LONE_NUMBER and not counts_goods(said)


def _begin(run: Run, words: Sequence[str]) -> int:
    """Where a run begins with what leads to it ("запишите мой номер")."""
    start = run.start
    while start > 0 and words[start - 1] in _NUMBER_LEADS:
        start -= 1
    return start


def _joined(runs: list[Run], words: Sequence[str]) -> list[Run]:
    """Runs that a filler alone separates belong together ("девятьсот э двенадцать")."""
    out: list[Run] = []
    for run in runs:
        before = out[-1] if out else None
        if before and all(word in _IDLE for word in words[before.end : run.start]):
            said = [word for word in words[before.start : run.end] if in_number(word)]
            out[-1] = Run(before.start, run.end, read_digits(said))
        else:
            out.append(run)
    return out


def _find(words: Sequence[str], wanted: Sequence[str]) -> int:
    return next((i for i in range(len(words)) if tuple(words[i : i + len(wanted)]) == tuple(wanted)), -1)


def _title(words: Sequence[str]) -> str:
    return " ".join(word.capitalize() for word in words)


def _matter(words: list[str]) -> list[str]:
    """What is left once courtesies at both ends and "please tell them that" are taken off."""
    while True:
        before = len(words)
        for lead in _MATTER_LEADS:
            if tuple(words[: len(lead)]) == lead:
                words = words[len(lead) :]
        while words and (words[0] in _IDLE or words[0] in ("что", PLUS)):
            words = words[1:]
        while words and words[-1] in _IDLE:
            words = words[:-1]
        if len(words) == before:
            return words
