"""The call in progress, as it is heard."""

import time
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget
from textual.widgets import Static

from secretaryd.control.protocol import HangUp, Stamped
from secretaryd.control.protocol.dial import PressKeys
from secretaryd.control.protocol.talking import SayNow, TakeMessageNow
from tui.amounts import clock, phone
from tui.keys import bound
from tui.kit import Kit
from tui.plain import joined
from tui.screens.form import Field, Form
from tui.screens.page import Page
from tui.widgets.meters import Meters
from tui.widgets.styled import Toned, styled
from tui.widgets.transcript import Transcript
from tui.work import work


class Live(Page):
    """Who is on the line, what is said, what answered, how long it took."""

    NAME = "live"
    BINDINGS: ClassVar[list[BindingType]] = [
        bound("s", "say", "key.say"),
        bound("m", "message", "key.message"),
        bound("k", "keys", "key.keys"),
        bound("h", "hang_up", "key.hangup"),
    ]
    DEFAULT_CSS = """
    Live #who { height: auto; }
    Live Meters { margin-bottom: 1; }
    Live #summary { height: auto; display: none; margin-top: 1; }
    Live #summary.shown { display: block; }
    """

    def __init__(self, kit: Kit) -> None:
        super().__init__(kit)
        self._drawing = False

    def body(self) -> Iterable[Widget]:
        """Who, what, how it ended."""
        yield Static(markup=False, id="who")
        yield Meters(self.say)
        yield Transcript(self.say)
        yield Static(markup=False, id="summary")

    def on_mount(self) -> None:
        """The newest line stays in sight until one scrolls back."""
        self.query_one(Transcript).anchor()
        self.query_one(Transcript).focus()

    def took(self, _: Stamped) -> None:
        """Draws once for all events that came together."""
        if not self._drawing:
            self._drawing = True
            self.call_after_refresh(self._draw)

    def metered(self) -> None:
        """Nothing else is drawn for it."""
        self.query_one(Meters).show(self.kit.live.levels)

    def look(self) -> None:
        """Draws what is known."""
        self.call_after_refresh(self._draw)

    def frame(self) -> None:
        """The call's clock goes on too."""
        super().frame()
        self.query_one("#who", Static).update(styled(*self._who()))
        self.query_one(Meters).show(self.kit.live.levels)

    async def _draw(self) -> None:
        self._drawing = False
        live = self.kit.live
        await self.query_one(Transcript).show(live.lines, live.partial)
        self.frame()
        summary = self.query_one("#summary", Static)
        summary.set_class(live.ended is not None, "shown")
        if live.ended is not None:
            summary.update(styled((f"{self.say('call.summary')}: ", "bold"), self._summary()))

    def _summary(self) -> str:
        ended = self.kit.live.ended
        return "" if ended is None else (ended.summary or self.say.known(f"outcome.{ended.outcome}", ended.outcome))

    def _who(self) -> list[Toned]:
        live, say = self.kit.live, self.say
        if live.call is None:
            return [(say("live.none"), "dim")]
        number = phone(live.number) or say.known(f"number.{live.presentation}", say("number.unavailable"))
        parts: list[Toned] = [(joined((live.name, number), "  "), "bold"), "  "]
        if live.ended is not None:
            cause = say.known(f"cause.{live.ended.cause}", live.ended.cause)
            return [*parts, (say("live.ended"), "warn"), f", {cause}, {clock(live.ended.seconds)}"]
        state = live.line or "talking"
        parts += [(say.known(f"line.{state}", state), "warn"), "  "]
        began = live.answered_at or live.rang_at
        return [*parts, (clock(time.time() - began), "bold")] if began else parts

    def action_say(self) -> None:
        """The owner's words, said next."""
        if self._talking():
            fields = (Field("text", self.say("live.words")),)
            self.app.push_screen(Form(self.kit, self.say("live.say"), fields, self._say, self.say("live.say.note")))

    async def _say(self, typed: dict[str, str]) -> None:
        await self.kit.door.ask(SayNow(text=typed["text"]))
        self.tell(self.say("live.said"))

    def action_message(self) -> None:
        """The caller is asked for one."""
        if self._talking():
            work(self, self._take_message, "order")

    async def _take_message(self) -> None:
        with self.told():
            await self.kit.door.ask(TakeMessageNow())
            self.tell(self.say("live.asked"))

    def action_keys(self) -> None:
        """For the far side's menu, or an extension."""
        if self._talking():
            field = Field("keys", self.say("key.keys"), hint="0-9 * #")
            self.app.push_screen(Form(self.kit, self.say("live.keys"), (field,), self._keys))

    async def _keys(self, typed: dict[str, str]) -> None:
        await self.kit.door.ask(PressKeys(keys=typed["keys"]))
        self.tell(self.say("live.pressed"))

    def _talking(self) -> bool:
        """Tells where there is nobody to talk to."""
        if not self.kit.live.going_on:
            self.tell(self.say("live.none"), severity="warning")
        return self.kit.live.going_on

    def action_hang_up(self) -> None:
        """Asks first: a caller cut off cannot be called back by a key."""
        if self._talking():
            self.once_sure(self.say("ask.hangup"), self.say("key.hangup"), self._end, "hangup")

    async def _end(self) -> None:
        with self.told():
            await self.kit.door.ask(HangUp())
            self.tell(self.say("live.hanging"))
