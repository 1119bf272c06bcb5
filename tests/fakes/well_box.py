"""A box that is well, as `Health` sees it; tests spoil one thing of it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from hw.modem.events import ModemInfo, SimState
from hw.modem.status import ModemStatus
from secretaryd.bus import Bus
from secretaryd.config.schema import Box, Config
from secretaryd.control.protocol import AlertChanged
from secretaryd.health import Health
from secretaryd.nodes.ports import NodeHealth, NodeState
from secretaryd.run.models import Chosen
from secretaryd.troubles import Troubles
from voice.errors import SpeechUnavailable
from voice.models.catalogue import Kind
from voice.speech.health import EngineHealth, EngineState, SpeechHealth

UP = ModemStatus(
    up=True,
    down_reason=None,
    info=ModemInfo("SIMCOM", "SIM7600G-H", "LE20B04", "1"),
    sim=SimState.READY,
    signal_dbm=-77,
    bars=3,
    operator="MegaFon",
    technology="LTE",
    registered=True,
    at_port="/dev/ttyUSB2",
)
READY = EngineHealth("vosk", EngineState.READY)
SPEECH = SpeechHealth(READY, replace(READY, name="irina"), "1")
NODE = NodeHealth("local", NodeState.READY, "qwen")


class Line:
    state = "idle"
    since = 1000.0


class Speech:
    def __init__(self) -> None:
        self.seen: SpeechHealth | None = SPEECH

    async def describe(self) -> SpeechHealth:
        if self.seen is None:
            raise SpeechUnavailable("nobody answers")
        return self.seen


class Pool:
    def __init__(self) -> None:
        self.nodes: tuple[NodeHealth, ...] = (NODE,)

    async def health(self) -> tuple[NodeHealth, ...]:
        return self.nodes


class Well:
    """A well box; tests spoil one thing of it."""

    def __init__(self, folder: Path, language: str = "ru", **config: Any) -> None:
        self.modem, self.line, self.speech, self.pool = UP, Line(), Speech(), Pool()
        self.bus, self.troubles, self.caller = Bus(), Troubles(), "+79161234567"
        self.chosen: dict[Kind, Chosen] = {}
        self.config = Config(box=Box(name="Гуля", language=language, data_dir=folder), **config)
        self.health = Health(
            self.config,
            self.chosen,
            lambda: self.modem,
            self.line,
            self.speech,
            self.pool,
            self.bus,
            self.troubles,
            caller=lambda: self.caller,
        )

    async def codes(self) -> list[str]:
        await self.health.look()
        return [each.code for each in self.health.alerts()]

    def published(self) -> list[tuple[str, bool]]:
        return [(s.event.code, s.event.active) for s in self.bus._ring if isinstance(s.event, AlertChanged)]
