"""Telephone numbers as people dictate them: number words, digits or both, grouped as they please. PURE."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Final

MAX_DIGITS: Final = 15  # ITU-T E.164, 6.2.1
LOCAL_DIGITS: Final = (6, 7)
MAX_READINGS: Final = 64
LEAST_GROUPS: Final = 3

_UNITS = {
    "ноль": 0, "нуль": 0, "один": 1, "одна": 1, "одно": 1, "раз": 1, "два": 2, "две": 2, "три": 3, "четыре": 4,
    "пять": 5, "шесть": 6, "семь": 7, "восемь": 8, "девять": 9, "zero": 0, "oh": 0, "one": 1, "two": 2, "three": 3,
    "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
}  # fmt: skip
_TEENS = {
    "десять": 10, "одиннадцать": 11, "двенадцать": 12, "тринадцать": 13, "четырнадцать": 14, "пятнадцать": 15,
    "шестнадцать": 16, "семнадцать": 17, "восемнадцать": 18, "девятнадцать": 19, "ten": 10, "eleven": 11, "twelve": 12,
    "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "двадцать": 20, "тридцать": 30, "сорок": 40, "пятьдесят": 50, "шестьдесят": 60, "семьдесят": 70,
    "восемьдесят": 80, "девяносто": 90, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_HUNDREDS = {
    "сто": 100, "двести": 200, "триста": 300, "четыреста": 400, "пятьсот": 500, "шестьсот": 600, "семьсот": 700,
    "восемьсот": 800, "девятьсот": 900,
}  # fmt: skip
_SAME = {  # "три нуля", "две семёрки"
    "нуля": 0, "нолей": 0, "нулей": 0, "ноля": 0, "единицы": 1, "двойки": 2, "тройки": 3, "четверки": 4, "пятерки": 5,
    "шестерки": 6, "семерки": 7, "восьмерки": 8, "девятки": 9,
}  # fmt: skip
PLUS: Final = "плюс"
NUMBER_WORDS: Final = frozenset({*_UNITS, *_TEENS, *_TENS, *_HUNDREDS} - {"раз", "oh"})
"""Lower case, ё as е."""
IN_NUMBERS: Final = NUMBER_WORDS | set(_SAME) | {"раз", "oh", PLUS, "plus"}


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring number words in a phrase: words[start:end], read as `digits` (a leading + kept)."""

    start: int
    end: int
    digits: str


def in_number(word: str) -> bool:
    """Whether a word can be a part of a dictated number."""
    return word in IN_NUMBERS or word.replace("-", "").isdecimal()


def number_runs(words: Sequence[str]) -> list[Run]:
    """The stretches of numbers in a phrase (words in lower case, ё as е)."""
    runs: list[Run] = []
    at = 0
    while at < len(words):
        end = at
        while end < len(words) and in_number(words[end]):
            end += 1
        if end > at and (digits := read_digits(words[at:end])):
            runs.append(Run(at, end, digits))
        at = max(end, at + 1)
    return runs


def counts_goods(words: Sequence[str]) -> bool:
    """Whether number words are rather one or two quantities than a number to be dialled, whose digits people say in
    three groups or more: "сто двести" are roses, and "сто сто" is what a recogniser made of "стол стулья"."""
    return all(word in IN_NUMBERS for word in words) and len(_groups(words)) < LEAST_GROUPS


def read_digits(words: Sequence[str]) -> str:
    """The digits of number words; of several readings the first that makes a whole telephone number."""
    readings = list(islice(_readings(words), MAX_READINGS))
    return next((digits for digits in readings if is_whole(digits)), readings[0])


def normalised(digits: str) -> str:
    """E.164 where the digits make a Russian number or begin with +; else the digits as they are."""
    bare = digits.lstrip("+")
    if digits.startswith("+") and 10 <= len(bare) <= MAX_DIGITS:
        return "+" + bare
    if len(bare) == 11 and bare[0] in "78" and bare[1] in "3489":
        return "+7" + bare[1:]
    if len(bare) == 10 and bare[0] in "3489":
        return "+7" + bare
    return digits


