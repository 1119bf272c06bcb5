"""Dates, years, times of day and days of the week."""

import re
from typing import Final

from voice.speakable.clean import words
from voice.speakable.ru.context import kept_dot, word_before, words_after
from voice.speakable.ru.grammar import PREPOSITION_CASE, Grammar, Unit, ends_in_one

MONTHS: Final = words("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")
_SHORT_MONTHS: Final = {
    "янв": 1, "фев": 2, "февр": 2, "апр": 4, "авг": 8, "сен": 9, "сент": 9, "окт": 10, "ноя": 11, "нояб": 11, "дек": 12,
}  # fmt: skip
_DAYS: Final = {
    "пн": "понедельник", "вт": "вторник", "ср": "среда", "чт": "четверг", "пт": "пятница", "сб": "суббота",
    "вс": "воскресенье",
}  # fmt: skip
_HOUR = Unit("час", "часа", "часов")

_MONTH = "|".join(MONTHS)
_NUMERIC = re.compile(
    r"(?<![\w.,:/-])(\d{1,2})([./])(\d{1,2})\2(\d{4}|\d{2})(?:\s?г(?:\.|ода)?(?![а-яё]))?(?![\w/]|[.,]\d)"
)
_ISO = re.compile(r"(?<![\w.,:-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
_NO_YEAR = re.compile(r"(?<![\w.,:-])(\d{1,2})\.(0\d|1[0-2])(?![\w:%-]|[.,]\d)(?!\s?(?:руб|тыс|кг|км|%|₽|-))")
_SHORT = re.compile(rf"(?<![\w.,:])(\d{{1,2}})\s({'|'.join(_SHORT_MONTHS)})(?:\.|(?![а-яё]))", re.IGNORECASE)
_SPAN = re.compile(
    rf"(?<![\w.,:-])(?:(с|со|С|Со)\s+)?(\d{{1,2}})(?:-го)?\s*(-|по|до|и)\s*(\d{{1,2}})(?:-[ео]е?)?\s+({_MONTH}|числ[оа])(?![а-яё])",
    re.IGNORECASE,
)
_DATE = re.compile(
    rf"(?<![\w.,:-])(\d{{1,2}})(?:-?(?:го|ого|е|ое))?\s+({_MONTH})(?![а-яё])(?:\s+(\d{{4}})(?!\d)(?:\s?(?:года|год|г(?:\.|(?![а-яё]))))?)?",
    re.IGNORECASE,
)
_MONTH_YEAR = re.compile(
    r"(?<![а-яё])((?:январ|феврал|март|апрел|ма|июн|июл|август|сентябр|октябр|ноябр|декабр)[а-яё]{0,3})\s+([12]\d{3})(?!\d|[.,:-]\d|\s?(?:г|руб|₽|%))",
    re.IGNORECASE,
)
_YEAR = re.compile(
    r"(?<![\w.,:-])(?:([12]\d{3})(?:\s?-\s?|\s(по|до)\s))?([12]\d{3})\s?(г{1,2}\.|г{1,2}(?![\wа-яё])|год[а-яё]{0,2}(?![а-яё]))"
)
_YEAR_FORMS = {
    "год": "nomn", "года": "gent", "году": "loct", "годом": "ablt", "годе": "loct", "годы": "nomn", "годов": "gent",
    "годах": "loct", "годам": "datv", "годами": "ablt",
}  # fmt: skip

_CLOCK = r"(\d{1,2})[:.](\d{2})"
_TIME_SPAN = re.compile(
    r"(?<![\w.,:-])(?:([Сс])\s+)?(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|до|по)\s*(\d{1,2})[:.](\d{2})(?![\w:]|[.,]\d)(?:\s?ч(?:ас(?:ов|а)?|\.|(?![а-яё])))?"
)
_TIME = re.compile(r"(?<![\w.,:-])(\d{1,2}):(\d{2})(?::(\d{2}))?(?![\w:]|[.,]\d)(?:\s?ч(?:\.|(?![а-яё])))?")
_DOTTED = re.compile(
    rf"(?<![\w.,:-]){_CLOCK}(?![\w:]|[.,]\d)(?!\s?(?:%|₽|р(?![а-я])|руб|тыс|млн|раз|кг|км|м(?![а-я])|л(?![а-я])|процент|доллар|евро))"
)
_CLOCK_PREPOSITIONS = frozenset(words("с со до в во к ко после около на от"))
_HOURS_SPAN = re.compile(
    r"(?<![\w.,:-])(\d{1,2})\s?-\s?(\d{1,2})(?![\w:%]|[.,-]\d)(?:\s?ч(?:ас(?:ов|а)?|\.|(?![а-яё])))?"
)
_OPEN_WORDS = frozenset(
    words(
        "понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье будни будням выходные "
        "выходным ежедневно работаем работает открыты открыто открыт работы приёма приема часы график режим"
    )
)
_DATE_WORDS = frozenset(
    words(
        "на от дата датой числа число "
        "понедельник вторник среда среду четверг пятница пятницу суббота субботу воскресенье"
    )
)
_DAY = "(?:[Пп]н|[Вв]т|[Сс]р|[Чч]т|[Пп]т|[Сс]б|[Вв]с|ПН|ВТ|ПТ|СБ)"
_DAY_SPAN = re.compile(rf"(?<![\w.-])(?:[Сс]\s+)?({_DAY})\.?\s?(?:-|—|по)\s?({_DAY})(?![\w-])\.?(?=\s*(?:\S|$))")
_ONE_DAY = re.compile(rf"(?<![\w.-])(?:([Вв]о?)\s+)?({_DAY})(?![\w-])\.?(?!\.?[а-яё])")


def dates(text: str, grammar: Grammar) -> str:
    """Everything of the calendar and the clock in words; the rest of `text` untouched."""
    text = _days(text, grammar)
    text = _ISO.sub(lambda m: _written(m, int(m[3]), int(m[2]), int(m[1])), text)
    text = _NUMERIC.sub(_numeric, text)
    text = _SHORT.sub(lambda m: f"{m[1]} {MONTHS[_SHORT_MONTHS[m[2].lower()] - 1]}", text)
    text = _NO_YEAR.sub(_dated, text)
    text = _SPAN.sub(lambda m: _span(m, grammar), text)
    text = _DATE.sub(lambda m: _date(m, grammar), text)
    text = _YEAR.sub(lambda m: _year(m, grammar), text)
    text = _MONTH_YEAR.sub(lambda m: f"{m[1]} {grammar.ordinal(int(m[2]), 'gent')} года", text)
    text = _TIME_SPAN.sub(lambda m: _time_span(m, grammar), text)
    text = _TIME.sub(lambda m: _time(m, grammar), text)
    text = _DOTTED.sub(lambda m: _time(m, grammar) if _is_clock(m) else m.group(), text)
    return _HOURS_SPAN.sub(lambda m: _hours_span(m, grammar), text)


def _written(found: re.Match[str], day: int, month: int, year: int) -> str:
    """The date with its month as a word, which a later step reads; as it was where there is no such date."""
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return found.group()
    if year < 100:
        year += 2000 if year < 70 else 1900
    return f"{day} {MONTHS[month - 1]} {year} года{kept_dot(found)}"


def _numeric(found: re.Match[str]) -> str:
    day, month, year = int(found[1]), int(found[3]), int(found[4])
    return _written(found, day, month, year)


def _dated(found: re.Match[str]) -> str:
    """15.03 is a date only where a word says so; else it may be a price or a time."""
    before = word_before(re.sub(r",\s*$", " ", found.string[: found.start()]), found.start())
    if before in _DATE_WORDS and 1 <= int(found[1]) <= 31 and int(found[2]):
        return f"{int(found[1])} {MONTHS[int(found[2]) - 1]}"
    return found.group()


def _day_case(before: str) -> str:
    if before in ("на", "по", "за", "под", "про"):
        return "accs"
    if before in ("сегодня", "вчера", "завтра"):
        return "nomn"
    return "datv" if before in ("к", "ко") else "gent"


def _span(found: re.Match[str], grammar: Grammar) -> str:
    since, first, link, last, month = found[1], int(found[2]), found[3].lower(), int(found[4]), found[5].lower()
    if not (1 <= first <= 31 and 1 <= last <= 31):
        return found.group()
    before = word_before(found.string, found.start())
    if link == "и" or (not since and link != "-"):
        case = _day_case(before)
        until = _day_case(link) if link == "по" else case
        return f"{grammar.ordinal(first, case, 'n')} {link} {grammar.ordinal(last, until, 'n')} {month}"
    if link == "-" and before and before in PREPOSITION_CASE and not since:
        case = _day_case(before)
        return f"{grammar.ordinal(first, case, 'n')} — {grammar.ordinal(last, case, 'n')} {month}"
    until, case = ("до", "gent") if link == "до" else ("по", "accs")
    return f"{since or 'с'} {grammar.ordinal(first, 'gent', 'n')} {until} {grammar.ordinal(last, case, 'n')} {month}"


def _date(found: re.Match[str], grammar: Grammar) -> str:
    day = int(found[1])
    if not 1 <= day <= 31:
        return found.group()
    words = f"{grammar.ordinal(day, _day_case(word_before(found.string, found.start())), 'n')} {found[2].lower()}"
    if found[3]:
        words += f" {grammar.ordinal(int(found[3]), 'gent')} года"
    return words + kept_dot(found)


def _year(found: re.Match[str], grammar: Grammar) -> str:
    before = word_before(found.string, found.start())
    asked = PREPOSITION_CASE.get(before, "nomn")
    asked = "loct" if before in ("в", "во") else "datv" if before == "по" else asked
    written = found[4].lower()
    if written.startswith("год"):
        case = _YEAR_FORMS.get(written, "nomn")
        noun = written
        if written == "году" and before not in ("в", "во", "на", "о", "об", "при"):
            case = "datv"
        if written == "год" and asked == "accs":
            case = "accs"
    else:
        case = asked
        noun = {"gent": "года", "datv": "году", "loct": "году", "ablt": "годом"}.get(case, "год")
    if found[2]:
        first, last_case = grammar.ordinal(int(found[1]), "gent"), "accs" if found[2] == "по" else "gent"
        return f"{first} {found[2]} {grammar.ordinal(int(found[3]), last_case)} {noun}{kept_dot(found)}"
    if found[1]:
        if before in PREPOSITION_CASE:
            noun = {"loct": "годах", "gent": "годов", "datv": "годам", "ablt": "годами"}.get(case, "годы")
            first, last = (grammar.ordinal(int(year), case) for year in (found[1], found[3]))
            return f"{first} — {last} {noun}{kept_dot(found)}"
        first, last = grammar.ordinal(int(found[1]), "gent"), grammar.ordinal(int(found[3]), "accs")
        return f"с {first} по {last} год{kept_dot(found)}"
    return f"{grammar.ordinal(int(found[3]), case)} {noun}{kept_dot(found)}"


def _clock(hour: int, minute: int, case: str, grammar: Grammar, *, hours: bool) -> str:
    words = grammar.cardinal(str(hour), case)
    if minute == 0:
        return f"{words} {grammar.counted(hour, _HOUR, case)}" if hours else words
    return f"{words} {'ноль ' if minute < 10 else ''}{grammar.cardinal(str(minute), case)}"


def _time_span(found: re.Match[str], grammar: Grammar) -> str:
    first, first_minute = int(found[2]), int(found[3] or 0)
    last, last_minute = int(found[4]), int(found[5])
    if max(first, last) > 24 or max(first_minute, last_minute) > 59:
        return found.group()
    if found[1] is None and "-" not in found.group():
        return found.group()  # "до 5 до 20:00": each for itself
    start = _clock(first, first_minute, "gent", grammar, hours=False)
    # "до двадцати одного" alone would leave the listener waiting for what.
    end = _clock(last, last_minute, "gent", grammar, hours=ends_in_one(last))
    return f"{found[1] or 'с'} {start} до {end}{kept_dot(found)}"


def _is_clock(found: re.Match[str]) -> bool:
    return word_before(found.string, found.start()) in _CLOCK_PREPOSITIONS and len(found[2]) == 2


def _time(found: re.Match[str], grammar: Grammar) -> str:
    hour, minute = int(found[1]), int(found[2])
    if hour > 24 or minute > 59:
        return found.group()
    asked = PREPOSITION_CASE.get(word_before(found.string, found.start()), "nomn")
    case = "nomn" if asked in ("accs", "loct") else asked
    following = words_after(found.string, found.end(), 1)
    words = _clock(hour, minute, case, grammar, hours=not (following and following[0].startswith("час")))
    if found.re is _TIME and found[3]:
        words += f" {grammar.cardinal(str(int(found[3])), case)}"
    return words + kept_dot(found)


def _hours_span(found: re.Match[str], grammar: Grammar) -> str:
    """9-18 is opening hours after a day or a word such as "работаем"; else an amount, which a later step reads."""
    first, last = int(found[1]), int(found[2])
    before = word_before(re.sub(r"[:,—-]\s*$", " ", found.string[: found.start()]), found.start())
    if first > 24 or last > 24 or before not in _OPEN_WORDS:
        return found.group()
    return f"с {grammar.cardinal(str(first), 'gent')} до {grammar.cardinal(str(last), 'gent')}{kept_dot(found)}"


def _days(text: str, grammar: Grammar) -> str:
    def span(found: re.Match[str]) -> str:
        since = "С" if found.group()[0] == "С" and found.group()[1] in " \t" else "с"
        first, last = _DAYS[found[1].lower()], _DAYS[found[2].lower()]
        so = since + "о" if first == "вторник" else since
        return (
            f"{so} {grammar.inflect(first, 'sing', 'gent')} по {grammar.inflect(last, 'sing', 'accs')}{kept_dot(found)}"
        )

    def one(found: re.Match[str]) -> str:
        day = _DAYS[found[2].lower()]
        if found[1]:
            preposition = found[1][0] + ("о" if day == "вторник" else "")
            return f"{preposition} {grammar.inflect(day, 'sing', 'accs')}{kept_dot(found)}"
        asked = PREPOSITION_CASE.get(word_before(found.string, found.start()))
        return (grammar.inflect(day, "sing", asked) if asked else day) + kept_dot(found)

    return _ONE_DAY.sub(one, _DAY_SPAN.sub(span, text))
