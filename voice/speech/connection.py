"""One client of the speech process, from its first byte to its last."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from wyoming.event import Event
from wyoming.info import AsrModel, AsrProgram, Attribution, Info, TtsProgram, TtsVoice

from voice.speech import protocol
from voice.speech.framing import EndOfStream, FramingError, read_event
from voice.speech.health import EngineState, SpeechHealth
from voice.speech.hearing import Hearing
from voice.speech.host import EngineHost, EngineNotReady
from voice.speech.outbox import Outbox, PeerStalled
from voice.speech.ports import HearingEngine, SpeakingEngine
from voice.speech.protocol import Code, Kind
from voice.speech.requests import BadRequest, read_synthesize
from voice.speech.second import SecondEars, SecondTaken
from voice.speech.speaking import Speaking

log = logging.getLogger(__name__)

CODE_OF_STATE = {EngineState.LOADING: Code.LOADING, EngineState.FAILED: Code.FAILED, EngineState.READY: Code.ENGINE}
Handler = Callable[[Event], Awaitable[None]]


class WrongLanguage(BadRequest):
    """The model speaks another language than the one asked for."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One language's engines."""

    language: str
    hearing: EngineHost[HearingEngine]
    speaking: EngineHost[SpeakingEngine]


@dataclass(frozen=True, slots=True)
class Engines:
    """What the process has, shared by its connections. Who names no language means the first one."""

    hearing: EngineHost[HearingEngine]
    speaking: EngineHost[SpeakingEngine]
    language: str
    version: str
    further: tuple[Pair, ...] = ()
    second: SecondEars | None = None
    """For calls that are over."""

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Of every language."""
        return (Pair(self.language, self.hearing, self.speaking), *self.further)

    def of(self, wanted: str | None) -> Pair:
        """The engines of a language ("en-GB" is en). Raises WrongLanguage."""
        if wanted is None:
            return self.pairs[0]
        short = wanted.replace("_", "-").split("-")[0].lower()
        for pair in self.pairs:
            if pair.language == short:
                return pair
        raise WrongLanguage(f"{self.hearing.health.name} knows {self.language}, not {wanted}")

    @property
    def health(self) -> SpeechHealth:
        """Both engines' state."""
        return SpeechHealth(self.hearing.health, self.speaking.health, self.version)


