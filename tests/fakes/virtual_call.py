"""A whole call on a virtual clock: the true driver, talk, leader, flow, answers, voice cache and storage; the modem,
the sound, the recogniser and the synthesiser are a script's."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

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
from secretaryd.run.answers import Speaking, make_speaking
from secretaryd.run.models import Chosen
from secretaryd.troubles import Troubles
from storage.records import CallRecord, MessageRecord, TurnRecord
from storage.store import Storage
from tests.fakes.caller_script import Expect, Reply, Script, Step
from tests.fakes.talking import LOUD, QUIET, FramePlayback, FrameSpeaker, LoudnessDetector
from tests.fakes.virtual_loop import VirtualLoop
from voice.ears import EarEvent, Ears
from voice.endpoint import Endpointer
from voice.errors import ModelUnavailable
from voice.events import Final as FinalPhrase
from voice.events import Heard, Partial
from voice.gate import SpeechStarted
from voice.llm.job import Request
from voice.llm.protocol import ChatMessage, LlmSettings, ModelState
from voice.llm.runner import ModelRunner
from voice.models.catalogue import Kind
from voice.models.store import STARTER, ResolvedModel, resolve
from voice.ports import FRAME_SECONDS, RATE

ZONE: Final = ZoneInfo("Europe/Moscow")
CHARACTERS_A_SECOND: Final = 14.0
RECOGNISER_LAG: Final = 0.15
FINAL_SECONDS: Final = 0.03
SYNTHESIS_SECONDS: Final = 0.12
RECORDED_FRAMES: Final = 100
"""Given to the recorder of each call; its thread lives in real time, which hardly passes here."""
PATIENCE: Final = 30.0
LAST_PATIENCE: Final = 90.0
HUSHED_SECONDS: Final = 1.8
"""A box that was spoken over may only be holding its breath."""
UNSCRIPTED: Final = "not in the script"


class ScriptedVoice:
    """A synthesiser as fast as it need be: silence as long as the text."""

    async def say(self, text: str, *, language: str, pace: float = 1.0) -> AsyncIterator[bytes]:
        assert language in ("ru", "en")
        assert not re.search(r"[<>{}]", text), f"markup is spoken: {text}"
        await asyncio.sleep(SYNTHESIS_SECONDS)
        samples = max(1, int(len(text) / CHARACTERS_A_SECOND * RATE / pace))
        yield bytes(2 * (samples // 2 + 1))
        yield bytes(2 * (samples // 2 + 1))


class ScriptedPool:
    """A pool of models that says what the script says, and nothing else; or the bundled model, infinitely fast, since
    the virtual clock stands still while it thinks. `replies`, `ready` and `starter` are set for each call."""

    def __init__(self) -> None:
        self.replies: tuple[Reply, ...] = ()
        self.ready = False
        self.starter = False
        self._runner: ModelRunner | None = None
        self._running: asyncio.Task[None] | None = None

    async def load(self) -> None:
        """The bundled model, once."""
        if self._runner is None:
            gguf = resolve(STARTER, Kind.LLM, Path()).path
            self._runner = ModelRunner(LlmSettings(Path("/nowhere"), gguf, threads=1))
            self._running = asyncio.create_task(self._runner.run(), name="starter")
            assert await self._runner.settled() is ModelState.READY, self._runner.health.reason

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    async def stream(
        self, messages: Sequence[ChatMessage], *, session: str, max_tokens: int, first_token_s: float
    ) -> AsyncIterator[str]:
        assert messages[0].role == "system"
        if self.starter:
            assert self._runner is not None
            handle = self._runner.submit(Request(tuple(messages), session=session, max_tokens=max_tokens))
            try:
                async for piece in handle:
                    yield piece
            finally:
                handle.close()
            return
        words = messages[-1].content.lower().split()
        reply = next((one for one in self.replies if all(any(w in word for word in words) for w in one.when)), None)
        if reply is None:
            raise ModelUnavailable(UNSCRIPTED)
        await asyncio.sleep(reply.delay)
        for piece in re.findall(r"\S+\s*", reply.says):
            yield piece
            await asyncio.sleep(0.02)

    async def prefill(self, session: str, messages: Sequence[ChatMessage], partial: str) -> None:
        assert messages[0].role == "system"

    async def release(self, session: str) -> None:
        return None


class ScriptedStream:
    """A recogniser's stream: words become known a little after they were said."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._words: list[tuple[float, str]] = []
        self._known: list[str] = []
        self.confidence = 0.9
        self.now = 0.0

    def send(self, frame: bytes) -> None:
        """The words are the script's."""

    def will_hear(self, words: Sequence[tuple[float, str]]) -> None:
        """(line seconds of its end, word)."""
        self._words += words

    def forget(self) -> None:
        """What was not said yet will not be."""
        self._words = [word for word in self._words if word[0] <= self.now]

    def tick(self, now: float) -> None:
        self.now = now
        fresh = [word for at, word in self._words if at + RECOGNISER_LAG <= now]
        if fresh:
            del self._words[: len(fresh)]
            self._known += fresh
            self._heard.put_nowait(Partial(" ".join(self._known)))

    async def finish_phrase(self) -> FinalPhrase:
        said = [word for at, word in self._words if at <= self.now]
        del self._words[: len(said)]
        text, self._known = " ".join(self._known + said), []
        await asyncio.sleep(FINAL_SECONDS)
        return FinalPhrase(text, confidence=self.confidence if text else 0.0)

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while True:
            yield await self._heard.get()


