"""What our echo sounds like, so that a caller who speaks over it is told from it at once.

The whole level of a frame says little: our voice rises and falls by 20 dB, and its echo, twice through a speech coder,
is now louder and now softer than its mean gain says. In the bands of the spectrum it is predicted far better, from the
very samples that we sent a delay ago. Replayed through two GSM coders, with our echo 20 dB below us, half of the
callers silence us within 40 to 60 ms and nine of ten within 120; by level alone it was 120 and 180. Some 0.1 ms a frame
on a shared x86 core while there is an echo, half of it without; and as much again for a frame that comes in pieces.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from voice.bands import BANDS, WINDOW_SAMPLES, Powers, decibels, powers
from voice.ports import FRAME_SAMPLES, RATE

MOST_DELAY: Final = 1.0
"""Seconds; what was said longer ago is not kept."""
SMEAR: Final = (0.1, 0.03)
"""Of a band's power, what coders spread to those beside it ..."""
FLOOR: Final = 0.005
"""... and to all."""


@dataclass(frozen=True, slots=True)
class ColourPolicy:
    """How much more than our echo and the line's noise a frame must be to hold another voice."""

    excess_db: float = 3.2
    """A frame that is louder in its bands than our echo and the line's noise explain, by so much in the mean, holds
    another voice: with all terms our echo alone does it once in one to two minutes (through two GSM coders); on a line
    that also hisses and loses frames, every eight seconds."""
    louder_db: float = 11.0
    """So does a frame that is so much louder in all, ..."""
    noise_louder_db: float = 3.5
    """... or so much where echo is drowned in noise, which varies less."""
    noise_peak_db: float = 4.0
    """And so does one whose bands stand out of the noise by more than this, ..."""
    peaks_db: float = 0.57
    """... in the mean of all bands, those with our echo in them left out, by so much beyond: a soft consonant shows in
    few bands, and what the others lack says nothing. ..."""
    least_level_db: float = -56.0
    """... Softer frames are nobody who speaks to us; most are the end of our own echo."""
    least_excess_db: float = -5.0
    most_excess_db: float = 20.0
    """A single band counts for no less and no more."""
    learning_db: float = 0.08
    """A frame: how fast the echo's level in a band is learnt, as the middle of what is heard, ..."""
    first_learning_db: float = 0.3
    """... and at first, when it is taken for as loud in each band as the whole is: that is too much by some 10 dB."""
    first_frames: int = 60
    noise_from_db: float = -72.0
    """The line's noise in a band is believed to be so much before it was heard."""


