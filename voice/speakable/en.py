"""English: simpler, since nothing is inflected."""

import re
from collections.abc import Callable
from typing import Final

from num2words import num2words

from voice.speakable.clean import plain, strip_markup, tidy, words

MAX_CARDINAL_DIGITS: Final = 12
MAX_SPELLED_DIGITS: Final = 40
PASSES: Final = 3

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_MONTHS = words("January February March April May June July August September October November December")
_MONTH = "|".join(_MONTHS)
_SHORT_MONTHS = {name[:3]: name for name in _MONTHS if name != "May"} | {"Sept": "September"}
_DAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Thur": "Thursday",
    "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
_MONEY: Final = {"$": ("dollar", "cent"), "£": ("pound", "penny"), "€": ("euro", "cent"), "₽": ("rouble", "kopeck")}
_UNITS: Final = {
    "km/h": "kilometer per hour", "mph": "mile per hour", "km": "kilometer", "cm": "centimeter", "mm": "millimeter",
    "kg": "kilogram",
    "min": "minute", "sec": "second", "hrs": "hour", "hr": "hour", "lbs": "pound", "lb": "pound", "oz": "ounce",
    "ft": "foot",
    "ml": "milliliter", "GB": "gigabyte", "MB": "megabyte", "m": "meter", "g": "gram", "l": "liter", "%": "percent",
    "°C": "degree", "°F": "degree", "°": "degree", "pcs": "piece",
}  # fmt: skip
_PLURALS: Final = {
    "foot": "feet",
    "percent": "percent",
    "kilometer per hour": "kilometers per hour",
    "mile per hour": "miles per hour",
    "penny": "pence",
}
_FIXED: Final = (
    (r"e\.\s?g\.", "for example"), (r"i\.\s?e\.", "that is"), (r"etc\.", "et cetera"), (r"Mr\.", "Mister"),
    (r"Mrs\.", "Missis"),
    (r"Ms\.", "Miz"), (r"Dr\.", "Doctor"), (r"St\.(?=\s[A-Z])", "Saint"), (r"St\.", "Street"), (r"Ave\.", "Avenue"),
    (r"Rd\.", "Road"), (r"Blvd\.", "Boulevard"),
    (r"[Aa]pt\.", "apartment"), (r"Bldg\.", "building"), (r"[Ff]l\.(?=\s\d)", "floor"),
    (r"No\.(?=\s?\d)", "number"), (r"vs\.", "versus"),
    (r"[Tt]el\.", "telephone"), (r"[Ee]xt\.", "extension"), (r"Inc\.", "Incorporated"), (r"Ltd\.", "Limited"),
    (r"[Aa]pprox\.", "approximately"), (r"[Dd]ept\.", "department"), (r"[Mm]in\.(?=\s[a-z])", "minimum"),
    (r"24/7", "twenty-four seven"),
)  # fmt: skip
_FIXED_RE = tuple((re.compile(r"(?<![\w.])" + pattern), word) for pattern, word in _FIXED)
_TOP = "com|org|net|ru|uk|io|info|me|biz|co|us|eu|de"
_EMAIL = re.compile(r"(?<![\w.+-])[\w+-]+(?:\.[\w+-]+){0,4}@[\w-]+(?:\.[\w-]+){0,4}(?!\w)")
_URL = re.compile(
    rf"(?:https?://|(?<!\w)www\.)[^\s<>\"',;()]{{1,200}}|(?<![\w@.-])(?:[a-z0-9-]+\.){{1,4}}(?:{_TOP})(?![\w-])(?:/[^\s<>\"',;()]{{0,200}})?",
    re.IGNORECASE,
)
_NET_SIGNS: Final = {"@": "at", ".": "dot", "-": "dash", "_": "underscore", "/": "slash", "+": "plus"}
_PHONE = re.compile(
    r"(?<![\w.,:-])(?:\+\s?\d(?:[ \-().]{0,3}\d){6,14}|(?:1[ -])?\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}|\d{3}-\d{4}"
    r"|[78](?:[ \-()]{1,3}\d{3}){2}[ -]\d{2}[ -]?\d{2})(?!\w|[.,:-]\d)"
)
_DATE_MD = re.compile(rf"\b({_MONTH})\s(\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s(\d{{4}}))?(?![\w:]|[.,]\d)")
_DATE_DM = re.compile(rf"(?<![\w.,:])(\d{{1,2}})(?:st|nd|rd|th)?\s(?:of\s)?({_MONTH})\b(?:,?\s(\d{{4}})(?!\d))?")
_DATE_ISO = re.compile(r"(?<![\w.,:-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
_DATE_SLASH = re.compile(r"(?<![\w.,:/-])(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?![\w/]|[.,]\d)")
_TIME = r"(\d{1,2}):(\d{2})(?::\d{2})?(?:\s?([AaPp])\.?[Mm]\b\.?)?"
_TIME_SPAN = re.compile(rf"(?<![\w.,:-])(?:from\s)?{_TIME}\s?-\s?{_TIME}(?![\w:])", re.IGNORECASE)
_TIME_ONE = re.compile(rf"(?<![\w.,:-]){_TIME}(?![\w:])")
_HOUR = re.compile(r"(?<![\w.,:-])(?:(\d{1,2})\s?-\s?)?(\d{1,2})\s?([AaPp])\.?[Mm]\b\.?")
_YEAR = re.compile(r"(?<=\b[Ii]n )([12]\d{3})(?![\w%]|[.,:-]\d)")
_DAY = "|".join(sorted(_DAYS, key=len, reverse=True))
_DAY_SPAN = re.compile(rf"\b({_DAY})\.?\s?-\s?({_DAY})\b\.?")
_DAY_ONE = re.compile(r"\b(Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat(?=[\s.,:]*\d|\.)|Sun(?=[\s.,:]*\d|\.))\b\.?(?!\w)")
_SHORT_MONTH = re.compile(
    rf"\b({'|'.join(sorted(_SHORT_MONTHS, key=len, reverse=True))})\b\.?(?=\s\d)"
    rf"|(?<=\d )\b({'|'.join(_SHORT_MONTHS)})\b\.?"
)
_VERSION = re.compile(r"(?<![\w,.])\d+(?:\.\d+){2,}(?!\w)")
_EMERGENCY = re.compile(r"\b([Cc]all|[Dd]ial) (\d{3})(?![\w,.-]\d|\w)")
_ORDINAL = re.compile(r"(?<![\w.,])(\d{1,9})(?:st|nd|rd|th)(?!\w)")
_NUM = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_SUM = re.compile(rf"([$£€₽])\s?({_NUM})(?:\s?(thousand|million|billion|[kKmM](?!\w)))?|({_NUM})\s?([$£€₽])")
_MEASURE = re.compile(
    rf"(?:(?<![^\s(\"])(-))?(?<![\d.,])({_NUM})(?:\s?-\s?({_NUM}))?\s?"
    rf"({'|'.join(re.escape(u) for u in sorted(_UNITS, key=len, reverse=True))})(?![\w/])\.?"
)
_PLAIN = re.compile(rf"(?:(?<![^\s(\"])(-))?(?<![\d.,])({_NUM})(?:\s?-\s?({_NUM})(?![\d.,]\d))?")
_FRACTION = re.compile(r"(?<![\w.,/])([1-9])/([2-9])(?![\w/])")
_SIGNS: Final = {
    "%": " percent ",
    "$": " dollars ",
    "€": " euros ",
    "£": " pounds ",
    "₽": " roubles ",
    "&": " and ",
    "@": " at ",
    "#": " number ",
    "№": " number ",
    "+": " plus ",
    "=": " equals ",
    "°": " degrees ",
    "~": " about ",
}


def speak_english(text: str) -> str:
    """Spoken English words for `text`; the same again when given its own output."""
    text = plain(text)
    for _ in range(PASSES):
        spoken = _once(text)
        if spoken == text:
            break
        text = spoken
    return text


def _once(text: str) -> str:
    text = strip_markup(text)
    text = _EMAIL.sub(lambda m: f" {_dictated(m.group())} ", text)
    text = _URL.sub(_url, text)
    text = _PHONE.sub(lambda m: _digits_of_phone(m.group()), text)
    text = _dates(text)
    text = _times(text)
    for pattern, word in _FIXED_RE:
        text = pattern.sub(_fixed(word), text)
    text = re.sub(r"[#№]\s?(?=\d)", "number ", text)
    text = _EMERGENCY.sub(lambda m: f"{m[1]} {_spelled(m[2])}", text)
    text = _VERSION.sub(lambda m: " point ".join(map(_cardinal, m.group().split("."))), text)
    text = _ORDINAL.sub(lambda m: _ordinal(m[1]), text)
    text = _FRACTION.sub(_fraction, text)
    text = _SUM.sub(_money, text)
    text = _MEASURE.sub(_measure, text)
    text = re.sub(r"(?<=\d)\s?[x×*]\s?(?=\d)", " by ", text)
    text = _PLAIN.sub(_plain_number, text)
    text = re.sub(r"\d+", lambda m: f" {_spelled(m.group())} ", text)
    text = re.sub("[" + re.escape("".join(_SIGNS)) + "]", lambda m: _SIGNS[m.group()], text)
    return tidy(text)


def _fixed(word: str) -> Callable[[re.Match[str]], str]:
    return lambda found: word + _dot(found)


def _dot(found: re.Match[str]) -> str:
    if not found.group().endswith("."):
        return ""
    return "." if re.match(r"\s*$|\s*\n", found.string[found.end() :]) else ""


def _cardinal(number: str) -> str:
    """1,234.5 -> one thousand two hundred and thirty-four point five."""
    whole, _, fraction = number.replace(",", "").partition(".")
    if len(whole) > MAX_CARDINAL_DIGITS or (len(whole) > 1 and whole[0] == "0"):
        words = _spelled(whole)
    else:
        words = num2words(int(whole), lang="en").replace(",", "")
    return f"{words} point {_spelled(fraction)}" if fraction else words


def _spelled(digits: str) -> str:
    return " ".join(_DIGITS[int(digit)] for digit in digits[:MAX_SPELLED_DIGITS])


def _ordinal(digits: str) -> str:
    words: str = num2words(int(digits), lang="en", to="ordinal")
    return words.replace(",", "")


def _year(digits: str) -> str:
    words: str = num2words(int(digits), lang="en", to="year")
    return words


def _digits_of_phone(written: str) -> str:
    groups = [
        " ".join("oh" if digit == "0" else _DIGITS[int(digit)] for digit in g) for g in re.findall(r"\d+", written)
    ]
    return ("plus " if written.startswith("+") else "") + ", ".join(groups)


def _dictated(written: str) -> str:
    chunks = re.findall(r"[^\W\d_]+|\d+|[@./_+-]", written)[:40]
    return " ".join(_NET_SIGNS.get(c) or (_spelled(c) if c.isdigit() else _word(c)) for c in chunks)


def _word(chunk: str) -> str:
    return (
        " ".join(chunk)
        if chunk.isascii() and not re.search(r"[aeiouy]", chunk, re.IGNORECASE) and len(chunk) < 5
        else chunk
    )


def _url(found: re.Match[str]) -> str:
    body = found.group().rstrip(".!?:…-")
    tail = found.group()[len(body) :]
    body = re.sub(r"^(?:https?://)?(?:www\.)?", "", body, flags=re.IGNORECASE).split("?")[0].split("#")[0].rstrip("/")
    return f" {_dictated(body)}{tail}"


def _dates(text: str) -> str:
    text = _DAY_SPAN.sub(lambda m: f"{_DAYS[m[1]]} to {_DAYS[m[2]]}{_dot(m)}", text)
    text = _DAY_ONE.sub(lambda m: _DAYS[m[1]] + _dot(m), text)
    text = _SHORT_MONTH.sub(lambda m: _SHORT_MONTHS[m[1] or m[2]], text)
    text = _DATE_ISO.sub(lambda m: _date(m, int(m[2]), int(m[3]), m[1]), text)
    text = _DATE_SLASH.sub(_slashed, text)
    text = _DATE_MD.sub(lambda m: _date(m, _MONTHS.index(m[1]) + 1, int(m[2]), m[3]), text)
    text = _DATE_DM.sub(lambda m: _date(m, _MONTHS.index(m[2]) + 1, int(m[1]), m[3], of=True), text)
    return _YEAR.sub(lambda m: _year(m[1]), text)


def _slashed(found: re.Match[str]) -> str:
    first, second = int(found[1]), int(found[3])
    if found[2] == "." or first > 12:
        first, second = second, first
    return _date(found, first, second, found[4])


def _date(found: re.Match[str], month: int, day: int, year: str | None, *, of: bool = False) -> str:
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return found.group()
    name, number = _MONTHS[month - 1], _ordinal(str(day))
    article = "" if found.string[: found.start()].endswith(("the ", "The ")) else "the "
    words = f"{article}{number} of {name}" if of else f"{name} {number}"
    return f"{words}, {_year(year)}" if year else words


def _clock(hour: int, minute: int, half: str | None) -> str:
    if not half and (hour > 12 or hour == 0):
        hour, half = (hour - 12, "p") if 12 < hour < 24 else (12, "a")
    words = f"{num2words(hour, lang='en')}"
    if minute:
        words += f" {'oh ' if minute < 10 else ''}{num2words(minute, lang='en')}"
    if half:
        return f"{words} {half.lower()} m"
    return words if minute else f"{words} o'clock"


def _times(text: str) -> str:
    def span(m: re.Match[str]) -> str:
        first, first_minute, last, last_minute = int(m[1]), int(m[2]), int(m[4]), int(m[5])
        if max(first, last) > 24 or max(first_minute, last_minute) > 59:
            return m.group()
        return f"from {_clock(first, first_minute, m[3])} to {_clock(last, last_minute, m[6])}{_dot(m)}"

    def one(m: re.Match[str]) -> str:
        return m.group() if int(m[1]) > 24 or int(m[2]) > 59 else _clock(int(m[1]), int(m[2]), m[3]) + _dot(m)

    def hour(m: re.Match[str]) -> str:
        first = f"{_cardinal(m[1])} to " if m[1] else ""
        return f"{first}{_cardinal(m[2])} {m[3].lower()} m{_dot(m)}"

    return _HOUR.sub(hour, _TIME_ONE.sub(one, _TIME_SPAN.sub(span, text)))


def _plural(word: str, number: str) -> str:
    return word if number == "1" else _PLURALS.get(word) or word + "s"


def _money(found: re.Match[str]) -> str:
    major, minor = _MONEY[found[1] or found[5]]
    number = found[2] or found[4]
    if found[3]:
        scale = {"k": "thousand", "m": "million"}.get(found[3].lower(), found[3])
        return f" {_cardinal(number)} {scale} {major}s "
    whole, _, fraction = number.partition(".")
    if len(fraction) != 2:
        return f" {_cardinal(number)} {_plural(major, number)} "
    words = f"{_cardinal(whole)} {_plural(major, whole)}"
    cents = str(int(fraction))
    return f" {words} " if cents == "0" else f" {words} and {_cardinal(cents)} {_plural(minor, cents)} "


def _measure(found: re.Match[str]) -> str:
    last = found[3] or found[2]
    sign = "minus " if found[1] else ""
    first = f"{_cardinal(found[2])} to " if found[3] else ""
    return f" {sign}{first}{_cardinal(last)} {_plural(_UNITS[found[4]], last)}{_dot(found)} "


def _plain_number(found: re.Match[str]) -> str:
    sign = "minus " if found[1] else ""
    second = f" to {_cardinal(found[3])}" if found[3] else ""
    return f" {sign}{_cardinal(found[2])}{second} "


def _fraction(found: re.Match[str]) -> str:
    above, below = int(found[1]), int(found[2])
    if above >= below:
        return f"{_cardinal(found[1])} over {_cardinal(found[2])}"
    name = {2: "half", 4: "quarter"}.get(below) or _ordinal(found[2])
    return (
        f"{_cardinal(found[1])} {name}"
        if above == 1
        else f"{_cardinal(found[1])} {'halves' if below == 2 else name + 's'}"
    )
