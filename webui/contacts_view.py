"""What the pages of contacts show: pure, from the core's rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webui.i18n import Texts
from webui.view import Branch

GROUPS: Final = ("", "vip", "family", "supplier", "blocked")
RULES: Final = ("", "decline", "goodbye")
TONES: Final = {"vip": "ok", "family": "ok", "supplier": "busy", "blocked": "bad"}
MAX_NOTE: Final = 4000
MAX_NUMBERS: Final = 20


@dataclass(frozen=True, slots=True)
class Card:
    """A contact."""

    id: int
    name: str
    numbers: tuple[str, ...]
    group: str
    group_text: str
    tone: str
    rule: str
    note: str


def card(row: Mapping[str, Any], say: Texts) -> Card:
    """A row of `contacts.list`."""
    tree = Branch(row)
    group, numbers, note = tree.text("group"), row.get("numbers"), row.get("note")
    listed = numbers[:MAX_NUMBERS] if isinstance(numbers, list | tuple) else ()
    return Card(
        id=int(tree.number("id") or 0),
        name=tree.text("name"),
        numbers=tuple(one[:40] for one in listed if isinstance(one, str)),
        group=group,
        group_text=(say.known(f"contacts.group.{group}") or group) if group else "",
        tone=TONES.get(group, "off"),
        rule=tree.text("rule"),
        note=note[:MAX_NOTE] if isinstance(note, str) else "",
    )