def is_whole(digits: str) -> bool:
    """Whether the digits are a number that can be called: Russian, international with its +, or local. What begins
    with 8 or 9 is no local number but the beginning of a longer one."""
    whole = normalised(digits)
    if not whole.removeprefix("+").isdecimal():
        return False
    if whole.startswith("+"):
        return len(whole) == 12 if whole.startswith("+7") else 10 < len(whole) <= MAX_DIGITS + 1
    return len(whole) in LOCAL_DIGITS and whole[0] not in "89" and not whole.startswith("79")


def unit_lost(words: Sequence[str], number: str, caller: str) -> bool:
    """Whether `number`, dictated in `words`, is the caller's own but for a last digit that may have gone unheard: it
    ends with "восемьдесят", and his with 89."""
    ends_with_tens = bool(words) and words[-1] in _TENS
    return ends_with_tens and number != caller and number[:-1] == caller[:-1] and number.endswith("0")


def may_go_on(words: Sequence[str]) -> bool:
    """Whether a unit may still follow the last of the words: "восемьдесят" | "девять"."""
    return bool(words) and words[-1] in _TENS


def read_back(number: str) -> str:
    """A number in the groups in which it is said back, in digits: the speakable layer reads them."""
    if number.startswith("+7") and len(number) == 12:
        return f"8 ({number[2:5]}) {number[5:8]}-{number[8:10]}-{number[10:]}"
    plus, bare = number[: number.startswith("+")], number.lstrip("+")
    head = len(bare) % 2 + (2 if len(bare) % 2 else 0)
    groups = ([bare[:head]] if head else []) + [bare[i : i + 2] for i in range(head, len(bare), 2)]
    return plus + "-".join(groups)


def _readings(words: Sequence[str]) -> Iterator[str]:
    """Every way to read the words, the usual one first: "девятьсот ноль пять" is 90005 or 905."""
    pieces = [_join(pair) for pair in _groups(words)]
    for choice in product(*pieces):
        yield "".join(choice)


def _groups(words: Sequence[str]) -> list[tuple[str, ...]]:
    """Words that can make one number together, such as (сто, двадцать, три)."""
    groups: list[tuple[str, ...]] = []
    at = 0
    while at < len(words):
        size = 1
        if words[at] in _HUNDREDS and at + 1 < len(words):
            after = words[at + 1]
            if after in _TENS:
                size = 3 if at + 2 < len(words) and _UNITS.get(words[at + 2], 0) else 2
            elif after in _TEENS or (_UNITS.get(after, 0)):
                size = 2
            elif after in _UNITS and at + 2 < len(words) and _UNITS.get(words[at + 2], 0):
                size = 3
        elif at + 1 < len(words) and (
            (words[at] in _TENS and _UNITS.get(words[at + 1], 0)) or (words[at] in _UNITS and words[at + 1] in _SAME)
        ):
            size = 2
        groups.append(tuple(words[at : at + size]))
        at += size
    return groups


def _join(group: tuple[str, ...]) -> tuple[str, ...]:
    """The readings of one group, the usual one first."""
    if len(group) == 1:
        return (_alone(group[0]),)
    if group[1] in _SAME:
        return (str(_SAME[group[1]]) * _UNITS[group[0]],)
    together = str(sum(_value(word) for word in group))
    if group[0] in _HUNDREDS and group[1] in _UNITS and len(group) == 3:  # девятьсот ноль пять
        return ("".join(_alone(word) for word in group), together)
    return (together,)


def _alone(word: str) -> str:
    if word in (PLUS, "plus"):
        return "+"
    return str(_value(word)) if word in NUMBER_WORDS or word in _UNITS else "".join(c for c in word if c.isdecimal())


def _value(word: str) -> int:
    for table in (_UNITS, _TEENS, _TENS, _HUNDREDS):
        if word in table:
            return table[word]
    return 0
