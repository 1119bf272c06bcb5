"""The newest lines of this process's log, kept in memory for whoever looks from afar."""

import itertools
import logging
import secrets
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from secretaryd.logs import STANDARD, Masking

KEPT: Final = 2000
LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "critical": logging.CRITICAL,
}
MAX_TEXT: Final = 4000


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `at`: UTC epoch seconds."""

    number: int
    at: float
    level: str
    logger: str
    text: str
    fields: dict[str, str] = field(default_factory=dict)


class Recent(logging.Handler):
    """Numbers are always masked: the reader may be anybody who manages the box, anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[Line] = deque(maxlen=KEPT)
        self._numbers = itertools.count(1)
        self._life = secrets.token_hex(4)
        self.addFilter(Masking())

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one."""
        fields = {
            key: str(value)[:MAX_TEXT]
            for key, value in record.__dict__.items()
            if key not in STANDARD and not key.startswith("_")
        }
        text = self.format(record)[:MAX_TEXT]
        level = record.levelname.lower()
        self._lines.append(Line(next(self._numbers), record.created, level, record.name, text, fields))

    def cursor(self, number: int) -> str:
        """A place in this process's log, also for who comes back to another process."""
        return f"{self._life}.{number}"

    def after(self, cursor: str) -> int | None:
        """The number of a place; 0 for one of a process that is gone, None for what is no place."""
        life, _, number = cursor.partition(".")
        if not (number.isascii() and number.isdecimal() and len(number) < 19):
            return None
        return int(number) if life == self._life else 0

    def lines(self, level: str, limit: int, after: int = 0) -> list[Line]:
        """The newest of at least that level, oldest first."""
        least = LEVELS.get(level, logging.INFO)
        found = [
            line for line in list(self._lines) if line.number > after and LEVELS.get(line.level, logging.ERROR) >= least
        ]
        return found[-limit:]


def watch() -> Recent:
    """Begins to keep what this process logs."""
    found = Recent()
    logging.getLogger().addHandler(found)
    return found


def plain(line: Line) -> dict[str, Any]:
    """For an answer."""
    return {"at": line.at, "level": line.level, "logger": line.logger, "text": line.text, "fields": line.fields}
