"""PURE: when is the caller's phrase over? From VAD facts, the text so far, and time, which comes as `tick`.

All times are seconds of the line. After silence began we wait the longer the less finished the text sounds
(voice.completeness), and the longer the more this caller pauses within his phrases (voice.pauses). Whatever decides
better one day has only to answer `tick` and `deadline` likewise.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from voice.completeness import Completeness, Expecting, completeness, is_made_up, is_prelude
from voice.gate import SpeechStarted
from voice.pauses import Pauses


@dataclass(frozen=True, slots=True)
class EndpointPolicy:
    """Seconds of silence that end a phrase, by how it sounds, and the longest phrase."""

    complete: float = 0.28
    doubtful: float = 0.5
    """... where it sounds complete, but its hypotheses kept changing: on a bad line "подскажите э" is heard as
    "подскажите ваш адрес"."""
    rewrites: int = 2
    """So many times the recogniser put other words in the place of some: that is a bad line, or a voice that it does
    not know. On a good one most phrases come without."""
    likely: float = 0.55
    normal: float = 1.15
    """Longer than people pause within a phrase (0.9 s, and the ends of its sounds that a bad line swallows): nothing in
    the words says that it is over."""
    incomplete: float = 1.25
    longest: float = 25.0
    """A caller who never pauses is cut here, so that his words get into a turn at all."""
    unvoiced: float = 0.8
    """The least wait where the VAD heard nothing: the recogniser's texts, the only clock then, come 0.3 s apart."""
    unsure: float = 3.0
    """Sound after the VAD's end of speech counts as speech so long: after seconds of silence it misses soft words."""
    afterthought: float = 1.0
    """Who speaks again within so long after his last sound had not finished."""
    late: float = 0.4
    """So long after his last sound the recogniser has told what it had heard. Words that come or change later may be
    the first sound of more, which it hears before the VAD does: ..."""
    settle: float = 0.3
    """... the phrase does not end so soon after them."""
    stirring: float = 0.15
    """A sound that has just begun when the wait is over is given so long to become speech."""
    room: float = 0.12
    """A word needs so much sound. One that the recogniser adds in silence, with less of it since the text before, is
    made up by its language model."""

    def wait(self, how: Completeness) -> float:
        """Seconds of silence for a phrase that sounds so."""
        waits = {
            Completeness.COMPLETE: self.complete,
            Completeness.LIKELY: self.likely,
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

    def __init__(
        self,
        policy: EndpointPolicy | None = None,
        language: str = "ru",
        answerable: Callable[[str, str], bool] | None = None,
    ) -> None:
        """`answerable` says of a text in a language that there is an answer to it as it stands: knowledge that is not
        ours, asked for only where the words say nothing, once a text, in silence."""
        self._policy = policy or EndpointPolicy()
        self._language = language
        self._answerable = answerable
        self._has_answer: bool | None = None  # the text has one; None while it was not asked
        self._expecting = Expecting.ANYTHING
        self._pauses = Pauses()
        self._phase = Phase.IDLE
        self._text = ""
        self._text_at = 0.0
        self._settled_at = 0.0
        self._rewrites = 0
        self._stirring = False
        self._how = Completeness.NORMAL
        self._before: tuple[Completeness, float] | None = None  # of the text without its last word, and when it came
        self._maybe_complete = False  # without a last word that may be made up
        self._began = 0.0
        self._quiet_since = 0.0
        self._ended_at: float | None = None
        self._voiced_until = 0.0
        self._by_text = False
        self._resetting = False

    @property
    def phase(self) -> Phase:
        """Where the phrase stands."""
        return self._phase

    @property
    def sounds(self) -> Completeness:
        """How finished the text sounds. A word that the recogniser added though hardly anything sounded since keeps no
        phrase open: "спасибо" becomes "спасибо до" until it has heard enough silence. Behind sound that went on it may
        be made up still."""
        if self._how is Completeness.INCOMPLETE and self._phase is Phase.SILENT and not self._by_text:
            if self._before is not None and self._quiet_since - self._before[1] < self._policy.room:
                return self._before[0]
            if self._maybe_complete and self._text_at > self._quiet_since:
                return Completeness.LIKELY
        if self._how is Completeness.NORMAL and self._phase is Phase.SILENT and self._is_answerable():
            return Completeness.LIKELY
        return self._how

    @property
    def deadline(self) -> float | None:
        """When to ask `tick` next, if no fact comes before; None while nothing can happen by time alone."""
        if self._phase is Phase.IDLE or self._resetting:
            return None
        at_length = self._began + self._policy.longest
        if self._phase is Phase.SPEAKING:
            return at_length
        over = max(self._quiet_since + self.wait, self._settled_at)
        return min(at_length, over + self._policy.stirring if self._stirring else over)

    @property
    def wait(self) -> float:
        """Seconds of silence that end the phrase as it sounds now, from this caller."""
        how = self.sounds
        usual = self._policy.wait(how) + self._pauses.caution
        if self._by_text:
            return max(usual, self._policy.unvoiced)
        if how is Completeness.COMPLETE:
            return max(usual, self._policy.doubtful) if self._rewrites >= self._policy.rewrites else usual
        longer = self._pauses.longer
        return usual + (max(0.0, longer) if how is Completeness.INCOMPLETE else longer)

    def expect(self, what: Expecting) -> None:
        """What the caller was asked for: from now on texts are judged as answers to that."""
        if what is not self._expecting:
            self._expecting, self._before = what, None
            self._how = self._judged(self._text)
            self._has_answer = None

    def makes_sense(self, text: str) -> bool:
        """Whether a phrase says something to us, as far as that is known: there is an answer, or we asked for one."""
        anything = self._expecting is Expecting.ANYTHING
        return self._answerable is None or not anything or self._answerable(text, self._language)

    def change(self, language: str) -> None:
        """What comes from now on is judged in that language."""
        self._language = language

    def vad(self, event: Dated) -> None:
        """Speech began or stopped."""
        before = self._phase
        if isinstance(event, SpeechStarted):
            self._phase = TABLE[before, Fact.STARTED]
            self._learn_pause(before, event.at)
            self._by_text = False
            self._rewrites = 0  # it is the last words that tell of an end
            if before is Phase.IDLE:
                self._began = event.at
        else:
            self._phase = TABLE[before, Fact.STOPPED]
            if before is Phase.SPEAKING:
                self._quiet_since = self._voiced_until = event.at

    def sound(self, audible: bool, now: float, *, stirring: bool = False) -> None:
        """Whether the line sounds as if somebody spoke just now, though the VAD does not say so (yet); `stirring`:
        whether the latest frame alone is louder than the line's noise."""
        self._stirring = stirring
        if audible and self._phase is Phase.SILENT and now - self._voiced_until < self._policy.unsure:
            self._quiet_since = max(self._quiet_since, now)

    def partial(self, text: str, at: float) -> None:
        """The hypothesis changed; `at` is the line's time now."""
        if self._resetting or text == self._text:
            return
        if self._phase is Phase.SILENT and not self._by_text and not self._text.startswith(text):
            late = at - self._quiet_since >= self._policy.late
            self._settled_at = at + self._policy.settle if late else self._settled_at
        self._rewrites += not (text.startswith(self._text) or self._text.startswith(text))
        one_more = bool(self._text) and text.rpartition(" ")[0] == self._text
        self._before = (self._how, self._text_at) if one_more else None
        self._how, self._text, self._text_at, self._has_answer = self._judged(text), text, at, None
        said = text.rpartition(" ")[0] if is_made_up(text, self._language) else ""
        self._maybe_complete = self._judged(said) is Completeness.COMPLETE
        if not text:
            return
        before = self._phase
        self._phase = TABLE[before, Fact.TEXT]
        if before is Phase.IDLE:
            # A caller too quiet for the VAD: his words themselves are the speech, and their coming the only clock.
            self._began, self._by_text = at, True
        if self._by_text:
            self._quiet_since = self._voiced_until = at

    def tick(self, now: float) -> bool:
        """True once for each phrase, when it is over."""
        deadline = self.deadline
        if deadline is None or now < deadline:
            return False
        at_length = now >= self._began + self._policy.longest
        self._phase = TABLE[self._phase, Fact.OVER_AT_LENGTH if at_length else Fact.OVER_IN_SILENCE]
        self._began = now
        self._ended_at = None if at_length or self._by_text else self._quiet_since
        self._resetting = True
        return True

    def reset(self) -> None:
        """The phrase that ended has its final text. Speech that began since then stays: it is the next phrase's."""
        self._text, self._how, self._before, self._has_answer = "", Completeness.NORMAL, None, None
        self._by_text = False
        self._settled_at, self._rewrites = 0.0, 0
        self._resetting = False

    def _judged(self, text: str) -> Completeness:
        return completeness(text, self._language, self._expecting)

    def _is_answerable(self) -> bool:
        """An answer to a question of ours is none to be found among ready answers."""
        if self._answerable is None or self._expecting is not Expecting.ANYTHING:
            return False
        if self._has_answer is None:
            # A greeting has its answer too, though who greets us has come for something else.
            matter = bool(self._text) and not is_prelude(self._text, self._language)
            self._has_answer = matter and self._answerable(self._text, self._language)
        return self._has_answer

    def _learn_pause(self, before: Phase, at: float) -> None:
        if before is Phase.SILENT:
            self._pauses.paused(at - self._quiet_since)
        elif before is Phase.IDLE and self._ended_at is not None:
            if at - self._ended_at < self._policy.afterthought:
                self._pauses.ended_early(at - self._ended_at)
            else:
                self._pauses.ended_well()
            self._ended_at = None
