"""Numbers with what they count: nouns, units, money, per cent, ordinals, ranges, fractions."""

import re
from typing import Final

from voice.speakable.clean import words
from voice.speakable.ru.context import kept_dot, word_before, words_after
from voice.speakable.ru.grammar import PREPOSITION_CASE, Grammar, Unit, ends_in_few

_ROUBLE = Unit("рубль", "рубля", "рублей")
_KOPECK = Unit("копейка", "копейки", "копеек", "f")
_CENT = Unit("цент", "цента", "центов")
_PERCENT = Unit("процент", "процента", "процентов")
_DOLLAR = Unit("доллар", "доллара", "долларов")
_EURO = Unit("евро", "евро", "евро")
_POUND = Unit("фунт", "фунта", "фунтов")
_DEGREE = Unit("градус", "градуса", "градусов")
_HOUR = Unit("час", "часа", "часов")
_MONEY: Final = {id(_ROUBLE): _KOPECK, id(_DOLLAR): _CENT, id(_EURO): _CENT, id(_POUND): None}

UNITS: Final = {
    "%": _PERCENT, "₽": _ROUBLE, "руб": _ROUBLE, "р": _ROUBLE, "коп": _KOPECK, "$": _DOLLAR, "€": _EURO, "£": _POUND,
    "USD": _DOLLAR, "EUR": _EURO, "RUB": _ROUBLE, "°C": _DEGREE, "°С": _DEGREE, "°": _DEGREE,
    "км/ч": Unit("километр в час", "километра в час", "километров в час"),
    "м/с": Unit("метр в секунду", "метра в секунду", "метров в секунду"),
    "кв. м": Unit("квадратный метр", "квадратных метра", "квадратных метров"),
    "куб. м": Unit("кубический метр", "кубических метра", "кубических метров"),
    "км": Unit("километр", "километра", "километров"), "см": Unit("сантиметр", "сантиметра", "сантиметров"),
    "мм": Unit("миллиметр", "миллиметра", "миллиметров"), "м": Unit("метр", "метра", "метров"),
    "кг": Unit("килограмм", "килограмма", "килограммов"), "мг": Unit("миллиграмм", "миллиграмма", "миллиграммов"),
    "г": Unit("грамм", "грамма", "граммов"), "гр": Unit("грамм", "грамма", "граммов"),
    "т": Unit("тонна", "тонны", "тонн", "f"),
    "мл": Unit("миллилитр", "миллилитра", "миллилитров"), "л": Unit("литр", "литра", "литров"),
    "мин": Unit("минута", "минуты", "минут", "f"), "сек": Unit("секунда", "секунды", "секунд", "f"), "ч": _HOUR,
    "дн": Unit("день", "дня", "дней"), "сут": Unit("сутки", "суток", "суток"),
    "мес": Unit("месяц", "месяца", "месяцев"),
    "нед": Unit("неделя", "недели", "недель", "f"), "шт": Unit("штука", "штуки", "штук", "f"),
    "чел": Unit("человек", "человека", "человек"), "га": Unit("гектар", "гектара", "гектаров"),
    "ГБ": Unit("гигабайт", "гигабайта", "гигабайт"), "МБ": Unit("мегабайт", "мегабайта", "мегабайт"),
    "Гб": Unit("гигабайт", "гигабайта", "гигабайт"), "Мб": Unit("мегабайт", "мегабайта", "мегабайт"),
    "ТБ": Unit("терабайт", "терабайта", "терабайт"), "кВт": Unit("киловатт", "киловатта", "киловатт"),
    "Вт": Unit("ватт", "ватта", "ватт"), "эт": Unit("этаж", "этажа", "этажей"),
}  # fmt: skip
_MULTIPLES: Final = {
    "тыс": Unit("тысяча", "тысячи", "тысяч", "f"), "млн": Unit("миллион", "миллиона", "миллионов"),
    "млрд": Unit("миллиард", "миллиарда", "миллиардов"), "трлн": Unit("триллион", "триллиона", "триллионов"),
}  # fmt: skip
_PER: Final = {
    "мес": "в месяц", "месяц": "в месяц", "час": "в час", "ч": "в час", "день": "в день", "сут": "в сутки",
    "сутки": "в сутки",
    "год": "в год", "чел": "с человека", "шт": "за штуку", "кг": "за килограмм", "м": "за метр", "км": "за километр",
    "мин": "в минуту", "ночь": "за ночь", "л": "за литр", "кв. м": "за квадратный метр", "нед": "в неделю",
}  # fmt: skip

