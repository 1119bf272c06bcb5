"""Number words and agreement; the one place that asks the dictionary (pymorphy3, OpenCorpora grammemes)."""

import re
from dataclasses import dataclass
from typing import Any, Final

from num2words import num2words

from voice.speakable.clean import STRESS, words

MAX_CARDINAL_DIGITS: Final = 12
MAX_SPELLED_DIGITS: Final = 40
"""A longer run of digits is cut: no caller follows it."""
CODE_DIGITS: Final = 7
"""A number this long that counts nothing is a code, read in pairs."""
CACHE_WORDS: Final = 4096

_CASE = {"nomn": "n", "gent": "g", "datv": "d", "accs": "a", "ablt": "i", "loct": "p"}
_ZERO = {"nomn": "ноль", "gent": "нуля", "datv": "нулю", "accs": "ноль", "ablt": "нулём", "loct": "нуле"}
_LONE_THOUSAND = re.compile(r"^(?:одна|одной|одну) (?=тысяч)")
_VARIANT_CASES = {"gen2": "gent", "gen1": "gent", "loc2": "loct", "loc1": "loct", "acc2": "accs"}
_OBLIQUE = ("gent", "datv", "ablt", "loct")

PREPOSITION_CASE: Final = {
    **dict.fromkeys(
        words(
            "с со до от ото из изо у около после без безо для кроме вместо возле более менее больше меньше "
            "дешевле выше ниже "
            "свыше порядка течение позднее позже раньше ранее старше младше среди против ближе дольше дороже"
        ),
        "gent",
    ),
    **dict.fromkeys(words("к ко"), "datv"),
    **dict.fromkeys(words("в во на за через про по спустя"), "accs"),
    **dict.fromkeys(words("между над перед"), "ablt"),
    **dict.fromkeys(words("о об обо при"), "loct"),
}

_ORDINAL_NOUNS = frozenset(
    words(
        "этаж подъезд класс курс вагон кабинет квартал маршрут век место урок глава группа очередь смена сорт разряд "
        "уровень линия путь выход зал число отделение ряд"
    )
)
_TIME_OF_DAY = frozenset(words("утра дня вечера ночи утром днём днем вечером ночью"))
_PLURAL_ONLY = frozenset(words("сутки"))


@dataclass(frozen=True, slots=True)
class NounForm:
    """One reading of a noun: lemma, gender ("m", "f", "n"), number and case."""

    lemma: str
    gender: str
    plural: bool
    case: str
    animate: bool


@dataclass(frozen=True, slots=True)
class Unit:
    """A counted thing: forms for 1, 2 and 5 (nominative), gender."""

    one: str
    few: str
    many: str
    gender: str = "m"


