"""A whole call on a virtual clock: the true driver, talk, leader, flow, answers, voice cache and storage; the modem,
the sound, the recogniser and the synthesiser are a script's."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from hw.at.dial import Permit
from hw.audio.line import LineCounters
from secretaryd.answer.collect import Collector
from secretaryd.bus import Bus
from secretaryd.call.driver import CallDriver, Caller, CallSettings
from secretaryd.call.machine import Connected, Gone, Rang
from secretaryd.call.ports import TalkParts
from secretaryd.call.report import Report
from secretaryd.call.speculate import SpeculationCounts
from secretaryd.call.talk import Talk
from secretaryd.config.schema import Box, Config, Llm
from secretaryd.config.schema import Call as CallSection
from secretaryd.run.answers import Speaking, answerable, make_speaking
from secretaryd.run.english import tongue
from secretaryd.run.models import Chosen
from secretaryd.troubles import Troubles
from storage.records import CallRecord, MessageRecord, TurnRecord
from storage.store import Storage
from tests.fakes.caller_script import Script, Step
from tests.fakes.scripted_engines import CHARACTERS_A_SECOND, Faults, ScriptedPool, ScriptedRecognizer, ScriptedVoice
from tests.fakes.talking import LOUD, QUIET, FramePlayback, FrameSpeaker, LoudnessDetector
from tests.fakes.virtual_loop import VirtualLoop
from voice.ears import EarEvent, Ears
from voice.endpoint import Endpointer
from voice.gate import SpeechStarted
from voice.llm.pace import Pace
from voice.models.catalogue import Kind
from voice.models.store import ResolvedModel
from voice.ports import FRAME_SECONDS

ZONE: Final = ZoneInfo("Europe/Moscow")
RECORDED_FRAMES: Final = 100
"""Given to the recorder of each call; its thread lives in real time, which hardly passes here."""
PATIENCE: Final = 30.0
LAST_PATIENCE: Final = 90.0
HUSHED_SECONDS: Final = 1.8
"""A box that was spoken over may only be holding its breath."""


class VirtualLine:
    """Twenty milliseconds of both sides every twenty virtual milliseconds. Stands in for hw.audio.line.Line."""

    def __init__(
        self,
        device: "VirtualCaller",
        *,
        on_heard: Callable[[int, bytes], None],
        tap: Callable[[bytes, bytes], None] | None,
        on_failed: Callable[[Any], None],
        loop: asyncio.AbstractEventLoop,
        on_begun: Callable[[int, bytes], None],  # never: each frame comes whole
    ) -> None:
        self._caller, self._on_heard, self._tap, self._loop = device, on_heard, tap, loop
        self._speaker = FrameSpeaker(loop.time)
        self._index = 0
        self._began = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._began = self._loop.time()
        self._timer = self._loop.call_at(self._began + FRAME_SECONDS, self._tick)

    async def stop(self) -> LineCounters:
        if self._timer is not None:
            self._timer.cancel()
        self._speaker.flush()
        return LineCounters(frames_in=self._index)

    def play(self, pcm: bytes) -> FramePlayback:
        return self._speaker.play(pcm)

    def flush(self, fade_ms: int = 40) -> None:
        self._speaker.flush(fade_ms)

    def pause(self, fade_ms: int = 20) -> None:
        self._speaker.pause(fade_ms)

    def resume(self) -> None:
        self._speaker.resume()

    def _tick(self) -> None:
        sounding = self._speaker.sounding
        self._speaker.tick()
        self._index += 1
        self._timer = self._loop.call_at(self._began + (self._index + 1) * FRAME_SECONDS, self._tick)
        frame = self._caller.frame(self._index * FRAME_SECONDS, sounding)
        if self._tap is not None and self._index <= RECORDED_FRAMES:
            self._tap(frame, QUIET)
        self._on_heard(self._index - 1, frame)


class VirtualCaller:
    """Does what the script says, at the moments that the box's speech and silence give."""

    def __init__(self, script: Script, recognizer: ScriptedRecognizer, turns: list[TurnRecord], faults: Faults) -> None:
        self._faults = faults
        self._script, self._recognizer, self._turns = script, recognizer, turns
        self.driver: CallDriver | None = None
        self.problems: list[str] = []
        self.marks: list[int] = []
        self.now = 0.0
        self._loud_until = -1.0
        self._box = False
        self._changed = 0.0
        """When the box began to speak, or fell silent."""
        self._spoke = False
        """It spoke since the last step."""
        self._tick = asyncio.Event()

    def frame(self, now: float, box: bool) -> bytes:
        """One of the caller's frames; `box` is whether the box sounds in it."""
        self.now = now
        if box != self._box:
            self._box, self._changed = box, now
        self._spoke = self._spoke or box
        self._recognizer.stream.tick(now)
        self._tick.set()
        return LOUD if now <= self._loud_until else QUIET

    async def follow(self) -> None:
        """Through all steps, then waits for the end; hangs up where it does not come."""
        before: Step | None = None
        for number, step in enumerate(self._script.steps, 1):
            if not await self._floor(step, before):
                self.problems.append(f"step {number}: the box said nothing to wait for")
            self.marks.append(len(self._turns))
            if step.fault:
                engine, how = step.fault.split()
                loop = asyncio.get_running_loop()
                loop.call_later(step.fault_after, self._faults.strike, engine, how, step.fault_for)
            await self._do(step)
            self._spoke = False
            before = step
        if self._script.expect.end == "caller":
            await self._until(lambda: self._quiet(1.5), PATIENCE)
        else:
            await self._until(lambda: False, LAST_PATIENCE)
        await self._hang_up()

    def _quiet(self, seconds: float) -> bool:
        return self._spoke and not self._box and self.now - self._changed >= seconds

    async def _floor(self, step: Step, before: Step | None) -> bool:
        """Waits until it is time for a step; False where the box did not do what is waited for."""
        if step.over is not None:
            over = step.over
            return await self._until(lambda: self._box and self.now - self._changed >= over, PATIENCE)
        if before is not None and (before.quiet or before.silent):
            return await self._until(lambda: not self._box and self.now - self._changed >= step.after, PATIENCE)
        after = step.after if before is None or before.over is None else max(step.after, HUSHED_SECONDS)
        return await self._until(lambda: self._quiet(after), PATIENCE)

    async def _until(self, condition: Callable[[], bool], seconds: float) -> bool:
        end = self.now + seconds
        while not condition():
            if self.now >= end:
                return False
            self._tick.clear()
            await self._tick.wait()
        return True

    async def _pause(self, seconds: float) -> None:
        await self._until(lambda: False, seconds)

    async def _do(self, step: Step) -> None:
        if step.say:
            await self._say(step)
        elif step.noise:
            self._hear((step.heard or "").split(), step.noise)
            await self._sound(step.noise)
        elif step.press:
            for digit in step.press:
                assert self.driver is not None
                self.driver.digit(digit)
                await self._pause(0.15)
        elif step.silent:
            await self._pause(step.silent)
        else:
            await self._hang_up()

    async def _say(self, step: Step) -> None:
        stream = self._recognizer.stream
        stream.confidence = step.confidence
        began = self.now
        for part in step.parts:
            await self._pause(part.pause)
            seconds = max(0.2, len(part.text) / CHARACTERS_A_SECOND)
            self._hear(part.heard.split(), seconds)
            if step.cut is not None and self.now + seconds > began + step.cut:
                await self._sound(max(0.02, began + step.cut - self.now))
                stream.forget()
                await self._hang_up()
                return
            await self._sound(seconds)

    def _hear(self, words: Sequence[str], seconds: float) -> None:
        whole = sum(map(len, words)) or 1
        at, known = self.now, []
        for word in words:
            at += seconds * len(word) / whole
            known.append((at, word))
        self._recognizer.stream.will_hear(known)

    async def _sound(self, seconds: float) -> None:
        self._loud_until = self.now + seconds
        await self._pause(seconds)

    async def _hang_up(self) -> None:
        assert self.driver is not None
        self.driver.tell(Gone("NO CARRIER"))
        await asyncio.Event().wait()  # until the call's end cancels this


