"""Voice and recogniser, tried out through the desk; the engines are scripted."""

import asyncio
import base64
import io
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from secretaryd.control.protocol.hearing import Feed, Listen, Speak, Transcribe
from secretaryd.control.protocol.stream import Broken, FinalText, Listening
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk import hearing as module
from secretaryd.desk.desk import Desk
from secretaryd.desk.hearing import HearingDesk, phrases
from voice.errors import SpeechUnavailable
from voice.events import Final, Partial, Word
from voice.ports import RATE

ANNA, BORIS = Peer(1, "anna"), Peer(1, "boris")
SECOND = bytes(RATE * 2)
NAME = "abcdefgh12345678"
WORDS = (Word("добрый", 0.1, 0.4, 0.9), Word("день", 0.5, 0.8, 0.7), Word("да", 1.5, 1.7, 0.8))


class Line:
    busy = False


class Stream:
    """Hears a word a frame."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.news: asyncio.Queue[Any] = asyncio.Queue()

    def send(self, frame: bytes) -> None:
        self.sent.append(frame)
        self.news.put_nowait(Partial(f"{len(self.sent)}"))

    async def finish_phrase(self) -> Final:
        return Final(f"фраза из {len(self.sent)}", WORDS[:1], 0.9)

    async def __aiter__(self) -> AsyncIterator[Any]:
        while True:
            yield await self.news.get()


class Ears:
    failure = ""

    def __init__(self) -> None:
        self.streams: list[Stream] = []

    async def transcribe(self, pcm: bytes, *, language: str) -> Final:
        if self.failure:
            raise SpeechUnavailable(self.failure)
        return Final("добрый день да", WORDS, 0.8)

    @asynccontextmanager
    async def listen(self, *, language: str, phrases: tuple[str, ...] | None = None) -> AsyncIterator[Stream]:
        if self.failure:
            raise SpeechUnavailable(self.failure)
        self.streams.append(Stream())
        yield self.streams[-1]


class Voice:
    def __init__(self, line: Line) -> None:
        self.line, self.call_comes = line, False

    async def speak(self, text: str, *, pace: float = 1.0) -> AsyncIterator[bytes]:
        yield SECOND
        self.line.busy = self.call_comes
        yield SECOND


class Scene:
    def __init__(self) -> None:
        self.line, self.ears = Line(), Ears()
        self.voice = Voice(self.line)
        desk = HearingDesk(self.line, self.ears, lambda: (self.voice, "irina"), "ru")  # type: ignore[arg-type]
        self.desk = Desk([desk.handlers()], "ru")

    async def refused(self, request: Any, peer: Peer = ANNA) -> tuple[str, int]:
        with pytest.raises(DeskError) as caught:
            await self.desk(request, peer)
        return caught.value.problem.code, caught.value.status


async def test_a_text_becomes_a_wav() -> None:
    told = await Scene().desk(Speak(text="Добрый  день."), ANNA)
    with wave.open(io.BytesIO(base64.b64decode(told["wav"]))) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getnframes()) == (RATE, 1, 2 * RATE)
    assert (told["seconds"], told["voice"]) == (2.0, "irina")


async def test_a_sound_becomes_phrases_with_words_and_times() -> None:
    told = await Scene().desk(Transcribe(pcm=SECOND * 2), ANNA)
    assert (told["text"], told["seconds"]) == ("добрый день да", 2.0)
    assert [(each["text"], each["start"], each["end"], each["confidence"]) for each in told["phrases"]] == [
        ("добрый день", 0.1, 0.8, 0.8),
        ("да", 1.5, 1.7, 0.8),
    ]
    assert phrases(()) == []


REFUSED = [
    (Speak(text="  "), "empty", 400),
    (Speak(text="а" * 601), "too_long", 400),
    (Speak(text="а", pace=9.0), "pace", 400),
    (Speak(text="а", pace=float("nan")), "pace", 400),
    (Transcribe(pcm=b""), "pcm", 400),
    (Transcribe(pcm=b"123"), "pcm", 400),
    (Transcribe(pcm=SECOND * 41), "too_long", 413),
    (Listen(stream="short"), "name", 400),
    (Listen(stream="../../../../etc/passwd"), "name", 400),
    (Feed(stream=NAME), "no_stream", 404),
]


@pytest.mark.parametrize(("request_", "code", "status"), REFUSED)
async def test_what_cannot_be_is_refused(request_: Any, code: str, status: int) -> None:
    assert await Scene().refused(request_) == (code, status)


@pytest.mark.parametrize("request_", [Speak(text="а"), Transcribe(pcm=SECOND), Listen(stream=NAME)])
async def test_a_call_goes_first(request_: Any) -> None:
    s = Scene()
    s.line.busy = True
    assert await s.refused(request_) == ("call_running", 409)


async def test_a_call_that_comes_meanwhile_goes_first_too() -> None:
    s = Scene()
    s.voice.call_comes = True
    assert await s.refused(Speak(text="а")) == ("call_running", 409)


async def test_a_dead_speech_process_is_told() -> None:
    s = Scene()
    s.ears.failure = "gone"
    assert await s.refused(Transcribe(pcm=SECOND)) == ("speech_away", 503)
    (piece,) = [piece async for piece in await s.desk(Listen(stream=NAME), ANNA)]
    assert piece.code == "speech_away"


async def test_a_stream_is_fed_and_tells_phrases_until_its_last() -> None:
    s = Scene()
    pieces = await s.desk(Listen(stream=NAME), ANNA)
    assert await anext(pieces) == Listening()
    assert await s.refused(Listen(stream=NAME)) == ("name", 400)
    assert await s.refused(Feed(stream=NAME, pcm=SECOND), BORIS) == ("no_stream", 404)
    assert await s.desk(Feed(stream=NAME, pcm=SECOND), ANNA) == {"fed": RATE}
    await s.desk(Feed(stream=NAME, finish=True), ANNA)
    heard = [await anext(pieces)]
    while not isinstance(heard[-1], FinalText):
        heard.append(await anext(pieces))
    assert heard[-1].text == "фраза из 1"
    assert heard[-1].words[0]["text"] == "добрый"
    await s.desk(Feed(stream=NAME, pcm=SECOND, last=True), ANNA)
    rest = [piece async for piece in pieces]
    assert rest[-1].text == "фраза из 2"
    assert await s.refused(Feed(stream=NAME, pcm=SECOND)) == ("no_stream", 404)


async def test_a_stream_ends_when_a_call_comes_and_when_nobody_feeds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(module, "SILENT_SECONDS", 0.05)
    s = Scene()
    assert [piece async for piece in await s.desk(Listen(stream=NAME), ANNA)] == [Listening()]
    pieces = await s.desk(Listen(stream=NAME), ANNA)
    assert await anext(pieces) == Listening()
    s.line.busy = True
    ended = [piece async for piece in pieces][-1]
    assert isinstance(ended, Broken)
    assert ended.code == "call_running"


async def test_streams_are_not_without_number() -> None:
    s = Scene()
    open_ones = [await s.desk(Listen(stream=f"{NAME}{n}"), ANNA) for n in range(module.MAX_STREAMS)]
    for pieces in open_ones:
        assert await anext(pieces) == Listening()
    assert await s.refused(Listen(stream=NAME)) == ("streams", 429)
    for pieces in open_ones:
        await pieces.aclose()
    await (await s.desk(Listen(stream=NAME), ANNA)).aclose()  # nobody read it: it holds no place
    first, second = [await s.desk(Listen(stream=NAME), ANNA) for _ in range(2)]
    assert await anext(first) == Listening()
    assert (await anext(second)).code == "name"
    await first.aclose()
