"""The state of the box as one plain dict for the console, the CLI and the page, and the alerts that follow from it."""

import asyncio
import logging
import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Protocol

from hw.modem.recovery import Fault
from hw.modem.status import ModemStatus
from secretaryd.bus import Bus
from secretaryd.call.speculate import SpeculationCounts
from secretaryd.config.schema import Config, Llm
from secretaryd.control.protocol import AlertChanged
from secretaryd.control.reader import language_for
from secretaryd.logs import mask_number
from secretaryd.machine import Machine
from secretaryd.nodes.ports import NodeHealth, NodeState
from secretaryd.notices import MUTE_FIRMWARE, SIM_CODES, TROUBLE_CODES, Alert, alert, modem_code
from secretaryd.reasons import in_language
from secretaryd.run.models import Chosen
from secretaryd.troubles import Troubles
from voice.errors import SpeechUnavailable
from voice.models.catalogue import Kind
from voice.models.store import STARTER
from voice.speech.health import EngineState, SpeechHealth

log = logging.getLogger(__name__)

VERSION: Final = "0.1.0"
LOOK_SECONDS: Final = 10.0
EAGER_SECONDS: Final = 0.5
DISK_LOW_BYTES: Final = 500 * 1024 * 1024
SHORT_CODE: Final = 4


class SpeechDoor(Protocol):
    """The speech process, as far as its health goes."""

    async def describe(self) -> SpeechHealth:
        """Raises SpeechUnavailable."""


class LlmDoor(Protocol):
    """The pool, as far as its health goes."""

    async def health(self) -> tuple[NodeHealth, ...]:
        """As last seen."""


class LineDoor(Protocol):
    """The line's arbiter, as far as its state goes."""

    @property
    def state(self) -> str:
        """away, idle, or the call's state."""

    @property
    def since(self) -> float:
        """UTC epoch seconds."""


