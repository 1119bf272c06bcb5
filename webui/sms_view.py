"""What the pages of short messages show: pure, from the core's rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from webui.calls_view import Piece, pieces
from webui.i18n import Texts
from webui.view import Branch

MAX_SMS: Final = 4000
TONES: Final = {
    "queued": "busy", "sending": "busy", "sent": "ok", "delivered": "ok", "failed": "bad", "cancelled": "off",
    "incomplete": "warn", "unreadable": "bad", "draft": "off",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """One, with what became of it; `state` is empty where there is nothing to say."""

    id: int
    ours: bool
    number: str
    text: str
    when: str
    state: str
    tone: str
    reason: str
    cancellable: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """Everything with one number, by the newest."""

    number: str
    last: ShortMessage
    count: int


@dataclass(frozen=True, slots=True)
class FoundSms:
    """A message that holds what was looked for."""

    sms: ShortMessage
    snippet: tuple[Piece, ...]


def short_message(row: Mapping[str, Any], say: Texts) -> ShortMessage:
    """A row of `sms.list`."""
    sms = Branch(row)
    state, text = sms.text("state"), sms.tree.get("text")
    return ShortMessage(
        id=int(sms.number("id") or 0),
        ours=sms.text("direction") == "out",
        number=sms.text("number"),
        text=text[:MAX_SMS] if isinstance(text, str) else "",
        when=say.moment(sms.number("at")),
        state="" if state == "received" else say.known(f"sms.state.{state}") or state,
        tone=TONES.get(state, "off"),
        reason=sms.text("reason_text"),
        cancellable=state == "queued",
    )


def thread(row: Mapping[str, Any], say: Texts) -> Thread:
    """A row of `sms.threads`."""
    tree = Branch(row)
    return Thread(tree.text("number"), short_message(tree.part("last").tree, say), int(tree.number("count") or 0))


def found_sms(row: Mapping[str, Any], say: Texts) -> FoundSms:
    """A hit of `sms.search`."""
    tree = Branch(row)
    return FoundSms(short_message(tree.part("sms").tree, say), pieces(tree.part("snippet").tree))
