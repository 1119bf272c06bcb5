"""A person's data: how much is kept, all of it as a file, all of it erased."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final

from textual.binding import BindingType

from secretaryd.control.protocol.privacy import CountPerson, ErasedPerson, ErasePerson
from tui.amounts import phone
from tui.keys import bound
from tui.paging import Key, Row
from tui.plain import plain
from tui.ports import ExportFailed
from tui.screens.form import Field, Form
from tui.screens.listing import ListPage, sliced
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.work import work

KINDS: Final = ("calls", "recordings", "messages", "contacts", "other")
LOOK_SECONDS: Final = 0.5


class PrivacyPage(ListPage):
    """Of one number at a time."""

    NAME = "privacy"
    EMPTY = "privacy.none"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("n", "number", "key.number"),
        bound("e", "export", "key.export"),
        bound("delete", "erase", "key.erase"),
    ]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._number = ""
        self._mark = ""

    def columns(self) -> Sequence[Column]:
        """What, how many."""
        return (Column(self.say("column.kind"), 24), Column(self.say("column.count"), 10), Column(""))

    def heading(self) -> str:
        """Whose."""
        if not self._number:
            return self.say("page.privacy")
        return self.say("privacy.erasing" if self._mark else "privacy.of", number=phone(plain(self._number)))

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """Counts by kind, once a number was named."""
        if not self._number:
            return []
        told = Tree.of(await self.kit.door.ask(CountPerson(number=self._number)))
        counts = told.part("counts")
        rows = [
            Row(kind, ((self.say(f"privacy.{kind}"), ""), (f"{counts.whole(kind):>6}", "bold"), ("", "")))
            for kind in KINDS
        ]
        return sliced(rows, before, limit)

    def open(self, _: Row) -> None:
        """Another number."""
        self.action_number()

    def action_number(self) -> None:
        """Asks whose."""
        field = Field("number", self.say("column.number"), phone(self._number), hint="+7 916 123-45-67")
        self.app.push_screen(Form(self.kit, self.say("privacy.whose"), (field,), self._named))

    async def _named(self, typed: dict[str, str]) -> None:
        told = Tree.of(await self.kit.door.ask(CountPerson(number=typed["number"])))
        self._number, self._mark = str(told.values.get("number", "")), ""
        self.look()

    def _there(self) -> bool:
        """Asks for a number where none was named."""
        if not self._number:
            self.action_number()
        return bool(self._number)

    def action_export(self) -> None:
        """As a ZIP on the machine where the console runs."""
        if self._there():
            field = Field("file", self.say("column.file"), self.kit.tools.exporter.place(self._number))
            note = self.say("privacy.export.note")
            self.app.push_screen(Form(self.kit, self.say("privacy.export"), (field,), self._export, note))

    async def _export(self, typed: dict[str, str]) -> None:
        try:
            done = await self.kit.tools.exporter.export(self._number, typed["file"])
        except ExportFailed as error:
            self.tell(plain(error), severity="error")
        else:
            self.tell(self.say("privacy.exported"), plain(done))

    def action_erase(self) -> None:
        """The number once more, so that none is erased by a slip."""
        if self._there():
            field = Field("again", self.say("column.number"), hint=phone(self._number))
            note = self.say("privacy.erase.note", number=phone(self._number))
            self.app.push_screen(Form(self.kit, self.say("privacy.erase"), (field,), self._erase, note))

    async def _erase(self, typed: dict[str, str]) -> None:
        told = Tree.of(await self.kit.door.ask(ErasePerson(number=self._number, again=typed["again"])))
        self._mark = str(told.values.get("mark", ""))
        self.look()
        work(self, self._watch, "watch")

    async def _watch(self) -> None:
        """Until all is gone; it goes on without us too."""
        if not self._mark:
            return
        with self.told():
            told = Tree.of(await self.kit.door.ask(ErasedPerson(mark=self._mark)))
            if told.has("done"):
                self._mark = ""
                self.tell(self.say("privacy.erased", number=phone(self._number)))
                self.look()
                return
            self.set_timer(LOOK_SECONDS, lambda: work(self, self._watch, "watch"))
