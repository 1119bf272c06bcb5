"""The client against our server on fakes, and against servers that hang, lie or die."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from wyoming.event import Event

from tests.voice.speech.conftest import PATIENCE, Running, running
from tests.voice.speech.fake_engines import SECOND, FakeHearing, FakeSpeaking
from voice.errors import SpeechUnavailable
from voice.events import Partial
from voice.ports import FRAME_BYTES, Recognizer, Synthesizer
from voice.speech.client import SpeechClient, SpeechLimits
from voice.speech.connection import Pair
from voice.speech.framing import encode, read_event
from voice.speech.health import EngineHealth, EngineState
from voice.speech.host import EngineHost
from voice.speech.listening import MAX_QUEUED_SAMPLES, SpeechStream

FRAME = bytes(FRAME_BYTES)
ROOT = Path(__file__).parents[3]
SHORT = SpeechLimits(open=0.5, finish=0.05, first_sound=0.05, next_sound=0.05, describe=0.05, reload=0.05)

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def test_the_client_is_what_the_ports_ask_for() -> None:
    recognizer: Recognizer = SpeechClient(Path("x"))
    synthesizer: Synthesizer = SpeechClient(Path("x"))
    assert recognizer
    assert synthesizer


@pytest.mark.parametrize("module", ["voice.speech.client", "voice.speech.server", "voice.vad", "voice.endpoint"])
def test_no_engine_is_imported_but_where_it_works(module: str) -> None:
    code = f"import sys, {module}; print(*({{'vosk', 'piper', 'onnxruntime'}} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


async def test_phrases_come_one_after_the_other_on_one_clock(speech: Running) -> None:
    async with speech.client.listen(language="ru") as stream:
        for _ in range(10):
            stream.send(FRAME)
        first = await stream.finish_phrase()
        stream.send(FRAME)
        second = await stream.finish_phrase()
        third = await stream.finish_phrase()
    assert (first.text, second.text, third.text) == ("sound 1600", "sound 160", "")
    assert second.words[0].end == pytest.approx(0.22)


async def test_partials_arrive_and_end_with_the_stream(speech: Running) -> None:
    heard = []

    async def read(stream: SpeechStream) -> None:
        async for item in stream:
            heard.append(item)
            if len(heard) == 1:
                first.set()

    first = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        async with speech.client.listen(language="ru") as stream:
            task = group.create_task(read(stream))
            stream.send(FRAME)
            async with asyncio.timeout(PATIENCE):
                await first.wait()
        await task
    assert heard == [Partial("sound 160")]


async def test_a_forgotten_phrase_has_no_words(speech: Running) -> None:
    async with speech.client.listen(language="ru") as stream:
        stream.send(FRAME)
        stream.forget()
        assert (await stream.finish_phrase()).text == ""


async def test_phrases_to_choose_from_are_passed_on(speech: Running) -> None:
    async with speech.client.listen(language="ru", phrases=("да", "нет", "что?")) as stream:
        assert stream.phrases_applied
        stream.limit(None)
        await stream.finish_phrase()
    assert speech.hearing.streams[0].limits == [("да", "нет", "что?"), None]


async def test_a_fault_in_the_callers_block_comes_out_as_it_is(speech: Running) -> None:
    with pytest.raises(ZeroDivisionError):
        async with speech.client.listen(language="ru"):
            raise ZeroDivisionError
    assert await speech.client.describe()


async def test_cancelling_a_listener_cancels_it(speech: Running) -> None:
    inside = asyncio.Event()

    async def listen() -> None:
        async with speech.client.listen(language="ru"):
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.ensure_future(listen())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_sound_comes_before_the_last_sentence_is_made(speech: Running) -> None:
    async with aclosing(speech.client.say("one. hang.", language="ru", pace=1.5)) as sound:
        async for chunk in sound:
            assert len(chunk) == 3 * FRAME_BYTES
            break
    utterance = speech.speaking.utterances[0]
    assert await asyncio.to_thread(utterance.stopped.wait, PATIENCE), "closing the iterator cancels"
    assert speech.speaking.paces == [1.5]


@pytest.mark.parametrize(("text", "language"), [("one.", "en"), ("break.", "ru"), ("a" * 5000, "ru")])
async def test_a_refused_text_is_speech_unavailable(speech: Running, text: str, language: str) -> None:
    with pytest.raises(SpeechUnavailable):
        _ = [chunk async for chunk in speech.client.say(text, language=language)]


async def test_health_is_told(speech: Running) -> None:
    health = await speech.client.describe()
    assert health.recognizer == EngineHealth("starter", EngineState.READY, "", starter=True)


async def test_nobody_there_is_known_at_once(socket_path: Path) -> None:
    client = SpeechClient(socket_path)
    with pytest.raises(SpeechUnavailable, match="away"):
        await client.describe()
    with pytest.raises(SpeechUnavailable, match="away"):
        async with client.listen(language="ru"):
            pass
    with pytest.raises(SpeechUnavailable, match="away"):
        _ = [chunk async for chunk in client.say("да", language="ru")]


@asynccontextmanager
async def impostor(path: Path, serve: Serve) -> AsyncIterator[SpeechClient]:
    """A server that behaves as `serve` says."""
    server = await asyncio.start_unix_server(serve, str(path))
    async with server:
        yield SpeechClient(path, limits=SHORT)


async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts, listens to the stream's beginning, and says no more."""
    while (event := await read_event(reader)).type != "cancel":
        if event.type == "audio-start":
            writer.write(encode(Event("listening", {"phrases": False})))
    writer.close()


