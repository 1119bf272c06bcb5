"""What is heard on a call that we made, before anybody speaks: ringback, busy, a voice. Pure.

Cadences: ITU-T E.180; in Russia at 425 Hz. The modem may say answered as soon as the network sends ringback,
and may never tell that it is busy. So the sound itself is listened to: ringback says that nobody has answered; a voice
that stops to listen, sound that goes on and on (a machine), or a silence longer than any ringback's says that somebody
has.
"""

from enum import StrEnum
from typing import Final

from hw.audio.pcm import level_dbfs
from hw.audio.ports import RATE
from hw.audio.tones import ToneBank

FRAME: Final = 160
FRAME_SECONDS: Final = FRAME / RATE
TONE_HZ: Final = (410.0, 425.0, 440.0)
"""425 Hz with the tolerance of old exchanges; in a 20 ms window these three overlap."""
TONE_SHARE: Final = 0.6
"""Of a frame's power in the tone; what the network's coding adds is less than the rest."""
SOUND_DBFS: Final = -46.0
"""Louder is sound: above the noise that networks put into silence, below a distant voice."""
SMOOTH: Final = 3
"""Frames that something must last to be more than a crackle or a gap within a word."""

RING_ON: Final = (0.6, 2.5)
"""Seconds of ringback at once; E.180 recommends 0.67 to 1.5, Russia 0.8 to 1.0, North America 2."""
BUSY_ON: Final = (0.1, 0.6)
BUSY_CYCLES: Final = 3
SILENCE_FIRST: Final = 4.6
"""Seconds of silence from the beginning that no ringback has (it pauses for 4)."""
SILENCE_AFTER_RING: Final = 6.5
VOICE_LEAST: Final = 0.16
"""Seconds of sound that can be an "алло"."""
VOICE_PAUSE: Final = 0.5
"""And then the other side listens."""
ENDLESS: Final = 12.0
"""Sound without such a pause: a melody in place of ringback is cut by the answer, a machine talks on."""


class Kind(StrEnum):
    """What a frame is."""

    SILENT = "silent"
    TONE = "tone"
    SOUND = "sound"


class Verdict(StrEnum):
    """What the sound says of the call."""

    ANSWERED = "answered"
    BUSY = "busy"


class CallProgress:
    """One call's sound in, frame by frame from the moment that it can be heard; a verdict once, then nothing more."""

    def __init__(self) -> None:
        self._bank = ToneBank(TONE_HZ, FRAME, FRAME)
        self._kind = Kind.SILENT
        self._frames = 0
        self._doubt: Kind | None = None
        self._doubted = 0
        self._voice = 0.0
        self._bursts = 0
        self._rang = False
        self._over: Verdict | None = None
        self.rings = 0
        """Stretches of ringback until now."""

    def feed(self, pcm: bytes) -> Verdict | None:
        """20 ms of the far side (8 kHz mono s16le)."""
        if self._over is not None:
            return None
        found, powers = self._bank.feed(pcm)
        for each, power in zip(found, powers, strict=True):
            in_tone = float(max(abs(each) ** 2)) / 2
            loud = level_dbfs(pcm) > SOUND_DBFS
            kind = Kind.SILENT if not loud else Kind.TONE if in_tone > TONE_SHARE * float(power) else Kind.SOUND
            self._over = self._over or self._hear(kind)
        return self._over

    def _hear(self, kind: Kind) -> Verdict | None:
        """One frame; a change of kind is believed once it has lasted."""
        if kind is self._kind:
            self._frames += 1 + self._doubted
            self._doubt, self._doubted = None, 0
            return self._lasting()
        self._doubted = self._doubted + 1 if kind is self._doubt else 1
        self._doubt = kind
        if self._doubted < SMOOTH:
            return None
        ended, seconds = self._kind, self._frames * FRAME_SECONDS
        self._kind, self._frames = kind, self._doubted
        self._doubt, self._doubted = None, 0
        return self._ended(ended, seconds)

    def _lasting(self) -> Verdict | None:
        """What the stretch in progress says by its length alone."""
        seconds = self._frames * FRAME_SECONDS
        if self._kind is Kind.SILENT:
            if self._voice >= VOICE_LEAST and seconds >= VOICE_PAUSE:
                return Verdict.ANSWERED
            limit = SILENCE_AFTER_RING if self._rang else SILENCE_FIRST
            return Verdict.ANSWERED if seconds >= limit else None
        if self._kind is Kind.SOUND and self._voice + seconds >= ENDLESS:
            return Verdict.ANSWERED
        return None

    def _ended(self, kind: Kind, seconds: float) -> Verdict | None:
        """A stretch of `kind` is over."""
        if kind is Kind.SOUND:
            self._voice += seconds
        elif kind is Kind.TONE:
            self._voice = 0.0  # what was heard before it was no answer
            if RING_ON[0] < seconds <= RING_ON[1]:
                self.rings += 1
                self._rang, self._bursts = True, 0
            elif BUSY_ON[0] <= seconds <= BUSY_ON[1]:
                self._bursts += 1
                if self._bursts >= BUSY_CYCLES:
                    return Verdict.BUSY
        elif seconds > BUSY_ON[1] + 0.3:
            self._bursts = 0  # tones so far apart are no busy tone
        return None
