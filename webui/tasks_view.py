"""PURE: what the page of tasks shows: who wants to be called back, what was dialled today."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webui.i18n import Texts
from webui.view import Branch

TONES: Final = {"open": "warn", "dialling": "busy", "done": "ok", "failed": "bad", "dropped": "off"}
WAITING: Final = frozenset({"open", "failed"})
MOST: Final = 200
MAX_WISH: Final = 1000


@dataclass(frozen=True, slots=True)
class Task:
    """A call-back. `waits`: something is to be done about it; `closed`: the owner has said so."""

    id: int
    number: str
    when: str
    wish: str
    state: str
    tone: str
    tried: str
    result: str
    call: int | None
    waits: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """What was dialled today of what may be."""

    on: bool
    text: str


def tasks(answer: Mapping[str, Any], say: Texts) -> list[Task]:
    """The answer of `tasks.list`."""
    rows = answer.get("tasks")
    return [_task(Branch(row), say) for row in rows[:MOST]] if isinstance(rows, list) else []


def usage(answer: Mapping[str, Any], say: Texts) -> Usage:
    """The answer of `dial.usage`."""
    used = Branch(answer).part("usage")
    if used.flag("enabled") is not True:
        return Usage(False, say("tasks.off"))
    calls, of_calls = (int(used.number(key) or 0) for key in ("calls", "calls_a_day"))
    minutes, of_minutes = round((used.number("seconds") or 0.0) / 60), int(used.number("minutes_a_day") or 0)
    figures = {"calls": calls, "of_calls": of_calls, "minutes": minutes, "of_minutes": of_minutes}
    return Usage(True, say("tasks.used", **{name: say.number(one) for name, one in figures.items()}))


def _task(row: Branch, say: Texts) -> Task:
    state, call, result = row.text("state"), row.number("call_id"), row.text("result")
    tries, wish = int(row.number("attempts") or 0), row.tree.get("wish")
    at = say.moment(row.number("tried"))
    return Task(
        id=int(row.number("id") or 0),
        number=row.text("number"),
        when=say.moment(row.number("made")),
        wish=wish.strip()[:MAX_WISH] if isinstance(wish, str) else "",
        state=say.known(f"tasks.state.{state}") or state,
        tone=TONES.get(state, "off"),
        tried=" ".join(filter(None, (say.count("tasks.tries", tries), at))) if tries > 0 else "",
        result=(say.known(f"tasks.result.{result}") or say.known(f"outcome.{result}") or result) if result else "",
        call=int(call) if call is not None and call > 0 else None,
        waits=state in WAITING,
        closed=state in ("done", "dropped"),
    )
