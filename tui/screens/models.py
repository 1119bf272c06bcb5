"""Recognisers, voices, language models: what there is, what is installed, what is at work."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static

from secretaryd.control.protocol import Request, Stamped
from secretaryd.control.protocol.models import (
    ImportModels,
    InstallModels,
    ListModels,
    ModelsChanged,
    RemoveModel,
    StopModels,
    UseModel,
    VerifyModels,
)
from tui.keys import bound
from tui.paging import Key, Row
from tui.plain import joined, plain
from tui.screens.form import Field, Form
from tui.screens.listing import ListPage, sliced
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.widgets.styled import Toned, styled
from tui.work import work

BAR_CELLS: Final = 30
MB: Final = 1_000_000
BUNDLE: Final = "bundle"


class ModelsPage(ListPage):
    """Enter installs, or puts to work what is installed. What takes long is the box's job: it goes on without the
    console."""

    NAME = "models"
    EMPTY = "models.none"
    SEEKS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("v", "verify", "key.verify"),
        bound("f", "file", "key.file"),
        bound("x", "stop", "key.stop"),
        bound("delete", "remove", "key.delete"),
    ]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._job = Tree({})

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
        told = Tree.of(await self.kit.door.ask(ListModels()))
        self._job = told.part("job")
        self.call_after_refresh(self.title_anew)
        all_of_them = [*map(_bundle, told.parts("bundles")), *told.parts("models")]
        words = self.sought.casefold()
        found = [one for one in all_of_them if words in " ".join(map(one.text, ("name", "kind", "about"))).casefold()]
        found.sort(key=lambda one: (not one.flag("active"), not one.flag("installed"), one.text("kind") != BUNDLE))
        return sliced([self._row(one) for one in found], before, limit)

    def _row(self, model: Tree) -> Row:
        mark, tone = ("▶", "ok") if model.flag("active") else ("✓", "ok") if model.flag("installed") else (" ", "")
        kind = joined((self.say.known(f"kind.{model.text('kind')}", model.text("kind")), model.text("language")))
        size = self.say("size.m", n=model.whole("download_mb"))
        cells = ((mark, tone), (model.text("name"), "bold"), (kind, ""), (size, "dim"), (model.text("about"), "dim"))
        return Row(str(model.values.get("name", "")), cells, model)

    def whole(self, row: Row) -> Content:
        """What it needs, and its licence."""
        model = row.tree
        memory = self.say("models.memory", n=model.whole("memory_mb")) if model.whole("memory_mb") else ""
        parts = joined((self.say("size.m", n=model.whole("download_mb")), memory, model.text("licence")))
        return styled((model.text("name"), "bold"), "  ", (parts, "dim"), "\n", model.text("about"))

    def title_anew(self) -> None:
        """While a job goes on: how far it is."""
        if self._job.text("state") != "running":
            super().title_anew()
            return
        got, whole = self._job.whole("received"), self._job.whole("total")
        part = min(1.0, got / whole) if whole else 0.0
        lit = round(part * BAR_CELLS)
        do = self.say.known(f"models.do.{self._job.text('do')}", self._job.text("do"))
        size = self.say("models.got", got=got // MB, whole=whole // MB) if whole else ""
        figures = f" {part:.0%} " if whole else " "
        bar: list[Toned] = [("━" * lit, "ok"), ("─" * (BAR_CELLS - lit), "dim"), (figures, "bold"), size]
        file = self._job.text("file").rpartition("/")[2]
        self.query_one("#heading", Static).update(styled(f"{do} ", *bar, "  ", (file[-30:], "dim")))

    def took(self, stamped: Stamped) -> None:
        """A job began, went on or ended."""
        if not isinstance(event := stamped.event, ModelsChanged):
            return
        self._job = Tree(
            {"state": event.state, "do": event.do, "file": event.file, "received": event.received, "total": event.total}
        )
        if event.state == "running":
            self.title_anew()
            return
        do = self.say.known(f"models.do.{event.do}", event.do)
        state = self.say.known(f"models.{event.state}", event.state)
        self.tell(f"{do} {state}", plain(event.reason), "error" if event.state == "failed" else "information")
        self.look()

    def open(self, row: Row) -> None:
        """Installs, or puts to work, after a question."""
        name, model = str(row.key), row.tree
        if model.flag("installed") and model.text("kind") != BUNDLE:
            self.once_sure(self.say("models.ask.use", name=name), self.say("key.use"), partial(self._use, name))
        else:
            question = self.say("models.ask.install", name=name, mb=model.whole("download_mb"))
            self.once_sure(question, self.say("key.install"), partial(self._order, InstallModels(names=(name,))))

    def action_verify(self) -> None:
        """Reads every byte of one that is installed."""
        if (row := self.list.chosen) is not None and row.tree.flag("installed") and row.tree.text("kind") != BUNDLE:
            work(self, partial(self._order, VerifyModels(names=(str(row.key),))), "order")

    def action_file(self) -> None:
        """From a stick, where there is no internet."""

        async def bring(typed: dict[str, str]) -> None:
            await self.kit.door.ask(ImportModels(source=typed["file"]))
            self.look()

        field = Field("file", self.say("column.file"), hint="/media/usb")
        self.app.push_screen(Form(self.kit, self.say("models.bring"), (field,), bring))

    def action_stop(self) -> None:
        """What is there by then is kept."""
        if self._job.text("state") == "running":
            work(self, partial(self._order, StopModels()), "order")

    def action_remove(self) -> None:
        """Asks: to have it again means to download it again."""
        row = self.list.chosen
        if row is None or not row.tree.flag("installed") or row.tree.text("kind") == BUNDLE:
            return
        remove = partial(self._order, RemoveModel(name=str(row.key)))
        self.once_sure(self.say("models.ask.remove", name=str(row.key)), self.say("key.delete"), remove)

    async def _order(self, request: Request) -> None:
        with self.told():
            await self.kit.door.ask(request)
            self.look()

    async def _use(self, name: str) -> None:
        with self.told():
            done = Tree.of(await self.kit.door.ask(UseModel(name=name)))
            units = done.values.get("restart")
            named = ", ".join(plain(one) for one in units) if isinstance(units, list) else ""
            self.tell(plain(name), self.say("settings.restart", units=named) if named else "")
            self.look()


def _bundle(told: Tree) -> Tree:
    """A bundle as a row among the models."""
    models = told.values.get("models")
    about = " + ".join(map(str, models)) if isinstance(models, list) else ""
    return Tree({**told.values, "kind": BUNDLE, "about": about})