_NUMBER = r"\d+(?:[.,]\d+)?"
_UNIT_CHOICE = "|".join(
    re.escape(key).replace(r"\ ", r"\s?").replace(r"\.", r"\.?") for key in sorted(UNITS, key=len, reverse=True)
)
_PER_CHOICE = "|".join(
    re.escape(key).replace(r"\ ", r"\s?").replace(r"\.", r"\.?") for key in sorted(_PER, key=len, reverse=True)
)
_AMOUNT = re.compile(
    rf"(?P<sign>(?<![^\s(\"])[-+]\s?)?(?:(?P<money>[$€£])\s?)?(?<!\d)(?P<a>{_NUMBER})(?:\s?-\s?(?P<b>{_NUMBER})(?!\d))?"
    rf"(?:\s?(?P<mult>{'|'.join(_MULTIPLES)})(?![а-яё])\.?)?(?:\s?(?P<unit>{_UNIT_CHOICE})(?![A-Za-zА-Яа-яЁё\d])(?:\.(?!\.))?)?"
    rf"(?:(?<=\D)\s?/\s?(?P<per>{_PER_CHOICE})(?![А-Яа-яЁё])(?:\.(?!\.))?)?"
)
_THOUSANDS = re.compile(r"(?<![\w.,:-])(\d{1,3})((?: \d{3})+)(?![\w]|-\d)")
_SUFFIXED = re.compile(
    r"(?<![\w.,])(\d{1,9})-?((?<=-)[а-яё]{1,3}|(?<=\d)(?:ый|ой|ая|ое|ые|го|ого|му|ому|ых|ым|ую|й|я|е|х)(?=\s))(?![\w-])",
    re.IGNORECASE,
)
_COMPOUND = re.compile(r"(?<![\w.,])(\d{1,6})-?(?<=-)([а-яё]{4,})", re.IGNORECASE)
_ROMAN = re.compile(r"(?<![\w])([IVXХ]{1,6})(?:-?(?:й|го|м))?(?=\s+(век|квартал|степен|созыв|съезд|этап|тур)[а-яё]*)")
_FRACTION = re.compile(r"(?<![\w.,/])(\d{1,6})\s?/\s?(\d{1,6})(?![\w/]|[.,]\d)")
_PAIR = re.compile(r"(?<!\w)([А-Яа-яё]+) \d+ (?:и|или) $")
_MERGED = re.compile(
    r"(?<![\w.,])(\d{1,4})(?:-?(?:х|ти|и|ми))?[ -]"
    r"(?=(?:этажн|комнатн|местн|дневн|минутн|часов[аоуы]|звездоч|звёздоч|разов)[а-яё]{2,})"
)
_KING = re.compile(r"(?<![\w])([А-ЯЁ][а-яё]+) ([IVX]{1,5})(?!\w)")
_CARD = re.compile(r"(?<![\w.,])\d{4}(?: \d{4}){2,4}(?![\w])")
_VERSION = re.compile(r"(?<![\w,])\d+(?:\.\d+){2,}(?![\w])")
_SUFFIX_FORMS: Final = {
    **dict.fromkeys(words("й ый ой ий"), ("nomn", "m", False)),
    **dict.fromkeys(words("я ая ья"), ("nomn", "f", False)),
    **dict.fromkeys(words("е ое ье ее"), ("nomn", "n", False)), **dict.fromkeys(words("ые ие"), ("nomn", "m", True)),
    **dict.fromkeys(words("го ого его"), ("gent", "m", False)),
    **dict.fromkeys(words("му ому ему"), ("datv", "m", False)),
    **dict.fromkeys(words("ым им"), ("ablt", "m", False)), **dict.fromkeys(words("м ом ем"), ("loct", "m", False)),
    **dict.fromkeys(words("х ых их"), ("gent", "m", True)), **dict.fromkeys(words("ми ыми ими"), ("ablt", "m", True)),
    **dict.fromkeys(words("ю ую ью"), ("accs", "f", False)), "ей": ("gent", "f", False),
}  # fmt: skip
_CARDINAL_SUFFIXES: Final = {
    "ти": "gent",
    "и": "gent",
    "мя": "ablt",
    "тью": "ablt",
    "ью": "ablt",
    "ух": "gent",
    "ёх": "gent",
    "ех": "gent",
}
_PREFIXES: Final = {1: "одно", 90: "девяносто", 100: "сто", 1000: "тысяче"}
_ROMAN_VALUES: Final = {"I": 1, "V": 5, "X": 10, "Х": 10}


