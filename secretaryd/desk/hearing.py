"""Requests to the voice and the recogniser. A call goes first: meanwhile nothing else is said or heard."""

import asyncio
import base64
import io
import time
import wave
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Protocol

from secretaryd.control.protocol import Piece, Problem
from secretaryd.control.protocol.hearing import Feed, Listen, Speak, Transcribe
from secretaryd.control.protocol.stream import Broken, FinalText, Listening, PartialText
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import Handlers, Line
from secretaryd.reasons import in_language
from voice.errors import SpeechUnavailable
from voice.events import Final as Phrase
from voice.events import Partial, Word
from voice.ports import RATE
from voice.speech.listening import SpeechStream

MAX_TEXT: Final = 600
MAX_PCM: Final = 40 * RATE * 2
MAX_FEED: Final = 2 * RATE * 2
MAX_STREAMS: Final = 4
MAX_STREAM_SECONDS: Final = 300.0
SILENT_SECONDS: Final = 20.0
"""Without a feed a stream is over."""
PAUSE_SECONDS: Final = 0.6
"""Between words, that ends a phrase of a transcript."""
LOOK_SECONDS: Final = 0.5
PACES: Final = (0.5, 2.0)
SPEAK_SECONDS: Final = 110.0
HEAR_SECONDS: Final = 170.0
TEXTS: Final = {
    "ru": {
        "call_running": "Идёт звонок: голос и распознавание заняты им.",
        "after": "Попробуйте после звонка.",
        "empty": "Нечего произнести.",
        "too_long": "Слишком длинно: не больше {}.",
        "chars": "{} знаков",
        "seconds": "{} секунд",
        "pcm": "Это не звук: нужно целое число 16-битных отсчётов.",
        "pace": "Темп бывает от {} до {}.",
        "away": "Голос и распознавание сейчас недоступны: {}.",
        "no_stream": "Такого потока нет, или он уже кончился.",
        "streams": "Слишком много потоков сразу.",
        "name": "Имя потока: от 16 до 64 букв и цифр, и своё для каждого.",
    },
    "en": {
        "call_running": "A call is on the line: voice and recogniser are busy with it.",
        "after": "Try again after the call.",
        "empty": "There is nothing to say.",
        "too_long": "Too long: at most {}.",
        "chars": "{} characters",
        "seconds": "{} seconds",
        "pcm": "That is no sound: a whole number of 16-bit samples is needed.",
        "pace": "The pace is between {} and {}.",
        "away": "Voice and recogniser are away now: {}.",
        "no_stream": "There is no such stream, or it is over.",
        "streams": "Too many streams at once.",
        "name": "The name of a stream: 16 to 64 letters and digits, another for each.",
    },
}


class Ears(Protocol):
    """The speech process."""

    async def transcribe(self, pcm: bytes, *, language: str) -> Phrase:
        """Raises SpeechUnavailable."""

    def listen(
        self, *, language: str, phrases: tuple[str, ...] | None = None
    ) -> AbstractAsyncContextManager[SpeechStream]:
        """Raises SpeechUnavailable."""


class Voice(Protocol):
    """What speaks."""

    def speak(self, text: str, *, pace: float = 1.0) -> AsyncIterator[bytes]:
        """Raises SpeechUnavailable."""


@dataclass(slots=True)
class _Stream:
    """One that listens. `orders`: PCM, or what is to be done about it."""

    actor: str | None
    orders: asyncio.Queue[bytes | str] = field(default_factory=lambda: asyncio.Queue(64))


