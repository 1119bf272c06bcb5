"""Help on the page that is under it, and its keys."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys import bound
from tui.kit import Kit
from tui.widgets.styled import Toned, styled


class Help(ModalScreen[None]):
    """Any of the keys that bring it takes it away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bound("escape", "dismiss", "key.back"),
        bound("f1", "dismiss", "key.back", show=False),
        bound("question_mark", "dismiss", "key.back", show=False),
        bound("q", "dismiss", "key.back", show=False),
    ]
    DEFAULT_CSS = """
    Help { align: center middle; }
    Help > VerticalScroll { width: 76; max-width: 96%; height: auto; max-height: 90%; border: round $primary;
                            padding: 0 2; background: $surface; }
    """

    def __init__(self, kit: Kit, page: str, bindings: dict[str, ActiveBinding]) -> None:
        super().__init__()
        self._kit, self._page, self._keys = kit, page, bindings

    def compose(self) -> ComposeResult:
        """Words, then keys."""
        with VerticalScroll() as scroll:
            scroll.border_title = self._kit.say("page.help")
            yield Static(styled(*self._words()), markup=False)

    def on_mount(self) -> None:
        """The keys scroll it."""
        self.query_one(VerticalScroll).focus()

    def _words(self) -> list[Toned]:
        say, seen = self._kit.say, set[str]()
        parts: list[Toned] = [(say.known(f"page.{self._page}"), "head"), "\n", say.known(f"help.{self._page}"), "\n\n"]
        # Those that stand below the page first: of two keys that do the same the one shown there is named.
        for binding in sorted((active.binding for active in self._keys.values()), key=lambda one: not one.show):
            words = say.known(binding.description)
            if not words or binding.action in seen:
                continue
            seen.add(binding.action)
            parts += [(f"{binding.key_display or binding.key:>6}", "bold"), f"  {words}\n"]
        return [*parts, "\n", (say("help.layout"), "dim")]
