"""PIN, keys and tokens: their names, never their values."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.binding import BindingType

from secretaryd.control.protocol.secrets import ListSecrets, RemoveSecret, RotateSecrets, SetSecret
from tui.amounts import full_moment
from tui.keys import bound
from tui.paging import Key, Row
from tui.screens.form import Field, Form
from tui.screens.listing import ListPage, sliced
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.work import work


class SecretsPage(ListPage):
    """Enter replaces one."""

    NAME = "secrets"
    EMPTY = "secrets.none"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("n", "new", "key.new"),
        bound("g", "rotate", "key.rotate"),
        bound("delete", "remove", "key.delete"),
    ]

    def columns(self) -> Sequence[Column]:
        """Name, when it was set, whether it can be read."""
        say = self.say
        return (Column(say("column.name"), 32), Column(say("column.set"), 20), Column(say("column.state")))

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """All of them."""
        answer = Tree.of(await self.kit.door.ask(ListSecrets()))
        return sliced([self._row(each) for each in answer.parts("secrets")], before, limit)

    def _row(self, secret: Tree) -> Row:
        lost = secret.flag("readable") is False
        state = (self.say("secrets.lost"), "bad") if lost else (self.say("secrets.kept"), "ok")
        when = full_moment(secret.number("changed"), self.say)
        return Row(str(secret.values.get("name", "")), ((secret.text("name"), "bold"), (when, "dim"), state), secret)

    def open(self, row: Row) -> None:
        """Another value."""
        self._fill(str(row.key))

    def action_new(self) -> None:
        """Name and value."""
        self._fill("")

    def _fill(self, name: str) -> None:
        say = self.say
        fields = (
            Field("name", say("column.name"), name, hint="sim_pin"),
            Field("value", say("column.value"), hidden=True),
        )
        self.app.push_screen(Form(self.kit, say("secrets.set"), fields, self._save, say("secrets.note")))

    async def _save(self, typed: dict[str, str]) -> None:
        await self.kit.door.ask(SetSecret(name=typed["name"], value=typed["value"]))
        self.list.prefer = typed["name"]
        self.tell(self.say("saved"))
        self.look()

    def action_rotate(self) -> None:
        """A new key for all; nobody notices."""
        work(self, self._rotate, "order")

    async def _rotate(self) -> None:
        with self.told():
            done = Tree.of(await self.kit.door.ask(RotateSecrets()))
            self.tell(self.say("secrets.rotated", n=done.whole("sealed")))
            self.look()

    def action_remove(self) -> None:
        """Asks: nobody can show it again."""
        if (row := self.list.chosen) is not None:
            question = self.say("secrets.ask.remove", name=row.tree.text("name"))
            self.once_sure(question, self.say("key.delete"), partial(self._remove, str(row.key)))

    async def _remove(self, name: str) -> None:
        with self.told():
            await self.kit.door.ask(RemoveSecret(name=name))
            self.tell(self.say("removed"))
            self.look()