class EchoColour:
    """What our echo is like in each band: how a line, a room and two coders change our voice. Learnt from the call."""

    NOISE_FALL_DB: Final = 1.0
    NOISE_RISE_DB: Final = 0.1
    """A frame: both make the tenth part of the quietest frames the measure of the line's noise in a band, ..."""
    NOISE_ABOVE: Final = 2.2
    """... of which its mean is so many times as much."""
    AROUND: Final = RATE // 100
    """Samples around the delay (10 ms) whose sound may echo now: rooms and coders are not exact."""
    MOSTLY: Final = 0.8
    """A band with such a share of echo makes a frame one to learn from."""

    def __init__(self, policy: ColourPolicy | None = None) -> None:
        self._policy = policy or ColourPolicy()
        self._said = np.zeros(round(MOST_DELAY * RATE) + WINDOW_SAMPLES + self.AROUND, np.int16)
        self._heard = np.zeros(WINDOW_SAMPLES)
        self._heard_db = self._noise_db = np.full(BANDS, self._policy.noise_from_db)
        self._gains_db: Powers | None = None
        self._learnt = 0

    def frame(self, heard: bytes, said: bytes) -> None:
        """Both sides, as the guard has them."""
        self._said = np.concatenate((self._said[FRAME_SAMPLES:], np.frombuffer(said, "<i2")))
        self._heard = np.concatenate((self._heard[FRAME_SAMPLES:], np.frombuffer(heard, "<i2") / 32768.0))
        self._heard_db = decibels(powers(self._heard))
        below = self._heard_db < self._noise_db
        self._noise_db = self._noise_db + np.where(below, -self.NOISE_FALL_DB, self.NOISE_RISE_DB)

    def explains(self, delay: float, gain_db: float, *, learn: bool) -> bool:
        """Whether what is heard now may be our echo and the line's noise. `delay` (seconds) and `gain_db` are those of
        the echo as a whole; `learn`: nobody else seems to speak."""
        if self._gains_db is None:
            self._gains_db = np.full(BANDS, gain_db)
        own, echo, noise = self._expected(delay, self._gains_db)
        fits = self._fits(self._heard_db, echo, noise)
        if learn:
            self._learn(self._heard_db - decibels(echo + noise), own / (echo + noise))
        return fits

    def explains_newest(self, part: bytes, delay: float, gain_db: float) -> bool:
        """The same of the newest sound, that ends with `part` of a frame which is not whole yet. Nothing is learnt."""
        samples = len(part) // 2
        newest = np.concatenate((self._heard[samples:], np.frombuffer(part, "<i2") / 32768.0))
        gains_db = np.full(BANDS, gain_db) if self._gains_db is None else self._gains_db
        _, echo, noise = self._expected(delay - samples / RATE, gains_db)
        return self._fits(decibels(powers(newest)), echo, noise)

    def _expected(self, delay: float, gains_db: Powers) -> tuple[Powers, Powers, Powers]:
        """What we said as it comes back, the same with what coders spread of it, and the line's noise."""
        own = self._echoing(delay) * 10.0 ** (gains_db / 10.0)
        return own, own + _spread(own), self.NOISE_ABOVE * 10.0 ** (self._noise_db / 10.0)

    def _fits(self, heard_db: Powers, echo: Powers, noise: Powers) -> bool:
        """Whether echo and noise explain what is heard."""
        policy, expected = self._policy, echo + noise
        above = heard_db - decibels(expected)
        excess = float(above.clip(policy.least_excess_db, policy.most_excess_db).mean())
        heard = float((10.0 ** (heard_db / 10.0)).sum())
        mostly = float(echo.sum() / expected.sum())
        louder = policy.noise_louder_db + (policy.louder_db - policy.noise_louder_db) * mostly
        beyond = (above - policy.noise_peak_db).clip(0.0, policy.most_excess_db) * (noise / expected) ** 2
        peaks = float(beyond.mean()) if 10.0 * np.log10(heard) >= policy.least_level_db else 0.0
        loudness = 10.0 * float(np.log10(heard / expected.sum()))
        return excess <= policy.excess_db and loudness <= louder and peaks <= policy.peaks_db

    def _echoing(self, delay: float) -> Powers:
        """The most in each band of what we said around the delay."""
        ends = len(self._said) - round(delay * RATE) + np.array((-self.AROUND, 0, self.AROUND))
        ends = np.clip(ends, WINDOW_SAMPLES, len(self._said))
        return np.asarray(
            powers(np.stack([self._said[end - WINDOW_SAMPLES : end] for end in ends]) / 32768.0).max(axis=0)
        )

    def _learn(self, above: Powers, share: Powers) -> None:
        """`share`: how much of what is expected in each band is its own echo, and so how much this tells of it."""
        assert self._gains_db is not None, "asked for after it was set"
        policy = self._policy
        step = policy.learning_db if self._learnt >= policy.first_frames else policy.first_learning_db
        self._learnt += bool(share.max() > self.MOSTLY)
        self._gains_db += step * share * np.sign(above)


def _spread(power: Powers) -> Powers:
    """What coders make of each band's power in the others."""
    spread = FLOOR * np.full(BANDS, power.sum())
    for away, share in enumerate(SMEAR, 1):
        spread[away:] += share * power[:-away]
        spread[:-away] += share * power[away:]
    return np.asarray(spread)
