"""PURE: from the probability of speech and the level of each 20 ms frame to facts: speech began, speech stopped.

The network behind the probabilities needs 32 ms of sound for each answer and lets go of a word about 100 ms after its
end (200 in noise), so the times of facts are looked up in the levels of the frames before: `at` is where the sound
began or ended, not where we became sure of it.
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from voice.ports import FRAME_SECONDS

SILENT_DB = -100.0
"""What digital silence is called; below the quietest sound that 16 bits can hold (-96 dB)."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller began to speak; `at` in seconds of the line."""

    at: float


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The caller's last sound; `at` in seconds of the line."""

    at: float


VadEvent = SpeechStarted | SpeechStopped


@dataclass(frozen=True, slots=True)
class VadPolicy:
    """Terms of the gate. Levels in dBFS, times in seconds."""

    start_probability: float = 0.45
    """At least so likely is speech."""
    stop_probability: float = 0.4
    """Below it is silence; between the two nothing changes."""
    start_frames: int = 2
    """40 ms, a window and a bit. Interrupting our own speech hangs on it."""
    stop_frames: int = 6
    """0.12 s on top of the network's own 0.1: nearly all closures before Russian т, п, к are shorter. Who waits for the
    end of a phrase counts from `at` anyway, and a sound that goes on takes the fact back by a SpeechStarted."""
    least_level: float = -60.0
    """What is quieter than this is no caller, however speech-like."""
    range_db: float = 30.0
    """Sound this far below the loudest lately is no longer that voice."""
    above_noise_db: float = 6.0
    """... nor is what stands out of the line's noise by less."""
    look_back: float = 0.3
    """How far facts may be dated back."""
    audible_probability: float = 0.02
    """The network gives silence and noise less. With it, this many dB above the noise may be a consonant ..."""
    audible_db: float = 10.0
    rising_probability: float = 0.15
    """... and with so much, a voice in noise."""
    rising_db: float = 3.0
    stirring_db: float = 6.0
    """So much above the noise, one frame is a sound, ..."""
    stirring_above: float = 4.3
    """... and so are frames in a row that are each above it by this many times its spread (what frames are above its
    mean, on average; what is below are lost frames too, which tell nothing), ..."""
    stirring_run: float = 5.0
    """... and by this many times together beyond that: two soft frames tell as much as a loud one. White noise through
    a speech coder does it once in five minutes; ..."""
    least_spread_db: float = 0.28
    """... this is its spread, and less is not believed. ..."""
    steady_spread_db: float = 0.6
    """... Only where the spread is less than this."""
    sounding_frames: int = 3
    """So many audible frames in a row are a sound that may become speech."""
    sounding_db: float = 9.0
    """... above the noise, ..."""
    sounding_range_db: float = 24.0
    """... and no further below the loudest lately."""


class GateState(StrEnum):
    """Where the gate stands; STARTING and STOPPING are suspicions."""

    QUIET = "quiet"
    STARTING = "starting"
    SPEAKING = "speaking"
    STOPPING = "stopping"


class Frame(StrEnum):
    """What a frame looks like, and the pseudo-frame ENOUGH: as many in a row as the policy wants."""

    VOICE = "voice"
    UNSURE = "unsure"
    SILENCE = "silence"
    ENOUGH = "enough"


class Act(StrEnum):
    """What the gate does on the way into a state."""

    NOTHING = "nothing"
    BEGIN = "begin"
    COUNT = "count"
    SAY_STARTED = "say_started"
    SAY_STOPPED = "say_stopped"


_S, _F, _A = GateState, Frame, Act

