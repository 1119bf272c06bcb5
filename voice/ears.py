"""One call's ears: frames in, facts out. VAD and recogniser run side by side; either may fail without the other."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from voice.completeness import Expecting
from voice.ear_parts import Detector, Echo, PhraseEnd, Span
from voice.errors import SpeechUnavailable
from voice.events import Final as FinalPhrase
from voice.events import Partial, Word
from voice.ports import FRAME_BYTES, FRAME_SECONDS, RecognitionStream, Recognizer

log = logging.getLogger(__name__)

RETRY_SECONDS: Final = 1.0
STABLE_SECONDS: Final = 0.2
FULL_SECONDS: Final = 0.4
"""A hypothesis so shortly before the end of the sound has all the words in it."""
ANSWERED_SECONDS: Final = 1.6
"""A final text not there so long after the caller's last sound is not waited for: by two seconds he hears us. ..."""
LEAST_FINAL_SECONDS: Final = 0.6
"""... It gets so much in any case, ..."""
FINAL_SECONDS: Final = 1.2
"""... and never more than this."""
NO_NOD_SECONDS: Final = 0.4
"""Speech that goes on for so long is let through whole, with our echo in it; behind a nod that would be words."""
SILENCE: Final = bytes(FRAME_BYTES)


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """The caller began to speak; `at` in seconds of the line."""

    at: float


@dataclass(frozen=True, slots=True)
class PartialText:
    """What the caller seems to be saying."""

    text: str


@dataclass(frozen=True, slots=True)
class PartialStable:
    """The hypothesis has not changed for STABLE_SECONDS: likely what it will be in the end, once for each text."""

    text: str


@dataclass(frozen=True, slots=True)
class PhraseHeard:
    """A phrase is over. `understood` is False where no recogniser was there to hear it (then `text` is empty).

    `start`, `end` and the words' times are seconds of the line; `last_sound`, `decided` and `final` are
    time.monotonic() of the caller's last sound, of the decision that the phrase is over, and of its text.
    """

    text: str
    start: float
    end: float
    last_sound: float
    decided: float
    final: float
    confidence: float = 0.0
    words: tuple[Word, ...] = ()
    understood: bool = True
    stable: str = ""
    """The last PartialStable of the phrase: work begun on it counts if it is the text."""
    voiced: bool = True
    """Whether the detector of speech heard it too, and not the recogniser alone."""