def amounts(text: str, grammar: Grammar) -> str:
    """Every number that is left in `text`, in words."""
    text = _THOUSANDS.sub(lambda m: m[1] + m[2].replace(" ", ""), text)
    text = _CARD.sub(lambda m: " ".join(map(grammar.spelled, m.group().split())), text)
    text = _MERGED.sub(lambda m: _prefix(int(m[1]), grammar), text)
    text = _KING.sub(lambda m: _king(m, grammar), text)
    text = _ROMAN.sub(lambda m: _roman(m, grammar), text)
    text = _SUFFIXED.sub(lambda m: _suffixed(m, grammar), text)
    text = _COMPOUND.sub(lambda m: _prefix(int(m[1]), grammar) + m[2], text)
    text = _VERSION.sub(lambda m: " точка ".join(grammar.cardinal(part) for part in m.group().split(".")), text)
    text = _FRACTION.sub(lambda m: _fraction(m, grammar), text)
    text = re.sub(r"(?<=\d)\s?[x×хX*]\s?(?=\d)", " на ", text)
    text = re.sub(r"(?<=\d)\s?=\s?(?=-?\d)", " равно ", text)
    text = re.sub(r"(?<=\d)\s?\+\s?(?=\d)", " плюс ", text)
    text = _AMOUNT.sub(lambda m: f" {_amount(m, grammar)} ", text)
    return re.sub(r"\d+", lambda m: f" {grammar.spelled(m.group())} ", text)


def _amount(found: re.Match[str], grammar: Grammar) -> str:
    before = _governor(found.string, found.start())
    asked = PREPOSITION_CASE.get(before, "nomn")
    unit = UNITS[found["money"]] if found["money"] else _unit_of(found["unit"])
    multiple = _MULTIPLES.get(found["mult"] or "")
    sign = {"-": "минус ", "+": "плюс "}.get((found["sign"] or "").strip(), "")
    if unit is None and multiple is None:
        words = _bare(found, before, asked, grammar)
    elif found["b"]:
        words = _range(found, before, asked, multiple or unit, grammar)
    else:
        words = _measured(found["a"], multiple or unit, asked, grammar)
    if multiple and unit:
        words += f" {unit.many}"
    if found["per"]:
        words += f" {_PER[_spaced(found['per'])]}"
    return sign + words + kept_dot(found)


def _governor(text: str, position: int) -> str:
    """The word whose case the number takes: the one before it, or the preposition of "между 5 и 7"."""
    before = word_before(text, position)
    if before in ("и", "или") and (found := _PAIR.search(text, max(0, position - 40), position)):
        return found[1].lower()
    return before


def _spaced(written: str) -> str:
    return re.sub(r"^(кв|куб)\.?\s?м$", r"\1. м", written)


