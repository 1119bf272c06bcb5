"""How the box is: one look says whether it takes calls."""

from collections.abc import Iterable
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from secretaryd.control.protocol import (
    AlertChanged,
    CallEnded,
    CountCalls,
    LineChanged,
    MessageTaken,
    ModemChanged,
    Stamped,
)
from secretaryd.control.protocol.calls import MessageChanged
from secretaryd.control.protocol.users import ShowSetUp
from tui import outlook
from tui.amounts import full_moment, midnight
from tui.link import Here
from tui.screens.page import Page
from tui.tree import Tree
from tui.widgets.qr import qr
from tui.widgets.styled import lines, styled
from tui.work import work

SETUP = "setup.open"
"""The alert while nobody owns the box."""
SETTLE_SECONDS = 0.3
"""Several events come together; they are one reason to look."""
LOOK_SECONDS = 10.0
TELLING: tuple[type[Any], ...] = (LineChanged, ModemChanged, AlertChanged, CallEnded, MessageTaken, MessageChanged)


class Dashboard(Page):
    """The first page."""

    NAME = "dashboard"
    BINDINGS: ClassVar[list[BindingType]] = []
    DEFAULT_CSS = """
    #facts { height: auto; }
    #line, #machine { width: 1fr; height: auto; }
    #alerts, #setup { height: auto; margin-top: 1; }
    Dashboard VerticalScroll { height: 1fr; }
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._today = Tree({})
        self._setup = Tree({})
        self._dirty = False

    def body(self) -> Iterable[Widget]:
        """Two columns of facts, alerts under them."""
        yield VerticalScroll(
            Static(markup=False, id="headline"),
            Horizontal(Static(markup=False, id="line"), Static(markup=False, id="machine"), id="facts"),
            Static(markup=False, id="alerts"),
            Static(markup=False, id="setup"),
        )

    def on_mount(self) -> None:
        """Looks again now and then: processor and disk tell of no change."""
        self.set_interval(LOOK_SECONDS, self._look_while_seen)

    def _look_while_seen(self) -> None:
        if self.drawn and self.is_current:
            self.look()

    def took(self, stamped: Stamped) -> None:
        """Anything that this page shows."""
        if isinstance(stamped.event, TELLING) and not self._dirty:
            self._dirty = True
            self.set_timer(SETTLE_SECONDS, self.look)

    def look(self) -> None:
        """State and today's counts."""
        self._dirty = False
        work(self, self._look, "look")

    async def _look(self) -> None:
        with self.told():
            counted = Tree.of(await self.kit.door.ask(CountCalls(since=midnight())))
            self._today = counted.part("counts")
            await self.kit.link.look()
            await self._look_for_owner()

    async def _look_for_owner(self) -> None:
        """Until there is one, his link stands here: who sits at the box may begin."""
        waits = any(alert.text("code") == SETUP for alert in self.kit.status.parts("alerts"))
        self._setup = Tree.of(await self.kit.door.ask(ShowSetUp())) if waits else Tree({})
        self.query_one("#setup", Static).update(self._link())

    def _link(self) -> Content:
        link = self._setup.text("link")
        if not link:
            return Content()
        until = full_moment(self._setup.number("expires"), self.say)
        words = styled(
            "\n",
            (self.say("setup.open"), "bold"),
            "\n",
            (link, "here"),
            "\n",
            (self.say("setup.until", until=until), "dim"),
        )
        return lines(words, Content(), qr(link))

    def frame(self) -> None:
        """What is shown of a box that is away is what it was."""
        super().frame()
        away = self.kit.link.presence.here in (Here.AWAY, Here.REFUSED)
        words = (self.say("headline.stale"), "dim") if away else outlook.headline(self.kit.status, self.say)
        self.query_one("#headline", Static).update(styled(words))

    def saw(self) -> None:
        """Draws it."""
        status, say = self.kit.status, self.say
        self.query_one("#line", Static).update(_table(outlook.line_facts(status, self._today, say)))
        self.query_one("#machine", Static).update(_table(outlook.machine_facts(status, say)))
        self.query_one("#alerts", Static).update(lines(*(styled(*row) for row in outlook.alerts(status, say))))


def _table(facts: Iterable[outlook.Fact]) -> Content:
    rows = tuple(facts)
    width = max((len(fact.label) for fact in rows), default=0)
    return lines(*(styled((f"{fact.label:<{width}}  ", "dim"), *fact.value) for fact in rows))
