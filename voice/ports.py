"""What `voice` needs of others, and the sound format all share: 8 kHz, mono, s16le, frames of 20 ms."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Final as Const
from typing import Protocol

from voice.events import Final, Heard

RATE: Const = 8000
FRAME_SAMPLES: Const = 160
FRAME_BYTES: Const = 320
FRAME_SECONDS: Const = 0.02


class RecognitionStream(Protocol):
    """One caller's stream into the recogniser; used once."""

    def send(self, frame: bytes) -> None:
        """Queues PCM (whole samples); never blocks. Drops the oldest beyond a named bound and counts it."""

    async def finish_phrase(self) -> Final:
        """Ends the phrase in progress and returns its final; the stream goes on with the next phrase.
        Raises SpeechUnavailable if the process dies or takes longer than the client's limit."""

    def __aiter__(self) -> AsyncIterator[Heard]:
        """Partials (and finals, if the server ends a phrase by itself) in order. Ends when the stream is closed;
        raises SpeechUnavailable if the process dies."""


class Recognizer(Protocol):
    """Speech to text."""

    def listen(
        self, *, language: str, phrases: tuple[str, ...] | None = None
    ) -> AbstractAsyncContextManager[RecognitionStream]:
        """A stream for one call. `phrases` limits the vocabulary where the model can do that."""


class Synthesizer(Protocol):
    """Text to speech."""

    def say(self, text: str, *, language: str, pace: float = 1.0) -> AsyncIterator[bytes]:
        """PCM (8 kHz mono s16le) in chunks as it is made, first chunk before the last exists. Closing the iterator
        cancels. `text` is already spoken words (voice.speakable). Raises SpeechUnavailable."""


class Playback(Protocol):
    """A stretch of sound handed to the line."""

    @property
    def played(self) -> int:
        """Samples that have left for the modem."""

    @property
    def total(self) -> int:
        """Samples handed over."""

    @property
    def started_at(self) -> float | None:
        """time.monotonic() of the first frame's departure; None before."""

    async def wait(self) -> None:
        """Returns when all has left, or was flushed (then played < total)."""


class Speaker(Protocol):
    """The line's mouth."""

    def play(self, pcm: bytes) -> Playback:
        """Queues sound; raises SoundQueueFull (ValueError family) beyond the line's named bound."""

    def flush(self, fade_ms: int = 40) -> None:
        """Silences the line within a frame, fading what is being played."""

    def pause(self, fade_ms: int = 20) -> None:
        """Silences the line likewise, but keeps what waits for `resume`, or for `flush` to drop."""

    def resume(self) -> None:
        """Goes on where `pause` stopped; nothing without one."""
