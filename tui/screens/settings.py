"""Every key of the configuration: what it means, what is in force, what the owner set."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.content import Content

from secretaryd.control.protocol import Request, ShowConfig
from secretaryd.control.protocol.content import SetConfig, UnsetConfig
from tui.keys import bound
from tui.paging import Key, Row
from tui.plain import plain
from tui.screens.editing import EditingPage
from tui.screens.form import Field
from tui.screens.listing import sliced
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.widgets.styled import styled


def typed_value(value: Any) -> str:
    """A value as one types it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


class SettingsPage(EditingPage):
    """Enter changes a key, Delete puts it back."""

    NAME = "settings"
    EMPTY = "settings.none"
    SEEKS = True
    BINDINGS: ClassVar[list[BindingType]] = [bound("delete", "unset", "key.unset")]

    def columns(self) -> Sequence[Column]:
        """Key, value."""
        return (Column(self.say("column.key"), 28), Column(self.say("column.value")))

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """In the order of the configuration's manual."""
        config = Tree.of(await self.kit.door.ask(ShowConfig())).part("config")
        rows = []
        for section, keys in config.values.items():
            for key, value in Tree.of(keys).values.items():
                name, shown = f"{section}.{key}", typed_value(value)
                if self.sought.casefold() in f"{name} {shown} {self.kit.tools.manual.get(name, '')}".casefold():
                    rows.append(Row(name, ((plain(name), "bold"), (plain(shown), "")), Tree({"value": shown})))
        return sliced(rows, before, limit)

    def whole(self, row: Row) -> Content:
        """What it means."""
        return styled((str(row.key), "head"), "\n", plain(self.kit.tools.manual.get(str(row.key), "")))

    def open(self, row: Row) -> None:
        """To change it."""
        key = str(row.key)
        field = Field("value", self.say("column.value"), row.tree.text("value"))
        self.fill(key, (field,), partial(self._set, key), plain(self.kit.tools.manual.get(key, "")))

    @staticmethod
    def _set(key: str, typed: dict[str, str]) -> SetConfig:
        return SetConfig(key=key, value=typed["value"], as_text=True)

    def ordered(self, _: Request, done: Tree) -> None:
        """Some keys are read at a start only; some are hidden by the environment."""
        units = done.values.get("restart")
        restart = ", ".join(plain(one) for one in units) if isinstance(units, list) else ""
        if hidden := done.text("hidden_by"):
            self.tell(self.say("saved"), self.say("settings.hidden", by=hidden), "warning")
        elif restart:
            self.tell(self.say("saved"), self.say("settings.restart", units=restart), "warning")
        else:
            super().ordered(_, done)

    def action_unset(self) -> None:
        """Back to what the file or the default says."""
        if (row := self.list.chosen) is not None:
            self.order(UnsetConfig(key=str(row.key)))
