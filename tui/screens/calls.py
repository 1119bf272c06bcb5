"""Calls that were kept, newest first."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Final

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from secretaryd.control.protocol import CallEnded, CallRang, ListCalls, Stamped
from tui.amounts import clock, moment, phone
from tui.i18n.texts import Texts
from tui.keys import bound
from tui.paging import Row
from tui.screens.call import CallPage
from tui.screens.page import Page
from tui.tree import Tree
from tui.widgets.paged import Column, NotFetched, PagedList
from tui.widgets.styled import styled

OUTCOMES: Final = ("", "answered", "message", "missed", "failed", "blocked")
OUTCOME_TONES: Final = {"answered": "ok", "message": "ok", "missed": "warn", "failed": "bad", "blocked": "dim"}


def call_row(call: Tree, say: Texts) -> Row:
    """A call in one line."""
    outcome = call.text("outcome")
    answered, ended = call.number("answered"), call.number("ended")
    lasted = clock(ended - answered) if ended is not None and answered is not None else ""
    number = phone(call.text("number")) or say.known(f"number.{call.text('presentation')}", say("number.unavailable"))
    return Row(
        call.whole("id"),
        (
            (moment(call.number("began"), say), "dim"),
            (number, "bold"),
            (say.known(f"outcome.{outcome}", outcome), OUTCOME_TONES.get(outcome, "")),
            (f"{lasted:>5}", "dim"),
            (call.text("summary"), ""),
        ),
    )


class CallsPage(Page):
    """A list, and one filter by what came of the call."""

    NAME = "calls"
    BINDINGS: ClassVar[list[BindingType]] = [bound("o", "outcome", "key.outcome")]
    DEFAULT_CSS = """
    CallsPage #filter { height: 1; }
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._outcome = ""

    def body(self) -> Iterable[Widget]:
        """What is filtered, and the list."""
        say = self.say
        yield Static(markup=False, id="filter")
        columns = (
            Column(say("column.when"), 11),
            Column(say("column.number"), 17),
            Column(say("column.outcome"), 10),
            Column(say("column.lasted"), 5),
            Column(say("column.summary")),
        )
        yield PagedList(columns, self._fetch, say("calls.none"))

    def on_mount(self) -> None:
        """The list has the keys."""
        self.query_one(PagedList).focus()

    def look(self) -> None:
        """From the top."""
        words = self.say.known(f"outcome.{self._outcome}", "") if self._outcome else self.say("calls.all")
        self.query_one("#filter", Static).update(styled((words, "head")))
        self.query_one(PagedList).reload()

    def took(self, stamped: Stamped) -> None:
        """A new one, or one that is over; who reads far down is left alone."""
        if isinstance(stamped.event, CallRang | CallEnded) and self.query_one(PagedList).near_top:
            self.query_one(PagedList).reload()

    async def _fetch(self, before: int | None, limit: int) -> Sequence[Row]:
        with self.told():
            answer = Tree.of(await self.kit.door.ask(ListCalls(limit=limit, before=before, outcome=self._outcome)))
            return [call_row(call, self.say) for call in answer.parts("calls")]
        raise NotFetched

    def action_outcome(self) -> None:
        """The next kind."""
        self._outcome = OUTCOMES[(OUTCOMES.index(self._outcome) + 1) % len(OUTCOMES)]
        self.look()

    def on_paged_list_chosen(self, event: PagedList.Chosen) -> None:
        """Its details."""
        self.app.push_screen(CallPage(self.kit, event.row.key))
