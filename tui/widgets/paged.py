"""A list of any length: only what is looked at is held and drawn."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import Worker

from tui.keys import bound
from tui.paging import PAGE_ROWS, Key, Pages, Row
from tui.work import work

Fetch = Callable[[Key | None, int], Awaitable[Sequence[Row]]]
"""(before, limit) -> rows, newest first. Tells failures itself and raises `NotFetched`."""


class NotFetched(Exception):
    """The page could not be read; the owner was told."""


@dataclass(frozen=True, slots=True)
class Column:
    """`width` in cells; 0 takes what is left."""

    title: str
    width: int = 0


class PagedList(ScrollView, can_focus=True):
    """Rows under a heading, one of them chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("enter", "choose", "key.open"),
        bound("up", "move(-1)", "key.up", show=False),
        bound("down", "move(1)", "key.down", show=False),
        bound("k", "move(-1)", "key.up", show=False),
        bound("j", "move(1)", "key.down", show=False),
        bound("pageup", "page(-1)", "key.pageup", show=False),
        bound("pagedown", "page(1)", "key.pagedown", show=False),
        bound("home", "top", "key.home", show=False),
        bound("end", "bottom", "key.end", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "paged--head",
        "paged--cursor",
        "paged--dim",
        "paged--ok",
        "paged--warn",
        "paged--bad",
        "paged--bold",
    }
    DEFAULT_CSS = """
    PagedList { height: 1fr; overflow-x: hidden; }
    PagedList > .paged--head { text-style: bold; color: $text-secondary; }
    PagedList > .paged--cursor { background: $primary 25%; }
    PagedList:focus > .paged--cursor { background: $primary 50%; text-style: bold; }
    PagedList > .paged--dim { color: $text-muted; }
    PagedList > .paged--ok { color: $text-success; }
    PagedList > .paged--warn { color: $text-warning; }
    PagedList > .paged--bad { color: $text-error; }
    PagedList > .paged--bold { text-style: bold; }
    """
    cursor: reactive[int] = reactive(0)

    class Chosen(Message):
        """Enter, or a click on the chosen row."""

        def __init__(self, row: Row) -> None:
            super().__init__()
            self.row = row

    class Moved(Message):
        """Another row is under the cursor; None where there is none."""

        def __init__(self, row: Row | None) -> None:
            super().__init__()
            self.row = row

    def __init__(self, columns: Sequence[Column], fetch: Fetch, empty: str) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._fetch = fetch
        self._empty = empty
        self._pages: Pages[Row] = Pages()
        self._failed = False
        self._reading: Worker[None] | None = None
        self.prefer: Key | None = None
        """The row that the next reading from the top puts the cursor on."""

    @property
    def chosen(self) -> Row | None:
        """The row under the cursor."""
        return self._pages.row(self.cursor)

    @property
    def near_top(self) -> bool:
        """Whether reading from the top anew leaves the reader where he is."""
        return self.cursor < PAGE_ROWS // 2

    @property
    def count(self) -> int:
        """Rows known so far."""
        return self._pages.count

    def reload(self, *, keep: bool = True) -> None:
        """Reads from the top anew; the cursor stays on its row where it is on the first page, else goes to the top."""
        work(self, partial(self._reload, keep), "reload")

    async def _reload(self, keep: bool) -> None:
        chosen, prefer = self.chosen, self.prefer
        wanted = prefer if prefer is not None else chosen.key if keep and chosen is not None else None
        pages: Pages[Row] = Pages()
        try:
            rows = await self._fetch(None, PAGE_ROWS)
        except NotFetched:
            self._failed = True
            return
        pages.take(0, rows)
        self._pages, self._failed = pages, False
        self.prefer = None
        found = [index for index, row in enumerate(rows) if row.key == wanted]
        self._sized()
        self.cursor = found[0] if found else 0
        self.post_message(self.Moved(self.chosen))
        if not found:
            self.scroll_to(y=0, animate=False)
        self.refresh()
        self._read_on()

    def _sized(self) -> None:
        known = self._pages.count + (0 if self._pages.complete else 1)
        self.virtual_size = Size(self.size.width, known + 1)

    def _read_on(self) -> None:
        """Reads what is looked at and a little more, one page at a time."""
        if not self._pages.count:
            return  # the first page is read by `reload`
        first = int(self.scroll_offset.y)
        page = self._pages.wanted(first, max(first + self.size.height, self.cursor))
        if page is not None and not self._failed and not (self._reading and self._reading.is_running):
            self._reading = work(self, partial(self._read, page), "read")

    async def _read(self, page: int) -> None:
        pages = self._pages
        try:
            rows = await self._fetch(pages.before(page), PAGE_ROWS)
        except NotFetched:
            self._failed = True
            return
        pages.take(page, rows)
        self._sized()
        self.refresh()
        if self.cursor // PAGE_ROWS == page:
            self.post_message(self.Moved(self.chosen))
        self.call_later(self._read_on)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """More may be needed."""
        super().watch_scroll_y(old_value, new_value)
        if round(old_value) != round(new_value):
            self._failed = False
            self._read_on()

    def on_resize(self) -> None:
        """The width of the flexible column follows."""
        self._sized()
        self._read_on()

    def validate_cursor(self, cursor: int) -> int:
        """Stays on the rows that are known."""
        return max(0, min(cursor, self._pages.count - 1))

    def watch_cursor(self, _: int, new: int) -> None:
        """Keeps the cursor in sight; the heading covers one line."""
        height = max(1, self.size.height - 1)
        top = int(self.scroll_offset.y)
        if new < top:
            self.scroll_to(y=new, animate=False)
        elif new >= top + height:
            self.scroll_to(y=new - height + 1, animate=False)
        self.post_message(self.Moved(self.chosen))
        self.refresh()

    def action_move(self, by: int) -> None:
        """One row."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """One screenful."""
        self.cursor += by * max(1, self.size.height - 2)

    def action_top(self) -> None:
        """The newest; reads anew, since there may be newer ones."""
        self.cursor = 0
        self.reload(keep=False)

    def action_bottom(self) -> None:
        """The oldest that is known; what comes after it is read meanwhile."""
        self.cursor = self._pages.count - 1

    def action_choose(self) -> None:
        """Opens it."""
        if (row := self.chosen) is not None:
            self.post_message(self.Chosen(row))

    def on_click(self, event: events.Click) -> None:
        """Chooses; once more opens."""
        index = event.y - 1 + int(self.scroll_offset.y)
        if event.y < 1 or index >= self._pages.count:
            return
        if index == self.cursor:
            self.action_choose()
        self.cursor = index

    def render_line(self, y: int) -> Strip:
        """The heading, then rows."""
        width = self.size.width
        if y == 0:
            style = self.get_component_rich_style("paged--head")
            return self._strip([(column.title, style) for column in self._columns], Style(), width)
        index = y - 1 + int(self.scroll_offset.y)
        if index >= self._pages.count:
            waiting = not self._pages.complete and index == self._pages.count and not self._failed
            text = "…" if waiting else self._empty if self._pages.complete and not self._pages.count and y == 1 else ""
            return Strip([Segment(set_cell_size(text, width), self.rich_style)])
        row = self._pages.row(index)
        base = self.get_component_rich_style("paged--cursor", partial=True) if index == self.cursor else Style()
        if row is None:
            return Strip([Segment(set_cell_size("…", width), self.rich_style + base)])
        cells = [(text, self._tone(tone)) for text, tone in row.cells]
        return self._strip(cells, base, width)

    def _tone(self, tone: str) -> Style:
        return self.get_component_rich_style(f"paged--{tone}", partial=True) if tone else Style()

    def _strip(self, cells: Sequence[tuple[str, Style]], base: Style, width: int) -> Strip:
        fixed = sum(column.width + 1 for column in self._columns if column.width)
        segments = []
        for column, (text, style) in zip(self._columns, cells, strict=True):
            room = column.width or max(0, width - fixed)
            shown = set_cell_size(text, room - 1) + "…" if len(text) > room > 1 else set_cell_size(text, room)
            segments.append(Segment(f"{shown} ", self.rich_style + style + base))
        return Strip(segments).adjust_cell_length(width, self.rich_style + base)
