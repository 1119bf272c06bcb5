"""Our own voice coming back: found and measured on each call, then kept from the ears.

A loudspeaker phone, or a two-wire line on the way, returns what we say some 0.1 to 0.9 s later and 10 to 40 dB weaker.
`EchoMeter` finds it by cross-correlating what was said with what is heard (FFT over two seconds at 4 kHz, both whitened
by a first difference, as voiced speech resembles itself): the lag with the highest correlation is the delay.
`EchoGuard` then replaces every frame that is no louder than our voice explains by the line's noise. Speech coders on
the way are not linear, so a canceller that subtracts would reach little; a gate loses only what the caller says both
over us and far below his usual level. Where noise drowns our echo nothing tells how loud that is but the noise, and
only what is hardly louder is replaced. That somebody is there it tells sooner, by the bands of the spectrum
(`voice.echo_colour`).

One call's objects: not shared, fed without gaps. Levels in dB, times in seconds.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from numpy import fft  # numpy itself imports it at its first use: in the middle of a call

from voice.echo_colour import MOST_DELAY, ColourPolicy, EchoColour
from voice.gate import SILENT_DB
from voice.ports import FRAME_BYTES, FRAME_SAMPLES, FRAME_SECONDS, RATE
from voice.vad import level_db

Floats = npt.NDArray[np.float64]

WINDOW_FRAMES: Final = 100
"""2 s are correlated at a time."""
LAG_FRAMES: Final = round(MOST_DELAY / FRAME_SECONDS)
"""Delays up to 1 s: two ways through a mobile network at 0.3 s each, and a room."""
STEP_FRAMES: Final = 25
"""Frames of our speech between measurements."""
SAID_DB: Final = -50.0
"""Quieter frames of ours are pauses."""
LEAST_CORRELATION: Final = 0.15
"""Two voices of one pitch reach 0.2 for a while: below SURE it takes longer to believe."""
SURE: Final = 0.35
CERTAIN: Final = 0.6
"""Nothing but an echo reaches it."""
LEAST_PEAK: Final = 7.0
"""The peak above the mean of the other lags' correlations; chance reaches five."""
MOST_COHERENT_DB: Final = 0.0
"""No line gives back more than we sent."""
WEAK_COHERENT_DB: Final = -15.0
"""What is less than SURE and louder is a voice beside ours: of an echo so loud no line's noise leaves so little."""
SAME_DELAY: Final = 0.02
CONFIRMED: Final = 3
"""Points: a measurement at the same delay gives one, a sure one two, a certain one all of them."""
FORGOTTEN: Final = 6
"""Measurements without echo after which the one known is believed no more, ..."""
TALKED_FRAMES: Final = WINDOW_FRAMES // 5
"""... but for those of a window with so many frames of the caller's: he may be so loud that it cannot be found."""
KNOWN_STEP_FRAMES: Final = 100
"""... once the echo is known."""
NEWEST_WEIGHT: Final = 0.3
MOST_LOST_DB: Final = 10.0
"""What speech coders take of the correlation, at the most: what is lost more is another voice or noise."""
_RATE: Final = RATE // 2
_SIZE: Final = 1 << ((WINDOW_FRAMES + LAG_FRAMES) * FRAME_SAMPLES // 2 - 1).bit_length()


@dataclass(frozen=True, slots=True)
class EchoPath:
    """How our voice comes back: so much later, at so many dB of what we sent; `correlation` 0..1 of the two, the best
    that was seen."""

    delay: float
    coherent_db: float
    """The part of it that is like ours sample by sample: another voice does not raise it, coders take much of it."""
    correlation: float

    @property
    def gain_db(self) -> float:
        """All of it. What the correlation lacks, coders took, or another voice spoke meanwhile. Only the former makes
        the echo louder than its coherent part, and is the same for the whole call: the best correlation tells it."""
        return self.coherent_db + min(-20.0 * float(np.log10(self.correlation)), MOST_LOST_DB)


class EchoMeter:
    """Finds the echo. `path` is None until it was found again at the same delay."""

    def __init__(self) -> None:
        self._said: deque[bytes] = deque(
            [bytes(FRAME_BYTES)] * (WINDOW_FRAMES + LAG_FRAMES), WINDOW_FRAMES + LAG_FRAMES
        )
        self._heard: deque[bytes] = deque([bytes(FRAME_BYTES)] * WINDOW_FRAMES, WINDOW_FRAMES)
        self._talked: deque[bool] = deque(maxlen=WINDOW_FRAMES)
        self._spoken = 0
        self._suspected: EchoPath | None = None
        self._seen = 0
        self._missed = 0
        self.path: EchoPath | None = None
        self.measured = 0
        """How often it was looked for: with some, and no path, the line has no echo."""

    def frame(self, heard: bytes, said: bytes, said_db: float, *, talking: bool = False) -> None:
        """20 ms of both sides (as the guard has them), the level of ours, and whether the caller was talking just
        before."""
        self._said.append(said)
        self._heard.append(heard)
        self._talked.append(talking)
        self._spoken += said_db > SAID_DB
        if self._spoken >= (STEP_FRAMES if self.path is None else KNOWN_STEP_FRAMES):
            self._spoken = 0
            self._judge(correlate(b"".join(self._said), b"".join(self._heard)))

    def _judge(self, found: EchoPath | None) -> None:
        self.measured += 1
        talked = sum(self._talked) >= TALKED_FRAMES
        if found is None:
            self._missed += not talked
            if self._missed >= FORGOTTEN:
                # What it was like is kept: it may only have been talked over.
                self.path, self._seen = None, 0
            return
        if found.correlation < SURE and (talked or found.coherent_db > WEAK_COHERENT_DB):
            return  # two voices are a little alike, and the same words over the same answer at the same delay each time
        self._missed = 0
        before = self._suspected
        same = before is not None and abs(before.delay - found.delay) <= SAME_DELAY
        points = CONFIRMED if found.correlation >= CERTAIN else 2 if found.correlation >= SURE else 1
        self._seen = self._seen + points if same else points
        self._suspected = _eased(before, found) if before is not None and same else found
        if self._seen >= CONFIRMED:
            self.path = self._suspected


def _eased(before: EchoPath, now: EchoPath) -> EchoPath:
    """Both measurements, each for as much as it says: the more of what was heard was our echo, the better it tells
    how loud that is."""
    weight = (now.correlation / max(now.correlation, before.correlation)) ** 2 * NEWEST_WEIGHT
    coherent = (1.0 - weight) * before.coherent_db + weight * now.coherent_db
    delay = now.delay if now.correlation >= before.correlation / 2.0 else before.delay
    return EchoPath(delay, coherent, max(before.correlation, now.correlation))


def correlate(said: bytes, heard: bytes) -> EchoPath | None:
    """The likeliest echo of `said` in `heard`, which end at the same moment; `said` goes back further by the longest
    delay looked for. None where nothing stands out."""
    ours, theirs = _whitened(said), _whitened(heard)
    lags = len(ours) - len(theirs)
    energy = float(theirs @ theirs)
    if energy <= 0.0:
        return None
    spectrum = fft.rfft(ours, _SIZE) * np.conj(fft.rfft(theirs, _SIZE))
    # Entry k: theirs laid against ours from sample k on, so a delay of lags - k.
    product: Floats = fft.irfft(spectrum, _SIZE)[: lags + 1]
    sums = np.concatenate(([0.0], np.cumsum(ours * ours)))
    powers: Floats = sums[len(theirs) :] - sums[: lags + 1]
    likeness = np.abs(product) / np.sqrt(np.maximum(powers, 1e-9) * energy)
    best = int(likeness.argmax())
    correlation = float(likeness[best])
    if correlation < LEAST_CORRELATION or correlation < LEAST_PEAK * float(likeness.mean()):
        return None
    coherent = 20.0 * float(np.log10(abs(product[best]) / powers[best]))
    if coherent > MOST_COHERENT_DB:
        return None
    return EchoPath((lags - best) / _RATE, coherent, correlation)


def _whitened(pcm: bytes) -> Floats:
    sound: Floats = np.frombuffer(pcm, "<i2").astype(np.float64) / 32768.0
    halved: Floats = sound.reshape(-1, 2).mean(axis=1)
    return np.diff(halved, prepend=0.0)


@dataclass(frozen=True, slots=True)
class GuardPolicy:
    """How the guard decides what is echo."""

    margin_db: float = 9.0
    """Coders and rooms make echo louder at times than its mean gain says."""
    spread: int = 2
    """Frames before and after the delay whose sound may echo now: jitter, coders, reverberation."""
    talking_frames: int = 2
    """So many frames that echo does not explain, ..."""
    talking_window: int = 5
    """... of so many, are the caller's: he is talking, and ..."""
    talking_db: float = 12.0
    """... so much above the line's noise; ..."""
    hold: float = 0.1
    """... then nothing is taken for echo for so long, ..."""
    speech_hold: float = 0.24
    """... or so long where it is known to be speech: of what he says over us, most frames are no louder than our echo
    might be, and speech full of holes is not understood. (Behind a cough our echo would be heard as words.)"""
    least_db: float = -62.0
    """Echo below it disturbs nobody."""
    presumed_db: float = -7.0
    """Until it was looked for `looks` times, an echo of up to so much is taken for possible, at any delay: a call
    begins with us speaking, and some lines return most of it. Who is softer than that is not heard over the first two
    seconds of ours."""
    looks: int = 4
    alone_frames: int = 100
    """Of the last so many frames in which we were heard alone, ..."""
    alone_least: int = 50
    alone_share: float = 0.95
    """... but for the loudest few, none was louder than a level. ..."""
    alone_db: float = 6.0
    """... Where our echo is so weak that noise drowns it, what is this much above that level is no echo either."""
    most_noise_db: float = -45.0
    """The line's noise, with which echo is replaced, is believed up to here."""
    noise_frames: int = 150
    """Of so many frames lately that are not known for our echo ..."""
    noise_share: float = 0.2
    """... so many are no louder than the noise."""


class EchoGuard:
    """Frames in, the same frames without our own voice out."""

    def __init__(self, policy: GuardPolicy | None = None, colour: ColourPolicy | None = None) -> None:
        self._policy = policy or GuardPolicy()
        self._meter = EchoMeter()
        self._colour = EchoColour(colour)
        reach = LAG_FRAMES + self._policy.spread + 1
        self._levels: deque[float] = deque([-100.0] * reach, reach)
        self._quiet: deque[float] = deque(maxlen=self._policy.noise_frames)
        self._alone: deque[float] = deque(maxlen=self._policy.alone_frames)
        self._noise = np.random.default_rng(0)
        self._talking: deque[bool] = deque(maxlen=self._policy.talking_window)
        self._open = 0
        self.echoing = False
        """Whether the frame given last was our own voice."""
        self.somebody = False
        """Whether there was somebody else in it, be it in the bands that our echo leaves empty. Enough to fall silent
        for; to be heard as words he has to be louder than our echo, which is heard with him."""

    @property
    def path(self) -> EchoPath | None:
        """The echo as measured."""
        return self._meter.path

    @property
    def measured(self) -> int:
        """Times that the echo was looked for."""
        return self._meter.measured

    def frame(self, heard: bytes, said: bytes, *, speaking: bool = False) -> bytes:
        """What the caller's side was apart from our echo. Both are one frame of 320 bytes, always of the same slot or
        always ours of the one before: the delay counts from there. `speaking`: the caller is known to speak, and no
        nod."""
        said_db = level_db(said) if any(said) else SILENT_DB
        self._meter.frame(heard, said, said_db, talking=self._open > 0)
        self._levels.append(said_db)
        self._colour.frame(heard, said)
        heard_db = level_db(heard)
        explained = self._explained(heard_db)
        self.somebody = self._somebody(speaking=speaking)
        talks = self._talks(heard_db, explained, speaking)
        self.echoing = explained and not talks
        if not self.echoing or self.path is None:
            self._quiet.append(heard_db)
        elif not self.somebody:
            self._alone.append(heard_db)
        if not self.echoing:
            return heard
        # Silence would be heard as a better line than it is, and its noise afterwards as a sound.
        noise = self._noise.standard_normal(FRAME_SAMPLES) * 32768.0 * 10.0 ** (self._noise_db() / 20.0)
        return bytes(np.rint(noise).astype("<i2").tobytes())

    def begun(self, part: bytes, newest: bytes) -> tuple[bool, bool]:
        """The newest 20 ms, which end with `part`, the beginning of a frame that is not whole yet: whether there is
        somebody in them beside our echo, and whether they may be our echo."""
        ours = self._explained(level_db(newest))
        if self.path is None or self.expected_db() <= self._policy.least_db:
            return False, ours
        return not self._colour.explains_newest(part, self.path.delay, self.path.gain_db), ours

    def _noise_db(self) -> float:
        """The line's noise. (A guess far below it would make a sound of what comes after our echo.)"""
        if not self._quiet:
            return self._policy.least_db
        level = sorted(self._quiet)[int(len(self._quiet) * self._policy.noise_share)]
        return min(level, self._policy.most_noise_db)

    def _talks(self, heard_db: float, explained: bool, speaking: bool) -> bool:
        """Whether the caller is talking, so that frames like our echo may be his."""
        self._talking.append(not explained and heard_db > self._noise_db() + self._policy.talking_db)
        if sum(self._talking) >= self._policy.talking_frames:
            hold = self._policy.speech_hold if speaking else self._policy.hold
            self._open = max(self._open, round(hold / FRAME_SECONDS))
        elif self._open:
            self._open -= 1
        return self._open > 0

    def _explained(self, heard_db: float) -> bool:
        expected = self.expected_db()
        return expected > self._policy.least_db and heard_db <= expected

    def _somebody(self, *, speaking: bool) -> bool:
        if self.path is None or self.expected_db() <= self._policy.least_db:
            return False
        learn = not speaking and not self._open
        return not self._colour.explains(self.path.delay, self.path.gain_db, learn=learn)

    def expected_db(self) -> float:
        """The loudest that our echo can be now; very quiet where none is known."""
        if self.path is None:
            unknown = self.measured < self._policy.looks
            return max(self._levels) + self._policy.presumed_db if unknown else SILENT_DB
        at = len(self._levels) - 1 - round(self.path.delay / FRAME_SECONDS)
        spread = self._policy.spread
        nearby = list(self._levels)[max(0, at - spread) : at + spread + 1]
        expected = max(nearby, default=-100.0) + self.path.gain_db + self._policy.margin_db
        return min(expected, self._most_alone_db()) if self.path.correlation < SURE else expected

    def _most_alone_db(self) -> float:
        """The loudest that we were heard lately with nobody else there, and some more."""
        policy, alone = self._policy, sorted(self._alone)
        known = len(alone) >= policy.alone_least
        return alone[int(len(alone) * policy.alone_share)] + policy.alone_db if known else 0.0
