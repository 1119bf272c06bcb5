"""Who changed what, in a chain that shows when it was tampered with."""

import json
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from secretaryd.control.protocol.audit import ListAudit, VerifyAudit
from tui.amounts import full_moment, moment
from tui.keys import bound
from tui.paging import Key, Row
from tui.plain import plain
from tui.screens.listing import ListPage
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.widgets.styled import Toned, styled
from tui.work import work


class AuditPage(ListPage):
    """Newest first; `v` walks along the whole chain."""

    NAME = "audit"
    EMPTY = "audit.none"
    BINDINGS: ClassVar[list[BindingType]] = [bound("v", "verify", "key.verify")]

    def columns(self) -> Sequence[Column]:
        """When, who, what."""
        say = self.say
        return (
            Column(say("column.when"), 11),
            Column(say("column.who"), 14),
            Column(say("column.what"), 24),
            Column(say("column.target")),
        )

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """Newest first."""
        older = before if isinstance(before, int) else None
        answer = Tree.of(await self.kit.door.ask(ListAudit(limit=limit, before=older)))
        return [self._row(entry) for entry in answer.parts("entries")]

    def _row(self, entry: Tree) -> Row:
        when = moment(entry.number("at"), self.say)
        cells = ((when, "dim"), (entry.text("who"), ""), (entry.text("what"), "bold"), (entry.text("target"), ""))
        return Row(entry.whole("id"), cells, entry)

    def whole(self, row: Row) -> Content:
        """Before and after."""
        entry = row.tree
        head = f"№ {entry.whole('id')}  {full_moment(entry.number('at'), self.say)}  {entry.text('where')}"
        parts: list[Toned] = [(head, "head")]
        for key, mark, tone in (("before", "−", "bad"), ("after", "+", "ok")):
            if entry.has(key):
                told = json.dumps(entry.values[key], ensure_ascii=False)
                parts += ["\n", (f"{mark} ", tone), plain(told)]
        return styled(*parts)

    def action_verify(self) -> None:
        """May take a while on a long chain."""
        work(self, self._verify, "verify")

    async def _verify(self) -> None:
        with self.told():
            told = Tree.of(await self.kit.door.ask(VerifyAudit()))
            if told.flag("sound"):
                self.tell(self.say("audit.sound", n=told.whole("entries")), told.text("head")[:16])
            else:
                flaws = told.values.get("flaws")
                first = plain(flaws[0]) if isinstance(flaws, list) and flaws else ""
                self.tell(self.say("audit.flawed"), first, "error")