async def babbling(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


async def stopping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_event(reader)
    writer.close()


async def other_rate(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(encode(Event("audio-start", {"rate": 22050, "width": 2, "channels": 1})))
    writer.close()


async def say(client: SpeechClient) -> None:
    _ = [chunk async for chunk in client.say("да", language="ru")]


async def finish(client: SpeechClient) -> None:
    async with client.listen(language="ru") as stream:
        stream.send(FRAME)
        await stream.finish_phrase()


async def iterate(client: SpeechClient) -> None:
    async with client.listen(language="ru") as stream:
        async for _ in stream:
            pass


async def describe(client: SpeechClient) -> None:
    await client.describe()


@pytest.mark.parametrize(
    ("serve", "call"),
    [
        (mute, say),
        (mute, finish),
        (mute, describe),
        (babbling, say),
        (babbling, finish),
        (babbling, describe),
        (stopping, say),
        (stopping, iterate),
        (stopping, describe),
        (other_rate, say),
    ],
)
async def test_a_server_that_hangs_lies_or_dies_is_speech_unavailable(
    socket_path: Path, serve: Serve, call: Callable[[SpeechClient], Awaitable[None]]
) -> None:
    async with impostor(socket_path, serve) as client, asyncio.timeout(PATIENCE):
        with pytest.raises(SpeechUnavailable):
            await call(client)


class SlowLink:
    """A connection that takes nothing until it is let."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.sent: list[Event] = []
        self.answers: asyncio.Queue[Event] = asyncio.Queue(8)

    async def send(self, event: Event) -> None:
        await self.open.wait()
        self.sent.append(event)
        if event.type == "finish-phrase":
            await self.answers.put(Event("transcript", {"text": "", "id": event.data["id"]}))

    async def receive(self) -> Event:
        return await self.answers.get()


async def test_a_flood_drops_the_oldest_and_says_where_the_gap_is() -> None:
    link = SlowLink()
    stream = SpeechStream(link, 1.0, phrases_applied=False)
    async with stream.running():
        frames = MAX_QUEUED_SAMPLES // 160 + 100
        for _ in range(frames):
            stream.send(FRAME)
        assert stream.dropped == 100 * 160
        link.open.set()
        await stream.finish_phrase()
    positions = [event.data["position"] for event in link.sent if event.type == "audio-chunk"]
    assert len(positions) == frames - 100
    assert positions[-1] == (frames - 1) * 160
    assert max(b - a for a, b in pairwise(positions)) in (160, 101 * 160)
    assert positions[0] in (0, 100 * 160)


async def test_a_partial_of_an_ended_phrase_is_not_read_after_its_final() -> None:
    link = SlowLink()
    link.open.set()
    stream = SpeechStream(link, 1.0, phrases_applied=False)
    async with stream.running():
        await link.answers.put(Event("partial", {"text": "old", "words": []}))
        await stream.finish_phrase()
        await link.answers.put(Event("partial", {"text": "new", "words": []}))
        async for heard in stream:
            assert heard == Partial("new")
            break


async def test_what_is_sent_after_the_end_goes_nowhere(speech: Running) -> None:
    async with speech.client.listen(language="ru") as stream:
        stream.send(SECOND)
    stream.send(SECOND)
    with pytest.raises(SpeechUnavailable):
        await stream.finish_phrase()


async def test_each_language_has_ears_and_a_voice_of_its_own(socket_path: Path) -> None:
    hearing, speaking = FakeHearing(), FakeSpeaking()
    english = Pair(
        "en", EngineHost("ear", "en-ear", lambda: hearing), EngineHost("mouth", "en-mouth", lambda: speaking)
    )
    async with running(socket_path, further=(english,)) as speech:
        await speech.client.reload()
        _ = [chunk async for chunk in speech.client.say("one.", language="en-GB")]
        _ = [chunk async for chunk in speech.client.say("один.", language="ru")]
        async with speech.client.listen(language="en"):
            assert len(hearing.streams) == 1
            assert not speech.hearing.streams
        assert len(speaking.utterances) == len(speech.speaking.utterances) == 1
        with pytest.raises(SpeechUnavailable, match="knows ru"):
            _ = [chunk async for chunk in speech.client.say("eins.", language="de")]