class ScriptedRecognizer:
    """One stream a call."""

    def __init__(self) -> None:
        self.stream = ScriptedStream()

    @asynccontextmanager
    async def listen(self, *, language: str, phrases: tuple[str, ...] | None = None) -> AsyncIterator[ScriptedStream]:
        yield self.stream


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

    def __init__(self, script: Script, recognizer: ScriptedRecognizer, turns: list[TurnRecord]) -> None:
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
    pool: ScriptedPool = field(default_factory=ScriptedPool)
    _speaking: dict[Any, Speaking] = field(default_factory=dict, repr=False)

    @classmethod
    async def open(cls, folder: Path) -> "Theatre":
        """With a storage of its own."""
        return cls(folder, await Storage.open(f"sqlite:///{folder / 'secretary.db'}", folder))

    async def close(self) -> None:
        await self.pool.close()
        await self.storage.close()

    def speaking(self, script: Script) -> Speaking:
        """Everything that answers, built once for all scripts of a kind."""
        key = (script.persona, script.language, script.record, script.model == "starter")
        if key not in self._speaking:
            config = Config(
                box=Box(name=script.persona, language=script.language, data_dir=self.folder),
                call=CallSection(record=script.record),
                llm=Llm(model="starter" if script.model == "starter" else "a-model"),
            )
            voice = ResolvedModel(self.folder, "scripted", starter=False)
            chosen = {Kind.TTS: Chosen(Kind.TTS, voice)}
            self._speaking[key] = make_speaking(config, chosen, self.pool, ScriptedVoice())  # type: ignore[arg-type]
        return self._speaking[key]

    async def play(self, script: Script) -> Played:
        """A whole call, from the ring to the kept row."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        speaking = self.speaking(script)
        self.pool.replies, self.pool.ready = script.replies, script.model != "none"
        self.pool.starter = script.model == "starter"
        if self.pool.starter:
            await self.pool.load()
        report, recognizer, modem = Report(script.language), ScriptedRecognizer(), VirtualModem()
        caller = VirtualCaller(script, recognizer, report.turns)
        talks: list[Talk] = []

        def make_talk(record: CallRecord, report: Report) -> Talk:
            talks.append(Talk(self._parts(script, speaking, caller, recognizer), record, report))
            return talks[-1]

        who = Caller(script.number or None, "presented" if script.number else "withheld")
        settings = CallSettings("line1", ZONE, 600.0)
        files = self._files()
        driver = CallDriver(settings, modem, self.storage, Bus(), make_talk, who, report)
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
                Endpointer(language=script.language),
                lambda event: isinstance(event, SpeechStarted),
                publish,
                asyncio.get_running_loop().time,
            )

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
            make_line=VirtualLine,
            clock=asyncio.get_running_loop().time,
        )


def judge(played: Played) -> list[str]:
    """Everything that was not as the script wants it."""
    problems = list(played.problems)
    script, expect = played.script, played.script.expect
    bounds = [*played.marks, len(played.turns)]
    if len(played.marks) < len(script.steps):
        problems.append(f"the call was over after {len(played.marks)} of {len(script.steps)} steps")
    for number, step in enumerate(script.steps[: len(played.marks)], 1):
        turns = played.turns[bounds[number - 1] : bounds[number]]
        problems += [f"step {number}: {problem}" for problem in _judge_step(step, turns)]
    problems += _judge_end(played, expect)
    return problems


def _judge_step(step: Step, turns: Sequence[TurnRecord]) -> list[str]:
    box = [turn for turn in turns if turn.who == "secretary"]
    said = " ".join(turn.text for turn in box)
    heard = [turn for turn in turns if turn.who == "caller"]
    problems = [f"{word!r} is not in {said!r}" for word in step.answer if not has(said, word)]
    problems += [f"{word!r} is in {said!r}" for word in step.not_answer if has(said, word)]
    words = " ".join(turn.text for turn in heard)
    problems += [f"{word!r} was not understood: {words!r}" for word in step.understood if not has(words, word)]
    if step.source and not any(f"{turn.source}:{turn.detail}".startswith(step.source) for turn in box):
        problems.append(f"no {step.source} among {[f'{turn.source}:{turn.detail}' for turn in box]}")
    if step.phrases is not None and len(heard) != step.phrases:
        problems.append(f"{len(heard)} phrases, not {step.phrases}: {[turn.text for turn in heard]}")
    if step.stops is not None and any(turn.interrupted for turn in box) is not step.stops:
        problems.append(f"the box {'went on' if step.stops else 'was stopped'}: {[turn.text for turn in box]}")
    if step.quiet and box:
        problems.append(f"said {said!r}")
    return problems


def _judge_end(played: Played, expect: Expect) -> list[str]:
    call, problems = played.call, []
    said = " ".join(turn.text for turn in played.turns if turn.who == "secretary")
    told = [(message.name, message.number, message.matter) for message in played.messages]
    problems += judge_outcome(expect, call.outcome, call.summary, told, said)
    kept = played.recording is not None and played.recording.exists()
    found = {"end": call.end_cause, "pace": played.pace, "recorded": (kept, played.recordings)}
    wanted = {"end": expect.end, "pace": expect.pace, "recorded": (expect.recorded, int(expect.recorded))}
    problems += [f"{key} is {found[key]!r}, not {wanted[key]!r}" for key in wanted if found[key] != wanted[key]]
    if any(UNSCRIPTED in turn.detail for turn in played.turns):
        problems.append("the model was asked what the script has no answer for")
    if expect.seconds is not None and played.seconds > expect.seconds:
        problems.append(f"took {played.seconds:.0f} s")
    return problems


def judge_outcome(
    expect: Expect, outcome: str, summary: str, messages: Sequence[tuple[str, str, str]], said: str
) -> list[str]:
    """What the call came to; `messages` are (name, number, matter), `said` is all that the box said."""
    count = expect.messages if expect.messages is not None else int(expect.outcome == "message")
    found: dict[str, Any] = {"outcome": outcome, "messages": len(messages)}
    wanted: dict[str, Any] = {"outcome": expect.outcome, "messages": count}
    for at, name in enumerate(("name", "number")):
        if (value := getattr(expect, name)) is not None:
            found[name], wanted[name] = messages[0][at] if messages else None, value
    matter = "; ".join(message[2] for message in messages)
    problems = [f"{key} is {found[key]!r}, not {wanted[key]!r}" for key in wanted if found[key] != wanted[key]]
    for words, text in ((expect.matter, matter), (expect.summary, summary), (expect.said, said)):
        problems += [f"{word!r} is not in {text!r}" for word in words if not has(text, word)]
    for words, text in ((expect.not_matter, matter), (expect.never, said)):
        problems += [f"{word!r} is in {text!r}" for word in words if has(text, word)]
    return problems


def has(text: str, wanted: str) -> bool:
    """Whether words stand in a text, letter case and ё apart."""
    return _plain(wanted) in _plain(text)


def _plain(text: str) -> str:
    return text.lower().replace("ё", "е")


__all__ = ["Played", "Theatre", "judge", "judge_outcome"]
