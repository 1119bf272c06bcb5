"""The language model's rung of the ladder: what it says, as far as that may be said and comes in time."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from secretaryd.answer.broker import CallState, Intent, decide
from secretaryd.answer.grounding import Ground, copied_sentence
from secretaryd.answer.marks import Mark, MarkFilter
from secretaryd.answer.patience import Patience, PatiencePolicy, Timing
from secretaryd.answer.persona import Fact, Persona
from secretaryd.answer.phrases import Phrase, phrase
from secretaryd.answer.ports import ModelPort
from secretaryd.answer.prompt import Form, clean_words
from secretaryd.answer.reply import FILLER, MODEL, Piece, Reply, stated
from secretaryd.answer.retrieve import Found
from secretaryd.answer.speech import MAX_CHARS, Speech
from secretaryd.answer.words import Lemmas
from voice.errors import VoiceError
from voice.llm.protocol import ChatMessage

LATE_SECONDS: Final = 1.2
"""A model from which nothing is predicted sooner is announced by a filler, ..."""
TOO_LATE_SECONDS: Final = 3.5
"""... and not asked at all where not even a filler bridges the time."""
AHEAD_SECONDS: Final = 0.02
"""The model's own nodes give up so much before we do: then it is known that they did."""
FIRST_WORDS: Final = 30
"""Characters: with so many there is usually a clause to say."""
MAX_TOKENS: Final = 96

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Question:
    """What the model is asked: a caller's phrase, the fact that answers it beyond doubt, and the prompt."""

    heard: str
    found: Found | None
    messages: tuple[ChatMessage, ...]
    session: str
    state: CallState
    timing: Timing


@dataclass(slots=True)
class Outcome:
    """How the rung ended: how many sentences were `said`, and `why` not more."""

    said: int = 0
    why: str = ""


