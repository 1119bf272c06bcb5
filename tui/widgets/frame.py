"""What stands around every page: the box's name and line above, what is wrong under it, the keys below."""

from textual.binding import Binding
from textual.widgets import Static

from tui import outlook
from tui.amounts import clock, phone
from tui.kit import Kit
from tui.link import Here
from tui.live import BUSY
from tui.pages import PAGES
from tui.widgets.styled import Toned, styled


class Top(Static):
    """One line: page, box, line state, signal."""

    DEFAULT_CSS = "Top { height: 1; background: $panel; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, kit: Kit, title: str) -> None:
        super().__init__(markup=False)
        self._kit = kit
        self._title = title

    def show(self, now: float) -> None:
        """`now`: UTC epoch seconds."""
        kit, say = self._kit, self._kit.say
        box, modem = kit.status.part("box"), kit.status.part("modem")
        parts: list[Toned] = [(say(f"page.{self._title}"), "head"), "  ", (box.text("name"), "bold"), "  "]
        if kit.link.presence.here is not Here.UP:
            parts += [(say(f"link.{kit.link.presence.here}"), "bad")]
        else:
            state = kit.live.line or kit.status.part("line").text("state")
            parts.append(
                (say.known(f"line.{state}", state), "warn" if state in BUSY else "ok" if state == "idle" else "bad")
            )
            if kit.live.going_on and state in BUSY:
                who = kit.live.name or phone(kit.live.number) or say.known(f"number.{kit.live.presentation}")
                since = kit.live.answered_at or kit.live.rang_at or now
                parts += [" ", who, " ", (clock(now - since), "bold")]
            parts += ["  ", *outlook.bars(outlook.lit_bars(modem)), " ", (modem.text("operator"), "dim")]
            if box.flag("simulated"):
                parts += ["  ", (say("top.simulated"), "warn")]
        self.update(styled(*parts))


class Places(Static):
    """One line: pages and their keys, the one that is there lit."""

    DEFAULT_CSS = "Places { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, kit: Kit, here: str) -> None:
        parts: list[Toned] = []
        for name, place in PAGES.items():
            if place.in_line:
                tones = ("here", "here") if name == here else ("head", "dim")
                parts += [(place.key, tones[0]), (f" {kit.say(f'nav.{name}')} ", tones[1]), " "]
        super().__init__(styled(*parts), markup=False)


class Away(Static):
    """The box is away: what is so and what to do. Hidden while it is there."""

    DEFAULT_CSS = """
    Away { height: auto; display: none; background: $error 25%; color: $text; padding: 0 1; }
    Away.shown { display: block; }
    """

    def __init__(self, kit: Kit) -> None:
        super().__init__(markup=False)
        self._kit = kit

    def show(self) -> None:
        """As the link knows it."""
        presence, say = self._kit.link.presence, self._kit.say
        shown = presence.here in (Here.AWAY, Here.REFUSED)
        self.set_class(shown, "shown")
        if shown:
            why = f" ({presence.why})" if presence.why else ""
            self.update(styled((say(f"away.{presence.here}"), "bad"), why, "\n", say(f"away.{presence.here}.todo")))


class Keys(Static):
    """The keys that work now, as many as fit, with help first; all of them are in the help."""

    DEFAULT_CSS = "Keys { height: 1; background: $panel; padding: 0 1; text-wrap: nowrap; }"

    def __init__(self, kit: Kit) -> None:
        super().__init__(markup=False)
        self._kit = kit

    def on_mount(self) -> None:
        """Follows the focus: what has it may have keys of its own."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _: self.show())
        self.show()

    def on_resize(self) -> None:
        """As many as fit."""
        self.show()

    def _bindings_now(self) -> list[Binding]:
        return [active.binding for active in self.screen.active_bindings.values()]

    def show(self) -> None:
        """The bindings of the screen in their order, help before all."""
        say, room, seen = self._kit.say, self.size.width, set[str]()
        parts: list[Toned] = []
        bindings = sorted(self._bindings_now(), key=lambda one: one.action != "help")
        for binding in bindings:
            words = say.known(binding.description)
            if not binding.show or not words or binding.action in seen:
                continue
            seen.add(binding.action)
            key = binding.key_display or binding.key
            room -= len(key) + len(words) + 3
            if room < 0:
                break
            parts += [(key, "head"), " ", words, "  "]
        self.update(styled(*parts))
