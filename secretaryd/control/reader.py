"""In which language the asker of a request reads. The server tells it once a request, whatever the request does may
look it up; what nobody asked for (alarms, reports) is in the box's language."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final, Generic, TypeVar

LANGUAGES: Final = ("ru", "en")
_asked: Final[ContextVar[str]] = ContextVar("reader", default="")
V = TypeVar("V")


def reads(language: str) -> None:
    """The asker of what is done from here on, in this task, reads that language; "" for the box's."""
    _asked.set(language if language in LANGUAGES else "")


def language_for(usual: str) -> str:
    """The asker's, else `usual`."""
    return _asked.get() or usual


class Texts(Generic[V]):
    """A table of texts for each language, by code: `texts[code]` in the asker's, else in the box's."""

    def __init__(self, tables: Mapping[str, Mapping[Any, V]], usual: str) -> None:
        self._tables, self._usual = tables, usual

    def __getitem__(self, code: Any) -> V:
        return self._tables[self.language][code]

    @property
    def language(self) -> str:
        """In which they are now."""
        asked = language_for(self._usual)
        return asked if asked in self._tables else self._usual
