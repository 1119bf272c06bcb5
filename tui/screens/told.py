"""Words to be read, copied or written down, until they are put away."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys import bound
from tui.kit import Kit
from tui.plain import plain, plain_lines
from tui.widgets.styled import styled


class Told(ModalScreen[None]):
    """`words` stand alone on their lines, so that they can be marked with the mouse; `note` says what they are for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("escape", "dismiss", "key.back"),
        bound("enter", "dismiss", "key.back", show=False),
        bound("c", "copy", "key.copy"),
    ]
    DEFAULT_CSS = """
    Told { align: center middle; }
    Told > VerticalScroll { width: 80; max-width: 100%; height: auto; max-height: 90%; border: round $primary;
                            padding: 0 1; background: $surface; }
    Told .words { margin: 1 0; }
    Told .keys { color: $text-muted; }
    """

    def __init__(self, kit: Kit, title: str, words: str, note: str = "") -> None:
        super().__init__()
        self._kit, self._title, self._words, self._note = kit, title, words, note

    def compose(self) -> ComposeResult:
        """Title, words, what they are for."""
        with VerticalScroll() as scroll:
            scroll.border_title = plain(self._title)
            yield Static(styled((plain_lines(self._words), "bold")), markup=False, classes="words")
            if self._note:
                yield Static(self._note, markup=False)
            yield Static(self._kit.say("told.keys"), markup=False, classes="keys")

    def on_mount(self) -> None:
        """The keys scroll it."""
        self.query_one(VerticalScroll).focus()

    def action_copy(self) -> None:
        """To the clipboard of the terminal, where that lets programs do so (OSC 52)."""
        self.app.copy_to_clipboard(self._words)
        self.notify(self._kit.say("told.copied"), markup=False)
