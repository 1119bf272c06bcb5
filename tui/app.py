"""The console's app: which keys open which page, and who hears of what the box tells."""

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.command import CommandPalette
from textual.dom import DOMNode
from textual.screen import Screen

from secretaryd.control.protocol import LevelsMeasured, Stamped
from tui.i18n.texts import Texts
from tui.keys import bound
from tui.kit import Kit, Tools
from tui.link import Here, Link, Presence
from tui.pages import PAGES
from tui.ports import Door
from tui.screens.help import Help
from tui.screens.page import Page
from tui.tree import Tree
from tui.work import work

DARK, LIGHT = "textual-dark", "textual-light"


class ConsoleApp(App[object]):
    """One console."""

    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("f1", "help", "key.help"),
        bound("question_mark", "help", "key.help", show=False),
        *(bound(place.key, f"go('{name}')", f"page.{name}", show=False) for name, place in PAGES.items()),
        bound("ctrl+p", "command_palette", "key.palette"),
        bound("f9", "light", "key.light", show=False),
        bound("q", "quit", "key.quit"),
        bound("ctrl+q", "quit", "key.quit", show=False, priority=True),
    ]
    CSS = """
    Screen { layers: base; }
    ToastRack { align-horizontal: right; }
    """

    def __init__(self, door: Door, say: Texts, tools: Tools, *, light: bool = False) -> None:
        super().__init__()
        self.title = say("title")
        self.theme = LIGHT if light else DARK
        self.animation_level = "none"  # over SSH each frame of a movement is a packet
        link = Link(door, self._heard, self._changed, self._saw)
        self.kit = Kit(say, door, link, tools)

    def on_mount(self) -> None:
        """The first page, then the box: nothing waits for it."""
        self.action_go("dashboard")
        work(self, self.kit.link.run, "link")

    def action_go(self, name: str) -> None:
        """To a page; it keeps its place while others are looked at."""
        key = f"page-{name}"
        if not self.is_screen_installed(key):
            place = PAGES[name]
            self.install_screen(getattr(import_module(place.module), place.page)(self.kit), key)
        while len(self.screen_stack) > 2:
            self.pop_screen()
        if len(self.screen_stack) == 1:
            self.push_screen(key)
        elif self.screen is not self.get_screen(key):
            self.switch_screen(key)
        elif isinstance(self.screen, Page):
            self.screen.look()

    def action_help(self) -> None:
        """Of the page that is there."""
        if isinstance(self.screen, Page):
            self.push_screen(Help(self.kit, self.screen.NAME, self.screen.active_bindings))

    def action_light(self) -> None:
        """Dark or light."""
        self.theme = DARK if self.theme == LIGHT else LIGHT

    def action_command_palette(self) -> None:
        """In the console's language."""
        if not CommandPalette.is_open(self):
            self.push_screen(CommandPalette(placeholder=self.kit.say("palette"), id="--command-palette"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Every page and every key that works now, by name."""
        say, seen = self.kit.say, set[str]()
        for active in screen.active_bindings.values():
            binding = active.binding
            words = say.known(binding.description)
            if not words or binding.action in seen or binding.action == "command_palette":
                continue
            seen.add(binding.action)
            yield SystemCommand(words, binding.key_display or binding.key, self._runner(binding.action, active.node))

    def _runner(self, action: str, node: DOMNode) -> Callable[[], object]:
        return lambda: self.call_later(self.run_action, action, node)

    def pages(self) -> tuple[str, ...]:
        """Names of all pages that a key opens."""
        return tuple(PAGES)

    def _open(self) -> list[Page]:
        if not self.is_running:  # on the way out pages lose their widgets one by one
            return []
        return [screen for screen in self.screen_stack if isinstance(screen, Page) and screen.drawn]

    def _heard(self, stamped: Stamped) -> None:
        self.kit.live.take(stamped)
        if isinstance(stamped.event, LevelsMeasured):
            for page in self._open():
                page.metered()
            return
        self.kit.events.append(stamped)
        for page in self._open():
            page.took(stamped)

    def _saw(self, status: Tree) -> None:
        self.kit.status = status
        for page in self._open():
            page.saw()
            page.frame()

    def _changed(self, presence: Presence) -> None:
        if presence.here is not Here.UP:
            self.kit.live.forget_unfinished()
        for page in self._open():
            page.frame()
            if presence.here is Here.UP:
                page.look()
