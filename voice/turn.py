"""One turn of the secretary: think -> say. Cancel the task and the line goes silent."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, Protocol

from voice.ports import Playback, Speaker

SENTENCES_AHEAD: Final = 2
FADE_MS: Final = 40


class Voice(Protocol):
    """Makes sound of text; closing the iterator cancels."""

    def speak(self, text: str) -> AsyncIterator[bytes]:
        """PCM in chunks, the first before the last exists."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A sentence to say; `source` and `detail` tell what answered."""

    text: str
    source: str
    detail: str = ""


@dataclass(slots=True)
class TurnTimes:
    """time.monotonic() of the turn's first sentence, first PCM of it and first frame on the line."""

    first_sentence: float | None = None
    first_audio: float | None = None
    first_frame: float | None = None


class _Sentence:
    """A sentence under way: its playbacks, and how much of it has been heard."""

    def __init__(self, utterance: Utterance) -> None:
        self.utterance = utterance
        self.playbacks: list[Playback] = []
        self.complete = False

    async def wait(self) -> None:
        for playback in self.playbacks:
            await playback.wait()

    def heard(self) -> str:
        """The words that left for the caller; a sentence cut short keeps the words that were finished."""
        played = sum(playback.played for playback in self.playbacks)
        total = sum(playback.total for playback in self.playbacks)
        if not played:
            return ""
        if self.complete and played >= total:
            return self.utterance.text
        words = self.utterance.text.split()
        # While the sentence is still being made, its length is unknown: estimate from the usual pace of speech.
        whole = total if self.complete else max(total, len(self.utterance.text) * SAMPLES_PER_CHARACTER)
        return " ".join(words[: int(len(words) * played / whole)])


SAMPLES_PER_CHARACTER: Final = 560  # about 14 characters a second at 8 kHz


class Turn:
    """Says what an iterator of sentences gives, one sentence ahead of the line. Used once."""

    def __init__(
        self,
        voice: Voice,
        speaker: Speaker,
        on_sentence: Callable[[Utterance], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._voice = voice
        self._speaker = speaker
        self._on_sentence = on_sentence
        self._clock = clock
        self._sentences: list[_Sentence] = []
        self.times = TurnTimes()

    @property
    def heard(self) -> str:
        """What the caller heard of it so far."""
        return " ".join(part for sentence in self._sentences if (part := sentence.heard()))

    @property
    def sources(self) -> tuple[Utterance, ...]:
        """The sentences that were begun, with what made them."""
        return tuple(sentence.utterance for sentence in self._sentences)

    async def run(self, utterances: AsyncIterator[Utterance]) -> None:
        """Returns when the last sample has left. Cancelled: silence within a frame, then CancelledError goes on up.
        Raises what the iterator or the voice raises, after silencing the line."""
        ready: asyncio.Queue[Utterance | None] = asyncio.Queue(SENTENCES_AHEAD)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._think(utterances, ready), name="turn.think")
                group.create_task(self._speak(ready), name="turn.speak")
        except asyncio.CancelledError:
            self._speaker.flush(FADE_MS)
            raise
        except BaseExceptionGroup as failures:
            self._speaker.flush(FADE_MS)  # also where a voice fails while it is being cancelled
            raise _first(failures) from None

    async def _think(self, utterances: AsyncIterator[Utterance], ready: asyncio.Queue[Utterance | None]) -> None:
        async with aclosing(utterances) as each:  # type: ignore[type-var]
            async for utterance in each:
                self.times.first_sentence = self.times.first_sentence or self._clock()
                await ready.put(utterance)
        await ready.put(None)

    async def _speak(self, ready: asyncio.Queue[Utterance | None]) -> None:
        before: _Sentence | None = None
        current: _Sentence | None = None
        while (utterance := await ready.get()) is not None:
            if before is not None:
                await before.wait()  # at most one finished sentence waits behind the one that sounds
            before, current = current, _Sentence(utterance)
            await self._render(current)
        for sentence in (before, current):
            if sentence is not None:
                await sentence.wait()

    async def _render(self, sentence: _Sentence) -> None:
        self._sentences.append(sentence)
        async with aclosing(self._voice.speak(sentence.utterance.text)) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                self.times.first_audio = self.times.first_audio or self._clock()
                if not sentence.playbacks:
                    self._on_sentence(sentence.utterance)
                sentence.playbacks.append(self._speaker.play(chunk))
        sentence.complete = True

    def finish_times(self) -> TurnTimes:
        """The times with the first frame filled in, once something has left."""
        for sentence in self._sentences:
            for playback in sentence.playbacks:
                if playback.started_at is not None:
                    self.times.first_frame = playback.started_at
                    return self.times
        return self.times


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    inner = group.exceptions[0]
    return _first(inner) if isinstance(inner, BaseExceptionGroup) else inner
