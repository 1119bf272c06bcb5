"""What a call's ears are made of, as they see it: the detector of speech, the echo's guard, the end of a phrase."""

from collections.abc import Iterable
from typing import Protocol

from voice.completeness import Expecting


class Span(Protocol):
    """A VAD fact: speech began or stopped, `at` line seconds."""

    @property
    def at(self) -> float:
        """Line seconds."""


class Detector(Protocol):
    """Finds speech in frames (voice.vad)."""

    def frame(self, pcm: bytes, at: float) -> Iterable[Span]:
        """Facts that this frame completes; `at` is the line's time at the frame's end."""

    @property
    def speaking(self) -> bool:
        """True between speech begun and speech stopped."""

    @property
    def likely(self) -> bool:
        """Speech may have begun with the latest frame; known sooner than a fact, and less sure."""

    @property
    def stirring(self) -> bool:
        """The latest frame is louder than the line's noise; known sooner still."""

    def stirs(self, newest: bytes) -> bool:
        """Whether the newest 20 ms, which are no frame, are louder than the line's noise."""

    @property
    def sounding(self) -> bool:
        """Something is heard right now, be it speech or not."""


class Echo(Protocol):
    """Keeps our own voice from the ears (voice.echo)."""

    @property
    def somebody(self) -> bool:
        """Whether there was anybody else in the latest frame, though he be softer than our echo."""

    def begun(self, part: bytes, newest: bytes) -> tuple[bool, bool]:
        """Whether there is anybody else in the newest 20 ms, which end with `part` of the next frame, and whether they
        may be our echo."""

    def frame(self, heard: bytes, said: bytes, *, speaking: bool) -> bytes:
        """The caller's side without what we said; one frame each. `speaking`: he is known to speak."""


class PhraseEnd(Protocol):
    """Decides that a phrase is over (voice.endpoint)."""

    def change(self, language: str) -> None:
        """The caller speaks that language from now on."""

    def expect(self, what: Expecting) -> None:
        """What the caller was asked for."""

    def makes_sense(self, text: str) -> bool:
        """Whether a phrase says something to us, as far as that is known."""

    def vad(self, event: Span) -> None:
        """Speech began or stopped."""

    def partial(self, text: str, at: float) -> None:
        """The hypothesis changed."""

    def sound(self, audible: bool, now: float, *, stirring: bool = False) -> None:
        """Whether something is heard right now; `stirring`: whether the latest frame is louder than the noise."""

    def tick(self, now: float) -> bool:
        """True once when the phrase is over."""

    def reset(self) -> None:
        """The next phrase."""
