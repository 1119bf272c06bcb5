"""Takes a message: asks for what is missing, takes in what is told in any order, reads the number back."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Final, Protocol

from secretaryd.answer.broker import says_goodbye
from secretaryd.answer.collect import Asked, Collector, Fields
from secretaryd.answer.collect_numbers import normalised, read_back
from secretaryd.answer.phrases import Phrase, phrase
from secretaryd.answer.words import plain_words, word_set
from secretaryd.call.commands import Command, call_back_details, command
from secretaryd.call.replies import Verdict, number_checked, refuses
from secretaryd.call.words import ASKS_TO_CALL_BACK, NUMBER_UNSURE, Line, line
from voice.completeness import Expecting
from voice.conversation import Keys, Said, Silence
from voice.ears import PhraseHeard
from voice.turn import Utterance

LISTEN_SECONDS: Final = 6.0
DIGITS_GO_ON_SECONDS: Final = 3.0
"""A number in groups: how long we wait for the next group before asking, ..."""
ENCOURAGED_SECONDS: Final = 1.9
"""... and how long after his last sound a caller is told that he was heard so far: silence for longer sounds like a
line that is dead."""
LEAST_PAUSE: Final = 0.2
"""However late his words are known, he gets so long to go on by himself."""
TRIES: Final = 2
MAX_TURNS: Final = 14
MIN_KEYED_DIGITS: Final = 5
PARTING_SECONDS: Final = 3.0
"""Who has said goodbye is not kept waiting for his word on the number."""
CORRECTIONS: Final = 2
"""So often a number that was read back can be corrected."""
REQUEST_WORDS: Final = 4
"""A phrase that led here and says no more than this, courtesies apart, is only the wish to leave a message."""
ASKING: Final = word_set("""
    я мне хочу хотел хотела хотелось бы можно могу оставить оставлю передать передайте запишите примите сообщение
    i want would like to can may leave take pass on a message please
""")
"""Words of such a wish that tell the owner nothing."""
LEAVE_WORDS: Final = 5
"""A goodbye of so few words holds nothing to pass on."""

QUESTIONS: Final = {Asked.MATTER: Phrase.ASK_MATTER, Asked.NAME: Phrase.ASK_NAME, Asked.NUMBER: Phrase.ASK_NUMBER}
EXPECTED: Final = {Asked.MATTER: Expecting.MATTER, Asked.NAME: Expecting.NAME, Asked.NUMBER: Expecting.NUMBER}
SEE_RECORDING: Final = {"ru": "см. запись, {}", "en": "see the recording, {}"}


class Dialogue(Protocol):
    """Saying and hearing, both written down."""

    async def speak(self, utterances: AsyncIterator[Utterance], *, interruptible: bool = True) -> Said:
        """Raises VoiceError."""

    async def hear(self, seconds: float) -> PhraseHeard | Keys | Silence:
        """The caller's next turn."""

    def expect(self, what: Expecting) -> None:
        """What the caller is being asked for."""

    @property
    def now(self) -> float:
        """Seconds of the line."""


