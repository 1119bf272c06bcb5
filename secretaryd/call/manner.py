"""The voice as one call hears it: at the pace that the caller asked for."""

from collections.abc import AsyncIterator
from typing import Final, Protocol

USUAL_PACE: Final = 1.0
SLOW_PACE: Final = 0.85


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

    def slow_down(self) -> None:
        """For the rest of the call."""
        self.pace = SLOW_PACE

    def speak(self, text: str) -> AsyncIterator[bytes]:
        """PCM in chunks; closing the iterator cancels."""
        return self._voice.speak(text, pace=self.pace)

    async def prepare(self, text: str) -> None:
        """Makes the sound of a text that will perhaps be said. Raises SpeechUnavailable."""
        await self._voice.prepare(text, pace=self.pace)
