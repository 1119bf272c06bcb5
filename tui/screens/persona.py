"""Who answers: name, company, manner, greeting, and the facts that callers are told."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.content import Content

from secretaryd.control.protocol import Request
from secretaryd.control.protocol.content import ListPersonas, RemoveFact, SaveFact, SetPersona, ShowPersona, UsePersona
from tui.keys import bound
from tui.paging import Key, Row
from tui.plain import plain
from tui.screens.editing import EditingPage
from tui.screens.form import Field
from tui.screens.listing import sliced
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.widgets.styled import styled
from tui.work import work

FIELDS = ("name", "company", "style", "greeting")


class PersonaPage(EditingPage):
    """Facts as a list; `e` for who she is."""

    NAME = "persona"
    EMPTY = "persona.none"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("e", "edit", "key.persona"),
        bound("n", "new", "key.newfact"),
        bound("g", "ready", "key.ready"),
        bound("delete", "remove", "key.delete"),
    ]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._persona = Tree({})

    def columns(self) -> Sequence[Column]:
        """Topic, value."""
        return (Column(self.say("column.topic"), 18), Column(self.say("column.value")))

    def heading(self) -> str:
        """Who she is."""
        who = self._persona
        named = f"{who.text('name')} — {who.text('company')}" if who.text("company") else who.text("name")
        return named or self.say("page.persona")

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """Facts of the persona in force."""
        fresh = Tree.of(await self.kit.door.ask(ShowPersona()))
        changed, self._persona = fresh.values != self._persona.values, fresh
        if changed:
            self.call_after_refresh(self.title_anew)
        rows = [
            Row(
                fact.text("topic"), ((fact.text("label") or fact.text("topic"), "bold"), (fact.text("value"), "")), fact
            )
            for fact in fresh.parts("facts")
        ]
        return sliced(rows, before, limit)

    def whole(self, row: Row) -> Content:
        """The fact, then the manner and the greeting."""
        fact, who, say = row.tree, self._persona, self.say
        return styled(
            (f"{fact.text('topic')}: ", "head"),
            fact.text("say") or fact.text("value"),
            "\n",
            (f"{say('persona.greeting')}: ", "dim"),
            who.text("greeting"),
            "\n",
            (f"{say('persona.style')}: ", "dim"),
            who.text("style"),
        )

    def open(self, row: Row) -> None:
        """To change the fact."""
        self._fill(row.tree)

    def action_new(self) -> None:
        """A fact on another topic."""
        self._fill(Tree({}))

    def _fill(self, fact: Tree) -> None:
        say = self.say
        fields = [] if fact.values else [Field("topic", say("column.topic"), hint=say("persona.topic.hint"))]
        fields += [
            Field("label", say("persona.label"), fact.text("label")),
            Field("value", say("column.value"), fact.lines("value"), lines=3),
            Field("say", say("persona.say"), fact.lines("say"), lines=3),
        ]
        title = fact.text("label") or fact.text("topic") or say("persona.newfact")
        self.fill(title, fields, partial(self._fact, fact), say("persona.note"))

    @staticmethod
    def _fact(fact: Tree, typed: dict[str, str]) -> SaveFact:
        words = fact.values.get("keywords")
        kept = tuple(str(one) for one in words) if isinstance(words, list | tuple) else ()
        topic = typed.get("topic") or str(fact.values.get("topic", ""))
        return SaveFact(topic=topic, value=typed["value"], label=typed["label"], say=typed["say"], keywords=kept)

    def action_edit(self) -> None:
        """Name, company, manner, greeting."""
        who, say = self._persona, self.say
        fields = [Field(key, say(f"persona.{key}"), who.text(key)) for key in ("name", "company")]
        fields += [Field(key, say(f"persona.{key}"), who.lines(key), lines=4) for key in ("style", "greeting")]
        title, note = say("page.persona"), say("persona.places")
        self.fill(title, fields, lambda typed: SetPersona(**{key: typed[key] for key in FIELDS}), note)

    def row_of(self, request: Request) -> Key | None:
        """The one saved."""
        return request.topic if isinstance(request, SaveFact) else None

    def action_remove(self) -> None:
        """At once, since it can be taken back."""
        if (row := self.list.chosen) is not None:
            self.order(RemoveFact(topic=str(row.tree.values.get("topic", ""))))

    def action_ready(self) -> None:
        """The next ready persona, after a question."""
        work(self, self._ready, "ready")

    async def _ready(self) -> None:
        with self.told():
            told = Tree.of(await self.kit.door.ask(ListPersonas()))
            found = told.values.get("ready")
            names = [str(one.get("id", "") if isinstance(one, dict) else one) for one in found] if found else []
            active = told.text("active")
            others = [name for name in names if name != active]
            if not others:
                self.tell(self.say("persona.only"))
                return
            fields = (Field("id", self.say("persona.which"), others[0], hint=", ".join(names)),)
            note = self.say("persona.ready.note", names=", ".join(plain(name) for name in names))
            self.fill(self.say("key.ready"), fields, lambda typed: UsePersona(id=typed["id"]), note)
