"""One question before something is lost."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui.keys import bound
from tui.kit import Kit
from tui.plain import plain


class Ask(ModalScreen[bool]):
    """True where the answer was yes. No is the choice that Enter finds first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("escape", "answer(False)", "key.no"),
        bound("n", "answer(False)", "key.no", show=False),
        bound("y", "answer(True)", "key.yes"),
        bound("left", "app.focus_previous", "", show=False),
        bound("right", "app.focus_next", "", show=False),
    ]
    DEFAULT_CSS = """
    Ask { align: center middle; }
    Ask > Vertical { width: 60; max-width: 90%; height: auto; border: round $warning; padding: 1 2;
                     background: $surface; }
    Ask Horizontal { height: auto; margin-top: 1; align-horizontal: center; }
    Ask Button { margin: 0 1; }
    """

    def __init__(self, kit: Kit, question: str, yes: str) -> None:
        super().__init__()
        self._say, self._question, self._yes = kit.say, plain(question), yes

    def compose(self) -> ComposeResult:
        """The question, no, yes."""
        with Vertical():
            yield Static(self._question, markup=False)
            with Horizontal():
                yield Button(self._say("ask.no"), id="no")
                yield Button(self._yes, id="yes", variant="warning")

    def on_mount(self) -> None:
        """No first."""
        self.query_one("#no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """By button."""
        self.dismiss(event.button.id == "yes")

    def action_answer(self, sure: bool) -> None:
        """By key."""
        self.dismiss(sure)