class Connection:
    """Used once."""

    def __init__(self, engines: Engines, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._engines = engines
        self._reader = reader
        self._writer = writer
        self._outbox = Outbox()
        self._hearing = Hearing(engines.hearing, engines.language, self._outbox)
        self._speaking: Speaking
        self._second: SecondEars | None = None

    async def run(self) -> None:
        """Serves until the client leaves, misbehaves or stalls. Never raises but CancelledError; closes the writer."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._outbox.pump(self._writer), name="speech.pump")
                self._speaking = Speaking(self._outbox, group)
                await self._converse()
                await self._speaking.cancel()
                await self._outbox.close()
        except* (PeerStalled, OSError) as left:
            log.info("speech client lost", extra={"reason": str(left.exceptions[0])})
        finally:
            self._writer.close()
            if self._second is not None:
                await asyncio.to_thread(self._second.give_back)

    async def _converse(self) -> None:
        handlers = self._handlers()
        while True:
            try:
                event = await read_event(self._reader)
            except EndOfStream:
                return
            except FramingError as wrong:
                log.warning("speech client sent no frame", extra={"reason": str(wrong)})
                await self._outbox.put(protocol.error(Code.BAD_FRAME, str(wrong)))
                return
            # Unknown events are dropped, as the standard expects of servers.
            if (handler := handlers.get(event.type)) is not None:
                await self._handle(handler, event)

    async def _handle(self, handler: Handler, event: Event) -> None:
        try:
            await handler(event)
        except EngineNotReady as away:
            await self._outbox.put(protocol.error(CODE_OF_STATE[away.health.state], str(away)))
        except WrongLanguage as wrong:
            await self._outbox.put(protocol.error(Code.LANGUAGE, str(wrong)))
        except SecondTaken as busy:
            await self._outbox.put(protocol.error(Code.BUSY, str(busy)))
        except BadRequest as wrong:
            await self._outbox.put(protocol.error(Code.BAD_REQUEST, str(wrong)))
        except OSError:
            raise
        except Exception as failed:  # an engine may raise anything; it costs this request, not the process
            log.exception("speech request failed", extra={"event": event.type})
            await self._outbox.put(protocol.error(Code.ENGINE, str(failed) or type(failed).__name__))

    def _handlers(self) -> dict[str, Handler]:
        return {
            Kind.DESCRIBE: self._describe,
            Kind.PING: self._ping,
            Kind.RELOAD: self._reload,
            Kind.CANCEL: self._cancel,
            Kind.TRANSCRIBE: self._transcribe,
            Kind.SYNTHESIZE: self._synthesize,
            Kind.AUDIO_START: self._hearing.audio_start,
            Kind.AUDIO_CHUNK: self._hearing.audio_chunk,
            Kind.AUDIO_STOP: self._hearing.audio_stop,
            Kind.FINISH_PHRASE: self._hearing.finish_phrase,
            Kind.PHRASE_LIST: self._hearing.phrase_list,
        }

    async def _describe(self, _event: Event) -> None:
        await self._outbox.put(info(self._engines))

    async def _ping(self, event: Event) -> None:
        await self._outbox.put(Event(Kind.PONG, {"text": event.data.get("text")}))

    async def _reload(self, event: Event) -> None:
        force = event.data.get("force") is True
        for pair in self._engines.pairs:
            await asyncio.gather(pair.hearing.load(force=force), pair.speaking.load(force=force))
        await self._outbox.put(info(self._engines))

    async def _cancel(self, _event: Event) -> None:
        await self._hearing.forget()
        if await self._speaking.cancel():
            await self._outbox.put(Event(Kind.AUDIO_STOP, {"cancelled": True}))

    async def _transcribe(self, event: Event) -> None:
        await self._hearing.transcribe(event)
        if event.data.get("second") is True:
            self._hearing.use(await self._second_host(), self._engines.language)
            return
        pair = self._engines.of(event.data.get("language"))
        self._hearing.use(pair.hearing, pair.language)

    async def _second_host(self) -> EngineHost[HearingEngine]:
        ears = self._engines.second
        if ears is None:
            raise BadRequest("transcribe: there is no second recogniser")
        if self._second is not None:
            raise BadRequest("transcribe: this connection has it already")
        host = await ears.take()
        self._second = ears
        return host

    async def _synthesize(self, event: Event) -> None:
        request = read_synthesize(event)
        pair = self._engines.of(request.language)
        if self._speaking.busy:
            await self._outbox.put(protocol.error(Code.BUSY, "synthesize: the text before is still being spoken"))
            return
        self._speaking.begin(request, pair.speaking)


def info(engines: Engines) -> Event:
    """The standard's answer to `describe`, with our health beside it."""
    languages, version = [pair.language for pair in engines.pairs], engines.version
    ear, mouth = engines.hearing.health, engines.speaking.health
    vosk = Attribution(name="Alpha Cephei", url="https://alphacephei.com/vosk/")
    piper = Attribution(name="OHF-Voice", url="https://github.com/OHF-Voice/piper1-gpl")
    installed = ear.state is EngineState.READY, mouth.state is EngineState.READY
    model = AsrModel(ear.name, vosk, installed[0], ear.name, version, languages)
    voice = TtsVoice(mouth.name, piper, installed[1], mouth.name, version, languages, None)
    event = Info(
        asr=[AsrProgram("vosk", vosk, installed[0], "Vosk", version, [model])],
        tts=[TtsProgram("piper", piper, installed[1], "Piper", version, [voice])],
    ).event()
    event.data["speech"] = protocol.health_data(engines.health)
    return event
