"""PURE: the caller makes a sound while we speak. Does he want the floor?

Decided in two steps. On the first sound that is none of the line's noise we fall silent at once but lose nothing
(HUSH): half a second of silence costs less than talking over somebody. Then his words and the length of his sound tell:
a cough, a click or an "угу" and we go on where we stopped (RESUME), anything else takes the floor (YIELD). Time is the
line's, in seconds; one call of `frame` for each of its frames while we speak.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from voice.back_channels import asks_to_stop, is_back_channel, letters_until_stop, told_words
from voice.ports import FRAME_SECONDS

TOLD_WORDS: Final = 2
"""A recogniser makes so many of a cough too, but none that say something to us in so long a sound."""
SENTENCE_WORDS: Final = 3
"""Of words that are no back-channels so many are if they say anything to us, and more are in any case. (Of 1,034
simulated nods and coughs 10 were heard as so many, such as "пять пять шесть", and none as more.)"""


@dataclass(frozen=True, slots=True)
class BargeInPolicy:
    """Terms, in seconds."""

    voice: float = 0.1
    """Words count with so much voice: recognisers make words of coughs, which the detector knows for none."""
    sure: float = 0.75
    """A stretch of sound of this length (of which the detector's slowness is some 0.2) is no nod, so its words count
    while they still change. What is made of a shorter one is often wrong at first: only words that mean "stop" count
    before its final text, if they stay. ..."""
    nod: float = 0.95
    """... Where a nod was heard in it too, it has to be as long as this: a slow "да да" is heard as "да", then as
    "давайте" and "да здравствуйте"."""
    kept: float = 0.2
    """Words that mean "stop" have to stay for so long: a recogniser makes "повторите" of the beginning of an "угу", and
    takes it back with its next hypothesis, ..."""
    letter: float = 0.05
    """... and so much sound for each of their letters is needed to have said them."""
    unheard: float = 0.6
    """Without a recogniser, voice that goes on for so long wants the floor."""
    chain: float = 1.6
    """With back-channels for words, so much does: longer than a chain of them ("да, да, понятно"). And voice without
    any words is taken for that of a television."""
    doubt: float = 0.28
    """The detector of speech knows by then, on a bad line too: what it does not confirm was none, ... (To go on too
    soon is to talk over somebody; a click costs a moment of silence.)"""
    lasting: float = 0.1
    """... unless it sounded so lately: soft consonants come up to 0.15 s before the voice that it knows, ..."""
    most_doubt: float = 0.6
    """... and then by now, when a cough is over too."""
    quiet: float = 0.3
    """After so much silence a short sound was all; its words are known by then, or soon. ..."""
    nodded: float = 0.6
    """... After so much where it was a word: an "э" that a question follows is often heard as a nod."""
    thinking: float = 1.0
    """... and after so much where he said something that is no nod: he may only be looking for the next words. So does
    he who ..."""
    voiced: float = 0.45
    """... spoke for so long, his words being unknown: "э-э" is none, a cough is shorter. (The detector lets go of a
    voice 0.2 s after its end, which counts here.)"""
    late: float = 1.0
    """Words that come so late after a sound still stop us, though we have gone on, ..."""
    final: float = 2.0
    """... and so late a final text."""
    sound_strikes: int = 3
    """From so many hushes for nothing on (a caller may cough), sound alone hushes us no more for a while, ..."""
    likely_strikes: int = 5
    """... from so many on nor does what may be speech but is not confirmed: ..."""
    wary: float = 3.0
    """... for so long, and with each further one for twice as long ..."""
    most_wary: float = 30.0
    forgiven: float = 12.0
    """... until they are so long ago."""
    cough: float = 0.1
    """A sound of this length was somebody's, who may want to speak next: hushed for it in vain, we count only ..."""
    cough_strike: float = 0.5
    """... so much of a strike."""
    murmur: float = 4.0
    """After voice without words, only words stop us for so long."""


class Stage(StrEnum):
    """Where we stand."""

    SPEAKING = "speaking"
    HUSHED = "hushed"
    YIELDED = "yielded"


class Sign(StrEnum):
    """What a frame shows."""

    NOTHING = "nothing"
    SOUND = "sound"
    """A likely sound."""
    WORDS = "words"
    """He says something to us."""
    ENOUGH = "enough"
    """He speaks for so long that it matters no more what."""
    OVER = "over"
    """The sound is over and was nothing to stop for."""


class Act(StrEnum):
    """What to do with our own sound."""

    NOTHING = "nothing"
    HUSH = "hush"
    RESUME = "resume"
    YIELD = "yield"


TABLE: Final[dict[tuple[Stage, Sign], tuple[Stage, Act]]] = {
    (Stage.SPEAKING, Sign.NOTHING): (Stage.SPEAKING, Act.NOTHING),
    (Stage.SPEAKING, Sign.SOUND): (Stage.HUSHED, Act.HUSH),
    (Stage.SPEAKING, Sign.WORDS): (Stage.YIELDED, Act.YIELD),
    (Stage.SPEAKING, Sign.ENOUGH): (Stage.YIELDED, Act.YIELD),
    (Stage.SPEAKING, Sign.OVER): (Stage.SPEAKING, Act.NOTHING),
    (Stage.HUSHED, Sign.NOTHING): (Stage.HUSHED, Act.NOTHING),
    (Stage.HUSHED, Sign.SOUND): (Stage.HUSHED, Act.NOTHING),
    (Stage.HUSHED, Sign.WORDS): (Stage.YIELDED, Act.YIELD),
    (Stage.HUSHED, Sign.ENOUGH): (Stage.YIELDED, Act.YIELD),
    (Stage.HUSHED, Sign.OVER): (Stage.SPEAKING, Act.RESUME),
    **{(Stage.YIELDED, sign): (Stage.YIELDED, Act.NOTHING) for sign in Sign},
}


class Wariness:
    """How little a line's sounds are believed: one whose noise hushes us for nothing, less from time to time. For one
    call."""

    def __init__(self, policy: BargeInPolicy | None = None) -> None:
        self._policy = policy or BargeInPolicy()
        self._strikes: list[tuple[float, float]] = []  # when, and its weight
        self._sound_from = self._likely_from = 0.0

    def believes(self, now: float, *, likely: bool, stirring: bool) -> bool:
        """Whether to fall silent for a sound that may be speech, or that is a sound at all."""
        return (likely and now >= self._likely_from) or (stirring and now >= self._sound_from)

    def hushed_for_nothing(self, now: float, *, sounded: float = 0.0, lasts: bool = False) -> None:
        """We fell silent, and nobody had spoken. `sounded`: seconds of sound, more than in a click where somebody
        coughed; `lasts`: it still goes on, and so is no cough."""
        policy = self._policy
        recent = [(at, weight) for at, weight in self._strikes if now - at <= policy.forgiven]
        weight = policy.sound_strikes if lasts else policy.cough_strike if sounded >= policy.cough else 1.0
        self._strikes = [*recent, (now, weight)]
        self._sound_from = max(self._sound_from, now + self._term(policy.sound_strikes))
        self._likely_from = max(self._likely_from, now + self._term(policy.likely_strikes))

    def _term(self, strikes: int) -> float:
        beyond = int(sum(weight for _, weight in self._strikes)) - strikes
        return min(self._policy.most_wary, self._policy.wary * 2.0**beyond) if beyond >= 0 else 0.0


class BargeIn:
    """For one utterance of ours; used once."""

    def __init__(
        self,
        language: str,
        policy: BargeInPolicy | None = None,
        *,
        spoken: float = 0.0,
        wariness: Wariness | None = None,
        makes_sense: Callable[[str], bool] = bool,
    ) -> None:
        """`spoken`: for how long the caller has been speaking already; `wariness`: the call's; `makes_sense`: whether a
        text says something to us."""
        self._language = language
        self._policy = policy or BargeInPolicy()
        self._wariness = wariness or Wariness(self._policy)
        self._spoken = spoken
        self._makes_sense = makes_sense
        self._stage = Stage.SPEAKING
        self._now = 0.0
        self._began: float | None = None  # the latest stretch of sound, ...
        self._sound_at = 0.0  # ... its end, ...
        self._voice = 0.0  # ... and how much of it was speech for sure; ...
        self._phrase_voice = spoken  # ... and of all since the last final text
        self._texts: set[str] = set()  # what the recogniser made of the latest stretch so far, ...
        self._before = ""  # ... and of the phrase before it
        self._asked_at: float | None = None  # since when there is a word in it that means "stop"
        self._voice_at = self._judged_at = -math.inf
        self._hushed_at = 0.0
        self._stirred_at = 0.0
        self._sounded = 0.0  # how much sound there was since we fell silent
        self._murmur_until = 0.0

    @property
    def stage(self) -> Stage:
        """Where we stand."""
        return self._stage

    @property
    def voiced(self) -> bool:
        """Whether there was enough of a voice since the last final text for the next to count, in whatever pieces."""
        return self._phrase_voice >= self._policy.voice

    def frame(
        self, now: float, *, likely: bool, speaking: bool, text: str, deaf: bool = False, stirring: bool = False
    ) -> Act:
        """A frame of the caller's side: a sound that may be speech, speech for sure, what he seems to have said while
        we spoke, whether nobody is there to understand it, and whether there is any sound at all."""
        self._now = now
        if likely or stirring:
            self._stirred_at = now
            self._sounded += FRAME_SECONDS
        if not asks_to_stop(text, self._language):
            self._asked_at = None
        elif self._asked_at is None:
            self._asked_at = now
        if likely or speaking:
            if self._began is None or now - self._sound_at > self._policy.quiet:
                self._began, self._voice = now - self._spoken, self._spoken
                self._spoken = 0.0
                self._before = text
                self._texts.clear()
            self._sound_at = now
            self._voice += FRAME_SECONDS * speaking
            self._phrase_voice += FRAME_SECONDS * speaking
            self._voice_at = now if speaking else self._voice_at
        if news := self._news(text):
            self._texts.add(news)
        believed = self._wariness.believes(now, likely=likely, stirring=stirring)
        return self._step(self._sign(now, believed=believed, speaking=speaking, text=text, deaf=deaf))

    def begun(self, *, stirring: bool) -> Act:
        """The newest sound, which ends in the middle of a frame: whether there is any."""
        believed = stirring and self._wariness.believes(self._now, likely=False, stirring=True)
        if self._stage is not Stage.SPEAKING or not believed or self._now < self._murmur_until:
            return Act.NOTHING
        self._stirred_at = self._now
        return self._step(Sign.SOUND)

    def final(self, text: str) -> Act:
        """The text of a phrase that ended while we spoke."""
        recent = self._now - self._sound_at <= self._policy.final
        told = bool(text) and (self.voiced or self._is_told(text)) and not self.is_nod(text)
        act = self._step(Sign.WORDS) if recent and told else Act.NOTHING
        self._texts.clear()
        self._phrase_voice = 0.0
        self._before = ""
        self._judged_at = self._now
        return act

    def is_nod(self, text: str) -> bool:
        """Whether the final text of a phrase says no more than that the caller listens: back-channels, and what is made
        of a short sound and means nothing to us, or changes with every hypothesis (an "угу" is heard as "удобно", then
        as "долго"; a "да да" as "плохо"). Whole sentences are none, though they change: "сколько ждать заказ" may be
        heard as "алло" at first."""
        if is_back_channel(text, self._language):
            return True
        text = self._news(text) or text
        steady = all(text.startswith(before) for before in self._texts)
        stop = asks_to_stop(text, self._language) and self._has_room(text) and (steady or self._asked_at is not None)
        if not text or self._is_long or stop:
            return False
        words = len(told_words(text, self._language))
        return words <= SENTENCE_WORDS and not ((steady or words == SENTENCE_WORDS) and self._makes_sense(text))

    def _step(self, sign: Sign) -> Act:
        self._stage, act = TABLE[self._stage, sign]
        if act is Act.HUSH:
            self._hushed_at, self._sounded = self._now, FRAME_SECONDS
        elif act is Act.RESUME:
            self._learn()
        return act

    @property
    def _span(self) -> float:
        return 0.0 if self._began is None else self._sound_at - self._began

    @property
    def _span_of_words(self) -> float:
        """Of the sound behind the last final text: what was said before is judged already."""
        return min(self._span, self._sound_at - self._judged_at)

    @property
    def _spoke(self) -> bool:
        """Whether there was a voice since we fell silent, or shortly before: another sound that begins behind it takes
        nothing of that back."""
        return self._voice_at >= self._hushed_at - self._policy.quiet

    @property
    def _is_long(self) -> bool:
        """Whether the sound is too long for a nod."""
        nodded = any(is_back_channel(text, self._language) for text in self._texts)
        return self._span_of_words >= (self._policy.nod if nodded else self._policy.sure)

    def _news(self, text: str) -> str:
        """The words of the latest stretch."""
        before, words = self._before.split(), text.split()
        return " ".join(words[len(before) :]) if words[: len(before)] == before else text

    @property
    def _voiced(self) -> bool:
        """Whether there was enough of a voice in the latest sound for its words to count."""
        return self._voice >= self._policy.voice

    def _means_us(self, text: str) -> bool:
        return bool(text) and (self._voiced or self._is_told(text)) and not is_back_channel(text, self._language)

    def _is_told(self, text: str) -> bool:
        """Whether these are words of somebody whom the detector is deaf to: too many for a cough, and to the point."""
        sentence = len(text.split()) >= TOLD_WORDS and self._span_of_words >= self._policy.sure
        return sentence and self._has_room(text) and self._makes_sense(text)

    def _has_room(self, text: str) -> bool:
        """Whether the sound is long enough for these words, up to one that means "stop"."""
        return self._span_of_words >= self._policy.letter * letters_until_stop(text, self._language)

    def _sign(self, now: float, *, believed: bool, speaking: bool, text: str, deaf: bool) -> Sign:
        policy = self._policy
        kept = self._asked_at is not None and now - self._asked_at >= policy.kept
        known = self._is_long or (kept and self._has_room(text))
        if now - self._sound_at <= policy.late and known and self._means_us(text):
            return Sign.WORDS
        if speaking and ((deaf and self._span >= policy.unheard) or (text and self._span >= policy.chain)):
            return Sign.ENOUGH
        if self._stage is Stage.SPEAKING:
            heard = (speaking or believed) and now >= self._murmur_until
            return Sign.SOUND if heard else Sign.NOTHING
        return Sign.OVER if self._is_over(now, speaking=speaking, text=text) else Sign.SOUND

    def _is_over(self, now: float, *, speaking: bool, text: str) -> bool:
        """Whether the sound that we fell silent for was nothing, or ended."""
        if speaking:
            return self._span >= self._policy.chain
        if not self._spoke:
            silent = now - self._hushed_at
            lasts = now - self._stirred_at < self._policy.lasting and silent < self._policy.most_doubt
            return silent >= self._policy.doubt and not lasts
        return now - self._sound_at >= self._patience(text)

    def _patience(self, text: str) -> float:
        """Seconds of silence behind a short sound until we go on."""
        nod = is_back_channel(text, self._language)
        if not nod and (self._means_us(text) or self._voice >= self._policy.voiced):
            return self._policy.thinking
        return self._policy.nodded if text and self._voiced else self._policy.quiet

    def _learn(self) -> None:
        """What was nothing is believed less."""
        if self._spoke and self._span >= self._policy.chain:
            self._murmur_until = self._now + self._policy.murmur
        if not self._spoke:
            lasts = self._now - self._stirred_at < self._policy.lasting
            self._wariness.hushed_for_nothing(self._now, sounded=self._sounded, lasts=lasts)
