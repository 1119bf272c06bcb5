"""Backups: what there is, a new one, whether one can be read, going back to one."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.content import Content

from secretaryd.control.protocol import Request, Stamped
from secretaryd.control.protocol.backup import (
    BackupChanged,
    CreateBackup,
    ListBackups,
    MakeBackupKey,
    RemoveBackup,
    RestoreBackup,
    VerifyBackup,
)
from tui.amounts import full_moment, size
from tui.keys import bound
from tui.paging import Key, Row
from tui.screens.form import Field, Form
from tui.screens.listing import ListPage, sliced
from tui.screens.told import Told
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.widgets.styled import styled
from tui.work import work


class BackupPage(ListPage):
    """Newest first; what takes long is told in the heading."""

    NAME = "backup"
    EMPTY = "backup.none"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("n", "create", "key.backup"),
        bound("v", "verify", "key.verify"),
        bound("g", "key", "key.kit"),
        bound("f", "file", "key.file"),
        bound("delete", "remove", "key.delete"),
    ]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._folder = ""
        self._keyless = False
        self._job = ""

    def columns(self) -> Sequence[Column]:
        """When, how large, what is in it."""
        say = self.say
        return (Column(say("column.when"), 20), Column(say("column.size"), 10), Column(say("column.file")))

    def heading(self) -> str:
        """Where they lie, or how far a job is."""
        return self._job or self.say("backup.keyless" if self._keyless else "backup.folder", folder=self._folder)

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """All of them."""
        told = Tree.of(await self.kit.door.ask(ListBackups()))
        known, self._folder, self._keyless = (
            (self._folder, self._keyless),
            told.text("folder"),
            told.flag("owner_key") is False,
        )
        if known != (self._folder, self._keyless):
            self.call_after_refresh(self.title_anew)
        return sliced([self._row(each) for each in told.parts("backups")], before, limit)

    def _row(self, backup: Tree) -> Row:
        at, count = backup.number("made"), backup.number("bytes")
        cells = (
            (full_moment(at, self.say), "bold"),
            ("" if count is None else size(count, self.say), ""),
            (backup.text("name"), "dim"),
        )
        return Row(str(backup.values.get("name", "")), cells, backup)

    def whole(self, row: Row) -> Content:
        """What is told of it."""
        known = {key: row.tree.text(key) for key in row.tree.values if row.tree.text(key)}
        return styled(("  ".join(f"{key}: {value}" for key, value in known.items()), "dim"))

    def took(self, stamped: Stamped) -> None:
        """How far the job is."""
        event = stamped.event
        if isinstance(event, BackupChanged):
            state = self.say.known(f"backup.{event.state}", event.state)
            do = self.say.known(f"backup.{event.do}", event.do)
            going = event.state == "running"
            self._job = f"{do}: {event.part:.0%} {event.step}" if going else ""
            if going:
                self.title_anew()
            else:
                failed = event.state == "failed"
                self.tell(f"{do}: {state}", event.reason, "error" if failed else "information")
                self.look()

    def open(self, row: Row) -> None:
        """Restores, after a question: everything newer is lost."""
        name = str(row.key)
        question = self.say("backup.ask.restore", name=name)
        self.once_sure(question, self.say("key.restore"), partial(self._order, RestoreBackup(name=name)))

    def action_create(self) -> None:
        """Begins one."""
        work(self, partial(self._order, CreateBackup()), "order")

    def action_verify(self) -> None:
        """Begins to read all of it."""
        if (row := self.list.chosen) is not None:
            work(self, partial(self._order, VerifyBackup(name=str(row.key))), "order")

    def action_remove(self) -> None:
        """Asks: it cannot be brought back."""
        if (row := self.list.chosen) is not None:
            name = str(row.key)
            remove = partial(self._order, RemoveBackup(name=name))
            self.once_sure(self.say("backup.ask.remove", name=name), self.say("key.delete"), remove)

    async def _order(self, request: Request) -> None:
        with self.told():
            await self.kit.door.ask(request)
            self.look()

    def action_key(self) -> None:
        """The owner's kit, shown once; asks where there is one: what it opened is lost without the old one."""
        if self._keyless:
            work(self, partial(self._kit, False), "order")
        else:
            self.once_sure(self.say("backup.ask.key"), self.say("key.kit"), partial(self._kit, True))

    async def _kit(self, replace: bool) -> None:
        with self.told():
            made = Tree.of(await self.kit.door.ask(MakeBackupKey(replace=replace)))
            self.app.push_screen(
                Told(self.kit, self.say("backup.kit"), made.text("secret"), self.say("backup.kit.note"))
            )
            self.look()

    def action_file(self) -> None:
        """From a stick: on a new card the kit opens it."""
        say = self.say
        fields = (
            Field("name", say("column.file"), hint="/media/usb/….tar.gz.age"),
            Field("key", say("backup.kit"), lines=2),
        )
        self.app.push_screen(Form(self.kit, say("key.restore"), fields, self._from_file, say("backup.file.note")))

    async def _from_file(self, typed: dict[str, str]) -> None:
        await self.kit.door.ask(RestoreBackup(name=typed["name"], key=typed["key"]))
