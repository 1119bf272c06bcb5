"""What happens in the box, as it happens."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from secretaryd.control.protocol import Stamped
from tui import happened
from tui.keys import bound
from tui.paging import Key, Row
from tui.screens.listing import ListPage, sliced
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.widgets.styled import styled


class LogsPage(ListPage):
    """Newest first; a key lets it stand still."""

    NAME = "logs"
    EMPTY = "logs.none"
    SEEKS = True
    BINDINGS: ClassVar[list[BindingType]] = [bound("space", "still", "key.still")]
    still = False

    def columns(self) -> Sequence[Column]:
        """When, what."""
        return (Column(self.say("column.when"), 8), Column(self.say("column.what"), 16), Column(""))

    def heading(self) -> str:
        """Whether it goes on."""
        return self.say("logs.still" if self.still else "logs.follow")

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """Of what the console has heard."""
        found = []
        for stamped in reversed(self.kit.events):
            told = happened.shown(stamped)
            if told is not None and self.sought.casefold() in f"{told[1]} {told[2]}".casefold():
                when, kind, words, tone = told
                found.append(
                    Row(stamped.id, ((when, "dim"), (kind, tone or "bold"), (words, "")), Tree({"words": words}))
                )
        return sliced(found, before, limit)

    def whole(self, row: Row) -> Content:
        """All of it."""
        return styled(row.tree.text("words"))

    def took(self, stamped: Stamped) -> None:
        """One more."""
        if not self.still and self.list.cursor == 0 and happened.shown(stamped) is not None:
            self.list.reload(keep=False)

    def action_still(self) -> None:
        """Stands still, or goes on."""
        self.still = not self.still
        self.look()
