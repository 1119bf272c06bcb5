"""PURE: lines of the logs, as the page shows them. They may hold anything that a caller, a network or a file says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webui.i18n import Texts
from webui.view import Branch

PROCESSES: Final = ("core", "speech", "llm", "web")
LEVELS: Final = ("debug", "info", "warning", "error")
TONES: Final = {"warning": "warn", "error": "bad", "critical": "bad", "debug": "off"}
MOST: Final = 500
MAX_TEXT: Final = 4000
MAX_FIELD: Final = 300
MAX_FIELDS: Final = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One of them. `fields` are what the program told beside its words."""

    when: str
    exact: str
    level: str
    tone: str
    logger: str
    text: str
    fields: str


def lines(answer: Mapping[str, Any], say: Texts) -> list[Line]:
    """The answer of `logs.tail`, oldest first."""
    rows = answer.get("lines")
    return [_line(Branch(row), say) for row in rows[-MOST:]] if isinstance(rows, list) else []


def _line(row: Branch, say: Texts) -> Line:
    at, level, text = row.number("at"), row.text("level"), row.tree.get("text")
    fields = row.tree.get("fields")
    told = list(fields.items())[:MAX_FIELDS] if isinstance(fields, Mapping) else []
    return Line(
        when=say.time(at),
        exact=say.moment(at),
        level=level,
        tone=TONES.get(level, ""),
        logger=row.text("logger").removeprefix("secretaryd."),
        text=text[:MAX_TEXT] if isinstance(text, str) else "",
        fields=" ".join(f"{str(name)[:60]}={str(value)[:MAX_FIELD]}" for name, value in told),
    )