class HearingDesk:
    """Trying out voice and recogniser, and typing by voice."""

    def __init__(self, line: Line, ears: Ears, voice: Callable[[], tuple[Voice, str]], language: str) -> None:
        """`voice` gives the one in force, and its name."""
        self._line, self._ears, self._voice, self._language = line, ears, voice, language
        self._texts = Texts(TEXTS, language)
        self._streams: dict[str, _Stream] = {}
        self._turn = asyncio.Lock()

    def handlers(self) -> Handlers:
        """Its requests."""
        return {Speak: self._speak, Transcribe: self._transcribe, Listen: self._listen, Feed: self._feed}

    async def _speak(self, request: Speak, _: Peer) -> Any:
        text = " ".join(request.text.split())
        if not text:
            raise self._refusal("empty")
        if len(text) > MAX_TEXT:
            raise self._too_long("chars", MAX_TEXT)
        if not PACES[0] <= request.pace <= PACES[1]:
            raise self._refusal("pace", *PACES)
        self._free()
        voice, name = self._voice()
        async with self._in_turn(SPEAK_SECONDS):
            pcm = bytearray()
            async with aclosing(voice.speak(text, pace=request.pace)) as chunks:  # type: ignore[type-var]
                async for chunk in chunks:
                    self._free()
                    pcm += chunk
        return {"wav": base64.b64encode(wav(bytes(pcm))).decode(), "seconds": len(pcm) / 2 / RATE, "voice": name}

    async def _transcribe(self, request: Transcribe, _: Peer) -> Any:
        self._check_pcm(request.pcm, MAX_PCM)
        self._free()
        began = time.monotonic()
        async with self._in_turn(HEAR_SECONDS):
            found = await self._ears.transcribe(request.pcm, language=self._language)
        return {
            "text": found.text,
            "confidence": round(found.confidence, 4),
            "seconds": len(request.pcm) / 2 / RATE,
            "took": round(time.monotonic() - began, 3),
            "phrases": phrases(found.words),
        }

    async def _listen(self, request: Listen, peer: Peer) -> AsyncGenerator[Piece, None]:
        name = request.stream
        if not (name.isascii() and name.isalnum() and 16 <= len(name) <= 64) or name in self._streams:
            raise self._refusal("name")
        if len(self._streams) >= MAX_STREAMS:
            raise self._refusal("streams", status=429)
        self._free()
        return self._heard(name, _Stream(peer.actor))

    async def _heard(self, name: str, stream: _Stream) -> AsyncGenerator[Piece, None]:
        # Entered here and not before: a stream that nobody reads begins nothing, and ends nothing either.
        if self._streams.setdefault(name, stream) is not stream:
            yield Broken(code="name", text=self._texts["name"])
            return
        try:
            async with self._ears.listen(language=self._language) as ears:
                yield Listening()
                news: asyncio.Queue[Piece | None] = asyncio.Queue(64)
                feeding = asyncio.create_task(self._pass_on(stream, ears, news), name="stt.feed")
                hearing = asyncio.create_task(_partials(ears, news), name="stt.partials")
                try:
                    while (piece := await news.get()) is not None:
                        yield piece
                        if isinstance(piece, Broken):
                            return
                finally:
                    for task in (feeding, hearing):
                        task.cancel()
                    await asyncio.wait({feeding, hearing})
        except SpeechUnavailable as error:
            yield self._away(error)
        finally:
            del self._streams[name]

    async def _pass_on(self, stream: _Stream, ears: SpeechStream, news: asyncio.Queue[Piece | None]) -> None:
        """Sound and orders to the recogniser, until the last, too long a silence, or a call."""
        clock = asyncio.get_running_loop().time
        began = fed = clock()
        while clock() - began < MAX_STREAM_SECONDS and clock() - fed < SILENT_SECONDS:
            if self._line.busy:
                text, remedy = self._texts["call_running"], self._texts["after"]
                await news.put(Broken(code="call_running", text=text, remedy=remedy))
                return
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    order = await stream.orders.get()
            except TimeoutError:
                continue
            fed = clock()
            if isinstance(order, bytes):
                ears.send(order)
                continue
            try:
                await news.put(_final(await ears.finish_phrase()))
            except SpeechUnavailable as error:
                await news.put(self._away(error))
                return
            if order == "last":
                break
        await news.put(None)

    async def _feed(self, request: Feed, peer: Peer) -> Any:
        stream = self._streams.get(request.stream)
        if stream is None or stream.actor != peer.actor:
            raise self._refusal("no_stream", status=404)
        if request.pcm:
            self._check_pcm(request.pcm, MAX_FEED)
            await stream.orders.put(request.pcm)
        if request.last or request.finish:
            await stream.orders.put("last" if request.last else "finish")
        return {"fed": len(request.pcm) // 2}

    def _check_pcm(self, pcm: bytes, most: int) -> None:
        if len(pcm) % 2 or not pcm:
            raise self._refusal("pcm")
        if len(pcm) > most:
            raise self._too_long("seconds", most // 2 // RATE, status=413)

    def _free(self) -> None:
        if self._line.busy:
            raise DeskError(
                Problem(code="call_running", text=self._texts["call_running"], remedy=self._texts["after"]), 409
            )

    @asynccontextmanager
    async def _in_turn(self, seconds: float) -> AsyncIterator[None]:
        """One at a time, for the machine's sake."""
        try:
            async with asyncio.timeout(seconds), self._turn:
                yield
        except SpeechUnavailable as error:
            away = self._away(error)
            raise DeskError(Problem(code=away.code, text=away.text, remedy=away.remedy), 503) from error
        except TimeoutError as error:
            away = self._away(SpeechUnavailable(f"{seconds:g} s"))
            raise DeskError(Problem(code=away.code, text=away.text, remedy=away.remedy), 503) from error

    def _away(self, error: SpeechUnavailable) -> Broken:
        return Broken(
            code="speech_away",
            text=self._texts["away"].format(in_language(error, self._texts.language)),
            remedy="secretaryctl status",
        )

    def _too_long(self, unit: str, most: int, status: int = 400) -> DeskError:
        text = self._texts["too_long"].format(self._texts[unit].format(most))
        return DeskError(Problem(code="too_long", text=text), status)

    def _refusal(self, code: str, *what: object, status: int = 400) -> DeskError:
        return DeskError(Problem(code=code, text=self._texts[code].format(*what)), status)


async def _partials(ears: SpeechStream, news: asyncio.Queue[Piece | None]) -> None:
    """A partial that is not taken in time is left out: the next one replaces it."""
    try:
        async for heard in ears:
            if isinstance(heard, Partial) and not news.full():
                news.put_nowait(PartialText(text=heard.text))
            elif isinstance(heard, Phrase):
                await news.put(_final(heard))
    except SpeechUnavailable:
        return  # whoever feeds it is told


def _final(phrase: Phrase) -> FinalText:
    words = tuple(asdict(word) for word in phrase.words)
    return FinalText(text=phrase.text, confidence=round(phrase.confidence, 4), words=words)


def phrases(words: Sequence[Word]) -> list[dict[str, Any]]:
    """Words to phrases, at pauses."""
    groups: list[list[Word]] = []
    for word in words:
        if groups and word.start - groups[-1][-1].end < PAUSE_SECONDS:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [
        {
            "text": " ".join(word.text for word in group),
            "start": group[0].start,
            "end": group[-1].end,
            "confidence": round(sum(word.confidence for word in group) / len(group), 4),
            "words": [asdict(word) for word in group],
        }
        for group in groups
    ]


def wav(pcm: bytes) -> bytes:
    """A WAV file of our sound."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)
    return out.getvalue()
