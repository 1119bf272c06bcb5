"""Answers with places to fill in, such as {current_time}. PURE. Nothing that a caller said is ever a template."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from secretaryd.answer.words import word_set
from secretaryd.reasons import Reason

CLOCK_FIELDS: Final = frozenset({"current_time", "current_date", "weekday"})
PERSONA_FIELDS: Final = frozenset({"company", "name"})
CALL_FIELDS: Final = frozenset({"last_said"})
TOPICS: Final = word_set("""
    hours address directions delivery door payment prices parking services term warranty returns discounts booking
    phone site mail manager documents lunch jobs
""")
"""Topics of facts; each is a field too."""
FIELDS: Final = CLOCK_FIELDS | PERSONA_FIELDS | CALL_FIELDS | TOPICS

_FIELD = re.compile(r"\{([^{}]*)\}")
_MONTHS = {
    "ru": ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
           "декабря"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"),
}  # fmt: skip
_WEEKDAYS = {
    "ru": ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


@dataclass(frozen=True, slots=True)
class Template:
    """Text and fields in turn: `parts[0]` is text, `parts[1]` the name of a field, and so on."""

    parts: tuple[str, ...]

    @property
    def fields(self) -> frozenset[str]:
        """Names of the fields."""
        return frozenset(self.parts[1::2])

    def fill(self, values: Mapping[str, str]) -> str:
        """The text. KeyError for a field without a value."""
        return "".join(values[part] if i % 2 else part for i, part in enumerate(self.parts))


def parse_template(text: str) -> Template:
    """Raises ValueError, whose only argument is a Reason, for an unknown field or a lone brace."""
    parts = _FIELD.split(text)
    if any("{" in part or "}" in part for part in parts[::2]):
        raise ValueError(Reason("brace"))
    if unknown := sorted(set(parts[1::2]) - FIELDS):
        raise ValueError(Reason("field", field=unknown[0], known=", ".join(sorted(FIELDS))))
    return Template(tuple(parts))


def clock_values(now: datetime, language: str) -> dict[str, str]:
    """Fields that depend on the time (local), in digits: the speakable layer reads them."""
    months, weekdays = _MONTHS.get(language, _MONTHS["en"]), _WEEKDAYS.get(language, _WEEKDAYS["en"])
    month = months[now.month - 1]
    date = f"{now.day} {month}" if language == "ru" else f"{month} {now.day}"
    return {"current_time": f"{now:%H:%M}", "current_date": date, "weekday": weekdays[now.weekday()]}
