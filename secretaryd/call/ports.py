"""What the spoken part of a call needs of others."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Protocol

from hw.audio.line import Line, LineCounters
from hw.audio.ports import SoundDevice
from secretaryd.alive import Beat
from secretaryd.answer.broker import CallState
from secretaryd.answer.collect import Collector
from secretaryd.answer.patience import ON_TIME, Timing
from secretaryd.answer.prompt import Exchange
from secretaryd.answer.reply import Piece, Reply
from secretaryd.bus import Bus
from secretaryd.call.manner import PacedVoice
from secretaryd.call.speculate import SpeculationCounts
from secretaryd.flow.interpreter import Interpreter
from secretaryd.troubles import Troubles
from storage.records import CallRecord
from storage.store import Storage
from voice.ears import EarEvent, Ears
from voice.ports import Speaker


class SoundPath(Protocol):
    """Where a call's sound goes: the modem's PCM port or a sound card."""

    async def open(self) -> tuple[SoundDevice, str]:
        """Opens it once the call is up; the words say how it went ("pcm, first try"). Raises HardwareError."""

    async def close(self) -> None:
        """After the line has ended; never raises."""


class CallLine(Speaker, Protocol):
    """A call's sound both ways (hw.audio.line)."""

    def start(self) -> None:
        """Sound flows from now on."""

    async def stop(self) -> LineCounters:
        """Ends it and closes the device."""


class Answers(Protocol):
    """The ladder."""

    def answer(
        self,
        heard: str,
        history: Sequence[Exchange],
        *,
        session: str,
        state: CallState | None = None,
        note: str = "",
        timing: Timing = ON_TIME,
    ) -> AsyncIterator[Reply]:
        """Sentences, and what they cause; perhaps a filler before them."""

    def sure_of(self, partial: str) -> Piece | None:
        """What would be said to a phrase beyond doubt, without a model; None where nothing is."""

    def note(self) -> str:
        """What goes before the caller's words in a full prompt."""

    async def prefill(self, history: Sequence[Exchange], *, session: str, partial: str = "", note: str = "") -> None:
        """A hint; never fails."""


@dataclass(frozen=True, slots=True)
class Tongue:
    """What a call is talked with in another language than the box's own."""

    language: str
    interpreter: Interpreter
    """Of the same flow."""
    answers: Answers
    voice: PacedVoice
    make_collector: Callable[[str | None], Collector]


@dataclass(frozen=True, slots=True)
class TalkParts:
    """What every call is talked with; made once by the composition root."""

    storage: Storage
    bus: Bus
    troubles: Troubles
    zone: tzinfo
    language: str
    record: bool
    interpreter: Interpreter
    answers: Answers
    voice: PacedVoice
    sound: SoundPath
    make_ears: Callable[[Callable[[EarEvent], None]], Ears]
    make_collector: Callable[[str | None], Collector]
    """For a call from that number."""
    speculated: SpeculationCounts
    release: Callable[[str], Awaitable[None]]
    """Told the model session's name when the call is over."""
    first_token: Callable[[str], float | None]
    """time.monotonic() of the session's last answer's first token; None where no model answered."""
    english: Tongue | None = None
    """Where English is understood and spoken; without it an English caller leaves his message as sound."""
    make_line: Callable[..., CallLine] = Line
    beat: Beat = field(default_factory=Beat)
    """Ticks with every frame of the line while one is open."""
    clock: Callable[[], float] = time.monotonic


def session_name(record: CallRecord) -> str:
    """The name under which the language model keeps this call's prefix."""
    return f"call-{record.id}"
