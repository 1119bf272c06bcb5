"""A call is heard once more when nobody calls, by a true recogniser or a scripted one that shows who waits for whom."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from secretaryd.bus import Bus
from secretaryd.control.protocol.archive import CallHeardAgain
from secretaryd.house.second import TROUBLE, SecondHearing
from secretaryd.troubles import Troubles
from storage.audit.records import By
from storage.records import TurnRecord
from storage.second.records import DONE, FAILED
from storage.store import Storage
from tests.voice.speech.test_second import Spawned, running, spoken
from voice.errors import SpeechUnavailable
from voice.events import Final, Word
from voice.speech.second import SecondEars
from voice.speech.second_client import SecondClient

ZONE = ZoneInfo("Europe/Moscow")
OWNER = By("owner", "control")


class Line:
    """May be busy."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.free.set()

    async def idle(self) -> None:
        await self.free.wait()


class Ears:
    """Hears a word in every piece; asserts that it is used in turn."""

    def __init__(self) -> None:
        self.heard, self.open, self.trouble = 0, False, ""
        self.at_work = asyncio.Event()
        self.phrase: list[Word] = []

    @asynccontextmanager
    async def listen(self) -> AsyncIterator["Ears"]:
        assert not self.open
        if self.trouble:
            raise SpeechUnavailable(self.trouble)
        self.open = True
        try:
            yield self
        finally:
            self.open = False

    async def hear(self, pcm: bytes) -> None:
        assert self.open
        assert 0 < len(pcm) <= 8000
        self.phrase.append(Word(f"слово{self.heard}", self.heard * 0.5, self.heard * 0.5 + 0.4, 0.5))
        self.heard += 1
        self.at_work.set()

    async def finish(self) -> Final:
        words, self.phrase = tuple(self.phrase), []
        return Final(" ".join(word.text for word in words), words, 0.5)


class Scene:
    def __init__(self, storage: Storage, ears: Ears | SecondClient) -> None:
        self.storage, self.line, self.bus, self.troubles = storage, Line(), Bus(), Troubles()
        self.model = "big"
        self.hearing = SecondHearing(storage, ears, self.line.idle, lambda: self.model, self.bus, self.troubles, ZONE)

    async def call(self, sound: bytes) -> int:
        call = await self.storage.begin("line1", "in", "+79161234567", "presented", 1000.0)
        recorder = self.storage.recorder(1000.0 + call.id, "+79161234567", ZONE)
        for at in range(0, len(sound), 320):
            recorder.write(sound[at : at + 320].ljust(320, b"\0"), bytes(320))
        seconds = recorder.close().seconds
        await self.storage.answered(call.id, 1000.0, recorder.path, "default@1")
        await self.storage.add_turn(call.id, TurnRecord("caller", "слово", 0.0, 1.0, "caller"))
        await self.storage.finish(call.id, 1060.0, "answered", "caller", "Итог.", seconds)
        return call.id


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await Storage.open("sqlite:///secretary.db", tmp_path)
    yield opened
    await opened.close()


async def test_it_is_kept_beside_the_first_and_told(storage: Storage) -> None:
    scene = Scene(storage, Ears())
    number = await scene.call(bytes(16000 * 3))
    with scene.bus.reader() as reader:
        assert await scene.hearing.step()
        stamped = await anext(aiter(reader))
    assert stamped.event == CallHeardAgain(call=number, model="big", lines=2)
    second = (await storage.call(number)).second
    assert second is not None
    assert (second.state, [line.turn for line in second.lines]) == (DONE, [0, None])
    assert '"second"' in storage.recording_path(await storage.call(number)).with_suffix(".json").read_text()
    assert not await scene.hearing.step()


