"""Which language, and its texts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

LANGUAGES: Final = ("ru", "en")
DEFAULT: Final = "ru"
MAX_HEADER: Final = 200
"""An Accept-Language longer than this is nobody's honest wish."""


@dataclass(frozen=True, slots=True)
class Texts:
    """One language's texts by key."""

    language: str
    table: Mapping[str, str]

    def __call__(self, key: str, **values: str | int) -> str:
        """The text with `values` put in; raises KeyError for a key that does not exist."""
        return self.table[key].format(**values) if values else self.table[key]

    def known(self, key: str) -> str:
        """The text, or "" where there is none: for codes that come from elsewhere."""
        return self.table.get(key, "")


def load() -> dict[str, Texts]:
    """All languages."""
    folder = resources.files("webui.i18n")
    return {code: Texts(code, json.loads((folder / f"{code}.json").read_text("utf-8"))) for code in LANGUAGES}


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


def _weight(quality: str) -> float:
    if not quality.strip():
        return 1.0
    key, _, value = quality.strip().partition("=")
    try:
        return min(1.0, float(value)) if key.strip() == "q" else 0.0
    except ValueError:
        return 0.0