@dataclass(frozen=True, slots=True)
class Deafened:
    """The recogniser went away; retried all the time."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Ended:
    """A phrase as the VAD saw it, and when it was found to be over; what comes later belongs to the next one."""

    start: float | None
    speech_end: float | None
    at: float


EarEvent = SpeechBegan | PartialText | PartialStable | PhraseHeard | Deafened


class Ears:
    """Owned by one call; `run` lives in the call's group, `frame` is called on the loop for every frame of the line."""

    def __init__(
        self,
        recognizer: Recognizer,
        language: str,
        detector: Detector,
        phrase_end: PhraseEnd,
        is_start: Callable[[Span], bool],
        publish: Callable[[EarEvent], None],
        clock: Callable[[], float] = time.monotonic,
        echo: Echo | None = None,
    ) -> None:
        self._echo = echo
        self._recognizer = recognizer
        self._language = language
        self._detector = detector
        self._phrase_end = phrase_end
        self._is_start = is_start
        self._publish = publish
        self._clock = clock
        self._stream: RecognitionStream | None = None
        self._stream_start = 0.0
        self._over = asyncio.Event()
        self._last_frame_at = clock()
        self._next_index = 0
        self._latest = SILENCE  # the latest frame, with our echo
        self._phrase_start: float | None = None
        self._speech_end: float | None = None
        self._ended: _Ended | None = None  # the phrase that is over and has no text yet
        self._told_deaf = False
        self._attending: asyncio.Task[None] | None = None
        self._partial_at = self._reported_at = 0.0
        self._stable = ""
        self.now = 0.0
        self._quiet_frames = 0
        self.partial = ""
        self._orphan = ""  # the last hypothesis of a recogniser that went away
        self.speaking_since: float | None = None

    @property
    def deaf(self) -> bool:
        """True while there is no recogniser."""
        return self._stream is None

    @property
    def quiet(self) -> float:
        """Seconds of the line, in all, in which nobody spoke."""
        return self._quiet_frames * FRAME_SECONDS

    @property
    def wordless(self) -> float:
        """Seconds of the line since there were words last, or a phrase was over; 0.0 where nobody could tell."""
        return 0.0 if self.deaf else self.now - max(self._partial_at, self._reported_at)

    @property
    def language(self) -> str:
        """What the caller is expected to speak."""
        return self._language

    @property
    def likely(self) -> bool:
        """Speech may have begun just now."""
        return self._detector.likely

    @property
    def stirring(self) -> bool:
        """The line is louder than its noise just now, or holds more than our echo."""
        return self._detector.stirring or (self._echo is not None and self._echo.somebody)

    @property
    def busy(self) -> bool:
        """Somebody speaks, or has spoken and what he said is not known yet."""
        return bool(self._phrase_start is not None or self._ended is not None or self.partial)

    def makes_sense(self, text: str) -> bool:
        """Whether a phrase says something to us, as far as that is known."""
        return self._phrase_end.makes_sense(text)

    def change(self, language: str) -> None:
        """Hears that language from now on: the recogniser's stream is opened anew."""
        self._language = language
        self._phrase_end.change(language)
        if self._attending is not None:
            self._attending.cancel()

    def expect(self, what: Expecting) -> None:
        """What the caller was asked for; holds until it is said otherwise."""
        self._phrase_end.expect(what)

    def line_time(self, monotonic: float) -> float:
        """time.monotonic() -> seconds of the line."""
        return self.now - (self._last_frame_at - monotonic)

    def monotonic(self, line_time: float) -> float:
        """Seconds of the line -> time.monotonic()."""
        return self._last_frame_at - (self.now - line_time)

    def frame(self, index: int, pcm: bytes, said: bytes = SILENCE) -> None:
        """One frame of the caller's side, and what was sent to him in the slot before."""
        # Frames that never came were not sent to the recogniser either: its clock stands still meanwhile.
        self._stream_start += (index - self._next_index) * FRAME_SECONDS
        self._next_index = index + 1
        self.now = (index + 1) * FRAME_SECONDS
        self._last_frame_at = self._clock()
        self._latest = pcm
        if self._echo is not None:
            spoken = 0.0 if self.speaking_since is None else self.now - self.speaking_since
            pcm = self._echo.frame(pcm, said, speaking=spoken >= NO_NOD_SECONDS)
        if self._stream is not None:
            self._stream.send(pcm)
        for event in self._detector.frame(pcm, self.now):
            self._phrase_end.vad(event)
            if self._is_start(event):
                self.speaking_since = event.at
                self._phrase_start = event.at if self._phrase_start is None else self._phrase_start
                self._publish(SpeechBegan(event.at))
            else:
                self.speaking_since = None
                self._speech_end = event.at
        self._phrase_end.sound(self._detector.sounding, self.now, stirring=self._detector.stirring)
        if self._phrase_end.tick(self.now):
            self._ended = _Ended(self._phrase_start, self._speech_end, self.now)
            self._phrase_start = None if self.speaking_since is None else self.now
            self._speech_end = None
            self._over.set()
        if not self.busy:
            self._quiet_frames += 1
        if self.partial not in ("", self._stable) and self.now - self._partial_at >= STABLE_SECONDS:
            self._stable = self.partial
            self._publish(PartialStable(self.partial))

    def stirs(self, index: int, part: bytes) -> bool:
        """Whether there is any sound in the newest 20 ms, which end with `part`: the beginning of frame `index`, whose
        end has not come yet."""
        if index != self._next_index:
            return False
        newest = (self._latest + part)[-FRAME_BYTES:]
        if self._echo is not None:
            somebody, ours = self._echo.begun(part, newest)
            if somebody or ours:
                return somebody
        return self._detector.stirs(newest)

    def unfinished(self) -> PhraseHeard | None:
        """What the caller seems to have said of a phrase that has no end yet: the call is over."""
        if not self.partial:
            return None
        began = self._ended.start if self._ended is not None else self._phrase_start
        start = self.now if began is None else began
        now = self._clock()
        return PhraseHeard(self.partial, min(start, self.now), self.now, self.monotonic(self.now), now, now)

    async def run(self) -> None:
        """Keeps a recogniser at the ear; ends only by cancellation."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._finish_phrases(), name="ears.finish")
            while True:
                language = self._language
                attending = self._attending = group.create_task(self._attended(), name="ears.attend")
                await asyncio.wait({attending})
                if self._language == language:
                    await asyncio.sleep(RETRY_SECONDS)

    async def _attended(self) -> None:
        """Until the recogniser goes away, or another language is heard."""
        try:
            await self._attend()
        except SpeechUnavailable as error:
            self._tell_deaf(str(error))
        else:
            self._tell_deaf("the recogniser ended the stream")

    def _tell_deaf(self, reason: str) -> None:
        """Once each time that the recogniser goes away, however often it is tried in vain."""
        if not self._told_deaf:
            self._told_deaf = True
            log.warning("no recogniser", extra={"reason": reason})
            self._publish(Deafened(reason))

    async def _attend(self) -> None:
        async with self._recognizer.listen(language=self._language) as stream:
            self._stream_start = self.now
            self._stream = stream
            self._told_deaf = False
            try:
                async for heard in stream:
                    if isinstance(heard, Partial) and heard.text != self.partial:
                        self.partial, self._partial_at = heard.text, self.now
                        self._phrase_end.partial(heard.text, self.now)
                        self._publish(PartialText(heard.text))
            finally:
                self._stream = None
                self._orphan, self.partial = self.partial, ""

    async def _finish_phrases(self) -> None:
        while True:
            await self._over.wait()
            self._over.clear()
            decided, known = self._clock(), self._heard_to_the_end()
            final, understood = FinalPhrase(""), True
            try:
                if self._stream is None:
                    raise SpeechUnavailable("the recogniser is away")
                async with asyncio.timeout(final_limit(self._waited())):
                    final = await self._stream.finish_phrase()
            except (SpeechUnavailable, TimeoutError) as error:
                # The caller has said it all, and the last hypothesis is most of the time what it would have been.
                understood, final = bool(known), FinalPhrase(known)
                log.warning("a phrase without its final text", extra={"reason": str(error) or "it is late"})
            self._report(final, decided, understood)

    def _waited(self) -> float:
        """Seconds from the last sound of the phrase that is over to the decision that it is."""
        ended = self._ended
        assert ended is not None, "asked of a phrase that is over"
        return 0.0 if ended.speech_end is None else ended.at - ended.speech_end

    def _heard_to_the_end(self) -> str:
        """The last hypothesis, where it came late enough to hold all of the phrase; else empty."""
        ended = self._ended
        assert ended is not None, "asked of a phrase that is over"
        end = ended.at if ended.speech_end is None else ended.speech_end
        return self.partial or self._orphan if self._partial_at >= end - FULL_SECONDS else ""

    def _report(self, final: FinalPhrase, decided: float, understood: bool) -> None:
        words = tuple(
            Word(w.text, w.start + self._stream_start, w.end + self._stream_start, w.confidence) for w in final.words
        )
        ended, self._ended = self._ended, None
        assert ended is not None, "a phrase is reported once, after it ended"
        end = ended.speech_end
        if end is None or (words and words[-1].end > end):
            end = words[-1].end if words else ended.at
        start = words[0].start if words else (ended.start if ended.start is not None else end)
        stable, self._stable = self._stable, ""
        self.partial = self._orphan = ""
        self._phrase_end.reset()
        self._reported_at = self.now if final.text else self._reported_at
        self._publish(
            PhraseHeard(
                text=final.text,
                start=min(start, end),
                end=end,
                last_sound=min(self.monotonic(end), decided),
                decided=decided,
                final=self._clock(),
                confidence=final.confidence,
                words=words,
                understood=understood,
                stable=stable,
                voiced=ended.start is not None,
            )
        )


def final_limit(waited: float) -> float:
    """Seconds that a final text may take, `waited` after the caller's last sound."""
    return max(LEAST_FINAL_SECONDS, min(FINAL_SECONDS, ANSWERED_SECONDS - waited))
