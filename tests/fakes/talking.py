"""A conversation without sound or processes: frames drive everything, and time is what they say it is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from voice.conversation import Conversation
from voice.ears import EarEvent, Ears
from voice.endpoint import Endpointer
from voice.errors import SpeechUnavailable
from voice.events import Final, Heard, Partial
from voice.gate import SpeechStarted, SpeechStopped
from voice.ports import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS
from voice.turn import Utterance

QUIET = bytes(FRAME_BYTES)
LOUD = b"\x00\x20" * FRAME_SAMPLES
STOP_FRAMES = 5
SAMPLES_A_CHARACTER = 800


async def settle(turns: int = 30) -> None:
    """Lets everything that can go on without time go on."""
    for _ in range(turns):
        await asyncio.sleep(0)


class FakeStream:
    """A recognition stream; what it hears is what the test says. `finals` are given in order, one a phrase."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.finals: list[Final] = []
        self.finishing = 0
        self.finished = asyncio.Event()
        self.hold: asyncio.Event | None = None
        self.died = ""
        self._heard: asyncio.Queue[Heard | None] = asyncio.Queue()
        self.closed = False

    def send(self, frame: bytes) -> None:
        assert not self.closed, "sound for a stream that is closed"
        assert len(frame) % 2 == 0
        self.sent.append(frame)

    async def finish_phrase(self) -> Final:
        assert not self.closed
        self.finishing += 1
        assert self.finishing == 1, "one phrase is finished at a time"
        try:
            if self.hold is not None:
                await self.hold.wait()
            if self.died:
                raise SpeechUnavailable(self.died)
            return self.finals.pop(0) if self.finals else Final("")
        finally:
            self.finishing -= 1
            self.finished.set()

    def partial(self, text: str) -> None:
        self._heard.put_nowait(Partial(text))

    def die(self, reason: str = "killed") -> None:
        self.died = reason
        self._heard.put_nowait(None)

    async def __aiter__(self) -> AsyncIterator[Heard]:
        while (heard := await self._heard.get()) is not None:
            yield heard
        if self.died:
            raise SpeechUnavailable(self.died)


class FakeRecognizer:
    """Opens streams while it is `up`; `tried` counts."""

    def __init__(self, *, up: bool = True) -> None:
        self.up = up
        self.tried = 0
        self.streams: list[FakeStream] = []

    @asynccontextmanager
    async def listen(self, *, language: str, phrases: tuple[str, ...] | None = None) -> AsyncIterator[FakeStream]:
        assert language in ("ru", "en")
        self.tried += 1
        if not self.up:
            raise SpeechUnavailable("no process")
        stream = FakeStream()
        self.streams.append(stream)
        try:
            yield stream
        finally:
            stream.closed = True

    @property
    def stream(self) -> FakeStream:
        return self.streams[-1]


class LoudnessDetector:
    """Speech is what is loud; it stops after STOP_FRAMES quiet frames, dated back to the last loud one."""

    def __init__(self) -> None:
        self.speaking = False
        self.likely = False
        self.sounding = self.stirring = False
        self._quiet = 0

    def stirs(self, newest: bytes) -> bool:
        assert len(newest) == FRAME_BYTES
        return any(newest)

    def frame(self, pcm: bytes, at: float) -> list[SpeechStarted | SpeechStopped]:
        assert len(pcm) == FRAME_BYTES
        loud = self.likely = self.stirring = self.sounding = any(pcm)
        self._quiet = 0 if loud else self._quiet + 1
        if loud and not self.speaking:
            self.speaking = True
            return [SpeechStarted(at - FRAME_SECONDS)]
        if self.speaking and self._quiet == STOP_FRAMES:
            self.speaking = False
            return [SpeechStopped(at - STOP_FRAMES * FRAME_SECONDS)]
        return []


class FramePlayback:
    """Sound that leaves frame by frame."""

    def __init__(self, pcm: bytes) -> None:
        assert pcm, "an empty stretch is never played"
        assert len(pcm) % 2 == 0
        self.total = len(pcm) // 2
        self.played = 0
        self.started_at: float | None = None
        self.done = asyncio.Event()

    async def wait(self) -> None:
        await self.done.wait()