class ModelRung:
    """For one persona; holds nothing of a call."""

    def __init__(self, persona: Persona, lemmas: Lemmas, form: Form, policy: PatiencePolicy) -> None:
        self._persona, self._lemmas, self._form, self._policy = persona, lemmas, form, policy

    async def replies(self, model: ModelPort, question: Question, outcome: Outcome) -> AsyncGenerator[Reply, None]:
        """What the model says, behind a filler where it is predicted to be late; nothing of a model that would come too
        late for that: the next rung answers at once."""
        found, timing = question.found, question.timing
        copied = found is not None and self._form is Form.FOCUSED
        length = len(found.fact.say) if found is not None and copied else FIRST_WORDS
        due = model.predicted(question.messages, session=question.session, characters=length)
        plain = Patience(self._policy, asyncio.get_running_loop().time, waited=timing.waited)
        if due is not None and due > (TOO_LATE_SECONDS if timing.filler else plain.first_words):
            outcome.why = "the model would be late"
            return
        patience = plain
        if timing.filler and due is not None and due > LATE_SECONDS:
            yield Piece(phrase(Phrase.LOOKING, self._persona.language), FILLER, f"{Phrase.LOOKING} {due:.1f} s")
            patience = Patience(self._policy, asyncio.get_running_loop().time, waited=timing.waited, filler=True)
        if found is not None and copied:
            replies = self._copy(model, question, found.fact, outcome, patience)
        else:
            replies = self._ask(model, question, outcome, patience)
        async with aclosing(replies) as each:
            async for reply in each:
                yield reply

    def _stream(self, model: ModelPort, question: Question, patience: Patience) -> AsyncIterator[str]:
        limit = patience.first_token - AHEAD_SECONDS
        return model.stream(question.messages, session=question.session, max_tokens=MAX_TOKENS, first_token_s=limit)

    async def _ask(
        self, model: ModelPort, question: Question, outcome: Outcome, patience: Patience
    ) -> AsyncGenerator[Reply, None]:
        """The model's sentences, as far as they may be said."""
        found, session = question.found, question.session
        words = ChatMessage("user", clean_words(question.heard))
        speech = Speech(self._ground([*question.messages, words], found.fact if found else None), question.state)
        intents: list[Intent] = []
        try:
            async with aclosing(self._stream(model, question, patience)) as deltas:  # type: ignore[type-var]
                async for delta in _timed(deltas, patience):
                    for sentence in speech.feed(delta):
                        outcome.said += 1
                        patience.said(sentence)
                        yield Piece(sentence, MODEL, session)
                        patience.taken()
                    if speech.over:
                        break
            for sentence in speech.flush():
                outcome.said += 1
                yield Piece(sentence, MODEL, session)
            outcome.why = speech.refused or "the model said nothing"
            broken = bool(speech.refused)
        except (VoiceError, TimeoutError) as error:
            outcome.why = str(error) or "the model took too long"
            log.warning("the model failed", extra={"why": outcome.why, "said": outcome.said, "session": session})
            broken = True
        if broken and outcome.said:
            yield self._ending(found, speech, outcome.why)
        for mark in speech.marks:
            if (intent := decide(mark, question.state)) is not None and intent not in intents:
                intents.append(intent)
        if Intent.OFFER_MESSAGE in intents or speech.promised:
            outcome.said += 1
            yield self._phrase(Phrase.CANNOT_TRANSFER)
            intents = [Intent.OFFER_MESSAGE]
        if outcome.said:
            for intent in intents:
                yield intent

    async def _copy(
        self,
        model: ModelPort,
        question: Question,
        fact: Fact,
        outcome: Outcome,
        patience: Patience,
    ) -> AsyncGenerator[Reply, None]:
        """The smallest model's wording of one fact, said only when it is there whole: such a model loses and repeats
        pieces, and its sentence is short enough to wait for."""
        marks, text = MarkFilter(), ""
        try:
            async with aclosing(self._stream(model, question, patience)) as deltas:  # type: ignore[type-var]
                async for delta in _timed(deltas, patience):
                    text += "".join(part for part in marks.feed(delta) if not isinstance(part, Mark))
                    if copied_sentence(text, fact.value) or len(text) > MAX_CHARS:
                        break
        except (VoiceError, TimeoutError) as error:
            outcome.why = str(error) or "the model took too long"
            log.warning("the model failed", extra={"why": outcome.why, "said": 0, "session": question.session})
            return
        whole = text.rstrip()
        sentence = copied_sentence(whole if whole.endswith((".", "!", "?")) else f"{whole}.", fact.value)
        if not sentence:
            outcome.why = "the model did not say the fact whole" if text.strip() else "the model said nothing"
        elif stray := self._ground(question.messages, fact).stray(sentence):
            outcome.why = f"the model made up {stray!r}"
        else:
            outcome.said += 1
            yield Piece(sentence, MODEL, question.session)

    def _ground(self, messages: Sequence[ChatMessage], fact: Fact | None) -> Ground:
        """What an answer to the last of `messages` may be made of."""
        return Ground(
            [*(message.content for message in messages), self._persona.greeting],
            self._lemmas,
            strict=self._form is Form.FOCUSED,
            subject=f"{fact.label} {fact.value} {fact.say}" if fact else "",
            claims=f"{fact.label}: {fact.value}. {fact.say}" if fact else "",
            heard=messages[-1].content,
            value=fact.value if fact else "",
        )

    def _ending(self, found: Found | None, speech: Speech, why: str) -> Piece:
        """What follows a reply that the model did not finish: after a torn sentence the fact itself, or an excuse."""
        if speech.whole:
            return self._phrase(Phrase.ANYTHING_ELSE, why)
        return stated(found, why) if found is not None else self._phrase(Phrase.SORRY, why)

    def _phrase(self, which: Phrase, why: str = "") -> Piece:
        return Piece(phrase(which, self._persona.language), "phrase", f"{which} ({why})" if why else str(which))


async def _timed(deltas: AsyncIterator[str], patience: Patience) -> AsyncIterator[str]:
    """The deltas; TimeoutError where one does not come in time."""
    while True:
        try:
            async with asyncio.timeout(patience.left):
                delta = await anext(deltas)
        except StopAsyncIteration:
            return
        patience.token()
        yield delta