def _unit_of(written: str | None) -> Unit | None:
    return UNITS[_spaced(written)] if written else None


def _measured(number: str, unit: Unit | None, asked: str, grammar: Grammar) -> str:
    """One number with its unit, in the case asked for."""
    assert unit is not None
    whole, _, fraction = number.replace(",", ".").partition(".")
    part = _MONEY.get(id(unit))
    if part and len(fraction) == 2:
        words = f"{grammar.cardinal(whole, asked, unit.gender)} {grammar.counted(_int(whole), unit, asked)}"
        if int(fraction):
            cents = str(int(fraction))
            words += f" {grammar.cardinal(cents, asked, part.gender)} {grammar.counted(int(cents), part, asked)}"
        return words
    fraction = fraction.rstrip("0")
    if not fraction:
        return f"{grammar.cardinal(whole, asked, unit.gender)} {grammar.counted(_int(whole), unit, asked)}"
    direct = asked in ("nomn", "accs")
    if fraction == "5" and unit not in (_PERCENT, _DEGREE) and len(whole) <= 3 and _int(whole):
        if whole == "1":
            if not direct:
                return f"полутора {unit.many}"
            return f"{'полторы' if unit.gender == 'f' else 'полтора'} {unit.few}"
        return f"{grammar.cardinal(whole, asked, unit.gender)} с половиной {grammar.counted(_int(whole), unit, asked)}"
    return f"{grammar.decimal(whole, fraction, asked)} {unit.few}"


def _int(digits: str) -> int:
    return int(digits[-9:])


def _range(found: re.Match[str], before: str, asked: str, unit: Unit | None, grammar: Grammar) -> str:
    assert unit is not None
    first, last = found["a"], found["b"]
    if _joined(first, last, before):
        return f"{_plain_number(first, asked, unit.gender, grammar)}-{_measured(last, unit, asked, grammar)}"
    return f"от {_plain_number(first, 'gent', unit.gender, grammar)} до {_measured(last, unit, 'gent', grammar)}"


def _joined(first: str, last: str, before: str) -> bool:
    """Whether a range is said as "пять-семь" (small, or after a preposition), not "от пятисот до тысячи"."""
    small = first.isdigit() and last.isdigit() and len(first) <= 2 and len(last) <= 2 and int(last) <= 20
    return small or before in PREPOSITION_CASE


def _plain_number(number: str, case: str, gender: str, grammar: Grammar) -> str:
    whole, _, fraction = number.replace(",", ".").partition(".")
    return grammar.decimal(whole, fraction, case) if fraction.rstrip("0") else grammar.cardinal(whole, case, gender)


def _bare(found: re.Match[str], before: str, asked: str, grammar: Grammar) -> str:
    """A number or range followed by a plain word or nothing."""
    after = words_after(found.string, found.end())
    first, last = found["a"], found["b"]
    if last is None:
        return _single(first, before, asked, after, grammar)
    if not (first.isdigit() and last.isdigit()) or len(first) > 6 or len(last) > 6 or int(first) >= int(last):
        return f"{_single(first, before, asked, after, grammar)} — {_single(last, before, asked, after, grammar)}"
    if _joined(first, last, before) or not _many_follow(after, grammar):
        return f"{grammar.in_context(first, before, after)}-{grammar.in_context(last, before, after)}"
    return f"от {grammar.in_context(first, 'от', after)} до {grammar.in_context(last, 'до', after)}"


def _many_follow(after: list[str], grammar: Grammar) -> bool:
    forms = grammar.nouns(after[0]) if after else []
    return not forms or any(form.plural and form.case == "gent" for form in forms)


