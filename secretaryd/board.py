"""The board under the core: its sensors as alerts, its light, its button."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from typing import Final, NoReturn, Protocol

from hw.board.blink import FASTEST, Mood, is_lit
from hw.board.gestures import Button, Gesture
from hw.board.panel import Panel
from hw.board.sensors import BoardReading, board_facts
from hw.errors import HardwareError
from secretaryd.bus import Bus
from secretaryd.control.protocol.board import ButtonUsed
from secretaryd.troubles import Troubles

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 30.0
CODES: Final = ("board.under_voltage", "board.was_under_voltage", "board.hot", "board.slowed")
ELSEWHERE: Final = ("192.0.2.1", 9)
"""An address of the documentation's network (RFC 5737): nothing is sent there, the way to it names our own address."""


class Sensors(Protocol):
    """hw.board.sensors."""

    def read(self) -> BoardReading:
        """Never raises."""


def own_address() -> str:
    """This machine's address on its network, "" where it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
        except OSError:
            return ""
        return str(probe.getsockname()[0])


class SensorWatch:
    """Sensors to alerts."""

    def __init__(self, sensors: Sensors, troubles: Troubles) -> None:
        self._sensors, self._troubles = sensors, troubles

    async def run(self) -> NoReturn:
        """For ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_SECONDS)

    def look(self) -> None:
        """One look."""
        found = {fact.code: fact.detail for fact in board_facts(self._sensors.read())}
        for code in CODES:
            if code in found:
                self._troubles.note(code, found[code])
            else:
                self._troubles.clear(code)


class PanelWatch:
    """Light and button. What follows from a gesture is done by whoever reads the events (secretaryd.board_deeds)."""

    def __init__(
        self,
        open_panel: Callable[[Callable[[bool], None]], Panel],
        mood: Callable[[], Mood],
        bus: Bus,
        troubles: Troubles,
        page: str,
        *,
        address: Callable[[], str] = own_address,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`page` is the port of the page, with its colon."""
        self._open, self._mood, self._bus, self._troubles = open_panel, mood, bus, troubles
        self._page, self._address, self._clock = page, address, clock
        self._button = Button()
        self._shown: tuple[Mood, float] | None = None
        self._lit: bool | None = None

    async def run(self) -> None:
        """Until cancelled; ends where there is no panel after all."""
        try:
            panel = self._open(self.edge)
        except HardwareError as error:
            log.error("no panel", extra={"reason": str(error)})
            self._troubles.note("board.panel", str(error))
            return
        try:
            while True:
                self.tick(panel)
                await asyncio.sleep(FASTEST / 2)
        finally:
            panel.close()

    def edge(self, down: bool) -> None:
        """The button."""
        self._tell(self._button.edge(down, self._clock()))

    def tick(self, panel: Panel) -> None:
        """Shows the mood, and looks at the button."""
        now = self._clock()
        self._tell(self._button.tick(now))
        mood = self._mood()
        if self._shown is None or self._shown[0] is not mood:
            self._shown = mood, now
        lit = is_lit(mood, now - self._shown[1])
        if lit is self._lit:
            return
        self._lit = lit
        try:
            panel.light(lit)
        except HardwareError as error:
            self._troubles.note("board.panel", str(error))

    def _tell(self, gesture: Gesture | None) -> None:
        if gesture is None:
            return
        address = self._address() if gesture is Gesture.HOLD else ""
        log.info("button", extra={"gesture": gesture.value})
        self._bus.publish(ButtonUsed(gesture=gesture.value, address=f"http://{address}{self._page}" if address else ""))
