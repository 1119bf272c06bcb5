"""What callers left, and whether the owner has dealt with it."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from secretaryd.control.protocol import HandleMessage, ListMessages, MessageTaken, Stamped
from tui.amounts import full_moment, moment, phone
from tui.i18n.texts import Texts
from tui.keys import bound
from tui.paging import Row
from tui.screens.call import CallPage
from tui.screens.page import Page
from tui.tree import Tree
from tui.widgets.paged import Column, NotFetched, PagedList
from tui.widgets.styled import Toned, styled
from tui.work import work


def message_row(message: Tree, say: Texts) -> Row:
    """A message in one line; the whole tree goes along."""
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


class MessagesPage(Page):
    """A list, the chosen one in full under it."""

    NAME = "messages"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("space", "handle", "key.handled"),
        bound("o", "open", "key.unhandled"),
    ]
    DEFAULT_CSS = """
    MessagesPage #filter { height: 1; }
    MessagesPage #whole { height: auto; max-height: 8; margin-top: 1; }
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._only_open = False

    def body(self) -> Iterable[Widget]:
        """Filter, list, the chosen one."""
        say = self.say
        yield Static(markup=False, id="filter")
        columns = (
            Column("", 1),
            Column(say("column.when"), 11),
            Column(say("column.number"), 17),
            Column(say("column.name"), 16),
            Column(say("column.matter")),
        )
        yield PagedList(columns, self._fetch, say("messages.none"))
        yield Static(markup=False, id="whole")

    def on_mount(self) -> None:
        """The list has the keys."""
        self.query_one(PagedList).focus()

    def look(self) -> None:
        """From the top."""
        words = "messages.open" if self._only_open else "messages.all"
        self.query_one("#filter", Static).update(styled((self.say(words), "head")))
        self.query_one(PagedList).reload()

    def took(self, stamped: Stamped) -> None:
        """A new one."""
        if isinstance(stamped.event, MessageTaken) and self.query_one(PagedList).near_top:
            self.query_one(PagedList).reload()

    async def _fetch(self, before: int | None, limit: int) -> Sequence[Row]:
        with self.told():
            request = ListMessages(limit=limit, before=before, handled=False if self._only_open else None)
            answer = Tree.of(await self.kit.door.ask(request))
            return [message_row(message, self.say) for message in answer.parts("messages")]
        raise NotFetched

    def on_paged_list_moved(self, event: PagedList.Moved) -> None:
        """The chosen one in full."""
        message = event.row.tree if event.row is not None else Tree({})
        parts: list[Toned] = []
        if message.values:
            who = (message.text("name") or self.say("messages.nameless"), phone(message.text("number")))
            parts = [
                (who[0], "bold"),
                "  ",
                who[1],
                "  ",
                (full_moment(message.number("taken"), self.say), "dim"),
                "\n",
            ]
            parts.append(message.text("matter"))
        self.query_one("#whole", Static).update(styled(*parts))

    def on_paged_list_chosen(self, event: PagedList.Chosen) -> None:
        """The call in which it was left."""
        self.app.push_screen(CallPage(self.kit, event.row.tree.whole("call_id")))

    def action_open(self) -> None:
        """Only those not dealt with, or all."""
        self._only_open = not self._only_open
        self.look()

    def action_handle(self) -> None:
        """Dealt with, or not after all: the same key takes it back."""
        row = self.query_one(PagedList).chosen
        if row is not None:
            work(self, partial(self._handle, row.key, not row.tree.flag("handled")), "handle")

    async def _handle(self, message: int, handled: bool) -> None:
        with self.told():
            await self.kit.door.ask(HandleMessage(id=message, handled=handled))
            self.tell(self.say("messages.handled" if handled else "messages.reopened"))
            self.query_one(PagedList).reload()