TABLE: Final[dict[tuple[GateState, Frame], tuple[GateState, Act]]] = {
    (_S.QUIET, _F.VOICE): (_S.STARTING, _A.BEGIN),
    (_S.QUIET, _F.UNSURE): (_S.QUIET, _A.NOTHING),
    (_S.QUIET, _F.SILENCE): (_S.QUIET, _A.NOTHING),
    (_S.STARTING, _F.VOICE): (_S.STARTING, _A.COUNT),
    (_S.STARTING, _F.UNSURE): (_S.STARTING, _A.NOTHING),
    (_S.STARTING, _F.SILENCE): (_S.QUIET, _A.NOTHING),
    (_S.STARTING, _F.ENOUGH): (_S.SPEAKING, _A.SAY_STARTED),
    (_S.SPEAKING, _F.VOICE): (_S.SPEAKING, _A.NOTHING),
    (_S.SPEAKING, _F.UNSURE): (_S.SPEAKING, _A.NOTHING),
    (_S.SPEAKING, _F.SILENCE): (_S.STOPPING, _A.BEGIN),
    (_S.STOPPING, _F.VOICE): (_S.SPEAKING, _A.NOTHING),
    (_S.STOPPING, _F.UNSURE): (_S.STOPPING, _A.COUNT),
    (_S.STOPPING, _F.SILENCE): (_S.STOPPING, _A.COUNT),
    (_S.STOPPING, _F.ENOUGH): (_S.QUIET, _A.SAY_STOPPED),
}