class Grammar:
    """Inflection over one dictionary. Keeps at most CACHE_WORDS parses."""

    def __init__(self, morph: Any) -> None:
        self._morph = morph
        self._parses: dict[str, list[Any]] = {}
        self._yo: dict[str, str] = {}

    def parse(self, word: str) -> list[Any]:
        """Readings of a word (stress marks ignored), most probable first."""
        word = word.replace(STRESS, "").lower()
        found = self._parses.get(word)
        if found is None:
            if len(self._parses) >= CACHE_WORDS:
                self._parses.clear()
            found = self._parses[word] = self._morph.parse(word)
        return found

    def inflect(self, word: str, *grammemes: str) -> str:
        """`word` in the form asked for, or as it is where the dictionary has no such form. Several words agree each."""
        if " " in word:
            return " ".join(self.inflect(part, *grammemes) for part in word.split(" "))
        wanted = set(grammemes)
        if word.isupper():
            return word
        for parsed in self.parse(word):
            if parsed.tag.POS not in ("NOUN", "ADJF"):
                continue
            form = parsed.inflect(wanted | {"inan"} if parsed.tag.POS == "ADJF" and "accs" in wanted else wanted)
            if form is not None:
                return _like(word, form.word)
        return word

    def nouns(self, word: str) -> list[NounForm]:
        """Readings of `word` as a noun, empty where it is more probably something else."""
        parses = self.parse(word)
        if not parses or not parses[0].is_known or (parses[0].tag.POS != "NOUN" and word != "раз"):
            return []
        forms = []
        for parsed in parses:
            tag = parsed.tag
            if tag.POS == "NOUN" and parsed.score > 0.005 and tag.case is not None:
                case = _VARIANT_CASES.get(tag.case, tag.case)
                gender = {"masc": "m", "femn": "f", "neut": "n"}.get(tag.gender, "m")
                forms.append(NounForm(parsed.normal_form, gender, tag.number == "plur", case, tag.animacy == "anim"))
        return forms

    def is_adjective(self, word: str) -> bool:
        """Whether `word` may stand between a number and its noun."""
        parses = self.parse(word)
        return bool(parses) and parses[0].tag.POS in ("ADJF", "PRTF")

    def with_yo(self, word: str) -> str:
        """`word` with ё where every reading in the dictionary has it there ("еще", not "все")."""
        known = self._yo.get(word)
        if known is None:
            if len(self._yo) >= CACHE_WORDS:
                self._yo.clear()
            known = self._yo[word] = self._restore(word)
        return known

    def _restore(self, word: str) -> str:
        if "е" not in word.lower() or STRESS in word:
            return word
        spellings = {parsed.word for parsed in self.parse(word) if parsed.is_known}
        if len(spellings) != 1:
            return word
        (spelling,) = spellings
        return _like(word, spelling) if len(spelling) == len(word) else word

    def cardinal(self, digits: str, case: str = "nomn", gender: str = "m") -> str:
        """A whole number in words; runs with leading zeros or too many digits are read digit by digit."""
        if (digits[0] == "0" and len(digits) > 1) or len(digits) > MAX_CARDINAL_DIGITS:
            return self.spelled(digits)
        number = int(digits)
        if number == 0:
            return _ZERO[case]
        low = number % 1000
        high = number - low
        parts = []
        if high:
            # num2words gives the millions the gender of the counted noun; so the parts are made apart.
            parts.append(num2words(high, lang="ru", case=_CASE[case], gender="m", animate=False))
        if low:
            parts.append(num2words(low, lang="ru", case=_CASE[case], gender=gender, animate=False))
        return _LONE_THOUSAND.sub("", " ".join(parts))

    def spelled(self, digits: str) -> str:
        """Leading zeros one by one, the rest in pairs and threes, as codes are read out."""
        digits = digits[:MAX_SPELLED_DIGITS]
        rest = digits.lstrip("0")
        words = ["ноль"] * (len(digits) - len(rest))
        size = 2 if len(rest) > 3 else 3
        groups = [rest[i : i + size] for i in range(0, len(rest), size)]
        for group in groups:
            words.append(self.spelled(group) if group[0] == "0" else self.cardinal(group))
        return " ".join(words)

    def ordinal(self, number: int, case: str = "nomn", gender: str = "m", *, plural: bool = False) -> str:
        """пятый, пятого, пятая, пятые …"""
        if number >= 10**9:
            return self.cardinal(str(number))
        words: str = num2words(
            number, lang="ru", to="ordinal", case=_CASE[case], gender=gender, plural=plural, animate=False
        )
        return words

    def decimal(self, whole: str, fraction: str, case: str = "nomn") -> str:
        """две целых пять десятых; more than three places are read as digits."""
        fraction = fraction.rstrip("0")
        if not fraction:
            return self.cardinal(whole, case)
        if len(fraction) > 3 or len(whole) > MAX_CARDINAL_DIGITS:
            return f"{self.cardinal(whole)} запятая {self.spelled(fraction)}"
        case = "gent" if case == "gent" else "nomn"
        one, many = ("целой", "целых") if case == "gent" else ("целая", "целых")
        size = 10 ** len(fraction)
        part = fraction.lstrip("0")
        single = ends_in_one(int(part))
        place = self.ordinal(size, case if single else "gent", "f", plural=not single)
        number = f"{self.cardinal(whole, case, 'f')} {one if ends_in_one(int(whole)) else many}"
        return f"{number} {self.cardinal(part, case, 'f')} {place}"

    def counted(self, number: int, unit: Unit, case: str = "nomn") -> str:
        """The form of `unit` that stands after `number` in `case`."""
        if ends_in_one(number):
            if case in ("nomn",) or (case == "accs" and unit.gender != "f"):
                return unit.one
            return unit.few if case == "gent" else self.inflect(unit.one, "sing", case)
        if case in ("nomn", "accs"):
            return unit.few if ends_in_few(number) else unit.many
        return unit.many if case == "gent" else self.inflect(unit.one, "plur", case)

    def in_context(self, digits: str, before: str, after: list[str]) -> str:
        """A number between the word before it and the words after it: cardinal or ordinal, in the case they ask for."""
        number = int(digits) if len(digits) <= MAX_CARDINAL_DIGITS else 0
        if number == 0 or digits[0] == "0":
            return self.cardinal(digits)
        asked = PREPOSITION_CASE.get(before, "nomn")
        forms = self._noun_after(after)
        if not forms and len(digits) >= CODE_DIGITS and not digits.endswith("000"):
            return self.spelled(digits)
        if not forms:
            return self.cardinal(digits, "nomn" if asked == "accs" else asked)
        case, is_ordinal = _agreement(number, forms, asked)
        gender = forms[0].gender
        if is_ordinal:
            return self.ordinal(number, case, gender)
        return self.cardinal(digits, case, gender)

    def _noun_after(self, words: list[str]) -> list[NounForm]:
        for word in words[:3]:
            if word in _TIME_OF_DAY:
                return []
            forms = self.nouns(word)
            if forms:
                return forms
            if not self.is_adjective(word):
                return []
        return []


def _agreement(number: int, forms: list[NounForm], asked: str) -> tuple[str, bool]:
    """(case of the number, whether it is an ordinal), from the readings of the noun after it."""
    single = {form.case for form in forms if not form.plural}
    plural = {form.case for form in forms if form.plural}
    lemma, animate = forms[0].lemma, forms[0].animate
    orders = lemma in _ORDINAL_NOUNS
    direct = "gent" if asked == "gent" else "nomn"
    if ends_in_one(number):
        if not single:
            return ("nomn" if asked == "accs" else asked), False
        case = asked if asked in single else "nomn" if "nomn" in single else sorted(single)[0]
        return case, orders
    if ends_in_few(number):
        if "gent" in single:
            if lemma == "число" or (orders and asked == "gent"):
                return "gent", True
            return direct, False
    elif "gent" in plural:
        return direct, False
    oblique = [case for case in _OBLIQUE if case in plural]
    if oblique:
        return (asked if asked in oblique else oblique[0]), False
    if single and not animate and lemma not in _PLURAL_ONLY:
        case = asked if asked in single else "nomn" if "nomn" in single else sorted(single)[0]
        return case, True
    return direct, False


def ends_in_one(number: int) -> bool:
    """1, 21, 101 but not 11."""
    return number % 10 == 1 and number % 100 != 11


def ends_in_few(number: int) -> bool:
    """2-4, 22-24 but not 12-14."""
    return number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14)


def _like(model: str, word: str) -> str:
    """`word` with the capitals of `model`."""
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word[:1].upper() + word[1:] if model[:1].isupper() else word
