"""The client's end of one recognition stream."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

from wyoming.event import Event

from voice.errors import SpeechUnavailable
from voice.events import Final, Heard, Partial
from voice.ports import RATE
from voice.speech.framing import FramingError
from voice.speech.protocol import AUDIO_FORMAT, Kind, read_partial, read_transcript

MAX_QUEUED_SAMPLES = 5 * RATE
"""Five seconds: a process that is so far behind will not be understood in time anyway."""
MAX_ORDERS = 32
MAX_FINALS = 32


class Link(Protocol):
    """What a stream needs of its connection; both raise SpeechUnavailable."""

    async def send(self, event: Event) -> None: ...

    async def receive(self) -> Event: ...


class SpeechStream:
    """RecognitionStream of voice.ports. Made by SpeechClient.listen; used once."""

    def __init__(self, link: Link, finish_limit: float, *, phrases_applied: bool) -> None:
        self._link = link
        self._finish_limit = finish_limit
        self.phrases_applied = phrases_applied
        """Whether the phrase list that was asked for holds: big models have no such thing."""
        self.dropped = 0
        """Samples dropped because the process was behind; word times stay right all the same."""
        self._sent = 0
        self._queued = 0
        self._out: deque[tuple[int, bytes] | Event] = deque()
        self._out_news = asyncio.Event()
        self._finals: deque[Final] = deque(maxlen=MAX_FINALS)
        self._partial: Partial | None = None
        self._news = asyncio.Event()
        self._requests = 0
        self._pending: dict[int, asyncio.Future[Final]] = {}
        self._failure: SpeechUnavailable | None = None
        self._closed = False

    @classmethod
    async def open(
        cls, link: Link, language: str, phrases: tuple[str, ...] | None, finish_limit: float
    ) -> "SpeechStream":
        """Asks for a stream and waits until the recogniser listens. Raises SpeechUnavailable."""
        await link.send(Event(Kind.TRANSCRIBE, {"language": language, "streaming": True}))
        if phrases is not None:
            await link.send(Event(Kind.PHRASE_LIST, {"phrases": list(phrases)}))
        await link.send(Event(Kind.AUDIO_START, AUDIO_FORMAT))
        while (event := await link.receive()).type != Kind.LISTENING:
            pass
        return cls(link, finish_limit, phrases_applied=event.data.get("phrases") is True)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Owns the two pumps while the caller uses the stream."""
        broken: Exception | None = None
        async with asyncio.TaskGroup() as group:
            pumps = [
                group.create_task(self._pump(self._send_all), name="speech.stream.send"),
                group.create_task(self._pump(self._receive_all), name="speech.stream.receive"),
            ]
            try:
                yield
            except Exception as error:  # noqa: BLE001 - carried out of the group, which would wrap it
                broken = error
            finally:
                self._closed = True
                self._fail(SpeechUnavailable("the stream is closed"))
                for pump in pumps:
                    pump.cancel()
        if broken is not None:
            raise broken

    def send(self, frame: bytes) -> None:
        """See voice.ports. Does nothing once the stream has failed: finish_phrase and the iterator say so."""
        if self._failure is not None:
            return
        samples = len(frame) // 2
        self._out.append((self._sent, frame))
        self._sent += samples
        self._queued += samples
        while self._queued > MAX_QUEUED_SAMPLES:
            self._drop_oldest()
        self._out_news.set()

    def limit(self, phrases: tuple[str, ...] | None) -> None:
        """Changes the phrase list from here on (None lifts it), in order with the sound."""
        self._order(Event(Kind.PHRASE_LIST, {"phrases": None if phrases is None else list(phrases)}))

    def forget(self) -> None:
        """Drops the phrase in progress, in order with the sound."""
        self._order(Event(Kind.CANCEL))

    async def finish_phrase(self) -> Final:
        """See voice.ports."""
        if self._failure is not None:
            raise self._failure
        self._requests += 1
        request = self._requests
        answer: asyncio.Future[Final] = asyncio.get_running_loop().create_future()
        self._pending[request] = answer
        try:
            self._order(Event(Kind.FINISH_PHRASE, {"id": request}))
            async with asyncio.timeout(self._finish_limit):
                return await answer
        except TimeoutError:
            raise SpeechUnavailable(f"no transcript within {self._finish_limit:.1f} s") from None
        finally:
            del self._pending[request]

    async def __aiter__(self) -> AsyncIterator[Heard]:
        """See voice.ports; for one reader. A partial not read in time is replaced by its successor."""
        while True:
            self._news.clear()
            while self._finals:
                yield self._finals.popleft()
            if (partial := self._partial) is not None:
                self._partial = None
                yield partial
            elif self._closed:
                return
            elif self._failure is not None:
                raise self._failure
            else:
                await self._news.wait()

    def _order(self, event: Event) -> None:
        if sum(isinstance(item, Event) for item in self._out) >= MAX_ORDERS:
            raise SpeechUnavailable("the speech process takes no orders")
        self._out.append(event)
        self._out_news.set()

    def _drop_oldest(self) -> None:
        for index, item in enumerate(self._out):
            if not isinstance(item, Event):
                samples = len(item[1]) // 2
                self._queued -= samples
                self.dropped += samples
                del self._out[index]
                return

    async def _pump(self, work: Any) -> None:
        try:
            await work()
        except SpeechUnavailable as error:
            self._fail(error)
        except FramingError as error:
            self._fail(SpeechUnavailable(str(error)))

    async def _send_all(self) -> None:
        while True:
            self._out_news.clear()
            while self._out:
                item = self._out.popleft()
                if isinstance(item, Event):
                    await self._link.send(item)
                else:
                    position, frame = item
                    self._queued -= len(frame) // 2
                    await self._link.send(Event(Kind.AUDIO_CHUNK, {**AUDIO_FORMAT, "position": position}, frame))
            await self._out_news.wait()

    async def _receive_all(self) -> None:
        while True:
            event = await self._link.receive()
            if event.type == Kind.PARTIAL:
                self._partial = read_partial(event)
            elif event.type == Kind.TRANSCRIPT:
                self._finish(event.data.get("id"), read_transcript(event))
            self._news.set()

    def _finish(self, request: object, final: Final) -> None:
        # A partial still unread belongs to the phrase that has just ended.
        self._partial = None
        if request is None:
            self._finals.append(final)
        elif isinstance(request, int) and (answer := self._pending.get(request)) is not None and not answer.done():
            answer.set_result(final)

    def _fail(self, error: SpeechUnavailable) -> None:
        if self._failure is None:
            self._failure = error
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(error)
        self._news.set()
