"""Turn-taking: says sentences and hears phrases, one after the other or over one another.

Endpointing belongs to `Ears`, thinking to the caller of `say`. What is decided here is who has the floor: the caller's
speech over ours stops it (voice.bargein), and what was not heard is not counted as said.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

from voice.back_channels import is_back_channel
from voice.bargein import Act, BargeIn, Stage, Wariness
from voice.completeness import Expecting
from voice.ears import SILENCE, Deafened, EarEvent, Ears, PartialText, PhraseHeard
from voice.ended import ended
from voice.ports import Speaker
from voice.turn import Turn, TurnTimes, Utterance, Voice

log = logging.getLogger(__name__)

HUSH_MS: Final = 20
"""The fade when the caller makes a sound over us."""
ANSWERING_SECONDS: Final = 2.0
"""A "да" over the end of what we say, so shortly before it is over, is an answer and not a nod."""
MUSIC_SECONDS: Final = 15.0
"""Sound without words that goes on for so much longer than a silence may is nobody's."""
DIGIT_GAP_SECONDS: Final = 2.0
WAITING_PHRASES: Final = 16
MOST_MADE_UP: Final = 2
"""Words that a recogniser makes of a click, a cough, noise or our echo over our speech, where the detector heard hardly
any voice; who is only too quiet for it says more."""
MAX_DIGITS: Final = 32
TONE_PHRASE_SECONDS: Final = 0.8
"""A longer phrase is not just the sound of a key."""
TONE_SLACK_SECONDS: Final = 0.5
"""Between a key's tone on the line and the modem's word of it."""


@dataclass(frozen=True, slots=True)
class Said:
    """A turn of the secretary: `text` is what the caller heard of it; times in seconds of the line."""

    text: str
    sources: tuple[Utterance, ...]
    interrupted: bool
    start: float
    end: float
    times: TurnTimes


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody spoke for `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Keys:
    """Digits pressed, in order; `#` ends them and is not part, unless it was pressed alone."""

    digits: str


@dataclass(frozen=True, slots=True)
class Nudged:
    """Somebody beside the call wants attention: see `Conversation.nudge`."""


Turned = PhraseHeard | Silence | Keys | Nudged