async def test_a_call_that_comes_in_stops_it_within_a_piece_and_it_goes_on_after(storage: Storage) -> None:
    ears = Ears()
    scene = Scene(storage, ears)
    number = await scene.call(bytes(16000 * 20))
    step = asyncio.create_task(scene.hearing.step())
    await ears.at_work.wait()
    scene.line.free.clear()
    assert scene.hearing.current == number
    for _ in range(50):
        await asyncio.sleep(0)
    stood = ears.heard
    await storage.recent()  # a round trip through another thread: whatever would go on has gone on
    assert ears.heard == stood < 40
    scene.line.free.set()
    assert await step
    assert ears.heard == 40
    assert scene.hearing.current is None


async def test_cut_off_by_a_new_start_it_is_heard_from_the_front(storage: Storage) -> None:
    ears = Ears()
    scene = Scene(storage, ears)
    number = await scene.call(bytes(16000 * 20))
    step = asyncio.create_task(scene.hearing.step())
    await ears.at_work.wait()
    step.cancel()
    await asyncio.wait({step})
    assert not ears.open
    again = Scene(storage, fresh := Ears())
    assert await again.hearing.step()
    assert fresh.heard == 40
    second = (await storage.call(number)).second
    assert second is not None
    assert second.state == DONE


async def test_a_recogniser_that_is_away_is_told_and_costs_no_call_its_turn(storage: Storage) -> None:
    ears = Ears()
    scene = Scene(storage, ears)
    number = await scene.call(bytes(16000))
    ears.trouble = "the speech process is away"
    for _ in range(9):
        assert not await scene.hearing.step()
        scene.hearing.hurry()
    assert scene.troubles.codes == {TROUBLE: "the speech process is away"}
    ears.trouble = ""
    await storage.second.ask(number, OWNER)
    assert await scene.hearing.step()
    assert scene.troubles.codes == {}


async def test_after_a_failure_it_waits_unless_somebody_asks(storage: Storage) -> None:
    ears = Ears()
    scene = Scene(storage, ears)
    await scene.call(bytes(16000))
    ears.trouble = "no memory"
    assert not await scene.hearing.step()
    ears.trouble = ""
    assert not await scene.hearing.step()
    scene.hearing.hurry()
    assert await scene.hearing.step()


async def test_a_recording_that_cannot_be_read_fails_alone(storage: Storage) -> None:
    scene = Scene(storage, Ears())
    good, bad = await scene.call(bytes(16000)), await scene.call(bytes(16000))
    storage.recording_path(await storage.call(bad)).write_bytes(b"RIFFnonsense")
    assert await scene.hearing.step()
    assert await scene.hearing.step()
    states = [(await storage.call(number)).second for number in (good, bad)]
    assert [second.state for second in states if second is not None] == [DONE, FAILED]


async def test_a_call_that_is_erased_meanwhile_leaves_nothing(storage: Storage) -> None:
    ears = Ears()
    scene = Scene(storage, ears)
    await scene.call(bytes(16000 * 20))
    step = asyncio.create_task(scene.hearing.step())
    await ears.at_work.wait()
    await storage.privacy.erase("+79161234567", OWNER)
    await storage.privacy.finish()
    assert await step
    assert await storage.recent() == ()
    assert await storage.second.waiting(automatic=True) == 0


async def test_without_a_model_nothing_is_done(storage: Storage) -> None:
    scene = Scene(storage, Ears())
    scene.model = ""
    await scene.call(bytes(16000))
    assert not await scene.hearing.step()


@pytest.mark.engine
async def test_a_true_recogniser_hears_what_the_caller_said(storage: Storage) -> None:
    with tempfile.TemporaryDirectory(prefix="sp") as folder:  # a Unix socket's path may have 107 bytes
        await hear_truly(storage, Path(folder) / "speech.sock")


async def hear_truly(storage: Storage, socket_path: Path) -> None:
    scene = Scene(storage, SecondClient(socket_path))
    number = await scene.call(spoken())
    async with running(socket_path, SecondEars("big", Spawned())):
        assert await scene.hearing.step()
    second = (await storage.call(number)).second
    assert second is not None
    assert "график работы" in " ".join(line.text for line in second.lines)
