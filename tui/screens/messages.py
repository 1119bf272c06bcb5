"""What callers left, and whether the owner has dealt with it."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.content import Content

from secretaryd.control.protocol import HandleMessage, ListMessages, MessageTaken, Stamped
from secretaryd.control.protocol.calls import MessageChanged
from tui.amounts import full_moment, moment, phone
from tui.i18n.texts import Texts
from tui.keys import bound
from tui.paging import Key, Row
from tui.screens.call import CallPage
from tui.screens.dialling import dial_form
from tui.screens.listing import ListPage
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.widgets.styled import styled
from tui.work import work


def message_row(message: Tree, say: Texts) -> Row:
    """A message in one line."""
    handled = message.flag("handled")
    tone = "dim" if handled else ""
    return Row(
        message.whole("id"),
        (
            (" " if handled else "●", "warn"),
            (moment(message.number("taken"), say), "dim"),
            (phone(message.text("number")), "dim" if handled else "bold"),
            (message.text("name"), tone),
            (message.text("matter"), tone),
        ),
        message,
    )


class MessagesPage(ListPage):
    """A list, the chosen one in full under it."""

    NAME = "messages"
    EMPTY = "messages.none"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("space", "handle", "key.handled"),
        bound("o", "open", "key.unhandled"),
        bound("c", "dial", "key.dial"),
    ]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._only_open = False

    def columns(self) -> Sequence[Column]:
        """Dealt with or not, when, who, what."""
        say = self.say
        return (
            Column("", 1),
            Column(say("column.when"), 11),
            Column(say("column.number"), 17),
            Column(say("column.name"), 16),
            Column(say("column.matter")),
        )

    def heading(self) -> str:
        """The filter."""
        return self.say("messages.open" if self._only_open else "messages.all")

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """Newest first."""
        older = before if isinstance(before, int) else None
        request = ListMessages(limit=limit, before=older, handled=False if self._only_open else None)
        answer = Tree.of(await self.kit.door.ask(request))
        return [message_row(message, self.say) for message in answer.parts("messages")]

    def took(self, stamped: Stamped) -> None:
        """A new one, or one that somebody has seen to."""
        if isinstance(stamped.event, MessageTaken | MessageChanged) and self.list.near_top:
            self.list.reload()

    def whole(self, row: Row) -> Content:
        """Who, when, and all of it."""
        message = row.tree
        name = message.text("name") or self.say("messages.nameless")
        when = full_moment(message.number("taken"), self.say)
        number = phone(message.text("number"))
        return styled((name, "bold"), "  ", number, "  ", (when, "dim"), "\n", message.text("matter"))

    def open(self, row: Row) -> None:
        """The call in which it was left."""
        self.app.push_screen(CallPage(self.kit, row.tree.whole("call_id")))

    def action_open(self) -> None:
        """Only those not dealt with, or all."""
        self._only_open = not self._only_open
        self.look()

    def action_dial(self) -> None:
        """Calls the number that was left; it may be changed before."""
        if (row := self.list.chosen) is not None:
            dial_form(self, row.tree.text("number"))

    def action_handle(self) -> None:
        """Dealt with, or not after all: the same key takes it back."""
        row = self.list.chosen
        if row is not None:
            work(self, partial(self._handle, row.tree.whole("id"), not row.tree.flag("handled")), "handle")

    async def _handle(self, message: int, handled: bool) -> None:
        with self.told():
            await self.kit.door.ask(HandleMessage(id=message, handled=handled))
            self.tell(self.say("messages.handled" if handled else "messages.reopened"))
            self.list.reload()