class VirtualModem:
    """Answers and hangs up as told."""

    def __init__(self) -> None:
        self.driver: CallDriver | None = None

    async def answer(self) -> None:
        assert self.driver is not None
        self.driver.tell(Connected())

    async def dial(self, permit: Permit) -> None:
        raise AssertionError(f"an incoming call dials {permit.number}")

    async def hang_up(self) -> None:
        assert self.driver is not None
        self.driver.tell(Gone("VOICE CALL: END"))


class VirtualSound:
    """The way to the caller."""

    def __init__(self, caller: VirtualCaller) -> None:
        self._caller = caller

    async def open(self) -> tuple[Any, str]:
        return self._caller, "virtual"

    async def close(self) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Played:
    """A call that is over. `marks`: how many turns there were when each step began."""

    script: Script
    call: CallRecord
    turns: tuple[TurnRecord, ...]
    marks: tuple[int, ...]
    messages: tuple[MessageRecord, ...]
    problems: tuple[str, ...]
    seconds: float
    pace: float
    recording: Path | None
    recordings: int
    """Files that this call left."""


@dataclass
class Theatre:
    """Where scripts are played, one after the other, on one virtual loop."""

    folder: Path
    storage: Storage
    faults: Faults = field(default_factory=Faults)
    pool: ScriptedPool = field(init=False)
    after: Callable[[CallRecord, Report], Awaitable[None]] | None = None
    """Told of each call once it is kept."""
    _speaking: dict[Any, Speaking] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.pool = ScriptedPool(self.faults)

    @classmethod
    async def open(cls, folder: Path) -> "Theatre":
        """With a storage of its own."""
        return cls(folder, await Storage.open(f"sqlite:///{folder / 'secretary.db'}", folder))

    async def close(self) -> None:
        await self.pool.close()
        await self.storage.close()

    def speaking(self, script: Script) -> Speaking:
        """Everything that answers, built once for all scripts of a kind."""
        key = (script.persona, script.language, script.record, script.model == "starter", script.warm)
        if key not in self._speaking:
            config = Config(
                box=Box(name=script.persona, language=script.language, data_dir=self.folder / str(script.warm)),
                call=CallSection(record=script.record),
                llm=Llm(model="starter" if script.model == "starter" else "a-model"),
            )
            voice = ResolvedModel(self.folder, "scripted", starter=False)
            chosen = {Kind.TTS: Chosen(Kind.TTS, voice)}
            self._speaking[key] = make_speaking(config, chosen, self.pool, ScriptedVoice(self.faults))  # type: ignore[arg-type]
        return self._speaking[key]

    async def play(self, script: Script) -> Played:
        """A whole call, from the ring to the kept row."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        self.faults.clear()
        speaking = self.speaking(script)
        if script.warm:
            await speaking.voice.warm(speaking.known)
        self.pool.replies, self.pool.ready = script.replies, script.model != "none"
        self.pool.starter = script.model == "starter"
        self.pool.pace = Pace.parse(script.pace)
        speaking.model.foresight.forget()
        if self.pool.starter:
            await self.pool.load()
        report, recognizer, modem = Report(script.language), ScriptedRecognizer(self.faults), VirtualModem()
        caller = VirtualCaller(script, recognizer, report.turns, self.faults)
        talks: list[Talk] = []

        def make_talk(record: CallRecord, report: Report) -> Talk:
            talks.append(Talk(self._parts(script, speaking, caller, recognizer), record, report))
            return talks[-1]

        who = Caller(script.number or None, "presented" if script.number else "withheld")
        settings = CallSettings("line1", ZONE, script.max_seconds)
        files = self._files()
        driver = CallDriver(settings, modem, self.storage, Bus(), make_talk, who, report, after=self.after)
        modem.driver = caller.driver = driver
        began = loop.time()
        driver.tell(Rang(enough=True))
        await self._run(driver, caller)
        assert driver.call_id is not None
        call = await self.storage.call(driver.call_id)
        messages = tuple(one for one in await self.storage.messages() if one.call_id == call.id)
        recording = self.storage.recording_path(call) if call.recording else None
        left = self._files() - files
        return Played(
            script, call, call.turns, tuple(caller.marks), messages, tuple(caller.problems),
            loop.time() - began, talks[0]._voice.pace, recording, len(left),
        )  # fmt: skip

    async def _run(self, driver: CallDriver, caller: VirtualCaller) -> None:
        following = asyncio.create_task(caller.follow(), name="caller")
        try:
            await driver.run()
        finally:
            following.cancel()
            await asyncio.wait({following})
        if not following.cancelled() and following.exception() is not None:
            raise following.exception()  # type: ignore[misc]

    def _files(self) -> set[Path]:
        return set(self.folder.glob("recordings/**/*.wav"))

    def _parts(
        self, script: Script, speaking: Speaking, caller: VirtualCaller, recognizer: ScriptedRecognizer
    ) -> TalkParts:
        def make_ears(publish: Callable[[EarEvent], None]) -> Ears:
            return Ears(
                recognizer,
                script.language,
                LoudnessDetector(),
                Endpointer(language=script.language, answerable=answerable(lambda: speaking, None)),
                lambda event: isinstance(event, SpeechStarted),
                publish,
                asyncio.get_running_loop().time,
            )

        english = self.speaking(replace(script, language="en")) if script.english else None
        return TalkParts(
            storage=self.storage,
            bus=Bus(),
            troubles=Troubles(),
            zone=ZONE,
            language=script.language,
            record=script.record,
            interpreter=speaking.interpreter,
            answers=speaking.ladder,
            voice=speaking.voice,
            sound=VirtualSound(caller),
            make_ears=make_ears,
            make_collector=lambda number: Collector(speaking.lemmas, number),
            speculated=SpeculationCounts(),
            release=self.pool.release,
            first_token=lambda _: None,
            english=tongue(english) if english is not None else None,
            make_line=VirtualLine,
            clock=asyncio.get_running_loop().time,
        )