def _single(number: str, before: str, asked: str, after: list[str], grammar: Grammar) -> str:
    whole, _, fraction = number.replace(",", ".").partition(".")
    if not fraction.rstrip("0"):
        if whole == "1" and before == "в" and after[:1] == ["час"]:
            return ""
        if whole == "1" and after[:1] in (["ночи"], ["дня"]) and before in ("в", "с", "до", "к", "около"):
            return {"в": "час", "к": "часу"}.get(before, "часа")
        return grammar.in_context(whole, before, after)
    forms = grammar.nouns(after[0]) if after else []
    gender = forms[0].gender if forms else "m"
    if fraction.rstrip("0") == "5" and forms:
        if whole == "1":
            direct = asked in ("nomn", "accs")
            return ("полторы" if gender == "f" else "полтора") if direct else "полутора"
        if len(whole) <= 3 and ends_in_few(int(whole)) and asked in ("nomn", "accs"):
            return f"{grammar.cardinal(whole, 'nomn', gender)} с половиной"
    return grammar.decimal(whole, fraction, asked)


def _suffixed(found: re.Match[str], grammar: Grammar) -> str:
    number, suffix = int(found[1]), found[2].lower()
    before = word_before(found.string, found.start())
    after = words_after(found.string, found.end(), 2)
    if suffix in _CARDINAL_SUFFIXES and not (suffix == "ью" and number < 5):
        return grammar.cardinal(str(number), _CARDINAL_SUFFIXES[suffix])
    if (suffix == "х" and 2 <= number <= 4) or (suffix == "ми" and number in (7, 8)):
        return grammar.cardinal(str(number), "gent")
    if suffix not in _SUFFIX_FORMS:
        return _prefix(number, grammar) + suffix
    case, gender, plural = _SUFFIX_FORMS[suffix]
    forms = next((forms for word in after if (forms := grammar.nouns(word))), [])
    if gender == "m" and case == "nomn" and not plural and forms and forms[0].gender == "f" and not forms[0].plural:
        case, gender = "gent", "f"
    elif gender == "n" and (
        (bool(forms) and all(form.plural for form in forms)) or (number >= 10 and number % 10 == 0 and not forms)
    ):
        plural = True
    elif suffix == "м" and before not in ("в", "во", "на", "о", "об", "при"):
        case = "ablt"
    return grammar.ordinal(number, case, gender, plural=plural)


def _prefix(number: int, grammar: Grammar) -> str:
    """The first half of a compound such as двухкомнатная."""
    return _PREFIXES.get(number) or grammar.cardinal(str(number), "gent").replace(" ", "")


def _fraction(found: re.Match[str], grammar: Grammar) -> str:
    above, below = int(found[1]), int(found[2])
    if (above, below) == (24, 7):
        return "двадцать четыре на семь"
    if 0 < above < below <= 10:
        if below == 4:
            return "одна четверть" if above == 1 else "три четверти" if above == 3 else "две четверти"
        place = grammar.ordinal(below, "nomn" if above == 1 else "gent", "f", plural=above != 1)
        return f"{grammar.cardinal(str(above), 'nomn', 'f')} {place}"
    return f"{grammar.cardinal(found[1])} дробь {grammar.cardinal(found[2])}"


def _king(found: re.Match[str], grammar: Grammar) -> str:
    """Пётр I, Петра I: only after a first name."""
    forms = [form for form in grammar.nouns(found[1]) if form.animate]
    if not forms:
        return found.group()
    return f"{found[1]} {grammar.ordinal(_roman_value(found[2]), forms[0].case, forms[0].gender)}"


def _roman_value(written: str) -> int:
    values = [_ROMAN_VALUES[char] for char in written]
    return sum(-value if value < max(values[i:]) else value for i, value in enumerate(values))


def _roman(found: re.Match[str], grammar: Grammar) -> str:
    number = _roman_value(found[1])
    following = words_after(found.string, found.end(), 1)
    forms = grammar.nouns(following[0]) if following else []
    asked = PREPOSITION_CASE.get(word_before(found.string, found.start()), "nomn")
    cases = [form.case for form in forms]
    case = asked if asked != "nomn" and asked in cases else cases[0] if cases else "nomn"
    return grammar.ordinal(number, case, forms[0].gender if forms else "m", plural=bool(forms) and forms[0].plural)