class MessageTaking:
    """One message; used once: `collect` it, keep it, `confirm` it."""

    def __init__(
        self,
        dialogue: Dialogue,
        collector: Collector,
        wanted: tuple[str, ...],
        prompt: str,
        language: str,
        caller: str | None,
        heard_before: str = "",
        known: Fields | None = None,
        answer: Callable[[str], Utterance | None] = lambda _: None,
    ) -> None:
        """`caller` is the number that the call comes from; `known` what was told of the message before; `answer` what
        is said to a question that a caller puts in the middle of it."""
        self._dialogue = dialogue
        self._collector = collector
        self._wanted = tuple(Asked(name) for name in wanted)
        self._prompt = prompt
        self._language = language
        self._caller = caller
        before = collector.add(Fields(), heard_before) if heard_before else Fields()
        # "Оставить сообщение для директора" asks for a message, it is none: that is still asked for.
        asks = len(before.matter.split()) <= REQUEST_WORDS
        self._request = " ".join(word for word in before.matter.split() if word not in ASKING) if asks else ""
        self._fields = replace(before, matter="") if asks else before
        if known is not None:
            self._fields, self._request = known, ""
        self._answer = answer
        self._leaving = False
        self._unsure = False
        self._tries: dict[Asked, int] = {}
        self._turns = 0

    @property
    def told(self) -> Fields | None:
        """What was told until now, `number` filled from the network's caller ID where none was; None for nothing."""
        fields = self._fields
        if fields == Fields():
            return None
        partial = bool(fields.callback) and not fields.number
        unsure = NUMBER_UNSURE[self._language] if self._unsure or partial else ""
        matter = "; ".join(filter(None, (self._request, fields.matter, unsure)))
        return Fields(fields.name, fields.callback or self._caller or "", matter)

    async def collect(self) -> Fields | None:
        """Asks until all is told, or the caller does not answer. Raises VoiceError when even ready phrases cannot be
        said."""
        while (asked := self._next()) is not None:
            await self._ask(asked)
            answered = await self._take(asked)
            if not answered and self._fields == Fields() and self._tries[asked] >= TRIES:
                return None  # silent from the first question on: the others are not asked
        if self._fields.number and not self._unsure:
            await self._check_number()
        return self.told

    def _next(self) -> Asked | None:
        """What to ask for now."""
        if self._turns >= MAX_TURNS or self._leaving:
            return None
        missing = [asked for asked in self._fields.missing if asked in self._wanted]
        ordered = sorted(missing, key=self._wanted.index)
        return next((asked for asked in ordered if self._tries.get(asked, 0) < TRIES), None)

    async def _ask(self, asked: Asked) -> None:
        self._dialogue.expect(EXPECTED[asked])
        again = self._tries.get(asked, 0) > 0
        self._tries[asked] = self._tries.get(asked, 0) + 1
        digits = asked is Asked.NUMBER and self._fields.dictated
        which = Phrase.ASK_NUMBER_AGAIN if again and digits else QUESTIONS[asked]
        text = self._prompt if asked is Asked.MATTER and self._prompt and not again else phrase(which, self._language)
        await self._say(text, str(which))

    async def _take(self, asked: Asked) -> bool:
        """Listens until the field is known or the caller is silent; True if anything was told."""
        told, before = False, None
        while self._turns < MAX_TURNS:
            self._turns += 1
            turned = await (self._dialogue.hear(LISTEN_SECONDS) if before is None else self._next_group(before))
            if isinstance(turned, Silence):
                return told
            told = True
            if isinstance(turned, Keys):
                self._fields = self._keyed(turned.digits)
            elif turned.understood:
                if await self._put_off(turned.text, asked):
                    continue
                self._hear(turned.text, asked)
            else:
                self._fields = self._unheard(turned)
                self._tries[asked] = TRIES  # answered, as far as can be known
            goes_on = asked is Asked.NUMBER and self._fields.dictated and asked in self._fields.missing
            if self._leaving or not goes_on:
                return True
            before = turned
        return told

    async def _next_group(self, before: PhraseHeard | Keys) -> PhraseHeard | Keys | Silence:
        """What follows a part of a number. Who pauses behind it for long hears that we are still there."""
        waited = self._dialogue.now - before.end if isinstance(before, PhraseHeard) else ENCOURAGED_SECONDS
        turned = await self._dialogue.hear(max(LEAST_PAUSE, ENCOURAGED_SECONDS - waited))
        if not isinstance(turned, Silence):
            return turned
        await self._say(line(Line.GO_ON, self._language), str(Line.GO_ON))
        return await self._dialogue.hear(DIGITS_GO_ON_SECONDS)

    def overheard(self, phrase: PhraseHeard) -> None:
        """What the caller was still saying when the call ended."""
        self._hear(phrase.text, Asked.MATTER)

    async def _put_off(self, text: str, asked: Asked) -> bool:
        """Who asks for a person is told that there is only the message, and goes on with it; who asks a question that
        has a ready answer is given it, and then asked again what he was asked."""
        if command(text, self._language) is Command.HUMAN:
            await self._say(phrase(Phrase.CANNOT_TRANSFER, self._language), str(Phrase.CANNOT_TRANSFER))
            return True
        if (answer := self._answer(text)) is None:
            return False
        question = phrase(QUESTIONS[asked], self._language)
        await self._dialogue.speak(_all(answer, Utterance(question, "phrase", str(QUESTIONS[asked]))))
        return True

    def _hear(self, text: str, asked: Asked) -> None:
        """Takes in what was told; a caller who takes leave is asked nothing further."""
        if command(text, self._language) is Command.CALL_BACK:
            self._fields = asks_to_call_back(text, self._fields, self._collector, self._language)
            if self._caller and not self._fields.callback:
                self._wanted = tuple(each for each in self._wanted if each is not Asked.NUMBER)
            return
        if asked is Asked.MATTER and refuses(text):
            self._leaving = True
            return
        self._leaving = says_goodbye(text)
        if not (self._leaving and len(plain_words(text)) <= LEAVE_WORDS):
            self._fields = self._collector.add(self._fields, text, asked)

    def _keyed(self, digits: str) -> Fields:
        """Digits from the keypad are a number where they are long enough."""
        bare = "".join(char for char in digits if char.isdecimal())
        if len(bare) < MIN_KEYED_DIGITS:
            return self._fields
        return replace(self._fields, number=normalised(bare), dictated=())

    def _unheard(self, turned: PhraseHeard) -> Fields:
        """No recogniser: the words are in the recording, and the message says where."""
        where = SEE_RECORDING[self._language].format(f"{int(turned.start) // 60}:{int(turned.start) % 60:02d}")
        matter = f"{self._fields.matter}; {where}" if self._fields.matter else where
        return replace(self._fields, matter=matter)

    async def _check_number(self) -> None:
        """Reads the number back until it is right; what was corrected too often is kept with a note."""
        for correction in range(CORRECTIONS + 1):
            self._dialogue.expect(Expecting.YES_NO)
            await self._say(line(Line.NUMBER_RIGHT, self._language).format(read_back(self._fields.number)), "read_back")
            verdict = await self._verdict()
            if verdict is Verdict.RIGHT:
                return
            if verdict is Verdict.WRONG and correction < CORRECTIONS and not await self._number_anew():
                break
        self._unsure = True
        await self._say(line(Line.NUMBER_AS_IT_IS, self._language), str(Line.NUMBER_AS_IT_IS))

    async def _verdict(self) -> Verdict:
        """Of the caller, on the number that was read back; a number that he told instead is taken. Silence consents."""
        turned = await self._dialogue.hear(PARTING_SECONDS if self._leaving else LISTEN_SECONDS)
        if isinstance(turned, Silence):
            return Verdict.RIGHT
        if isinstance(turned, Keys):
            before, self._fields = self._fields, self._keyed(turned.digits)
            return Verdict.UNCLEAR if self._fields is before else Verdict.CHANGED
        verdict, number = number_checked(turned.text, self._fields, self._collector)
        self._fields = replace(self._fields, number=number)
        self._leaving = says_goodbye(turned.text)
        return verdict

    async def _number_anew(self) -> bool:
        """Asks for the whole number again; False, with the old one kept, where none was told."""
        old = self._fields
        self._fields = self._collector.without_number(self._fields)
        self._dialogue.expect(Expecting.NUMBER)
        await self._say(line(Line.NUMBER_ANEW, self._language), str(Line.NUMBER_ANEW))
        await self._take(Asked.NUMBER)
        if self._fields.number:
            return True
        self._fields = replace(self._fields, number=old.number, dictated=old.dictated)
        return False

    async def confirm(self) -> None:
        """Thanks; for when the message is kept. Raises VoiceError."""
        await self._say(phrase(Phrase.MESSAGE_TAKEN, self._language), str(Phrase.MESSAGE_TAKEN))

    async def _say(self, text: str, detail: str) -> None:
        await self._dialogue.speak(_one(Utterance(text, "phrase", detail)))


def asks_to_call_back(heard: str, fields: Fields, collector: Collector, language: str) -> Fields:
    """The fields with a request to be called back, and whatever else the phrase tells: a name, a number, a time."""
    told = collector.add(replace(fields, matter=""), call_back_details(heard, language))
    asks = ASKS_TO_CALL_BACK[language]
    wish = f"{asks}: {told.matter}" if told.matter else asks
    return replace(told, matter="; ".join(filter(None, (fields.matter, wish))))


async def _one(utterance: Utterance) -> AsyncIterator[Utterance]:
    yield utterance


async def _all(*utterances: Utterance) -> AsyncIterator[Utterance]:
    for utterance in utterances:
        yield utterance
