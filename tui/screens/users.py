"""Who may use the web page, and as what."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.content import Content

from secretaryd.control.protocol.users import ChangeUser, InviteUser, ListUsers, RemoveUser
from tui.amounts import full_moment, moment
from tui.keys import bound
from tui.paging import Key, Row
from tui.plain import plain
from tui.screens.form import Field, Form
from tui.screens.listing import ListPage, sliced
from tui.screens.told import Told
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.widgets.styled import styled
from tui.work import work

ROLES: Final = ("admin", "operator", "editor", "viewer")


class UsersPage(ListPage):
    """Enter gives another role; an invitation is a link that opens once."""

    NAME = "users"
    EMPTY = "users.none"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("n", "invite", "key.invite"),
        bound("l", "again", "key.newlink"),
        bound("space", "switch", "key.switch"),
        bound("delete", "remove", "key.delete"),
    ]

    def columns(self) -> Sequence[Column]:
        """Who, what, since when."""
        say = self.say
        return (
            Column("", 1),
            Column(say("column.user"), 24),
            Column(say("column.role"), 12),
            Column(say("column.since")),
        )

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """All of them."""
        answer = Tree.of(await self.kit.door.ask(ListUsers()))
        return sliced([self._row(user) for user in answer.parts("users")], before, limit)

    def _row(self, user: Tree) -> Row:
        out, role = bool(user.flag("disabled")), user.text("role")
        cells = (
            ("✗" if out else "✓", "bad" if out else "ok"),
            (user.text("name"), "dim" if out else "bold"),
            (self.say.known(f"role.{role}", role), ""),
            (moment(user.number("created"), self.say), "dim"),
        )
        return Row(str(user.values.get("name", "")), cells, user)

    def whole(self, row: Row) -> Content:
        """What the role may."""
        user, role = row.tree, row.tree.text("role")
        state = self.say("users.out" if user.flag("disabled") else "users.in")
        since = full_moment(user.number("created"), self.say)
        return styled(
            (user.text("name"), "bold"), f"  {state}  ", (since, "dim"), "\n", self.say.known(f"role.{role}.may")
        )

    def action_invite(self) -> None:
        """A new one; without a name it is the first owner's link."""
        say = self.say
        fields = (
            Field("name", say("column.user"), hint=say("users.first")),
            Field("role", say("column.role"), hint=", ".join(ROLES)),
        )
        note = "\n".join(f"{role}: {say(f'role.{role}.may')}" for role in ROLES)
        self.app.push_screen(Form(self.kit, say("users.new"), fields, self._typed, note))

    async def _typed(self, typed: dict[str, str]) -> None:
        await self._invite(typed["name"], typed["role"] or "admin")

    def action_again(self) -> None:
        """For one who has forgotten the password."""
        if (row := self.list.chosen) is not None:
            work(self, partial(self._once_more, row), "order")

    async def _once_more(self, row: Row) -> None:
        with self.told():
            await self._invite(str(row.key), str(row.tree.values.get("role", "")))

    async def _invite(self, name: str, role: str) -> None:
        done = Tree.of(await self.kit.door.ask(InviteUser(name=name, role=role)))
        note = self.say("users.link.note", until=full_moment(done.number("expires"), self.say))
        title = self.say("users.link", name=plain(name) or self.say("users.owner"))
        self.call_later(self.app.push_screen, Told(self.kit, title, done.text("link"), note))
        self.look()

    def open(self, row: Row) -> None:
        """Another role."""

        async def save(typed: dict[str, str]) -> None:
            await self._change(ChangeUser(name=str(row.key), role=typed["role"]))

        note = "\n".join(f"{role}: {self.say(f'role.{role}.may')}" for role in ROLES)
        field = Field("role", self.say("column.role"), row.tree.text("role"), hint=", ".join(ROLES))
        self.app.push_screen(Form(self.kit, row.tree.text("name"), (field,), save, note))

    def action_switch(self) -> None:
        """Out at once, or in again: the same key takes it back."""
        if (row := self.list.chosen) is not None:
            request = ChangeUser(name=str(row.key), disabled=not row.tree.flag("disabled"))
            work(self, partial(self._order, request), "order")

    async def _order(self, request: ChangeUser) -> None:
        with self.told():
            await self._change(request)

    async def _change(self, request: ChangeUser) -> None:
        user = Tree.of(await self.kit.door.ask(request))
        role = user.text("role")
        state = self.say("users.out") if user.flag("disabled") else self.say.known(f"role.{role}", role)
        self.tell(f"{user.text('name')}: {state}")
        self.look()

    def action_remove(self) -> None:
        """Asks: his sessions and his name are gone then."""
        if (row := self.list.chosen) is not None:
            question = self.say("users.ask.remove", name=row.tree.text("name"))
            self.once_sure(question, self.say("key.delete"), partial(self._remove, str(row.key)))

    async def _remove(self, name: str) -> None:
        with self.told():
            await self.kit.door.ask(RemoveUser(name=name))
            self.tell(self.say("removed"))
            self.look()
