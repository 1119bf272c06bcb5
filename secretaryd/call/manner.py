"""The voice as one call hears it: at the pace and as loud as the caller asked for."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Final, Protocol

import numpy as np

USUAL_PACE: Final = 1.0
SLOW_PACE: Final = 0.85
LOUDER: Final = 1.6
"""Times the usual level, some 4 dB; each further wish as much again."""
LOUDEST: Final = 2.6
FULL_SCALE: Final = 32767.0


class PacedVoice(Protocol):
    """Makes sound of text at any pace (voice.phrase_cache)."""

    def speak(self, text: str, *, pace: float = USUAL_PACE) -> AsyncIterator[bytes]:
        """PCM in chunks; closing the iterator cancels."""

    async def prepare(self, text: str, *, pace: float = USUAL_PACE) -> None:
        """Makes the sound of a text that will perhaps be said. Raises SpeechUnavailable."""


class CallVoice:
    """One call's; implements the voice of a conversation."""

    def __init__(self, voice: PacedVoice) -> None:
        self._voice = voice
        self.pace = USUAL_PACE
        self.gain = 1.0

    def change(self, voice: PacedVoice) -> None:
        """Another one speaks from now on."""
        self._voice = voice

    def speak_up(self) -> None:
        """For the rest of the call."""
        self.gain = min(LOUDEST, self.gain * LOUDER)

    def slow_down(self) -> None:
        """For the rest of the call."""
        self.pace = SLOW_PACE

    async def speak(self, text: str) -> AsyncIterator[bytes]:
        """PCM in chunks; closing the iterator cancels."""
        async with aclosing(self._voice.speak(text, pace=self.pace)) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                yield chunk if self.gain == 1.0 else louder(chunk, self.gain)

    async def prepare(self, text: str) -> None:
        """Makes the sound of a text that will perhaps be said. Raises SpeechUnavailable."""
        await self._voice.prepare(text, pace=self.pace)


def louder(pcm: bytes, gain: float) -> bytes:
    """s16le PCM at `gain` times its level. Peaks are bent, not cut: a clipped voice is loud and hard to understand."""
    sound = np.frombuffer(pcm, "<i2").astype(np.float64) / FULL_SCALE
    bent = np.tanh(gain * sound) / np.tanh(gain)
    return bytes(np.rint(bent * FULL_SCALE).astype("<i2").tobytes())
