"""Questions with ready answers: what callers ask, and what they are told."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Final

from textual.binding import BindingType
from textual.content import Content

from secretaryd.control.protocol import Request
from secretaryd.control.protocol.content import Entry, ListFaq, RemoveFaq, SaveFaq, TestFaq
from tui.keys import bound
from tui.paging import Key, Row
from tui.plain import plain
from tui.screens.editing import EditingPage
from tui.screens.form import Field, Form
from tui.screens.listing import sliced
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.widgets.styled import lines, styled

ORIGINS: Final = {"own": "bold", "persona": "", "general": "dim"}
ACTIONS: Final = ("", "message", "hangup")


def variants_of(entry: Tree) -> list[str]:
    """The wordings."""
    found = entry.values.get("variants")
    return [plain(one) for one in found] if isinstance(found, list) else []


class FaqPage(EditingPage):
    """The owner's own stand out; a general one that is changed becomes the owner's."""

    NAME = "faq"
    EMPTY = "faq.none"
    SEEKS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("n", "new", "key.new"),
        bound("t", "test", "key.test"),
        bound("delete", "remove", "key.delete"),
    ]

    def columns(self) -> Sequence[Column]:
        """Question, answer."""
        say = self.say
        return (Column(say("column.origin"), 8), Column(say("column.question"), 26), Column(say("column.answer")))

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """All in force, the owner's first; what is sought is sought here."""
        entries = Tree.of(await self.kit.door.ask(ListFaq())).parts("entries")
        order = list(ORIGINS)
        entries.sort(key=lambda one: order.index(one.text("origin")) if one.text("origin") in order else len(order))
        rows = [self._row(entry) for entry in entries]
        words = self.sought.casefold()
        found = [row for row in rows if words in f"{variants_of(row.tree)} {row.tree.text('answer')}".casefold()]
        return sliced(found, before, limit)

    def _row(self, entry: Tree) -> Row:
        origin, variants = entry.text("origin"), variants_of(entry)
        more = f" +{len(variants) - 1}" if len(variants) > 1 else ""
        question = (variants[0] if variants else entry.text("id")) + more
        tone = ORIGINS.get(origin, "")
        cells = ((self.say.known(f"origin.{origin}", origin), tone), (question, tone), (entry.text("answer"), tone))
        return Row(entry.text("id"), cells, entry)

    def whole(self, row: Row) -> Content:
        """All wordings, all of the answer."""
        action = row.tree.text("action")
        does = f"  → {self.say.known(f'action.{action}', action)}" if action else ""
        asked = " / ".join(variants_of(row.tree))
        head = styled((row.tree.text("id"), "head"), (does, "warn"))
        return lines(head, styled((row.tree.lines("answer"), "bold")), styled((asked, "dim")))

    def open(self, row: Row) -> None:
        """To change it."""
        self._fill(row.tree)

    def action_new(self) -> None:
        """An empty one."""
        self._fill(Tree({}))

    def _fill(self, entry: Tree) -> None:
        say, new = self.say, not entry.values
        fields = [Field("id", say("faq.id"), hint=say("faq.id.hint"))] if new else []
        fields += [
            Field("variants", say("faq.variants"), "\n".join(variants_of(entry)), lines=5),
            Field("answer", say("column.answer"), entry.lines("answer"), lines=4),
            Field("action", say("faq.action"), entry.text("action"), hint=say("faq.action.hint")),
        ]
        title = say("faq.new") if new else entry.text("id")
        self.fill(title, fields, partial(self._request, entry), say("faq.note"))

    @staticmethod
    def _request(entry: Tree, typed: dict[str, str]) -> SaveFaq:
        """The id of one that is there stays as it is."""
        wordings = [line.strip() for line in typed["variants"].splitlines() if line.strip()]
        action = typed["action"] if typed["action"] in ACTIONS else typed["action"].casefold()
        name = typed.get("id") or str(entry.values.get("id", ""))
        saved = Entry(id=name, variants=wordings, answer=typed["answer"], action=action)
        return SaveFaq(entries=[saved], fresh=not entry.values)

    def row_of(self, request: Request) -> Key | None:
        """The one saved."""
        return request.entries[0].id if isinstance(request, SaveFaq) else None

    def action_remove(self) -> None:
        """At once, since it can be taken back."""
        if (row := self.list.chosen) is not None:
            self.order(RemoveFaq(id=str(row.tree.values.get("id", ""))))

    def action_test(self) -> None:
        """What a phrase would be answered with."""
        fields = (Field("text", self.say("faq.phrase")),)
        self.app.push_screen(Form(self.kit, self.say("faq.test"), fields, self._test))

    async def _test(self, typed: dict[str, str]) -> None:
        told = Tree.of(await self.kit.door.ask(TestFaq(text=typed["text"])))
        fits = told.text("faq")
        head = self.say("faq.fits", id=fits, score=told.whole("score")) if fits else self.say("faq.fits.none")
        self.tell(f"«{plain(typed['text'])}»: {head}", told.text("answer") or self.say("faq.model"))
