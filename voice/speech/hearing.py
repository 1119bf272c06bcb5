"""One connection's ear: Wyoming events in, partials and transcripts out."""

from wyoming.event import Event

from voice.speech import protocol
from voice.speech.host import EngineHost
from voice.speech.outbox import Outbox
from voice.speech.ports import HearingEngine, HearingStream, PhraseLimit
from voice.speech.requests import (
    BadRequest,
    Transcribe,
    read_audio_rate,
    read_phrases,
    read_request_id,
    read_sound,
    read_transcribe,
)

GRAIN_SECONDS = 0.1
"""The most sound decoded in one go: a client that sends a minute in one chunk takes its turn with the others."""


class Hearing:
    """State between a connection's `audio-start` and `audio-stop`."""

    def __init__(self, host: EngineHost[HearingEngine], language: str, outbox: Outbox) -> None:
        self._host = host
        self._next_host: EngineHost[HearingEngine] | None = host
        self._language = language
        self._outbox = outbox
        self._wanted = Transcribe()
        self._phrases: tuple[str, ...] | None = None
        self._stream: HearingStream | None = None
        self._grain = 0
        self._heard = 0

    async def transcribe(self, event: Event) -> None:
        """Terms of the stream to come. It has no ears until `use` gives it some: were they refused, an audio-start that
        is on its way already must not be heard by those of the stream before."""
        self._next_host = None
        self._wanted = read_transcribe(event)
        self._phrases = None

    def use(self, host: EngineHost[HearingEngine], language: str) -> None:
        """Whose ears the stream to come has."""
        self._next_host, self._language = host, language

    async def audio_start(self, event: Event) -> None:
        """Opens a stream; one left open is dropped, as its client has lost interest in it."""
        rate = read_audio_rate(event)
        self._stream = None
        if self._next_host is None:
            return
        self._host = host = self._next_host
        try:
            stream = await host.run(host.engine.listen, rate)
        except ValueError as wrong:
            raise BadRequest(f"audio-start: {wrong}") from wrong
        limit = PhraseLimit(False) if self._phrases is None else await host.run(stream.limit, self._phrases)
        self._stream, self._heard, self._grain = stream, 0, 2 * int(rate * GRAIN_SECONDS)
        if self._phrases is not None:
            await self._answer_limit(limit)
        if self._wanted.streaming:
            await self._outbox.put(Event(protocol.Kind.LISTENING, {"phrases": limit.applied}))

    async def audio_chunk(self, event: Event) -> None:
        """Sound; ignored when no stream is open, since its refusal has been answered already."""
        pcm, position = read_sound(event)
        if (stream := self._stream) is None:
            return
        if position is not None and position > self._heard:
            await self._host.run(stream.skip, position - self._heard)
            self._heard = position
        self._heard += len(pcm) // 2
        for start in range(0, len(pcm), self._grain):
            heard = await self._host.run(stream.accept, pcm[start : start + self._grain])
            if heard is not None and self._wanted.streaming:
                self._outbox.offer(protocol.partial(heard))

    async def finish_phrase(self, event: Event) -> None:
        """Answers a transcript with the request's id; the stream goes on."""
        request = read_request_id(event)
        if self._stream is None:
            raise BadRequest("finish-phrase: no stream is open")
        final = await self._host.run(self._stream.finish)
        await self._outbox.put(protocol.transcript(final, self._language, request))

    async def audio_stop(self, _event: Event) -> None:
        """The stream's last transcript."""
        stream, self._stream = self._stream, None
        if stream is not None:
            final = await self._host.run(stream.finish)
            await self._outbox.put(protocol.transcript(final, self._language, None))

    async def phrase_list(self, event: Event) -> None:
        """Now, or for the stream to come."""
        self._phrases = read_phrases(event)
        if self._stream is not None:
            await self._answer_limit(await self._host.run(self._stream.limit, self._phrases))

    async def forget(self) -> None:
        """Drops the phrase in progress."""
        if self._stream is not None:
            await self._host.run(self._stream.forget)

    async def _answer_limit(self, limit: PhraseLimit) -> None:
        data = {"applied": limit.applied, "unknown": list(limit.unknown)}
        await self._outbox.put(Event(protocol.Kind.PHRASE_LIST, data))
