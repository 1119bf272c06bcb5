"""A second recogniser in a child: loaded for who asks, one at a time, gone with him, and no harm to the first one."""

import asyncio
import os
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.voice.speech.conftest import settings
from tests.voice.speech.fake_engines import SECOND, FakeHearing, FakeSpeaking
from voice import starter
from voice.errors import SpeechUnavailable
from voice.speech.client import SpeechClient, SpeechLimits
from voice.speech.second import ChildEngine, SecondEars, SecondGone
from voice.speech.second_client import SecondClient, SecondLimits
from voice.speech.server import SpeechServer

PATIENT = SpeechLimits(open=60.0, finish=60.0)
"""Nobody waits here for an answer within a call's time."""
CALLER = Path(__file__).parents[3] / "hw/simulator/callers/ask_hours.wav"


def spoken() -> bytes:
    with wave.open(str(CALLER)) as file:
        assert file.getframerate() == 8000
        return file.readframes(file.getnframes())


@asynccontextmanager
async def running(path: Path, second: SecondEars | None) -> AsyncIterator[FakeHearing]:
    hearing = FakeHearing()
    server = SpeechServer(settings(path), lambda: hearing, FakeSpeaking, second=second)
    ready, stop = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(server.run(ready.set, stop))
        await ready.wait()
        await SpeechClient(path).reload()
        try:
            yield hearing
        finally:
            stop.set()


class Spawned:
    """True children, remembered."""

    def __init__(self, model: Path = starter.STT) -> None:
        self.model = model
        self.children: list[ChildEngine] = []

    def __call__(self) -> ChildEngine:
        self.children.append(ChildEngine.spawn(self.model))
        return self.children[-1]

    @property
    def pids(self) -> list[int]:
        return [child._process.pid for child in self.children]

    def alive(self) -> int:
        return sum(child._process.poll() is None for child in self.children)


class TrueEars(SecondEars):
    """Tells when it was given back: the server learns of a client that left by its socket."""

    def __init__(self, spawn: Spawned) -> None:
        super().__init__("big", spawn)
        self.loop = asyncio.get_running_loop()
        self.free = asyncio.Event()

    def give_back(self) -> None:
        super().give_back()
        self.loop.call_soon_threadsafe(self.free.set)


@pytest.mark.engine
async def test_a_recording_is_heard_by_the_second_model_while_the_first_one_hears_a_call(socket_path: Path) -> None:
    spawned = Spawned()
    ears = TrueEars(spawned)
    async with running(socket_path, ears) as hearing:
        async with (
            SpeechClient(socket_path, limits=PATIENT).listen(language="ru") as call,
            SecondClient(socket_path).listen() as stream,
        ):
            assert spawned.alive() == 1
            assert os.sched_getscheduler(spawned.pids[0]) == os.SCHED_IDLE
            assert Path(f"/proc/{spawned.pids[0]}/oom_score_adj").read_text().strip() == "1000"
            sound = spoken()
            for at in range(0, len(sound), 8000):
                await stream.hear(sound[at : at + 8000])
            call.send(SECOND)
            first = await call.finish_phrase()
            final = await stream.finish()
            await stream.hear(SECOND)
            later = await stream.finish()
            with pytest.raises(SpeechUnavailable, match="busy"):
                async with SecondClient(socket_path).listen():
                    pass
        assert "график работы" in final.text
        assert 0.0 < final.words[0].start < final.words[-1].end <= len(sound) / 16000
        assert later.text == ""
        assert first.text.startswith("sound")
        assert len(hearing.streams) == 1
        async with asyncio.timeout(60):
            await ears.free.wait()
        assert spawned.alive() == 0
        async with SecondClient(socket_path).listen():
            assert len(spawned.children) == 2


@pytest.mark.engine
async def test_a_child_that_is_killed_is_told_and_the_next_one_works(socket_path: Path) -> None:
    spawned = Spawned()
    ears = TrueEars(spawned)
    async with running(socket_path, ears):
        async with SecondClient(socket_path).listen() as stream:
            spawned.children[0]._process.kill()
            spawned.children[0]._process.wait()
            with pytest.raises(SpeechUnavailable, match="second recogniser"):
                await stream.hear(SECOND)
        async with asyncio.timeout(60):
            await ears.free.wait()
        async with SecondClient(socket_path).listen() as stream:
            await stream.hear(SECOND)


@pytest.mark.engine
async def test_a_model_that_is_none_is_a_reason_and_no_child_stays(socket_path: Path, tmp_path: Path) -> None:
    async with running(socket_path, SecondEars("big", lambda: ChildEngine.spawn(tmp_path / "nothing"))):
        with pytest.raises(SpeechUnavailable, match="no such directory"):
            async with SecondClient(socket_path).listen():
                pass


async def test_without_a_second_model_and_without_a_process_it_says_so(socket_path: Path) -> None:
    with pytest.raises(SpeechUnavailable, match="away"):
        async with SecondClient(socket_path).listen():
            pass
    async with running(socket_path, None):
        with pytest.raises(SpeechUnavailable, match="no second recogniser"):
            async with SecondClient(socket_path).listen():
                pass


async def test_a_model_that_is_never_loaded_is_not_waited_for_for_ever(socket_path: Path) -> None:
    server = await asyncio.start_unix_server(lambda reader, writer: None, str(socket_path))
    async with server:
        with pytest.raises(SpeechUnavailable, match="not loaded within 0 s"):
            async with SecondClient(socket_path, SecondLimits(load=0.01)).listen():
                pass


@pytest.mark.engine
def test_a_child_that_ends_by_itself_is_gone_and_not_a_riddle() -> None:
    child = ChildEngine.spawn(starter.STT)
    stream = child.listen(8000)
    child._process.kill()
    child._process.wait()
    with pytest.raises(SecondGone):
        stream.accept(SECOND)
    child.close()