class SpeechGate:
    """PURE. Probabilities and levels in, facts out; time is what it is told."""

    PEAK_DECAY_DB = 0.25
    """A frame: the loudest lately loses 12 dB a second, so a shout does not deafen us to what is said after it."""
    NOISE_RATE = 0.05
    """Of the difference, a frame: the noise floor is learnt in some half a second of silence."""
    MOST_FALL_DB = 6.0
    """A frame that the network lost is no quieter line."""

    SPREAD_RATE = 0.02
    MOST_SPREAD_DB = 2.0
    """The beginning of a soft sound is not to count as noise that varies."""

    FLOOR_RISE_DB = 0.15
    """A frame: what the network does not know for a voice may still be one, and is no noise before it has gone on for
    seconds. (Noise as loud as a caller is learnt during the greeting.)"""

    def __init__(self, policy: VadPolicy | None = None) -> None:
        self._policy = policy or VadPolicy()
        self._state = GateState.QUIET
        self._count = 0
        self._suspected = 0.0
        self._last_fact = 0.0
        self._stirs = False
        self._peak = SILENT_DB
        self._probability = 0.0
        self._noise = self._floor = self._policy.least_level
        self._spread = self._policy.steady_spread_db  # taken for no steady one before it was heard
        self._run = 0.0  # how far the latest frames stood out together
        self._levels: deque[tuple[float, float]] = deque(maxlen=_history(self._policy))

    @property
    def state(self) -> GateState:
        """Where it stands."""
        return self._state

    @property
    def speaking(self) -> bool:
        """True from SpeechStarted to SpeechStopped."""
        return self._state in (GateState.SPEAKING, GateState.STOPPING)

    @property
    def noise(self) -> float:
        """The line's noise floor, dBFS."""
        return self._noise

    @property
    def likely(self) -> bool:
        """Speech may have begun in the latest frame: too rash to build on, but soon enough to fall silent for. Half of
        the beginnings are noticed within 60 ms, 95 of 100 within 100 ms."""
        policy, (_, level) = self._policy, self._levels[-1] if self._levels else (0.0, SILENT_DB)
        if level < policy.least_level:
            return False
        above = level - self._noise
        audible = self._probability >= policy.audible_probability and above >= policy.audible_db
        rising = self._probability >= policy.rising_probability and above >= policy.rising_db
        return audible or rising or self._probability >= policy.start_probability

    @property
    def stirring(self) -> bool:
        """The latest frame is louder than the line's noise: the soonest sign of all. Half of the beginnings show within
        20 ms, 95 of 100 within 100; so does every click."""
        return self._stirs

    def would_stir(self, level: float) -> bool:
        """Whether one frame of this level is a sound."""
        return level >= max(self._policy.least_level, self._noise + self._policy.stirring_db)

    @property
    def sounding(self) -> bool:
        """Something is heard right now, be it speech or not: known sooner than that it is speech."""
        policy = self._policy
        noise = min(self._noise, self._floor)
        least = max(self._peak - policy.sounding_range_db, noise + policy.sounding_db, policy.least_level)
        latest = [level for _, level in self._levels][-policy.sounding_frames :]
        return len(latest) == policy.sounding_frames and all(level >= least for level in latest)

    def feed(self, probability: float, level: float, at: float) -> tuple[VadEvent, ...]:
        """One frame; `at` is the line's time at its end. Never more than one fact."""
        self._stirs = self._stands_out(level)
        self._learn(probability, level)
        self._probability = probability
        self._levels.append((at, level))
        self._state, act = TABLE[self._state, self._looks(probability, level)]
        self._count_for(act, at)
        enough = {GateState.STARTING: self._policy.start_frames, GateState.STOPPING: self._policy.stop_frames}
        if self._state in enough and self._count >= enough[self._state]:
            self._state, act = TABLE[self._state, Frame.ENOUGH]
            return (self._fact(act),)
        return ()

    def _looks(self, probability: float, level: float) -> Frame:
        if probability < self._policy.stop_probability:
            return Frame.SILENCE
        if probability >= self._policy.start_probability and level >= self._policy.least_level:
            return Frame.VOICE
        return Frame.UNSURE

    def _stands_out(self, level: float) -> bool:
        """Of the noise as it was before this frame."""
        policy, above = self._policy, level - self._noise
        spread = max(policy.least_spread_db, self._spread)
        beyond = above - policy.stirring_above * spread
        self._run = self._run + beyond if beyond > 0.0 else 0.0
        run = spread < policy.steady_spread_db and self._run >= policy.stirring_run * spread
        return self.would_stir(level) or (run and level >= policy.least_level)

    def _learn(self, probability: float, level: float) -> None:
        self._peak = max(level, self._peak - self.PEAK_DECAY_DB)
        if self._state is GateState.QUIET and probability < self._policy.stop_probability:
            self._spread += self.SPREAD_RATE * (min(max(0.0, level - self._noise), self.MOST_SPREAD_DB) - self._spread)
            self._noise += self.NOISE_RATE * max(level - self._noise, -self.MOST_FALL_DB)
            risen = max(self._floor, self._policy.least_level) + self.FLOOR_RISE_DB
            self._floor = min(self._noise, risen)

    def _count_for(self, act: Act, at: float) -> None:
        if act is Act.BEGIN:
            self._count = 1
            self._suspected = at - FRAME_SECONDS
        elif act is Act.COUNT:
            self._count += 1

    def _fact(self, act: Act) -> VadEvent:
        audible = max(self._peak - self._policy.range_db, self._noise + self._policy.above_noise_db)
        earliest = max(self._suspected - self._policy.look_back, self._last_fact)
        started = act is Act.SAY_STARTED
        self._last_fact = max(self._sound_begins(audible) if started else self._sound_ends(audible), earliest)
        return SpeechStarted(self._last_fact) if started else SpeechStopped(self._last_fact)

    def _sound_begins(self, audible: float) -> float:
        """Where the sound that made us suspicious began: back over audible frames."""
        begins = self._suspected
        for at, level in reversed(self._levels):
            if at - FRAME_SECONDS > begins + FRAME_SECONDS / 2:
                continue
            if level < audible:
                break
            begins = at - FRAME_SECONDS
        return begins

    def _sound_ends(self, audible: float) -> float:
        """End of the last audible frame up to where the probability fell."""
        for at, level in reversed(self._levels):
            if at <= self._suspected + FRAME_SECONDS / 2 and level >= audible:
                return at
        return self._suspected


def _history(policy: VadPolicy) -> int:
    return policy.start_frames + policy.stop_frames + round(policy.look_back / FRAME_SECONDS) + 1
