"""Which pages of a long list are known, without I/O: boundaries of all of them, rows of the newest-used few. Pure.

The box pages by key ("older than id 4711"), so a page can be asked for once the page before it was read; its boundary
is remembered for ever (one number a page), its rows only while they are near what is looked at."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from tui.tree import Tree

PAGE_ROWS: Final = 100
PAGES_KEPT: Final = 12
NOTHING: Final = Tree({})
Key = int | str
"""By which the box pages: an id, or a name."""
AHEAD_ROWS: Final = 60
"""Rows below the lowest one seen that are read beforehand."""


@dataclass(frozen=True, slots=True)
class Row:
    """`key` is what pages are counted by; `cells` are (text, tone); `tree` is the answer that it was made of, where the
    page needs more of it."""

    key: Key
    cells: tuple[tuple[str, str], ...]
    tree: Tree = NOTHING


R = TypeVar("R", bound=Row)


class Pages(Generic[R]):
    """The list as far as it is known."""

    def __init__(self) -> None:
        self._before: list[Key | None] = [None]
        self._rows: OrderedDict[int, tuple[R, ...]] = OrderedDict()
        self.count = 0
        """Rows known so far."""
        self.complete = False
        """Whether the last page was read."""

    def before(self, page: int) -> Key | None:
        """The key above which the page begins."""
        return self._before[page]

    def row(self, index: int) -> R | None:
        """None where it is not known, or not any more."""
        rows = self._rows.get(index // PAGE_ROWS)
        if rows is None:
            return None
        self._rows.move_to_end(index // PAGE_ROWS)
        offset = index % PAGE_ROWS
        return rows[offset] if offset < len(rows) else None

    def wanted(self, first: int, last: int) -> int | None:
        """The page to read next so that the rows `first` to `last` and a few more can be shown; None: all is there."""
        end = min(last + AHEAD_ROWS, self.count - 1) if self.complete else last + AHEAD_ROWS
        known = len(self._before)
        pages = range(min(max(0, first) // PAGE_ROWS, known - 1), min(end // PAGE_ROWS + 1, known))
        return next((page for page in pages if page not in self._rows), None)

    def take(self, page: int, rows: Sequence[R]) -> None:
        """A page was read."""
        self._rows[page] = tuple(rows)
        self._rows.move_to_end(page)
        while len(self._rows) > PAGES_KEPT:
            self._rows.popitem(last=False)
        if page == len(self._before) - 1:
            self.count = page * PAGE_ROWS + len(rows)
            if len(rows) < PAGE_ROWS:
                self.complete = True
            else:
                self._before.append(rows[-1].key)
