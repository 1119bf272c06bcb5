"""The board's alerts, its light and its button, and what the watchdog hangs on."""

import asyncio

import pytest

from hw.board.blink import Mood
from hw.board.sensors import BoardReading
from hw.errors import HardwareError
from secretaryd.alive import Beat, stuck
from secretaryd.board import PanelWatch, SensorWatch
from secretaryd.bus import Bus
from secretaryd.control.protocol import ButtonUsed
from secretaryd.troubles import Troubles


class Sensors:
    def __init__(self) -> None:
        self.reading = BoardReading()

    def read(self) -> BoardReading:
        return self.reading


def test_an_alert_of_the_board_lasts_as_long_as_its_cause() -> None:
    sensors, troubles = Sensors(), Troubles()
    watch = SensorWatch(sensors, troubles)
    troubles.note("disk.low")
    sensors.reading = BoardReading(84.0, 0x1)
    watch.look()
    assert troubles.codes == {"disk.low": "", "board.under_voltage": "", "board.hot": "84 °C"}
    sensors.reading = BoardReading(60.0, 0x10000)
    watch.look()
    assert troubles.codes == {"disk.low": "", "board.was_under_voltage": ""}


class Panel:
    def __init__(self) -> None:
        self.shown: list[bool] = []
        self.closed = False
        self.failure: HardwareError | None = None

    def light(self, on: bool) -> None:
        assert not self.closed
        if self.failure is not None:
            raise self.failure
        assert not self.shown or self.shown[-1] is not on, "the light is set only when it changes"
        self.shown.append(on)

    def close(self) -> None:
        self.closed = True


class Scene:
    def __init__(self) -> None:
        self.now, self.mood = 0.0, Mood.DEAF
        self.bus, self.troubles, self.panel = Bus(), Troubles(), Panel()
        self.watch = PanelWatch(
            lambda _: self.panel, lambda: self.mood, self.bus, self.troubles, ":8080/",
            address=lambda: "192.168.1.7", clock=lambda: self.now,
        )  # fmt: skip

    def told(self) -> list[ButtonUsed]:
        return [stamped.event for stamped in self.bus._ring if isinstance(stamped.event, ButtonUsed)]

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.watch.tick(self.panel)


def test_the_light_follows_the_mood() -> None:
    scene = Scene()
    scene.later(0.0)
    scene.later(0.3)
    scene.later(0.3)
    assert scene.panel.shown == [True, False]
    scene.mood = Mood.TALKING
    for _ in range(20):
        scene.later(0.3)
    assert scene.panel.shown == [True, False, True]


def test_a_hold_tells_the_address_and_a_press_hushes() -> None:
    scene = Scene()
    scene.watch.edge(True)
    scene.later(2.1)
    scene.watch.edge(False)
    scene.watch.edge(True)
    scene.later(0.2)
    scene.watch.edge(False)
    assert scene.told() == [
        ButtonUsed(gesture="hold", address="http://192.168.1.7:8080/"),
        ButtonUsed(gesture="press", address=""),
    ]


async def test_a_panel_that_is_not_there_is_an_alert_and_no_more() -> None:
    def missing(_: object) -> Panel:
        raise HardwareError("gpiozero is missing")

    troubles = Troubles()
    await PanelWatch(missing, lambda: Mood.READY, Bus(), troubles, ":80/").run()
    assert troubles.codes == {"board.panel": "gpiozero is missing"}


async def test_the_panel_is_let_go_at_the_end() -> None:
    scene = Scene()
    running = asyncio.create_task(scene.watch.run())
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})
    assert scene.panel.closed


@pytest.mark.parametrize(
    ("modem", "calls", "line", "why"),
    [
        (None, 0.0, 0.0, None),
        (89.0, 59.0, 19.0, None),
        (91.0, 0.0, 0.0, "modem"),
        (None, 61.0, 0.0, "calls"),
        (3.0, 0.0, 21.0, "line"),
    ],
)
def test_the_watchdog_is_fed_only_while_everything_goes(
    modem: float | None, calls: float, line: float, why: str | None
) -> None:
    found = stuck(modem_silent=modem, calls=calls, line=line)
    assert found is None if why is None else why in str(found)


def test_a_beat_rests_without_being_silent() -> None:
    now = [0.0]
    beat = Beat(lambda: now[0])
    now[0] = 100.0
    assert beat.silent == 0.0
    beat.tick()
    now[0] = 130.0
    assert beat.silent == 30.0
    beat.stop()
    assert beat.silent == 0.0
