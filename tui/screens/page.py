"""What all pages have in common."""

import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.widget import Widget

from secretaryd.control.client import ControlError, RequestRefused
from secretaryd.control.protocol import Stamped
from tui.keys import bound
from tui.kit import Kit
from tui.plain import plain
from tui.screens.ask import Ask
from tui.widgets.frame import Away, Keys, Places, Top
from tui.work import work


class Page(Screen[None]):
    """A page: frame around `body`. `look` reads what it shows; it is called when the page comes up, when the box comes
    back, and by the key for it."""

    NAME: ClassVar[str] = ""
    """Its title is the text `page.NAME`, its help `help.NAME`."""
    BINDINGS: ClassVar[list[BindingType]] = [bound("r", "look", "key.refresh", show=False)]
    DEFAULT_CSS = """
    Page > Vertical { height: 1fr; padding: 0 1; }
    """

    def __init__(self, kit: Kit) -> None:
        super().__init__()
        self.kit = kit
        self.say = kit.say
        self.drawn = False
        """Whether its widgets are there: what happens before needs no telling."""

    def compose(self) -> ComposeResult:
        """Frame and body."""
        yield Top(self.kit, self.NAME)
        yield Places(self.kit, self.NAME)
        yield Away(self.kit)
        with Vertical():
            yield from self.body()
        yield Keys(self.kit)

    def body(self) -> Iterable[Widget]:
        """What is the page's own."""
        raise NotImplementedError

    def look(self) -> None:
        """Reads anew what the page shows."""

    def took(self, stamped: Stamped) -> None:
        """Something happened."""

    def metered(self) -> None:
        """How loud the call is was told, five times a second."""

    def saw(self) -> None:
        """`kit.status` was read anew."""

    def on_mount(self) -> None:
        """A second is the grain of the clock above."""
        self.set_interval(1.0, self.tick)
        self.call_after_refresh(self._begin)  # widgets within widgets are not there yet

    def _begin(self) -> None:
        self.drawn = True
        self.saw()
        self.frame()
        self.look()

    def on_screen_resume(self) -> None:
        """Comes up again."""
        if self.drawn:
            self.frame()
            self.look()

    def tick(self) -> None:
        """A second went by."""
        if self.drawn and self.is_current:
            self.frame()

    def action_look(self) -> None:
        """The key for it."""
        self.look()

    def frame(self) -> None:
        """Top line and what is wrong."""
        self.query_one(Top).show(time.time())
        self.query_one(Away).show()

    @contextmanager
    def told(self) -> Iterator[None]:
        """What the box refuses, or that it is away, is told; the rest of the block is left out."""
        try:
            yield
        except RequestRefused as error:
            self.tell(plain(error.problem.text), plain(error.problem.remedy), "error")
        except ControlError:
            self.tell(self.say("away.away"), self.say("away.away.todo"), "error")

    def once_sure(
        self, question: str, yes: str, todo: Callable[[], Coroutine[Any, Any, None]], group: str = "order"
    ) -> None:
        """Asks; what there is to do begins only with the answer `yes`."""

        def answered(sure: bool | None) -> None:
            if sure:
                work(self, todo, group)

        self.app.push_screen(Ask(self.kit, question, yes), answered)

    def tell(self, text: str, remedy: str = "", severity: SeverityLevel = "information") -> None:
        """A note at the edge of the screen."""
        self.notify(f"{text}\n{remedy}" if remedy else text, severity=severity, markup=False, timeout=8)
