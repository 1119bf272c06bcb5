"""Which language; its texts, plural forms, dates and numbers.

A msgid is a name ("calls.none"), not the English text: both languages are translations, and neither can go stale
behind the other. The catalogues are read once, at start; nothing compiled is kept.
"""

import gettext
import io
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from importlib import resources
from typing import Final

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

LANGUAGES: Final = ("ru", "en")
DEFAULT: Final = "ru"
LOCALES: Final = {"ru": "ru_RU", "en": "en_GB"}
"""English as it is read here: the day before the month, 24 hours."""
MAX_HEADER: Final = 200
"""An Accept-Language longer than this is nobody's honest wish."""
LATEST_EPOCH: Final = 1e11
BEYOND: Final = 1e15
"""Babel rounds with 28 digits and raises beyond them."""
KEPT: Final = 2000
"""Days and numbers whose texts are kept: Babel takes a tenth of a millisecond for each, and a list has a hundred."""
Value = str | int | float
Clock = Callable[[], datetime]


class Unknown(gettext.NullTranslations):
    """What is asked where no catalogue has the msgid: a mistake of ours, told at once."""

    def gettext(self, message: str) -> str:
        """Raises KeyError."""
        raise KeyError(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:  # noqa: ARG002 (gettext's own signature)
        """Raises KeyError."""
        raise KeyError(msgid1)


class Texts:
    """One language. Called with a msgid it gives the text; templates know it as `_` and as `say`."""

    def __init__(self, language: str, catalogue: Catalog, now: Clock = lambda: datetime.now(UTC)) -> None:
        self.language = language
        self.locale = Locale.parse(LOCALES[language])
        self._now = now
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        self._translations = gettext.GNUTranslations(compiled)
        self._translations.add_fallback(Unknown())

    def __call__(self, key: str, **values: Value) -> str:
        """The text with `values` put in; raises KeyError for a msgid that does not exist."""
        text = self._translations.gettext(key)
        return text.format(**values) if values else text

    def count(self, key: str, n: int, **values: Value) -> str:
        """The text in the plural form for `n`, which it may hold as `{n}`, written as numbers are."""
        text = self._translations.ngettext(key, key, n)
        return text.format(n=self.number(n), **values)

    def known(self, key: str) -> str:
        """The text, or "" where there is none: for codes that come from elsewhere."""
        try:
            return self._translations.gettext(key)
        except KeyError:
            return ""

    def number(self, value: float, figures: int | None = None) -> str:
        """12 345,6; `figures` behind the decimal mark, exactly. What is beyond all counting as 1.00e+30."""
        if not abs(value) < BEYOND:
            return f"{Decimal(value):.3g}"
        return _number(value, figures, self.locale)

    def percent(self, share: float) -> str:
        """0.5 -> 50 %; what is beyond all counting as a bare number, like 1.00e+30."""
        if not abs(share) < BEYOND:
            return f"{Decimal(share):.3g}"
        return str(format_percent(share, locale=self.locale))

    def date(self, at: float | None) -> str:
        """UTC epoch seconds -> day and month on this machine's calendar, with the year if it is not this one; "" for
        none."""
        if (moment := _moment(at)) is None:
            return ""
        skeleton = "MMMd" if moment.year == self._now().astimezone().year else "yMMMd"
        return _day(moment.date(), skeleton, self.locale)

    def weekday(self, at: float | None) -> str:
        """UTC epoch seconds -> Mon; "" for none."""
        moment = _moment(at)
        return "" if moment is None else str(format_date(moment.date(), "ccc", locale=self.locale))

    def time(self, at: float | None) -> str:
        """UTC epoch seconds -> 09:05 by this machine's clock; "" for none."""
        moment = _moment(at)
        return "" if moment is None else f"{moment:%H:%M}"

    def moment(self, at: float | None) -> str:
        """Date and time; only the time for today; "" for none."""
        if (moment := _moment(at)) is None:
            return ""
        if moment.date() == self._now().astimezone().date():
            return self.time(at)
        return f"{self.date(at)}, {self.time(at)}"


@cache
def load() -> Mapping[str, Texts]:
    """All languages, read once a process. Raises ValueError for a msgid that two files of a language have."""
    return {code: Texts(code, catalogue(code)) for code in LANGUAGES}


def catalogue(code: str) -> Catalog:
    """All `.po` files of one language as one."""
    whole = Catalog(locale=LOCALES[code])
    for file in sorted((resources.files("webui.i18n") / code).iterdir(), key=lambda each: each.name):
        if not file.name.endswith(".po"):
            continue
        with file.open("rb") as opened:
            part = read_po(opened, locale=LOCALES[code], abort_invalid=True)
        for message in part:
            if message.id and whole.get(_name(message.id)) is not None:
                raise ValueError(f"{code}/{file.name}: {message.id!r} stands in another file already")
            if message.id:
                whole[message.id] = message
    return whole


def preferred(asked: str, accept: str) -> str:
    """`asked` (?lang=) if we speak it, else the best of an Accept-Language header (RFC 9110, 12.5.4), else Russian."""
    if asked in LANGUAGES:
        return asked
    best, best_weight = DEFAULT, 0.0
    for part in accept[:MAX_HEADER].split(","):
        name, _, quality = part.strip().partition(";")
        language = name.strip().lower().partition("-")[0]
        weight = _weight(quality)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


@lru_cache(KEPT)
def _day(day: date, skeleton: str, locale: Locale) -> str:
    return str(format_skeleton(skeleton, day, locale=locale))


@lru_cache(KEPT)
def _number(value: float, figures: int | None, locale: Locale) -> str:
    pattern = None if figures is None else "#,##0" + ("." + "0" * figures if figures else "")
    return str(format_decimal(value, pattern, locale=locale))


def _name(msgid: str | list[str] | tuple[str, ...]) -> str:
    return msgid if isinstance(msgid, str) else msgid[0]


def _moment(at: float | None) -> datetime | None:
    return datetime.fromtimestamp(at, UTC).astimezone() if at is not None and 0 <= at < LATEST_EPOCH else None


def _weight(quality: str) -> float:
    if not quality.strip():
        return 1.0
    key, _, value = quality.strip().partition("=")
    try:
        return min(1.0, float(value)) if key.strip() == "q" else 0.0
    except ValueError:
        return 0.0
