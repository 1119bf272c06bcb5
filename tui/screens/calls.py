"""Calls that were kept, newest first."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import BindingType

from secretaryd.control.protocol import CallEnded, CallRang, ListCalls, Stamped
from secretaryd.control.protocol.archive import DeleteCall, RestoreCall, SearchCalls
from tui.amounts import clock, moment, phone
from tui.i18n.texts import Texts
from tui.keys import bound
from tui.paging import Key, Row
from tui.plain import joined
from tui.screens.call import CallPage
from tui.screens.listing import ListPage
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.work import work

OUTCOMES: Final = ("", "answered", "message", "missed", "failed", "blocked")
OUTCOME_TONES: Final = {"answered": "ok", "message": "ok", "missed": "warn", "failed": "bad", "blocked": "dim"}
DIGITS: Final = frozenset("0123456789+-() ")


def call_row(call: Tree, say: Texts, found: str = "") -> Row:
    """A call in one line; `found` stands in the summary's place."""
    outcome = call.text("outcome")
    answered, ended = call.number("answered"), call.number("ended")
    lasted = clock(ended - answered) if ended is not None and answered is not None else ""
    number = phone(call.text("number")) or say.known(f"number.{call.text('presentation')}", say("number.unavailable"))
    return Row(
        call.whole("id"),
        (
            (moment(call.number("began"), say), "dim"),
            (call.text("name") or number, "bold"),
            (say.known(f"outcome.{outcome}", outcome), OUTCOME_TONES.get(outcome, "")),
            (f"{lasted:>5}", "dim"),
            (found or joined((call.text("note"), call.text("summary"))), ""),
        ),
        call,
    )


class CallsPage(ListPage):
    """A list, one filter by what came of the call, a search through everything that was said."""

    NAME = "calls"
    EMPTY = "calls.none"
    SEEKS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("o", "outcome", "key.outcome"),
        bound("delete", "delete", "key.delete"),
        bound("u", "restore", "key.undo", show=False),
    ]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._outcome = ""
        self._deleted: list[int] = []

    def columns(self) -> Sequence[Column]:
        """When, who, what came of it."""
        say = self.say
        return (
            Column(say("column.when"), 11),
            Column(say("column.number"), 17),
            Column(say("column.outcome"), 10),
            Column(say("column.lasted"), 5),
            Column(say("column.summary")),
        )

    def heading(self) -> str:
        """The filter."""
        return self.say.known(f"outcome.{self._outcome}", "") if self._outcome else self.say("calls.all")

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """Kept calls, or those that hold what is sought."""
        older = before if isinstance(before, int) else None
        if not self.sought:
            request = ListCalls(limit=limit, before=older, outcome=self._outcome)
            answer = Tree.of(await self.kit.door.ask(request))
            return [call_row(call, self.say) for call in answer.parts("calls")]
        number = self.sought if set(self.sought) <= DIGITS else ""
        search = SearchCalls(
            text="" if number else self.sought, number=number, outcome=self._outcome, limit=limit, before=older
        )
        answer = Tree.of(await self.kit.door.ask(search))
        hits = answer.parts("hits")
        return [call_row(hit.part("call"), self.say, hit.part("snippet").text("text")) for hit in hits]

    def took(self, stamped: Stamped) -> None:
        """A new one, or one that is over; who reads far down is left alone."""
        if isinstance(stamped.event, CallRang | CallEnded) and self.list.near_top:
            self.list.reload()

    def open(self, row: Row) -> None:
        """Its details."""
        self.app.push_screen(CallPage(self.kit, row.tree.whole("id")))

    def action_outcome(self) -> None:
        """The next kind."""
        self._outcome = OUTCOMES[(OUTCOMES.index(self._outcome) + 1) % len(OUTCOMES)]
        self.look()

    def action_delete(self) -> None:
        """At once, since it can be taken back."""
        if (row := self.list.chosen) is not None:
            work(self, partial(self._delete, row.tree.whole("id")), "delete")

    async def _delete(self, call: int) -> None:
        with self.told():
            await self.kit.door.ask(DeleteCall(id=call))
            self._deleted.append(call)
            self.tell(self.say("calls.deleted", id=call), self.say("undo.how"))
            self.look()

    def action_restore(self) -> None:
        """The one deleted last."""
        if self._deleted:
            work(self, self._restore, "delete")

    async def _restore(self) -> None:
        with self.told():
            await self.kit.door.ask(RestoreCall(id=self._deleted[-1]))
            self.tell(self.say("calls.restored", id=self._deleted.pop()))
            self.look()
