"""Puts the board's watchers together."""

from collections.abc import Callable, Coroutine
from typing import Any

from hw.board.blink import Mood, mood_of
from hw.board.panel import GpioPanel
from hw.board.sensors import BoardSensors
from hw.board.speaker import AlsaSpeaker
from hw.modem.events import DownReason
from hw.modem.keeper import ModemKeeper
from secretaryd.board import PanelWatch, SensorWatch
from secretaryd.board_deeds import BoardDeeds, Voice, Writer
from secretaryd.bus import Bus
from secretaryd.call.calls import Calls
from secretaryd.config.schema import Config
from secretaryd.notices import Alert
from secretaryd.troubles import Troubles


def board_work(
    config: Callable[[], Config],
    keeper: ModemKeeper,
    calls: Calls,
    alerts: Callable[[], list[Alert]],
    bus: Bus,
    troubles: Troubles,
    voice: Voice,
    writer: Writer,
) -> dict[str, Coroutine[Any, Any, None]]:
    """What runs as long as the core does, by name. `config` is asked for what may change while it runs."""
    board = config().board
    work: dict[str, Coroutine[Any, Any, None]] = {"board": SensorWatch(BoardSensors(), troubles).run()}

    def mood() -> Mood:
        status = keeper.status
        worst = next((alert.level for alert in alerts()), "")
        return mood_of(calls.state, modem_up=status.up, starting=status.down_reason is DownReason.STARTING, worst=worst)

    if board.led_gpio or board.button_gpio:
        page = ":" + config().web.listen.rpartition(":")[2] + "/"
        panel = PanelWatch(lambda edge: GpioPanel(board.led_gpio, board.button_gpio, edge), mood, bus, troubles, page)
        work["panel"] = panel.run()
    if board.button_gpio or board.speaker:
        speaker = AlsaSpeaker(board.speaker) if board.speaker else None
        work["board.deeds"] = BoardDeeds(bus, config, speaker, voice, writer).run()
    return work
