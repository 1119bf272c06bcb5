"""The pages that have no place in the line above."""

from collections.abc import Sequence

from textual.content import Content

from tui.keys import SHOWN
from tui.pages import PAGES
from tui.paging import Key, Row
from tui.screens.listing import ListPage, sliced
from tui.widgets.paged import Column
from tui.widgets.styled import styled


class Menu(ListPage):
    """Enter opens one."""

    NAME = "menu"
    EMPTY = "menu.none"

    def columns(self) -> Sequence[Column]:
        """Key, name, what it is for."""
        return (Column("", 3), Column(self.say("column.page"), 16), Column(""))

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """They do not change."""
        say = self.say
        rows = [
            Row(
                name,
                (
                    (f"{SHOWN.get(place.key, place.key):>3}", "bold"),
                    (say(f"page.{name}"), "bold"),
                    (say(f"help.{name}"), "dim"),
                ),
            )
            for name, place in PAGES.items()
            if not place.in_line
        ]
        return sliced(rows, before, limit)

    def whole(self, row: Row) -> Content:
        """What it is for, in full."""
        return styled(self.say(f"help.{row.key}"))

    def open(self, row: Row) -> None:
        """Goes there."""
        self.app.call_later(self.app.run_action, f"go('{row.key}')")
