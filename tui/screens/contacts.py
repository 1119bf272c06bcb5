"""Who is known: names, numbers, groups, the blocked."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import BindingType
from textual.content import Content

from secretaryd.control.protocol.contacts import (
    AddContact,
    ContactCard,
    EditContact,
    ListContacts,
    RemoveContact,
    RestoreContact,
)
from tui.amounts import phone
from tui.keys import bound
from tui.paging import Key, Row
from tui.plain import joined
from tui.screens.dialling import dial_form
from tui.screens.form import Field, Form
from tui.screens.listing import ListPage
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.widgets.styled import styled
from tui.work import work

GROUPS: Final = ("", "vip", "family", "supplier", "blocked")
TONES: Final = {"vip": "ok", "family": "ok", "blocked": "bad"}


def numbers_of(contact: Tree) -> list[str]:
    """As people read them."""
    numbers = contact.values.get("numbers")
    return [phone(str(number)) for number in numbers] if isinstance(numbers, list) else []


class ContactsPage(ListPage):
    """By name; what is removed can be brought back."""

    NAME = "contacts"
    EMPTY = "contacts.none"
    SEEKS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("n", "new", "key.new"),
        bound("o", "group", "key.group"),
        bound("b", "block", "key.block"),
        bound("c", "dial", "key.dial"),
        bound("delete", "remove", "key.delete"),
        bound("u", "restore", "key.undo", show=False),
    ]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._group = ""
        self._removed: list[int] = []

    def columns(self) -> Sequence[Column]:
        """Who."""
        say = self.say
        return (
            Column(say("column.name"), 24),
            Column(say("column.number"), 17),
            Column(say("column.group"), 14),
            Column(say("column.note")),
        )

    def heading(self) -> str:
        """The filter."""
        return self.say(f"group.{self._group}") if self._group else self.say("contacts.all")

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """The box pages on from a name."""
        after = before if isinstance(before, str) else ""
        request = ListContacts(group=self._group, text=self.sought, limit=limit, after=after)
        answer = Tree.of(await self.kit.door.ask(request))
        return [self._row(contact) for contact in answer.parts("contacts")]

    def _row(self, contact: Tree) -> Row:
        group, numbers = contact.text("group"), numbers_of(contact)
        more = f" +{len(numbers) - 1}" if len(numbers) > 1 else ""
        shown = (numbers[0] + more) if numbers else ""
        group_name = self.say.known(f"group.{group}", group) if group else ""
        cells = ((contact.text("name"), "bold"), (shown, ""), (group_name, TONES.get(group, "")))
        return Row(str(contact.values.get("name", "")), (*cells, (contact.text("note"), "dim")), contact)

    def whole(self, row: Row) -> Content:
        """All numbers, all of the note."""
        return styled(
            (row.tree.text("name"), "bold"), "  ", joined(numbers_of(row.tree), ", "), "\n", row.tree.lines("note")
        )

    def open(self, row: Row) -> None:
        """To change it."""
        self._fill(row.tree)

    def action_new(self) -> None:
        """An empty card."""
        self._fill(Tree({}))

    def action_group(self) -> None:
        """The next group."""
        self._group = GROUPS[(GROUPS.index(self._group) + 1) % len(GROUPS)]
        self.look()

    def _fill(self, contact: Tree) -> None:
        say = self.say
        fields = (
            Field("name", say("column.name"), contact.text("name")),
            Field(
                "numbers", say("contacts.numbers"), ", ".join(numbers_of(contact)), hint=say("contacts.numbers.hint")
            ),
            Field("group", say("column.group"), contact.text("group"), hint=", ".join(GROUPS[1:])),
            Field("note", say("column.note"), contact.lines("note"), lines=3),
        )
        title = say("contacts.edit" if contact.values else "contacts.new")
        self.app.push_screen(Form(self.kit, title, fields, partial(self._save, contact)))

    async def _save(self, contact: Tree, typed: dict[str, str]) -> None:
        numbers = tuple(one.strip() for one in typed["numbers"].split(",") if one.strip())
        name, group, note = typed["name"], typed["group"], typed["note"]
        if contact.values:
            request: Any = EditContact(id=contact.whole("id"), name=name, numbers=numbers, group=group, note=note)
        else:
            request = AddContact(card=ContactCard(name=name, numbers=numbers, group=group, note=note))
        await self.kit.door.ask(request)
        self.list.prefer = name
        self.tell(self.say("saved"))
        self.look()

    def action_block(self) -> None:
        """Blocks, or no longer: the same key takes it back."""
        if (row := self.list.chosen) is not None:
            work(self, partial(self._block, row.tree), "save")

    async def _block(self, contact: Tree) -> None:
        blocked = contact.text("group") == "blocked"
        with self.told():
            await self.kit.door.ask(EditContact(id=contact.whole("id"), group="" if blocked else "blocked"))
            self.tell(self.say("contacts.unblocked" if blocked else "contacts.blocked"))
            self.look()

    def action_dial(self) -> None:
        """Calls the first of the numbers, or another typed in its place."""
        if (row := self.list.chosen) is not None:
            dial_form(self, next(iter(numbers_of(row.tree)), ""))

    def action_remove(self) -> None:
        """At once, since it can be taken back."""
        if (row := self.list.chosen) is not None:
            work(self, partial(self._remove, row.tree.whole("id")), "save")

    async def _remove(self, contact: int) -> None:
        with self.told():
            await self.kit.door.ask(RemoveContact(id=contact))
            self._removed.append(contact)
            self.tell(self.say("removed"), self.say("undo.how"))
            self.look()

    def action_restore(self) -> None:
        """The one removed last."""
        if self._removed:
            work(self, self._restore, "save")

    async def _restore(self) -> None:
        with self.told():
            await self.kit.door.ask(RestoreContact(id=self._removed[-1]))
            self._removed.pop()
            self.tell(self.say("undone"))
            self.look()