class FrameSpeaker:
    """The line's mouth on the test's clock: 160 samples leave with each frame."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._queue: list[FramePlayback] = []
        self.flushes = 0
        self.paused = False
        self.pauses = 0
        self.broken: Exception | None = None

    @property
    def sounding(self) -> bool:
        return bool(self._queue) and not self.paused

    def play(self, pcm: bytes) -> FramePlayback:
        if self.broken is not None:
            raise self.broken
        playback = FramePlayback(pcm)
        self._queue.append(playback)
        return playback

    def flush(self, fade_ms: int = 40) -> None:
        assert 20 <= fade_ms <= 60
        self.flushes += 1
        self.paused = False
        for playback in self._queue:
            playback.done.set()
        self._queue.clear()

    def pause(self, fade_ms: int = 20) -> None:
        assert 20 <= fade_ms <= 60
        assert not self.paused
        self.paused = True
        self.pauses += 1

    def resume(self) -> None:
        self.paused = False

    def tick(self) -> None:
        left = 0 if self.paused else FRAME_SAMPLES
        while left and self._queue:
            playback = self._queue[0]
            if playback.started_at is None:
                playback.started_at = self._clock()
            part = min(left, playback.total - playback.played)
            playback.played += part
            left -= part
            if playback.played == playback.total:
                self._queue.pop(0).done.set()


class PlainVoice:
    """A tenth of a second a character. `fails_on`: texts that it cannot say; `after` chunks of them are made first."""

    def __init__(self) -> None:
        self.fails_on: set[str] = set()
        self.after = 0
        self.said: list[str] = []
        self.open = 0

    async def prepare(self, text: str, *, pace: float = 1.0) -> None:
        assert 0.5 <= pace <= 2.0

    async def speak(self, text: str, *, pace: float = 1.0) -> AsyncIterator[bytes]:
        assert 0.5 <= pace <= 2.0
        self.open += 1
        try:
            self.said.append(text)
            if text in self.fails_on:
                for _ in range(self.after):
                    yield b"\1\0" * SAMPLES_A_CHARACTER
                raise SpeechUnavailable("no voice")
            yield b"\1\0" * SAMPLES_A_CHARACTER * len(text)
        finally:
            self.open -= 1


async def sentences(*texts: str, source: str = "model") -> AsyncIterator[Utterance]:
    for text in texts:
        yield Utterance(text, source)


class Scene:
    """A conversation with everything around it, driven by `frames`."""

    def __init__(self, recognizer: FakeRecognizer, language: str = "ru") -> None:
        self.index = 0
        self.offset = 100.0  # time.monotonic() when the line began
        self.recognizer = recognizer
        self.voice = PlainVoice()
        self.speaker = FrameSpeaker(self.clock)
        self.seen: list[EarEvent | Utterance] = []

        def make_ears(publish: Callable[[EarEvent], None]) -> Ears:
            return Ears(
                recognizer,
                language,
                LoudnessDetector(),
                Endpointer(language=language),
                lambda event: isinstance(event, SpeechStarted),
                publish,
                self.clock,
            )

        self.conversation = Conversation(make_ears, self.voice, self.speaker, self.seen.append, self.clock)

    def clock(self) -> float:
        return self.offset + self.index * FRAME_SECONDS

    @property
    def now(self) -> float:
        return self.index * FRAME_SECONDS

    @property
    def stream(self) -> FakeStream:
        return self.recognizer.stream

    async def frames(self, seconds: float, *, loud: bool = False) -> None:
        """That much of the line's time goes by."""
        for _ in range(round(seconds / FRAME_SECONDS)):
            self.index += 1
            self.speaker.tick()
            self.conversation.frame(self.index - 1, LOUD if loud else QUIET)
            await settle(12)
        await settle()

    async def until(self, task: "asyncio.Task[object]", limit: float = 60.0) -> None:
        """Quiet frames until the task is done."""
        end = self.now + limit
        while not task.done():
            assert self.now < end, f"{task} goes on for more than {limit} s"
            await self.frames(FRAME_SECONDS)

    async def phrase(self, text: str, seconds: float = 0.5, *, final: Final | None = None) -> None:
        """The caller says something and is silent long enough for its end to be seen."""
        if not self.conversation.ears.deaf:
            self.stream.finals.append(final or Final(text, confidence=0.9))
            if text:
                self.stream.partial(text)
        await self.frames(seconds, loud=True)
        await self.frames(1.4)


@asynccontextmanager
async def conversing(*, up: bool = True, language: str = "ru") -> AsyncIterator[Scene]:
    """Ears that run; nothing of it is left afterwards."""
    before = asyncio.all_tasks()
    scene = Scene(FakeRecognizer(up=up), language)
    hearing = asyncio.create_task(scene.conversation.ears.run())
    await settle()
    try:
        yield scene
        assert not hearing.done(), hearing
    finally:
        hearing.cancel()
        await asyncio.wait({hearing})
    assert asyncio.all_tasks() == before
    assert scene.voice.open == 0
