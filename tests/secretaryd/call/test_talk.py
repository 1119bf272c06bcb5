"""However a call ends, the line is stopped, the modem's sound freed, the recording closed and nothing left running."""

import asyncio
import json
import math
import threading
import time
import wave
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hw.audio.pcm import level_dbfs
from hw.errors import SoundError
from secretaryd.call import talk as module
from secretaryd.call.report import Report
from secretaryd.call.talk import Talk
from secretaryd.control.protocol import CallAnswered, DigitsPressed, LevelsMeasured, TurnSaid
from secretaryd.flow.interpreter import Interpreter
from secretaryd.flow.library import default_flow
from secretaryd.flow.validate import load
from storage.errors import StorageError
from storage.records import CallRecord
from storage.store import Storage
from tests.fakes.leading import ScriptedAnswers, parts
from tests.fakes.talking import LOUD, QUIET, FakeRecognizer, LoudnessDetector
from voice.ears import Ears
from voice.endpoint import Endpointer
from voice.gate import SpeechStarted

FRAME = bytes(320)
LIMIT = 60.0
"""Seconds of a test that hangs: a busy machine is no failure."""
SHORT = {
    "id": "short", "version": 1, "language": "ru", "start": "bye",
    "nodes": {"bye": {"type": "hang_up", "text": {"ru": "До свидания!"}}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TAIL_SECONDS", 0.0)
    monkeypatch.setattr(module, "KEEP_SECONDS", 0.2)


class Device:
    """Twenty milliseconds of silence every twenty milliseconds, until told to fail."""

    name = "fake"

    def __init__(self) -> None:
        self.closed = 0
        self.failure: SoundError | None = None
        self.frames: list[bytes] = []
        self._due = time.monotonic()

    def start(self) -> None:
        assert not self.closed

    def wait(self, timeout: float) -> bool:
        assert not self.closed
        if self.failure is not None:
            return True
        time.sleep(min(timeout, 0.004))
        return time.monotonic() >= self._due

    def read(self) -> bytes:
        if self.failure is not None:
            raise self.failure
        if time.monotonic() < self._due:
            return b""
        self._due += 0.02
        return self.frames.pop(0) if self.frames else FRAME

    def write(self, frame: bytes) -> bool:
        assert not self.closed
        assert len(frame) == len(FRAME)
        return True

    def queued(self) -> int:
        return 0

    def close(self) -> None:
        self.closed += 1


class SoundWay:
    """A sound path. `opens`: an exception to raise, or None; `hangs`: never gets through."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.refuses: Exception | None = None
        self.hangs = False
        self.opening = asyncio.Event()
        self.opened = False
        self.closing = asyncio.Event()
        self.closed = 0

    async def open(self) -> tuple[Device, str]:
        self.opening.set()
        if self.hangs:
            await asyncio.Event().wait()
        if self.refuses is not None:
            raise self.refuses
        self.opened = True
        return self.device, "fake, try 1"

    async def close(self) -> None:
        assert self.device.closed or not self.opened, "the modem's sound is freed after the line has ended"
        self.closing.set()
        await asyncio.sleep(0)
        self.closed += 1


class Voice:
    """Twenty milliseconds for anything."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.said: list[str] = []

    async def prepare(self, text: str, *, pace: float = 1.0) -> None:
        return None

    async def speak(self, text: str, *, pace: float = 1.0) -> AsyncIterator[bytes]:
        if self.failure is not None:
            raise self.failure
        self.said.append(text)
        yield FRAME


class Scene:
    def __init__(
        self, storage: Storage, call: CallRecord, flow: dict[str, Any] | None, record: bool, heard: list[bytes] | None
    ) -> None:
        """`heard`: what the far end of a call of ours sounds like before anything is said."""
        self.storage, self.call = storage, call
        self.device, self.voice, self.recognizer = Device(), Voice(), FakeRecognizer()
        self.path = SoundWay(self.device)
        self.released: list[str] = []
        self.report = Report("ru", answered=1.0)
        loaded = default_flow(record=record) if flow is None else load(json.dumps(flow), record=record)
        self.parts = parts(
            storage,
            record=record,
            interpreter=Interpreter(loaded, values={"greeting": "Здравствуйте!"}),
            answers=ScriptedAnswers({}),
            voice=self.voice,
            sound=self.path,
            make_ears=self._ears,
            release=self._release,
        )
        self.talk = Talk(self.parts, call, self.report)
        self.picked_up = 0
        if heard is not None:
            self.device.frames = heard
            self.talk.expect_answer(self._pick_up)
        self.running = asyncio.create_task(self.talk.run())

    def _pick_up(self) -> None:
        assert self.voice.said == [], "said before somebody was there"
        self.picked_up += 1

    async def _release(self, session: str) -> None:
        self.released.append(session)

    def _ears(self, publish: Any) -> Ears:
        return Ears(
            self.recognizer,
            "ru",
            LoudnessDetector(),
            Endpointer(),
            lambda event: isinstance(event, SpeechStarted),
            publish,
        )

    def told(self, kind: type) -> list[Any]:
        return [stamped.event for stamped in self.parts.bus._ring if isinstance(stamped.event, kind)]

    async def until(self, kind: type, count: int = 1) -> None:
        with self.parts.bus.reader(after=0) as reader:
            async with asyncio.timeout(LIMIT):
                async for stamped in reader:
                    count -= isinstance(stamped.event, kind)
                    if not count:
                        return

    async def ended(self) -> str:
        async with asyncio.timeout(LIMIT):
            return await self.running


@asynccontextmanager
async def talking(
    tmp_path: Path, *, flow: dict[str, Any] | None = None, record: bool = True, heard: list[bytes] | None = None
) -> AsyncIterator[Scene]:
    storage = await Storage.open(f"sqlite:///{tmp_path / 'secretary.db'}", tmp_path)
    try:
        way = "in" if heard is None else "out"
        call = await storage.begin("line1", way, "+79161234567", "presented", time.time())
        scene = Scene(storage, call, flow, record, heard)
        yield scene
        assert scene.running.done()
        assert scene.path.closed == 1
        assert scene.device.closed or not scene.path.opened
        left = {task for task in asyncio.all_tasks() if task.get_name().startswith(("call.", "ears", "turn", "conv"))}
        assert not left
        assert not [thread.name for thread in threading.enumerate() if thread.name in ("line", "recorder")]
        if scene.path.opened:
            assert scene.released == [f"call-{call.id}"]
    finally:
        scene.running.cancel()
        await asyncio.wait({scene.running})
        await storage.close()


async def kept(scene: Scene) -> CallRecord:
    return await scene.storage.call(scene.call.id)


def recording(scene: Scene, call: CallRecord) -> float:
    """Seconds of a file that any player reads."""
    with wave.open(str(scene.storage.recording_path(call))) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        return file.getnframes() / 8000


async def test_the_flow_ends_it(tmp_path: Path) -> None:
    async with talking(tmp_path, flow=SHORT) as scene:
        assert await scene.ended() == "secretary"
        assert scene.voice.said == ["Разговор записывается.", "До свидания!"]
        call = await kept(scene)
        assert [turn.text for turn in call.turns] == scene.voice.said
        assert recording(scene, call) == pytest.approx(scene.report.recorded_seconds)
        assert scene.report.recorded_seconds > 0
        assert call.flow == "short@1"
        assert scene.told(CallAnswered)[0].sound == "fake, try 1"


async def test_a_caller_who_was_cut_off_is_told_so_and_greeted_no_second_time(tmp_path: Path) -> None:
    async with talking(tmp_path) as scene:
        scene.report.found = True
        await scene.until(TurnSaid, 2)
        assert scene.voice.said[:2] == ["Извините, связь на мгновение прервалась.", "Разговор записывается."]
        scene.running.cancel()
        await asyncio.wait({scene.running})


async def test_who_looks_sees_how_loud_both_sides_are(tmp_path: Path) -> None:
    async with talking(tmp_path) as scene:
        scene.device.frames = [LOUD] * 200
        with scene.parts.bus.reader(levels=True) as reader:
            async with asyncio.timeout(LIMIT):
                async for stamped in reader:
                    if isinstance(stamped.event, LevelsMeasured):
                        break
        assert stamped.event == LevelsMeasured(call=scene.call.id, heard=round(level_dbfs(LOUD), 1), said=-100.0)
        scene.running.cancel()
        await asyncio.wait({scene.running})


async def test_the_caller_hangs_up(tmp_path: Path) -> None:
    async with talking(tmp_path) as scene:
        await scene.until(TurnSaid, 2)
        scene.running.cancel()
        await asyncio.wait({scene.running})
        assert scene.running.cancelled()
        call = await kept(scene)
        assert [turn.text for turn in call.turns] == ["Здравствуйте!", "Разговор записывается."]
        assert recording(scene, call) == pytest.approx(scene.report.recorded_seconds)


@pytest.mark.parametrize("times", [1, 2])
async def test_the_caller_hangs_up_while_the_call_is_being_closed(tmp_path: Path, times: int) -> None:
    async with talking(tmp_path, flow=SHORT) as scene:
        await scene.path.closing.wait()
        for _ in range(times):
            scene.running.cancel()
            await asyncio.sleep(0)
        await asyncio.wait({scene.running})
        closing = {task for task in asyncio.all_tasks() if task.get_name().endswith(".closing")}
        await asyncio.gather(*closing)
        assert recording(scene, await kept(scene)) == pytest.approx(scene.report.recorded_seconds)


async def test_the_line_is_lost(tmp_path: Path) -> None:
    async with talking(tmp_path) as scene:
        await scene.until(TurnSaid, 2)
        scene.device.failure = SoundError("unplugged")
        assert await scene.ended() == "line lost"
        assert scene.report.trouble == "unplugged"
        assert len((await kept(scene)).turns) == 2


async def test_the_line_is_lost_and_the_speaker_notices_first(tmp_path: Path) -> None:
    async with talking(tmp_path, flow=SHORT) as scene:
        scene.voice.failure = SoundError("the line is over")
        assert await scene.ended() == "line lost"


async def test_no_sound_can_be_had(tmp_path: Path) -> None:
    async with talking(tmp_path) as scene:
        scene.path.refuses = SoundError("no PCM port")
        assert await scene.ended() == "no sound"
        assert scene.report.trouble == "no sound: no PCM port"
        assert scene.report.outcome() == "failed"
        assert scene.told(CallAnswered) == []


async def test_the_caller_hangs_up_while_sound_opens(tmp_path: Path) -> None:
    async with talking(tmp_path) as scene:
        scene.path.hangs = True
        await scene.path.opening.wait()
        scene.talk.digit("1")
        scene.running.cancel()
        await asyncio.wait({scene.running})
        assert scene.running.cancelled()


async def test_a_recording_that_cannot_be_written_is_told_and_costs_no_call(tmp_path: Path) -> None:
    (tmp_path / "recordings").write_text("in the way")
    async with talking(tmp_path, flow=SHORT) as scene:
        assert await scene.ended() == "secretary"
        assert "recording.failed" in scene.parts.troubles.codes
        assert scene.report.recorded_seconds == 0.0
        assert len((await kept(scene)).turns) == 2


async def test_a_recording_that_succeeds_clears_the_trouble_of_the_last_one(tmp_path: Path) -> None:
    async with talking(tmp_path, flow=SHORT) as scene:
        scene.parts.troubles.note("recording.failed", "disk full")
        await scene.ended()
        assert scene.parts.troubles.codes == {}


async def test_without_recording_there_is_no_file_and_no_announcement(tmp_path: Path) -> None:
    async with talking(tmp_path, flow=SHORT, record=False) as scene:
        assert await scene.ended() == "secretary"
        assert scene.voice.said == ["До свидания!"]
        assert (await kept(scene)).recording is None
        assert not (tmp_path / "recordings").exists()


async def test_something_breaks(tmp_path: Path) -> None:
    async with talking(tmp_path, flow=SHORT) as scene:
        scene.voice.failure = RuntimeError("a mistake of ours")
        with pytest.raises(RuntimeError, match="mistake"):
            await scene.ended()


async def test_a_disk_that_refuses_does_not_end_the_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise StorageError("disk")

    async with talking(tmp_path, flow=SHORT) as scene:
        monkeypatch.setattr(scene.storage, "answered", refuse)
        monkeypatch.setattr(scene.storage, "add_turn", refuse)
        assert await scene.ended() == "secretary"
        assert [turn.text for turn in scene.report.turns] == scene.voice.said


async def test_a_disk_that_hangs_does_not_hold_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    async with talking(tmp_path, flow=SHORT) as scene:
        monkeypatch.setattr(scene.storage, "add_turn", hang)
        assert await scene.ended() == "secretary"


async def test_a_writer_that_breaks_does_not_hold_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ValueError("a mistake of ours")

    async with talking(tmp_path) as scene:
        monkeypatch.setattr(scene.storage, "add_turn", broken)
        with pytest.raises(ValueError, match="mistake"):
            await scene.ended()


async def test_keys_pressed_before_the_sound_opened_count(tmp_path: Path) -> None:
    async with talking(tmp_path) as scene:
        scene.talk.digit("#")
        assert await scene.ended() == "secretary"
        assert scene.report.summary() == "Нажал: #."


def tone(seconds: float) -> list[bytes]:
    """425 Hz, frame by frame."""
    frames = []
    for number in range(round(seconds / 0.02)):
        places = range(number * 160, number * 160 + 160)
        frames.append(array("h", [round(6000 * math.sin(2 * math.pi * 425 * n / 8000)) for n in places]).tobytes())
    return frames


async def test_in_a_call_of_ours_nothing_is_said_or_recorded_until_somebody_is_there(tmp_path: Path) -> None:
    voice = [LOUD, QUIET] * 15
    async with talking(tmp_path, flow=SHORT, heard=[*tone(0.8), *[QUIET] * 5, *voice, *[QUIET] * 30]) as scene:
        assert (await kept(scene)).recording is None
        assert await scene.ended() == "secretary"
        assert scene.picked_up == 1
        assert scene.voice.said == ["Разговор записывается.", "До свидания!"]
        call = await kept(scene)
        assert call.answered is not None
        assert 0 < recording(scene, call) < 1.0, "the ringback is no part of the recording"
        assert call.turns[0].start < 0.5, "times are counted from the recording's beginning"


async def test_a_busy_tone_ends_a_call_of_ours_unsaid(tmp_path: Path) -> None:
    busy = [*tone(0.3), *[QUIET] * 15] * 4
    async with talking(tmp_path, flow=SHORT, heard=busy) as scene:
        assert await scene.ended() == "busy"
        assert scene.picked_up == 0
        assert scene.voice.said == []
        call = await kept(scene)
        assert (call.answered, call.recording) == (None, None)
        scene.released.append(f"call-{call.id}")  # there was no conversation that could have ended


async def test_a_lost_line_ends_a_call_of_ours_while_it_rings(tmp_path: Path) -> None:
    async with talking(tmp_path, flow=SHORT, heard=tone(5.0)) as scene:
        await scene.path.opening.wait()
        scene.device.failure = SoundError("unplugged")
        assert await scene.ended() == "line lost"
        assert (await kept(scene)).answered is None
        scene.released.append(f"call-{scene.call.id}")


async def test_a_key_that_the_modem_does_not_tell_of_is_heard(tmp_path: Path) -> None:
    places = range(160 * 6)
    key = array("h", [round(4000 * (math.sin(math.tau * 852 * n / 8000) + math.sin(math.tau * 1336 * n / 8000)))
                      for n in places]).tobytes()  # fmt: skip
    async with talking(tmp_path) as scene:
        await scene.until(TurnSaid, 2)
        scene.device.frames = [key[at : at + 320] for at in range(0, len(key), 320)]
        await scene.until(DigitsPressed)
        scene.talk.digit("8")  # told late of the same key
        assert [event.digits for event in scene.told(DigitsPressed)] == ["8"]
        scene.running.cancel()
        await asyncio.wait({scene.running})