class Conversation:
    """One call's turn-taking. Its `ears` are run by the call's group; all methods are called on the loop."""

    def __init__(
        self,
        make_ears: Callable[[Callable[[EarEvent], None]], Ears],
        voice: Voice,
        speaker: Speaker,
        watch: Callable[[EarEvent | Utterance], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.ears = make_ears(self._on_ear)
        self._voice = voice
        self._speaker = speaker
        self._watch = watch
        self._clock = clock
        self._phrases: deque[PhraseHeard] = deque(maxlen=WAITING_PHRASES)
        self._digits = ""
        self._digit_at = 0.0
        self._tones: deque[float] = deque(maxlen=MAX_DIGITS)
        self._nudged = False
        self._wake = asyncio.Event()
        self._floor = asyncio.Event()  # set when the caller takes the floor
        self._speaking = False
        self._interruptible = False
        self._turn: Turn | None = None
        self._barge_in: BargeIn | None = None
        self._wariness = Wariness()
        self._aside: PhraseHeard | None = None  # a back-channel over our speech
        self.cut: Said | None = None
        """What was heard of the last `say` where an exception ended it: the call is gone, or the voice failed."""

    def frame(self, index: int, pcm: bytes, said: bytes = SILENCE) -> None:
        """One frame of the caller's side, and what was sent to him in the slot before; on the loop."""
        self.ears.frame(index, pcm, said)
        self._wake.set()
        if self._barge_in is not None:
            sounds = self._sounds
            self._perform(
                self._barge_in.frame(
                    self.ears.now,
                    likely=sounds and self.ears.likely,
                    stirring=sounds and self.ears.stirring,
                    speaking=self.ears.speaking_since is not None,
                    text=self.ears.partial,
                    deaf=self.ears.deaf,
                )
            )

    def begun(self, index: int, part: bytes) -> None:
        """The beginning of the next frame, where its end has not come yet: enough to fall silent for."""
        if self._barge_in is not None and self._barge_in.stage is Stage.SPEAKING and self._sounds:
            self._perform(self._barge_in.begun(stirring=self.ears.stirs(index, part)))

    @property
    def _sounds(self) -> bool:
        """Before we sound, nothing needs to be hushed in a hurry."""
        return self._turn is not None and self._turn.finish_times().first_frame is not None

    def _perform(self, act: Act) -> None:
        if act is Act.HUSH:
            self._speaker.pause(HUSH_MS)
        elif act is Act.RESUME:
            self._speaker.resume()
        elif act is Act.YIELD:
            self._floor.set()

    def change(self, language: str) -> None:
        """The caller is heard in that language from now on."""
        self.ears.change(language)

    def expect(self, what: Expecting) -> None:
        """What the caller is being asked for: it tells when his answer is whole. Holds until it is said otherwise."""
        self.ears.expect(what)

    def digit(self, digit: str) -> None:
        """A key pressed by the caller takes the floor as well."""
        self._digits = (self._digits + digit)[-MAX_DIGITS:]
        self._digit_at = self.ears.now
        self._tones.append(self.ears.now)
        self._wake.set()
        if self._interruptible:
            self._floor.set()

    def nudge(self) -> None:
        """Lets the listening in progress, or the next one, return at once; what was heard by then goes first."""
        self._nudged = True
        self._wake.set()

    async def say(self, utterances: AsyncIterator[Utterance], *, interruptible: bool = True) -> Said:
        """Says the sentences; returns when they are said or the caller took the floor. Raises what the iterator or the
        voice raises (SpeechUnavailable, ModelUnavailable) after silencing the line."""
        turn = Turn(self._voice, self._speaker, self._watch, self._clock)
        self.cut = None
        self._floor.clear()
        self._speaking, self._interruptible = True, interruptible
        self._turn, self._aside = turn, None
        start = self.ears.now
        spoken = 0.0 if self.ears.speaking_since is None else start - self.ears.speaking_since
        self._barge_in = self._watching(spoken) if interruptible else None
        speaking = asyncio.create_task(turn.run(utterances), name="conversation.turn")
        floor = asyncio.create_task(self._floor.wait(), name="conversation.floor")
        try:
            await asyncio.wait({speaking, floor}, return_when=asyncio.FIRST_COMPLETED)
            interrupted = not speaking.done()
            if interrupted:
                await ended(speaking)
            else:
                speaking.result()
        except BaseException:
            await ended(speaking)
            self.cut = self._said(turn, start, interrupted=True)
            raise
        finally:
            self._speaking = False
            self._turn = self._barge_in = None
            await ended(floor)
            await ended(speaking)
            self._speaker.resume()  # a hush ends with what was hushed
            self._settle_aside()
        return self._said(turn, start, interrupted=interrupted)

    def _watching(self, spoken: float) -> BargeIn:
        ears = self.ears
        return BargeIn(ears.language, spoken=spoken, wariness=self._wariness, makes_sense=ears.makes_sense)

    def _said(self, turn: Turn, start: float, *, interrupted: bool) -> Said:
        times = turn.finish_times()
        if times.first_frame is not None:
            start = max(0.0, self.ears.line_time(times.first_frame))
        return Said(turn.heard, turn.sources, interrupted, start, max(start, self.ears.now), times)

    def left(self) -> list[PhraseHeard]:
        """For the end of the call: phrases that nobody listened to any more, and the one that was being said."""
        phrases = list(self._phrases)
        self._phrases.clear()
        if (begun := self.ears.unfinished()) is not None:
            phrases.append(begun)
            self.ears.partial = ""
        return [phrase for phrase in phrases if phrase.text]

    async def listen(self, timeout: float) -> Turned:
        """The caller's next phrase, keys, or silence: `timeout` seconds of the line in which nobody spoke. Sound that
        turns out to be no words only halts that count, and not for ever: music on hold is silence too."""
        limit, began = self.ears.quiet + timeout, self.ears.now
        while True:
            if self._phrases:
                return self._phrases.popleft()
            if keys := self._keys():
                return Keys(keys)
            if self._nudged and not self.ears.busy:
                self._nudged = False
                return Nudged()
            music = min(self.ears.wordless, self.ears.now - began) >= timeout + MUSIC_SECONDS
            if (self.ears.quiet >= limit or music) and not self._digits:
                return Silence(timeout)
            self._wake.clear()
            await self._wake.wait()  # for the next frame at the latest: time is the line's

    def _keys(self) -> str:
        """Digits up to `#`, or until no further one came for a while; "#" where that alone was pressed."""
        digits, ended, rest = self._digits.partition("#")
        if not ended and (not digits or self.ears.now - self._digit_at < DIGIT_GAP_SECONDS):
            return ""
        self._digits = rest
        return digits or ended

    def _settle_aside(self) -> None:
        aside, self._aside = self._aside, None
        if aside is not None and self.ears.now - aside.end <= ANSWERING_SECONDS:
            self._phrases.append(aside)

    def _on_ear(self, event: EarEvent) -> None:
        self._watch(event)
        if isinstance(event, PhraseHeard):
            nod, voiced = is_back_channel(event.text, self.ears.language), event.voiced
            if self._barge_in is not None:
                voiced = voiced and self._barge_in.voiced
                nod = self._barge_in.is_nod(event.text)
                self._perform(self._barge_in.final(event.text))
            over_us = self._speaking and not self._floor.is_set()
            if over_us and nod:
                self._aside = event
            elif over_us and not voiced and 0 < len(event.text.split()) <= MOST_MADE_UP:
                log.info("words without a voice, over ours", extra={"words": len(event.text.split())})
            elif (event.text or not event.understood) and not self._is_tone(event):
                self._phrases.append(event)
            self._wake.set()
        elif isinstance(event, Deafened | PartialText):
            self._wake.set()

    def _is_tone(self, phrase: PhraseHeard) -> bool:
        """A key's own tone goes over the line as well, and a recogniser hears a word in it."""
        if phrase.end - phrase.start > TONE_PHRASE_SECONDS:
            return False
        return any(phrase.start - TONE_SLACK_SECONDS <= at <= phrase.end + TONE_SLACK_SECONDS for at in self._tones)
