"""Short messages, both ways: what came, what went, what became of it."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import BindingType
from textual.content import Content

from secretaryd.control.protocol import Stamped
from secretaryd.control.protocol.sms import CancelSms, ListSms, SendSms, SmsChanged, SmsReceived
from tui.amounts import full_moment, moment, phone
from tui.keys import bound
from tui.paging import Key, Row
from tui.screens.form import Field, Form
from tui.screens.listing import ListPage
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.widgets.styled import styled
from tui.work import work

DIRECTIONS: Final = ("", "in", "out")
TONES: Final = {"failed": "bad", "queued": "warn", "sending": "warn", "cancelled": "dim", "incomplete": "warn"}


class SmsPage(ListPage):
    """Newest first; Enter answers."""

    NAME = "sms"
    EMPTY = "sms.none"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("n", "new", "key.newsms"),
        bound("o", "direction", "key.direction"),
        bound("t", "thread", "key.thread"),
        bound("x", "cancel", "key.unsend"),
    ]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._direction = ""
        self._number = ""

    def columns(self) -> Sequence[Column]:
        """When, whose, state, words."""
        say = self.say
        return (
            Column("", 1),
            Column(say("column.when"), 11),
            Column(say("column.number"), 17),
            Column(say("column.state"), 12),
            Column(say("column.text")),
        )

    def heading(self) -> str:
        """The filter."""
        if self._number:
            return self.say("sms.thread", number=phone(self._number))
        return self.say(f"sms.{self._direction or 'all'}")

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """Newest first."""
        older = before if isinstance(before, int) else None
        request = ListSms(number=self._number, direction=self._direction, limit=limit, before=older)
        answer = Tree.of(await self.kit.door.ask(request))
        return [self._row(sms) for sms in answer.parts("sms")]

    def _row(self, sms: Tree) -> Row:
        came, state = sms.text("direction") == "in", sms.text("state")
        cells = (
            ("◀" if came else "▶", "ok" if came else ""),
            (moment(sms.number("at"), self.say), "dim"),
            (phone(sms.text("number")), "bold"),
            (self.say.known(f"sms.state.{state}", state), TONES.get(state, "dim")),
            (sms.text("text"), ""),
        )
        return Row(sms.whole("id"), cells, sms)

    def whole(self, row: Row) -> Content:
        """All of it; the sender's words are no more than words."""
        sms = row.tree
        when = full_moment(sms.number("at"), self.say)
        trouble = f"  {sms.text('reason_text')}" if sms.text("reason_text") else ""
        return styled(
            (phone(sms.text("number")), "bold"), "  ", (when, "dim"), (trouble, "bad"), "\n", sms.lines("text")
        )

    def took(self, stamped: Stamped) -> None:
        """One came, or the state of one of ours changed."""
        if isinstance(stamped.event, SmsReceived | SmsChanged) and self.list.near_top:
            self.list.reload()

    def open(self, row: Row) -> None:
        """An answer."""
        self._write("" if row.tree.flag("named") else str(row.tree.values.get("number", "")))

    def action_new(self) -> None:
        """A new one."""
        self._write("")

    def _write(self, number: str) -> None:
        say = self.say
        fields = (Field("number", say("column.number"), number), Field("text", say("column.text"), lines=6))
        self.app.push_screen(Form(self.kit, say("key.newsms"), fields, self._send, say("sms.note")))

    async def _send(self, typed: dict[str, str]) -> None:
        await self.kit.door.ask(SendSms(number=typed["number"], text=typed["text"]))
        self.tell(self.say("sms.queued"), self.say("sms.unsend"))
        self.look()

    def action_direction(self) -> None:
        """All, those that came, those that went."""
        self._direction = DIRECTIONS[(DIRECTIONS.index(self._direction) + 1) % len(DIRECTIONS)]
        self.look()

    def action_thread(self) -> None:
        """Only those with this number, or all again."""
        row = self.list.chosen
        self._number = "" if self._number or row is None else str(row.tree.values.get("number", ""))
        self.look()

    def action_cancel(self) -> None:
        """While none of it was sent."""
        if (row := self.list.chosen) is not None:
            work(self, partial(self._cancel, row.tree.whole("id")), "cancel")

    async def _cancel(self, sms: int) -> None:
        with self.told():
            await self.kit.door.ask(CancelSms(id=sms))
            self.tell(self.say("sms.cancelled"))
            self.look()
