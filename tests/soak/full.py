"""Calls with every frame: the true talk, leader, flow, answers, ears and voice cache, on the true driver. Caller,
recogniser and synthesiser are scripted (tests/fakes/virtual_call)."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from secretaryd.call.machine import Gone
from secretaryd.call.report import Report
from secretaryd.call.sound import ModemSound
from secretaryd.call.talk import Talk
from storage.records import CallRecord
from tests.fakes.caller_script import FOLDER, load
from tests.fakes.scripted_engines import ScriptedRecognizer
from tests.fakes.virtual_call import Theatre, VirtualCaller, VirtualLine
from tests.fakes.virtual_modem import VirtualModem
from tests.soak.box import Box, VirtualPcm

NAMES: Final = (
    "faq_hours",
    "message_in_order",
    "hang_up_in_matter",
    "silence_from_start",
    "keys_hash",
    "number_by_keys",
    "model_answers",
)
ENGINES: Final = {"kill_speech": ("stt", "tts"), "kill_llm": ("llm",)}
BACK_SECONDS: Final = 2.0
"""From `kill -9` of an engine's process until it serves again, as seen on true processes."""


class FarEnd:
    """What the scripted caller holds of the line: the network's end of it."""

    def __init__(self, modem: VirtualModem) -> None:
        self._modem = modem

    def tell(self, event: object) -> None:
        assert isinstance(event, Gone)
        self._modem.hang_up()

    def digit(self, digit: str) -> None:
        self._modem.press_key(digit)


class FullTalk:
    """A Talk, and the caller who follows his script beside it."""

    def __init__(self, talk: Talk, caller: VirtualCaller) -> None:
        self._talk, self._caller = talk, caller

    def digit(self, digit: str) -> None:
        self._talk.digit(digit)

    def order(self, order: Any) -> bool:
        return self._talk.order(order)

    async def run(self) -> str:
        following = asyncio.create_task(self._caller.follow(), name="scripted caller")
        try:
            return await self._talk.run()
        finally:
            following.cancel()
            await asyncio.wait({following})


class FullTalks:
    """Builds them; what answers is built once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._theatre: Theatre | None = None
        self._scripts = [script for name in NAMES for script in load(FOLDER / f"{name}.toml")[:1]]

    def strike(self, name: str) -> None:
        """A process of the engines is killed: what its clients see of it, until it is back."""
        if self._theatre is not None:
            for engine in ENGINES[name]:
                self._theatre.faults.strike(engine, "dies", BACK_SECONDS)

    def make(self, box: Box, record: CallRecord, report: Report, number: int) -> FullTalk:
        if self._theatre is None:
            self._theatre = Theatre(self._folder, box.storage)
        theatre = self._theatre
        theatre.storage = box.storage
        script = self._scripts[number % len(self._scripts)]
        theatre.pool.replies, theatre.pool.ready = script.replies, script.model != "none"
        recognizer = ScriptedRecognizer(theatre.faults)
        caller = VirtualCaller(script, recognizer, report.turns, theatre.faults)
        caller.driver = FarEnd(box.modem)  # type: ignore[assignment]
        parts = replace(
            theatre._parts(script, theatre.speaking(script), caller, recognizer),
            sound=ModemSound(box.keeper, lambda _: VirtualPcm(box.modem)),  # type: ignore[arg-type,return-value]
            bus=box.bus,
            make_line=lambda _, **given: VirtualLine(caller, **given),
        )
        return FullTalk(Talk(parts, record, report), caller)
