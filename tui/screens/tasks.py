"""Who asked to be called back; calls that the box makes."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Final

from textual.binding import BindingType
from textual.content import Content

from secretaryd.control.protocol import CloseTask, DialTask, DialUsed, ListTasks, Stamped, TaskChanged, TaskMade
from tui.amounts import full_moment, moment, phone
from tui.keys import bound
from tui.paging import Key, Row
from tui.plain import joined
from tui.screens.call import CallPage
from tui.screens.dialling import dial_form
from tui.screens.listing import ListPage
from tui.tree import Tree
from tui.widgets.paged import Column
from tui.widgets.styled import styled
from tui.work import work

TONES: Final = {"open": "warn", "dialling": "ok", "done": "dim", "failed": "bad", "dropped": "dim"}


class TasksPage(ListPage):
    """Open call-backs, or all of them; Enter calls back."""

    NAME = "tasks"
    EMPTY = "tasks.none"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("n", "dial", "key.dial"),
        bound("space", "done", "key.handled"),
        bound("x", "drop", "key.drop"),
        bound("o", "all", "key.alltasks"),
        bound("c", "call", "key.itscall", show=False),
    ]

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._all = False
        self._used = ""

    def columns(self) -> Sequence[Column]:
        """When it was asked, who, how it stands, what for."""
        say = self.say
        return (
            Column(say("column.when"), 11),
            Column(say("column.number"), 17),
            Column(say("column.state"), 12),
            Column(say("column.wish")),
        )

    def heading(self) -> str:
        """The filter, and what was dialled today of what may be."""
        return joined((self.say("tasks.all" if self._all else "tasks.open"), self._used))

    async def rows(self, before: Key | None, limit: int) -> Sequence[Row]:
        """Newest first."""
        if before is None:
            self._used = self._usage(Tree.of(await self.kit.door.ask(DialUsed())).part("usage"))
            self.call_after_refresh(self.title_anew)
        older = before if isinstance(before, int) else None
        answer = Tree.of(await self.kit.door.ask(ListTasks(limit=limit, before=older, all=self._all)))
        return [self._row(task) for task in answer.parts("tasks")]

    def _usage(self, usage: Tree) -> str:
        if not usage.flag("enabled"):
            return self.say("dial.off")
        minutes = round((usage.number("seconds") or 0.0) / 60)
        calls = self.say("dial.calls", n=usage.whole("calls"), of=usage.whole("calls_a_day"))
        return joined((calls, self.say("dial.minutes", n=minutes, of=usage.whole("minutes_a_day"))), ", ")

    def _row(self, task: Tree) -> Row:
        state = task.text("state")
        cells = (
            (moment(task.number("made"), self.say), "dim"),
            (phone(task.text("number")), "bold"),
            (self.say.known(f"task.{state}", state), TONES.get(state, "")),
            (joined((task.text("result"), task.text("wish"))), ""),
        )
        return Row(task.whole("id"), cells, task)

    def whole(self, row: Row) -> Content:
        """The wish in full, and what came of each try."""
        task = row.tree
        tries = self.say("tasks.tries", n=task.whole("attempts"))
        tried = full_moment(task.number("tried"), self.say)
        about = joined((full_moment(task.number("made"), self.say), tries, tried, task.text("result")))
        return styled((phone(task.text("number")), "bold"), "  ", (about, "dim"), "\n", task.lines("wish"))

    def took(self, stamped: Stamped) -> None:
        """A new one, or something was done about one."""
        if isinstance(stamped.event, TaskMade | TaskChanged) and self.list.near_top:
            self.list.reload()

    def open(self, row: Row) -> None:
        """Calls back, after a question."""
        number = phone(row.tree.text("number"))
        call_back = partial(self._order, DialTask(id=row.tree.whole("id")), "dial.watch")
        self.once_sure(self.say("tasks.ask", number=number), self.say("key.callback"), call_back)

    def action_dial(self) -> None:
        """Any number that the rules allow."""
        dial_form(self)

    def action_all(self) -> None:
        """Open ones, or all."""
        self._all = not self._all
        self.look()

    def action_done(self) -> None:
        """Dealt with; the same key takes that back."""
        if (row := self.list.chosen) is not None:
            state = "done" if row.tree.text("state") in ("open", "failed") else "open"
            self._close(row, state)

    def action_drop(self) -> None:
        """Not wanted; Space takes that back."""
        if (row := self.list.chosen) is not None:
            self._close(row, "dropped")

    def _close(self, row: Row, state: str) -> None:
        work(self, partial(self._order, CloseTask(id=row.tree.whole("id"), state=state), "tasks.back"), "order")

    async def _order(self, request: CloseTask | DialTask, hint: str) -> None:
        with self.told():
            task = Tree.of(await self.kit.door.ask(request)).part("task")
            state = task.text("state")
            self.tell(f"{phone(task.text('number'))}: {self.say.known(f'task.{state}', state)}", self.say(hint))
            self.look()

    def action_call(self) -> None:
        """The call in which it was asked."""
        if (row := self.list.chosen) is not None and row.tree.has("call_id"):
            self.app.push_screen(CallPage(self.kit, row.tree.whole("call_id")))
