"""Engines without models, which hold their callers to the contract of voice.speech.ports."""

import threading
from dataclasses import dataclass, field

from voice.events import Final, Partial, Word
from voice.ports import FRAME_BYTES, RATE
from voice.speech.ports import PhraseLimit


class OneThread:
    """Asserts that all its work comes from one thread."""

    def __init__(self) -> None:
        self._owner: str | None = None

    def check(self) -> None:
        name = threading.current_thread().name
        assert self._owner in (None, name), f"{name} uses what belongs to {self._owner}"
        self._owner = name


@dataclass
class FakeHearingStream:
    """Hears how much sound there was: "sound 1600" after 0.2 s. A loud first byte raises, as a broken engine would."""

    rate: int
    thread: OneThread
    position: int = 0
    phrase: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)
    largest: int = 0
    limits: list[tuple[str, ...] | None] = field(default_factory=list)

    def accept(self, pcm: bytes) -> Partial | None:
        self.thread.check()
        assert len(pcm) % 2 == 0
        if pcm[:1] == b"\xff":
            raise RuntimeError("the engine broke")
        self.position += len(pcm) // 2
        self.phrase += len(pcm) // 2
        self.largest = max(self.largest, len(pcm))
        return Partial(f"sound {self.phrase}")

    def skip(self, samples: int) -> None:
        assert samples > 0
        self.gaps.append((self.position, samples))
        self.position += samples

    def finish(self) -> Final:
        self.thread.check()
        words = (Word(f"sound {self.phrase}", 0.0, self.position / self.rate, 0.9),) if self.phrase else ()
        self.phrase = 0
        return Final(words[0].text if words else "", words, 0.9 if words else 0.0)

    def forget(self) -> None:
        self.phrase = 0

    def limit(self, phrases: tuple[str, ...] | None) -> PhraseLimit:
        self.limits.append(phrases)
        return PhraseLimit(phrases is not None, tuple(phrase for phrase in phrases or () if "?" in phrase))


class FakeHearing:
    """Makes FakeHearingStreams and remembers them."""

    def __init__(self) -> None:
        self.streams: list[FakeHearingStream] = []
        self.thread = OneThread()

    def listen(self, rate: int) -> FakeHearingStream:
        self.streams.append(FakeHearingStream(rate, self.thread))
        return self.streams[-1]


class FakeUtterance:
    """A sentence a full stop; a frame of sound a letter. A sentence "hang" lasts until `stop`."""

    def __init__(self, text: str, thread: OneThread) -> None:
        self._sentences = [part.strip() for part in text.split(".") if part.strip()]
        self._thread = thread
        self._ended = False
        self.stopped = threading.Event()
        self.made = 0

    def next(self) -> bytes | None:
        self._thread.check()
        assert not self._ended, "asked again after the end"
        if self._sentences and self._sentences[0] == "hang":
            assert self.stopped.wait(10), "nobody stopped the utterance"
        if self._sentences and self._sentences[0] == "break":
            raise RuntimeError("the voice broke")
        if self.stopped.is_set() or not self._sentences:
            self._ended = True
            return None
        self.made += 1
        return b"\x01\x00" * (FRAME_BYTES // 2) * len(self._sentences.pop(0))

    def stop(self) -> None:
        self.stopped.set()


class FakeSpeaking:
    """Makes FakeUtterances and remembers them."""

    def __init__(self) -> None:
        self.utterances: list[FakeUtterance] = []
        self.paces: list[float] = []
        self.thread = OneThread()

    def utter(self, text: str, pace: float) -> FakeUtterance:
        if pace > 2:
            raise ValueError(f"pace {pace}")
        self.paces.append(pace)
        self.utterances.append(FakeUtterance(text, self.thread))
        return self.utterances[-1]


SECOND = bytes(2 * RATE)
