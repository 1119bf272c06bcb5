"""What the server asks of an engine. Every method blocks and is called on that engine's own thread, save `stop`."""

from dataclasses import dataclass
from typing import Protocol

from voice.events import Final, Partial


@dataclass(frozen=True, slots=True)
class PhraseLimit:
    """What became of a phrase list: whether it holds, and the phrases left out, the model lacking a word of theirs."""

    applied: bool
    unknown: tuple[str, ...] = ()


class HearingStream(Protocol):
    """One caller's sound into a recogniser."""

    def accept(self, pcm: bytes) -> Partial | None:
        """Takes s16le at the stream's rate; the new hypothesis when it differs from the one before."""

    def skip(self, samples: int) -> None:
        """The caller's clock went on by `samples` that were lost on the way."""

    def finish(self) -> Final:
        """Ends the phrase and begins the next; the clock goes on."""

    def forget(self) -> None:
        """Drops the phrase in progress; the clock goes on."""

    def limit(self, phrases: tuple[str, ...] | None) -> PhraseLimit:
        """Limits what can be heard from now on; None lifts the limit. Finishes nothing: what was heard stays."""


class HearingEngine(Protocol):
    """A loaded recogniser."""

    def listen(self, rate: int) -> HearingStream:
        """A stream fed at `rate` Hz. Raises ValueError for a rate out of reason."""


class Utterance(Protocol):
    """One text being spoken."""

    def next(self) -> bytes | None:
        """The next stretch of PCM (8 kHz mono s16le), None after the last."""

    def stop(self) -> None:
        """From any thread: `next` in progress returns soon with None, and so does every later one."""


class SpeakingEngine(Protocol):
    """A loaded voice."""

    def utter(self, text: str, pace: float) -> Utterance:
        """Begins nothing yet: the work is done in `next`."""
