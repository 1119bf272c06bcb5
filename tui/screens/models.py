"""Recognisers, voices, language models: what there is, what is installed, what works."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker

from secretaryd.control.protocol.content import SetConfig
from tui.keys import bound
from tui.paging import Key, Row
from tui.plain import joined, plain
from tui.ports import Model, ShopFailed
from tui.screens.ask import Ask
from tui.screens.listing import ListPage, sliced
from tui.tree import Tree
from tui.widgets.paged import Column, NotFetched
from tui.widgets.styled import Toned, styled
from tui.work import work

BAR_CELLS: Final = 30
MB: Final = 1_000_000


class ModelsPage(ListPage):
    """Enter installs, or puts to work what is installed."""

    NAME = "models"
    EMPTY = "models.none"
    SEEKS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("x", "stop", "key.stop", show=False),
        bound("delete", "remove", "key.delete"),
    ]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._models: dict[str, Model] = {}
        self._installing: Worker[None] | None = None
        self._progress: tuple[str, int, int] | None = None

    def columns(self) -> Sequence[Column]:
        """Name, kind, size."""
        say = self.say
        return (
            Column("", 1),
            Column(say("column.name"), 28),
            Column(say("column.kind"), 18),
            Column(say("column.size"), 8),
            Column(say("column.about")),
        )

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """Those at work first, then those installed, bundles, the rest."""
        try:
            self._models = {model.name: model for model in await self.kit.tools.shop.models()}
        except ShopFailed as error:
            self.tell(plain(error), severity="error")
            raise NotFetched from error
        words = self.sought.casefold()
        found = [each for each in self._models.values() if words in f"{each.name} {each.kind} {each.about}".casefold()]
        found.sort(key=lambda each: (not each.active, not each.installed, each.kind != "bundle"))
        return sliced([self._row(each) for each in found], before, limit)

    def _row(self, model: Model) -> Row:
        mark, tone = ("▶", "ok") if model.active else ("✓", "ok") if model.installed else (" ", "")
        kind = joined((self.say.known(f"kind.{model.kind}", model.kind), model.language))
        size = self.say("size.m", n=model.download_mb)
        cells = ((mark, tone), (plain(model.name), "bold"), (kind, ""), (size, "dim"), (plain(model.about), "dim"))
        return Row(model.name, cells)

    def whole(self, row: Row) -> Content:
        """What it needs, and its licence."""
        model = self._models[str(row.key)]
        memory = self.say("models.memory", n=model.memory_mb) if model.memory_mb else ""
        parts = joined((self.say("size.m", n=model.download_mb), memory, plain(model.licence)))
        return styled((plain(model.name), "bold"), "  ", (parts, "dim"), "\n", plain(model.about))

    def title_anew(self) -> None:
        """While something is installed: how far it is."""
        if self._progress is None:
            super().title_anew()
            return
        name, got, whole = self._progress
        part = min(1.0, got / whole) if whole else 0.0
        lit = round(part * BAR_CELLS)
        figures = f" {part:.0%} " if whole else " "
        size = self.say("models.got", got=got // MB, whole=whole // MB or "?")
        bar: list[Toned] = [("━" * lit, "ok"), ("─" * (BAR_CELLS - lit), "dim"), (figures, "bold"), size]
        shown = styled(*bar, "  ", (plain(name)[-30:], "dim"))
        self.query_one("#heading", Static).update(shown)

    def open(self, row: Row) -> None:
        """Installs, or puts to work, after a question."""
        model = self._models[str(row.key)]
        if model.installed and model.kind != "bundle":
            question, yes = self.say("models.ask.use", name=model.name), self.say("key.use")
            self._asked(question, yes, partial(self._use, model.name), "use")
        elif self._installing is not None and self._installing.is_running:
            self.tell(self.say("models.busy"), severity="warning")
        else:
            question = self.say("models.ask.install", name=model.name, mb=model.download_mb)
            self._asked(question, self.say("key.install"), partial(self._install, model.name), "install")

    def _asked(self, question: str, yes: str, todo: Any, group: str) -> None:
        def sure(answer: bool | None) -> None:
            if answer:
                begun = work(self, todo, group)
                self._installing = begun if group == "install" else self._installing

        self.app.push_screen(Ask(self.kit, question, yes), sure)

    async def _install(self, name: str) -> None:
        try:
            await self.kit.tools.shop.install(name, self._shown)
        except ShopFailed as error:
            self.tell(plain(error), severity="error")
        else:
            self.tell(self.say("models.installed", name=name), self.say("models.then"))
        finally:
            self._progress = None
        self.look()

    def _shown(self, name: str, got: int, whole: int) -> None:
        self._progress = (name, got, whole)
        self.title_anew()

    def action_stop(self) -> None:
        """What is there by then is kept."""
        if self._installing is not None and self._installing.is_running:
            self._installing.cancel()
            self.tell(self.say("models.stopped"))
            self.call_after_refresh(self.look)

    async def _use(self, name: str) -> None:
        try:
            key, value = await self.kit.tools.shop.setting(name)
        except ShopFailed as error:
            self.tell(plain(error), severity="error")
            return
        with self.told():
            done = Tree.of(await self.kit.door.ask(SetConfig(key=key, value=value)))
            units = done.values.get("restart")
            named = ", ".join(plain(one) for one in units) if isinstance(units, list) else ""
            self.tell(f"{key} = {plain(value)}", self.say("settings.restart", units=named) if named else "")
        self.look()

    def action_remove(self) -> None:
        """Asks: to have it again means to download it again."""
        row = self.list.chosen
        if row is None or not self._models[str(row.key)].installed:
            return
        name = str(row.key)
        self._asked(
            self.say("models.ask.remove", name=name), self.say("key.delete"), partial(self._remove, name), "use"
        )

    async def _remove(self, name: str) -> None:
        try:
            await self.kit.tools.shop.remove(name)
        except ShopFailed as error:
            self.tell(plain(error), severity="error")
        self.look()
