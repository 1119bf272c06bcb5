"""PURE: when is the caller's phrase over? From VAD facts, the text so far, and time, which comes as `tick`.

All times are seconds of the line. After silence began we wait the longer the less finished the text sounds
(voice.completeness). Whatever decides better one day has only to answer `tick` and `deadline` likewise.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from voice.completeness import Completeness, completeness
from voice.gate import SpeechStarted


@dataclass(frozen=True, slots=True)
class EndpointPolicy:
    """Seconds of silence that end a phrase, by how it sounds, and the longest phrase."""

    complete: float = 0.35
    normal: float = 0.6
    incomplete: float = 1.2
    longest: float = 25.0
    """A caller who never pauses is cut here, so that his words get into a turn at all."""

    def wait(self, how: Completeness) -> float:
        """Seconds of silence for a phrase that sounds so."""
        waits = {
            Completeness.COMPLETE: self.complete,
            Completeness.NORMAL: self.normal,
            Completeness.INCOMPLETE: self.incomplete,
        }
        return waits[how]


class Phase(StrEnum):
    """Where a phrase stands."""

    IDLE = "idle"
    SPEAKING = "speaking"
    SILENT = "silent"
    """Something was said and it is quiet now."""


class Fact(StrEnum):
    """What moves it."""

    STARTED = "started"
    STOPPED = "stopped"
    TEXT = "text"
    """Words appeared; they count when the VAD had heard nothing."""
    OVER_IN_SILENCE = "over_in_silence"
    OVER_AT_LENGTH = "over_at_length"


TABLE: Final[dict[tuple[Phase, Fact], Phase]] = {
    (Phase.IDLE, Fact.STARTED): Phase.SPEAKING,
    (Phase.IDLE, Fact.STOPPED): Phase.IDLE,
    (Phase.IDLE, Fact.TEXT): Phase.SILENT,
    (Phase.SPEAKING, Fact.STARTED): Phase.SPEAKING,
    (Phase.SPEAKING, Fact.STOPPED): Phase.SILENT,
    (Phase.SPEAKING, Fact.TEXT): Phase.SPEAKING,
    (Phase.SPEAKING, Fact.OVER_AT_LENGTH): Phase.SPEAKING,  # the next phrase begins within the same breath
    (Phase.SILENT, Fact.STARTED): Phase.SPEAKING,
    (Phase.SILENT, Fact.STOPPED): Phase.SILENT,
    (Phase.SILENT, Fact.TEXT): Phase.SILENT,
    (Phase.SILENT, Fact.OVER_IN_SILENCE): Phase.IDLE,
    (Phase.SILENT, Fact.OVER_AT_LENGTH): Phase.IDLE,
}


class Dated(Protocol):
    """A VAD fact: SpeechStarted, or SpeechStopped for anything else."""

    @property
    def at(self) -> float:
        """Seconds of the line."""


class Endpointer:
    """For one call. After `tick` said True the final text is still on its way: partials are ignored until `reset`."""

    def __init__(self, policy: EndpointPolicy | None = None, language: str = "ru") -> None:
        self._policy = policy or EndpointPolicy()
        self._language = language
        self._phase = Phase.IDLE
        self._text = ""
        self._how = Completeness.NORMAL
        self._began = 0.0
        self._quiet_since = 0.0
        self._by_text = False
        self._resetting = False

    @property
    def phase(self) -> Phase:
        """Where the phrase stands."""
        return self._phase

    @property
    def sounds(self) -> Completeness:
        """How finished the text sounds."""
        return self._how

    @property
    def deadline(self) -> float | None:
        """When to ask `tick` next, if no fact comes before; None while nothing can happen by time alone."""
        if self._phase is Phase.IDLE or self._resetting:
            return None
        at_length = self._began + self._policy.longest
        if self._phase is Phase.SPEAKING:
            return at_length
        return min(at_length, self._quiet_since + self._policy.wait(self._how))

    def vad(self, event: Dated) -> None:
        """Speech began or stopped."""
        before = self._phase
        if isinstance(event, SpeechStarted):
            self._phase = TABLE[before, Fact.STARTED]
            self._by_text = False
            if before is Phase.IDLE:
                self._began = event.at
        else:
            self._phase = TABLE[before, Fact.STOPPED]
            if before is Phase.SPEAKING:
                self._quiet_since = event.at

    def partial(self, text: str, at: float) -> None:
        """The hypothesis changed; `at` is the line's time now."""
        if self._resetting or text == self._text:
            return
        self._text = text
        self._how = completeness(text, self._language)
        if not text:
            return
        before = self._phase
        self._phase = TABLE[before, Fact.TEXT]
        if before is Phase.IDLE:
            # A caller too quiet for the VAD: his words themselves are the speech, and their coming the only clock.
            self._began, self._by_text = at, True
        if self._by_text:
            self._quiet_since = at

    def tick(self, now: float) -> bool:
        """True once for each phrase, when it is over."""
        deadline = self.deadline
        if deadline is None or now < deadline:
            return False
        at_length = now >= self._began + self._policy.longest
        self._phase = TABLE[self._phase, Fact.OVER_AT_LENGTH if at_length else Fact.OVER_IN_SILENCE]
        self._began = now
        self._resetting = True
        return True

    def reset(self) -> None:
        """The phrase that ended has its final text. Speech that began since then stays: it is the next phrase's."""
        self._text, self._how = "", Completeness.NORMAL
        self._by_text = False
        self._resetting = False