class Health:
    """Looks at everything every ten seconds and publishes what changed."""

    def __init__(
        self,
        config: Config,
        chosen: dict[Kind, Chosen],
        modem: Callable[[], ModemStatus],
        line: LineDoor,
        speech: SpeechDoor,
        llm: LlmDoor,
        bus: Bus,
        troubles: Troubles,
        *,
        caller: Callable[[], str | None],
        speculated: SpeculationCounts | None = None,
        sound: Callable[[], dict[str, Any]] = dict,
        clock_set: Callable[[], bool] = lambda: True,
    ) -> None:
        self.config, self._chosen, self._modem, self._line = config, chosen, modem, line
        self._speech, self._llm, self._bus, self._troubles = speech, llm, bus, troubles
        self._caller = caller
        self._sound, self._clock_set = sound, clock_set
        self._speculated = speculated or SpeculationCounts()
        self._machine = Machine()
        self._began = time.monotonic()
        self._speech_seen: SpeechHealth | None = None
        self._speech_reason = "starting"
        self._nodes: tuple[NodeHealth, ...] = ()
        self._shown: dict[str, Alert] = {}
        self.speech_came_up = asyncio.Event()

    async def run(self) -> None:
        """For ever; eager until the speech process is up, and at once where there is news of trouble."""
        while True:
            self._troubles.news.clear()
            await self.look()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS if self._speech_ready() else EAGER_SECONDS):
                    await self._troubles.news.wait()

    async def look(self) -> None:
        """One look at speech and llm; publishes alerts that came or went."""
        was_ready = self._speech_ready()
        try:
            self._speech_seen, self._speech_reason = await self._speech.describe(), ""
        except SpeechUnavailable as error:
            self._speech_seen, self._speech_reason = None, str(error)
        if self._speech_ready() and not was_ready:
            self.speech_came_up.set()
        self._nodes = await self._llm.health()
        self._publish({each.code: each for each in self.alerts()})

    def _publish(self, now: dict[str, Alert]) -> None:
        for code in self._shown.keys() | now.keys():
            if self._shown.get(code) != now.get(code):
                shown = now.get(code) or self._shown[code]
                self._bus.publish(
                    AlertChanged(code=code, level=shown.level, text=shown.text, remedy=shown.remedy, active=code in now)
                )
                log.log(
                    logging.WARNING if code in now and shown.level != "info" else logging.INFO,
                    "alert" if code in now else "alert over",
                    extra={"code": code},
                )
        self._shown = now

    def _speech_ready(self) -> bool:
        seen = self._speech_seen
        return seen is not None and EngineState.LOADING not in (seen.recognizer.state, seen.voice.state)

    def alerts(self) -> list[Alert]:
        """Everything that the owner should know now, worst first."""
        found = [*self._modem_alerts(), *self._speech_alerts(), *self._llm_alerts()]
        found += [self._alert("model.missing", each.trouble) for each in self._chosen.values() if each.trouble]
        if _free_bytes(self.config.box.data_dir) < DISK_LOW_BYTES:
            found.append(self._alert("disk.low"))
        found += [self._alert(code, detail) for code, detail in self._troubles.codes.items()]
        return sorted(found, key=lambda each: ("error", "warning", "info").index(each.level))

    def _alert(self, code: str, detail: str = "") -> Alert:
        return alert(code, self.config.box.language, detail)

    def _modem_alerts(self) -> list[Alert]:
        modem = self._modem()
        if modem.down_reason is not None:
            return [self._alert(modem_code(modem.down_reason), modem.detail)]
        if modem.sim in SIM_CODES:
            return [self._alert(SIM_CODES[modem.sim])]
        if modem.denied:
            return [self._alert("network.denied")]
        found = [] if modem.registered else [self._alert("network.none")]
        codes = {code for trouble in modem.troubles if (code := TROUBLE_CODES.get(Fault(trouble)))}
        if modem.info is not None and modem.info.firmware in MUTE_FIRMWARE:
            codes.add("sound.firmware")
        return found + [self._alert(code) for code in sorted(codes)]

    def _speech_alerts(self) -> list[Alert]:
        seen = self._speech_seen
        if seen is None:
            return [] if self._speech_reason == "starting" else [self._alert("speech.down", self._speech_reason)]
        found = []
        for code, engine in (("stt.failed", seen.recognizer), ("tts.failed", seen.voice)):
            if engine.state is EngineState.FAILED:
                found.append(self._alert(code, engine.reason))
        if seen.recognizer.starter or seen.voice.starter:
            found.append(self._alert("starter.models"))
        return found

    def _llm_alerts(self) -> list[Alert]:
        if not self._nodes or any(node.state is NodeState.READY for node in self._nodes):
            return []
        if all(node.state in (NodeState.UNKNOWN, NodeState.LOADING) for node in self._nodes):
            return []
        if any(node.state is NodeState.REFUSED for node in self._nodes):
            return [self._alert("starter.chat")]
        if not self.config.llm.model and not self.config.llm.node:
            return []
        return [self._alert("llm.down", "; ".join(f"{node.name}: {node.reason}" for node in self._nodes))]

    async def status(self) -> dict[str, Any]:
        """The whole state. No transcripts, numbers masked: fit for the public page."""
        self._nodes = await self._llm.health()
        language = language_for(self.config.box.language)
        box, free = self.config.box, _free_bytes(self.config.box.data_dir)
        caller = self._caller()
        return {
            "box": {
                "name": box.name,
                "company": box.company,
                "version": VERSION,
                "language": box.language,
                "uptime_seconds": round(time.monotonic() - self._began),
                "simulated": _is_simulated(self._modem()),
            },
            "line": {
                "state": self._line.state,
                "number_masked": _masked(caller) if caller else None,
                "since": self._line.since,
            },
            "modem": self._modem_status(language),
            "sound": self._sound(),
            "clock": {"set": self._clock_set()},
            "speech": self._speech_status(language),
            "llm": _llm_status(self._nodes, _may_speak(self.config.llm), language),
            "storage": {"free_bytes": free, "recording": self.config.call.record},
            "machine": self._machine.look(),
            "speculation": asdict(self._speculated),
            "events": {"last_id": self._bus.last_id},
            "alerts": [
                {
                    "code": each.code,
                    "level": each.level,
                    "text": each.text,
                    "remedy": each.remedy,
                    "words": each.words(),
                }
                for each in self.alerts()
            ],
        }

    def _modem_status(self, language: str) -> dict[str, Any]:
        modem = self._modem()
        return {
            "up": modem.up,
            "reason": str(modem.down_reason or ""),
            "detail": in_language(modem.detail, language),
            "operator": modem.operator,
            "technology": modem.technology,
            "registered": modem.registered,
            "signal_dbm": modem.signal_dbm,
            "bars": modem.bars,
            "sim": str(modem.sim),
            "pin_tries": modem.pin_tries,
            "firmware": modem.info.firmware if modem.info else "",
            "reconnects": modem.counters.reconnects,
            "timeouts": modem.counters.timeouts,
            "rungs": dict(modem.rungs),
            "troubles": list(modem.troubles),
            "last_recovery": modem.counters.last_recovery,
            "recoveries": [
                {"fault": str(one.fault), "rung": str(one.rung), "seconds": one.seconds, "tries": one.tries}
                for one in modem.recoveries
            ],
        }

    def _speech_status(self, language: str) -> dict[str, Any]:
        seen = self._speech_seen
        if seen is None:
            return {"up": False, "reason": in_language(self._speech_reason, language)}
        engines = {"recognizer": seen.recognizer, "voice": seen.voice}
        reasons = "; ".join(engine.reason for engine in engines.values() if engine.reason)
        return {
            "up": all(engine.state is EngineState.READY for engine in engines.values()),
            "recognizer": seen.recognizer.name,
            "voice": seen.voice.name,
            "starter": seen.recognizer.starter or seen.voice.starter,
            "reason": in_language(reasons or ("" if self._speech_ready() else "loading"), language),
        }


def _llm_status(nodes: Sequence[NodeHealth], allowed: bool, language: str) -> dict[str, Any]:
    ready = next((node for node in nodes if node.state is NodeState.READY), None)
    shown = ready or next(iter(nodes), None)
    return {
        "up": ready is not None,
        "model": shown.model if shown else "",
        "starter": bool(shown and shown.starter),
        "allowed": allowed,
        "reason": "" if ready or shown is None else in_language(shown.reason or str(shown.state), language),
        "nodes": [
            {"name": n.name, "state": str(n.state), "model": n.model, "reason": in_language(n.reason, language)}
            for n in nodes
        ],
    }


def _may_speak(llm: Llm) -> bool:
    """Some model is meant to answer callers: a real one, or the bundled one where that is allowed."""
    return bool(llm.node) or llm.model not in ("", STARTER) or (llm.allow_starter and bool(llm.model))


def _masked(number: str) -> str:
    """For the public page: also a short local number loses its head; services' short codes ("112") stay."""
    shown = mask_number(number)
    return shown if shown != number or len(number) <= SHORT_CODE else f"•••{number[-2:]}"


def _is_simulated(modem: ModemStatus) -> bool:
    """A modem on a pseudo-terminal is no metal."""
    return os.path.realpath(modem.at_port).startswith("/dev/pts/") if modem.at_port else False


def _free_bytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0
