"""A page that is a list: what is filtered or sought above it, the chosen one in full under it."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final

from textual.binding import BindingType
from textual.content import Content
from textual.events import Key
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.keys import bound
from tui.paging import Key as RowKey
from tui.paging import Row
from tui.screens.page import Page
from tui.widgets.paged import Column, NotFetched, PagedList
from tui.widgets.styled import Toned, styled

NOTHING: Final = Content("")


class Seek(Input):
    """The line in which one types what is sought; Escape ends the search."""

    DEFAULT_CSS = """
    Seek { display: none; height: 1; border: none; padding: 0; background: $primary 20%; }
    Seek:focus { border: none; }
    Seek.shown { display: block; }
    """

    def on_key(self, event: Key) -> None:
        """Escape belongs to the search, not to the page."""
        if event.key == "escape":
            event.stop()
            self.value = ""
            self.post_message(self.Submitted(self, ""))


class ListPage(Page):
    """Subclasses say columns, rows and heading."""

    EMPTY: ClassVar[str] = ""
    """Key of the text for a list without rows."""
    SEEKS: ClassVar[bool] = False
    DEFAULT_CSS = """
    ListPage #heading { height: 1; }
    ListPage #whole { height: auto; max-height: 7; margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [bound("slash", "seek", "key.seek")]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.sought = ""

    def body(self) -> Iterable[Widget]:
        """Heading, search line, list, the chosen one."""
        yield Static(markup=False, id="heading")
        yield Seek(placeholder=self.say("seek.placeholder"), compact=True)
        yield PagedList(self.columns(), self._fetch, self.say(self.EMPTY))
        yield Static(markup=False, id="whole")

    def columns(self) -> Sequence[Column]:
        """Of the list."""
        raise NotImplementedError

    def heading(self) -> str:
        """What is listed."""
        return self.say(f"page.{self.NAME}")

    async def rows(self, before: RowKey | None, limit: int) -> Sequence[Row]:
        """A page of rows. Raises ControlError."""
        raise NotImplementedError

    def whole(self, _: Row) -> Content:
        """The chosen one in full."""
        return NOTHING

    @property
    def list(self) -> PagedList:
        """The list."""
        return self.query_one(PagedList)

    def on_mount(self) -> None:
        """The list has the keys."""
        self.list.focus()

    def look(self) -> None:
        """From the top."""
        self.title_anew()
        self.list.reload()

    def title_anew(self) -> None:
        """What is listed, and what is sought."""
        parts: list[Toned] = [(self.heading(), "head")]
        if self.sought:
            parts += ["  ", self.say("seek.sought", words=self.sought)]
        self.query_one("#heading", Static).update(styled(*parts))

    async def _fetch(self, before: RowKey | None, limit: int) -> Sequence[Row]:
        with self.told():
            return await self.rows(before, limit)
        raise NotFetched

    def on_paged_list_moved(self, event: PagedList.Moved) -> None:
        """The chosen one in full."""
        self.query_one("#whole", Static).update(NOTHING if event.row is None else self.whole(event.row))

    def on_paged_list_chosen(self, event: PagedList.Chosen) -> None:
        """Opens it."""
        self.open(event.row)

    def open(self, row: Row) -> None:
        """Enter on a row."""

    def check_action(self, action: str, _: tuple[object, ...]) -> bool | None:
        """No search where the box offers none."""
        return self.SEEKS if action == "seek" else True

    def action_seek(self) -> None:
        """Opens the line for it."""
        seek = self.query_one(Seek)
        seek.add_class("shown")
        seek.value = self.sought
        seek.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Seeks; an empty line ends the search."""
        self.sought = event.value.strip()
        self.query_one(Seek).remove_class("shown")
        self.list.focus()
        self.look()


def sliced(rows: Sequence[Row], before: RowKey | None, limit: int) -> Sequence[Row]:
    """A page of a list that came whole: rows are looked up by the key of the one before them."""
    keys = [row.key for row in rows]
    start = 0 if before is None else keys.index(before) + 1 if before in keys else len(rows)
    return rows[start : start + limit]
