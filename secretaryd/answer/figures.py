"""Numbers in a text, whether written in digits or in words: "с девяти до двадцати тридцати" is {9, 20, 30}. PURE."""

import re
from typing import Final

from secretaryd.answer.words import word_set

_WORD = re.compile(r"[^\W_]+")
_DIGITS = re.compile(r"\d+")
_CASES = {
    1: "один одна одно одного одной одну одним первый первого первом первая первую",
    2: "два две двух двум двумя второй второго втором вторая вторую",
    3: "три трех трем тремя третий третьего третьем третья третью",
    4: "четыре четырех четырем четвертый четвертого четвертом",
    5: "пять пяти пятью пятый пятого пятом пятая",
    6: "шесть шести шестью шестой шестого шестом",
    7: "семь семи семью седьмой седьмого седьмом",
    8: "восемь восьми восьмью восьмой восьмого восьмом",
    9: "девять девяти девятью девятый девятого девятом",
    10: "десять десяти десятью десятый десятого десятом",
    11: "одиннадцать одиннадцати",
    12: "двенадцать двенадцати",
    13: "тринадцать тринадцати",
    14: "четырнадцать четырнадцати",
    15: "пятнадцать пятнадцати",
    16: "шестнадцать шестнадцати",
    17: "семнадцать семнадцати",
    18: "восемнадцать восемнадцати",
    19: "девятнадцать девятнадцати",
    20: "двадцать двадцати",
    30: "тридцать тридцати",
    40: "сорок сорока",
    50: "пятьдесят пятидесяти",
    60: "шестьдесят шестидесяти",
    70: "семьдесят семидесяти",
    80: "восемьдесят восьмидесяти",
    90: "девяносто девяноста",
    100: "сто ста",
    200: "двести двухсот",
    300: "триста трехсот",
    400: "четыреста четырехсот",
    500: "пятьсот пятисот",
    600: "шестьсот шестисот",
    700: "семьсот семисот",
    800: "восемьсот восьмисот",
    900: "девятьсот девятисот",
}
_ENGLISH = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_ENGLISH_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
VALUES: Final[dict[str, int]] = (
    {word: value for value, words in _CASES.items() for word in words.split()}
    | {word: value for value, word in enumerate(_ENGLISH)}
    | {word: 10 * value for value, word in enumerate(_ENGLISH_TENS, 2)}
    | {"ноль": 0, "нуль": 0, "полтора": 1, "полторы": 1, "полчаса": 30, "hundred": 100}
)
"""Words for numbers, lower case, ё as е."""
_THOUSANDS = word_set("тысяча тысячи тысяч тысячу тысячей тыс thousand")
_LOOSE: Final = word_set("один одна одно одного одной одну одним one первый первая первую второй")
"""Number words that occur in speech without being figures."""


def figures(text: str, *, loose: bool = False) -> frozenset[str]:
    """The numbers, in digits without leading zeros; ":00" of an hour is left out. "один" and the like count only
    with `loose`."""
    plain = re.sub(r"(?<=\d)[:.]00\b", "", text)
    plain = re.sub(r"(?<=\d)\s(?=000\b)", "", plain)
    found: set[str] = set()
    total = last = 0
    open_ = False
    words = _WORD.findall(plain.lower().replace("ё", "е"))
    for word in [*words, ""]:
        value = VALUES.get(word)
        if word.isdecimal():
            value = int(word) if len(word) < 12 else None
        if word in _THOUSANDS and open_:
            total, last = total * 1000, 1000
            continue
        small = value is not None and not word.isdecimal() and (not open_ or value < last)
        if open_ and small and last >= 20:
            total, last = total + (value or 0), value or 0
            continue
        if open_:
            found.add(str(total))
            open_ = False
        if value is not None and (loose or word not in _LOOSE or word.isdecimal()):
            total, last, open_ = value, value if not word.isdecimal() else 0, True
            if word.isdecimal():
                last = 0
    found |= {digits.lstrip("0") or "0" for word in words for digits in _DIGITS.findall(word) if not word.isdecimal()}
    return frozenset(found)
