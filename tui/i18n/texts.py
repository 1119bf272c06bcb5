"""Which language, and its texts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

LANGUAGES: Final = ("ru", "en")
DEFAULT: Final = "ru"


@dataclass(frozen=True, slots=True)
class Texts:
    """One language's texts by key."""

    language: str
    table: Mapping[str, str]

    def __call__(self, key: str, **values: str | int) -> str:
        """The text with `values` put in; raises KeyError for a key that does not exist."""
        return self.table[key].format(**values) if values else self.table[key]

    def known(self, key: str, otherwise: str = "") -> str:
        """The text, or `otherwise` where there is none: for codes that come from elsewhere."""
        return self.table.get(key, otherwise)


def load(language: str) -> Texts:
    """The texts of a language; Russian where it is not one of ours."""
    code = language if language in LANGUAGES else DEFAULT
    file = resources.files("tui.i18n") / f"{code}.json"
    return Texts(code, json.loads(file.read_text("utf-8")))
