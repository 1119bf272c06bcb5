"""An answer, from the surest source that has one: FAQ, model, a fact as it stands, the offer to take a message."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from secretaryd.answer.broker import CallState, Intent, decide, dismisses, promises_transfer, says_goodbye
from secretaryd.answer.faq import FaqEntry, FaqIndex, Match
from secretaryd.answer.grounding import Ground
from secretaryd.answer.marks import Mark, MarkFilter
from secretaryd.answer.persona import Fact, Persona
from secretaryd.answer.phrases import Phrase, phrase
from secretaryd.answer.ports import ModelPort
from secretaryd.answer.prompt import Exchange, Form, build, now_note
from secretaryd.answer.retrieve import SURE, FactIndex
from secretaryd.answer.template import clock_values
from secretaryd.answer.words import Lemmas
from voice.errors import VoiceError
from voice.llm.protocol import ChatMessage
from voice.speakable.sentences import SentenceSplitter

FIRST_TOKEN_SECONDS: Final = 1.8
"""The caller hears something within 2.5 s of a question: what is left of that pays for the next rung's voice."""
NEXT_TOKEN_SECONDS: Final = 2.0
MAX_TOKENS: Final = 96
MAX_SENTENCES: Final = 2
MAX_CHARS: Final = 320
TAIL_DELTAS: Final = 16
"""Pieces still read after the last sentence that is said: the marks stand at the end."""
FACTS_IN_PROMPT: Final = 2
IDLE_FACTS: Final = 2
"""Facts shown to a focused model when none fits, so that the prompt keeps its form."""

log = logging.getLogger(__name__)
_ACTIONS = {"message": Mark.MESSAGE, "hangup": Mark.HANG_UP}


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence to say. `source`: "faq", "model", "fact" or "phrase"; `detail`: which entry and how well it fitted,
    why a rung was passed by, or the phrase's id."""

    text: str
    source: str
    detail: str = ""


Reply = Piece | Intent


@dataclass(slots=True)
class _Outcome:
    """How the model's rung ended."""

    said: int = 0
    why: str = ""


class Ladder:
    """Answers for one persona. Holds nothing of a call; build a new one when persona or FAQ change."""

    def __init__(
        self,
        persona: Persona,
        faq: Sequence[FaqEntry],
        lemmas: Lemmas,
        clock: Callable[[], datetime],
        model: ModelPort | None = None,
        *,
        form: Form = Form.FULL,
        first_token_seconds: float = FIRST_TOKEN_SECONDS,
        next_token_seconds: float = NEXT_TOKEN_SECONDS,
    ) -> None:
        """`clock` gives local time. `form`: Form.FOCUSED for the bundled starter model."""
        self.persona = persona
        self._faq, self._facts = FaqIndex(faq, lemmas), FactIndex(persona.facts, lemmas)
        self._lemmas, self._clock, self._model, self._form = lemmas, clock, model, form
        self._first, self._next = first_token_seconds, next_token_seconds

    async def answer(
        self, heard: str, history: Sequence[Exchange], *, session: str, state: CallState | None = None, note: str = ""
    ) -> AsyncGenerator[Reply, None]:
        """Sentences and intents in order; at least one sentence comes, whatever fails. An intent follows the sentences
        it belongs to. `history` holds only what was heard; `note` is that of `note()` for this phrase, or empty."""
        state = state or CallState(caller_phrases=1)
        state = replace(state, goodbye_heard=state.goodbye_heard or says_goodbye(heard))
        language = self.persona.language
        if not heard.strip():
            yield self._phrase(Phrase.DID_NOT_HEAR)
            return
        match = self._faq.match(heard)
        if isinstance(match, Match) and (text := self._filled(match.entry, history)):
            yield Piece(text, "faq", f"{match.entry.id} {match.how} {match.score:g}")
            if match.entry.action and (intent := decide(_ACTIONS[match.entry.action], state)) is not None:
                yield intent
            return
        outcome = _Outcome(why="no model")
        if self._model is not None and self._model.ready:
            async with aclosing(self._ask(self._model, heard, history, session, state, note, outcome)) as replies:
                async for reply in replies:
                    yield reply
            if outcome.said:
                return
            log.info("answered without the model", extra={"why": outcome.why, "session": session})
        for found in self._facts.best(heard, limit=1, floor=SURE):
            yield Piece(found.fact.say, "fact", f"{found.fact.topic} {found.score:.2f} ({outcome.why})")
            return
        offer = phrase(Phrase.LEAVE_MESSAGE, language)
        repeated = bool(history) and offer.startswith(history[-1].said[: len(offer)] or "\0")
        yield self._phrase(Phrase.LEAVE_MESSAGE_AGAIN if repeated else Phrase.LEAVE_MESSAGE, outcome.why)
        yield Intent.OFFER_MESSAGE

    def note(self) -> str:
        """What a full prompt says before the caller's next words; take it once a phrase, keep it in the Exchange."""
        return now_note(self._clock(), self.persona.language) if self._form is Form.FULL else ""

    def messages(self, heard: str, history: Sequence[Exchange], note: str = "") -> tuple[ChatMessage, ...]:
        """What the model would be asked."""
        if self._form is Form.FULL:
            return build(self.persona, self.persona.facts, history, heard, form=self._form, note=note)
        if (fact := self._sure(heard)) is not None and fact.ask:
            return build(self.persona, [fact], (), fact.ask, form=self._form)
        found = [one.fact for one in self._facts.best(heard, FACTS_IN_PROMPT)]
        return build(self.persona, found or self.persona.facts[:IDLE_FACTS], history, heard, form=self._form)

    def _sure(self, heard: str) -> Fact | None:
        """The fact that answers a question, where there is no doubt."""
        return next((one.fact for one in self._facts.best(heard, limit=1, floor=SURE)), None)

    async def prefill(self, history: Sequence[Exchange], *, session: str, partial: str = "", note: str = "") -> None:
        """Lets the model read what is known of the next question; failures are of no consequence and only logged."""
        if self._model is None or not self._model.ready or self._form is not Form.FULL:
            return
        words = f"({note})\n{partial}" if note and partial else partial
        try:
            await self._model.prefill(self.messages("", history), session=session, partial=words)
        except VoiceError as error:
            log.debug("no prefill", extra={"error": str(error)})

    def _filled(self, entry: FaqEntry, history: Sequence[Exchange]) -> str:
        """The entry's answer; empty where it needs something that there is not (nothing was said to repeat)."""
        last = next((exchange.said for exchange in reversed(history) if exchange.said), "")
        values = self.persona.values | clock_values(self._clock(), self.persona.language) | {"last_said": last}
        missing = entry.answer.fields - values.keys()
        return "" if missing else entry.answer.fill(values).strip()

    def _ending(self, heard: str, speech: "_Speech", why: str) -> Piece:
        """What follows a reply that the model did not finish: after a torn sentence the fact itself, or an excuse."""
        if speech.whole:
            return self._phrase(Phrase.ANYTHING_ELSE, why)
        for found in self._facts.best(heard, limit=1, floor=SURE):
            return Piece(found.fact.say, "fact", f"{found.fact.topic} {found.score:.2f} ({why})")
        return self._phrase(Phrase.SORRY, why)

    def _phrase(self, which: Phrase, why: str = "") -> Piece:
        return Piece(phrase(which, self.persona.language), "phrase", f"{which} ({why})" if why else str(which))

    async def _ask(
        self,
        model: ModelPort,
        heard: str,
        history: Sequence[Exchange],
        session: str,
        state: CallState,
        note: str,
        outcome: _Outcome,
    ) -> AsyncGenerator[Reply, None]:
        """The model's sentences, as far as they may be said."""
        messages = self.messages(heard, history, note)
        fact = self._sure(heard) if self._form is Form.FOCUSED else None
        ground = Ground(
            [*(m.content for m in messages), self.persona.greeting, heard],
            self._lemmas,
            strict=self._form is Form.FOCUSED,
            subject=f"{fact.label} {fact.value}" if fact else "",
        )
        speech = _Speech(ground, state)
        stream = model.stream(messages, session=session, max_tokens=MAX_TOKENS)
        intents: list[Intent] = []
        try:
            async with aclosing(stream) as deltas:  # type: ignore[type-var]
                async for delta in self._timed(deltas):
                    for sentence in speech.feed(delta):
                        outcome.said += 1
                        yield Piece(sentence, "model", session)
                    if speech.over:
                        break
            for sentence in speech.flush():
                outcome.said += 1
                yield Piece(sentence, "model", session)
            outcome.why = speech.refused or "the model said nothing"
            broken = bool(speech.refused)
        except (VoiceError, TimeoutError) as error:
            outcome.why = str(error) or "the model took too long"
            log.warning("the model failed", extra={"why": outcome.why, "said": outcome.said, "session": session})
            broken = True
        if broken and outcome.said:
            yield self._ending(heard, speech, outcome.why)
        for mark in speech.marks:
            if (intent := decide(mark, state)) is not None and intent not in intents:
                intents.append(intent)
        if Intent.OFFER_MESSAGE in intents or speech.promised:
            outcome.said += 1
            yield self._phrase(Phrase.CANNOT_TRANSFER)
            intents = [Intent.OFFER_MESSAGE]
        if outcome.said:
            for intent in intents:
                yield intent

    async def _timed(self, deltas: AsyncIterator[str]) -> AsyncIterator[str]:
        """The deltas; TimeoutError where the first or a later one does not come in time."""
        limit = self._first
        while True:
            try:
                async with asyncio.timeout(limit):
                    delta = await anext(deltas)
            except StopAsyncIteration:
                return
            limit = self._next
            yield delta


class _Speech:
    """A model's raw words in; sentences that may be said out, marks aside."""

    def __init__(self, ground: Ground, state: CallState) -> None:
        self.marks: list[Mark] = []
        self.refused = ""
        self.promised = False
        self._ground, self._state = ground, state
        self._filter, self._splitter = MarkFilter(), SentenceSplitter()
        self.whole = True
        """What has been said so far ends where a sentence ends."""
        self._sentences, self._chars, self._tail = 0, 0, 0

    @property
    def over(self) -> bool:
        """Nothing further will be said and the marks have had their chance."""
        return bool(self.refused) or self.promised or self._tail > TAIL_DELTAS

    def feed(self, delta: str) -> list[str]:
        """The sentences that became whole."""
        if self._full():
            self._tail += 1
        out: list[str] = []
        for part in self._filter.feed(delta):
            if isinstance(part, Mark):
                self.marks.append(part)
            else:
                out += self._splitter.feed(part)
        return self._allowed(out)

    def flush(self) -> list[str]:
        """The rest."""
        self._filter.close()
        return self._allowed(self._splitter.flush())

    def _full(self) -> bool:
        return self._sentences >= MAX_SENTENCES or self._chars >= MAX_CHARS

    def _allowed(self, sentences: list[str]) -> list[str]:
        said: list[str] = []
        for sentence in sentences:
            if self._full() or self.refused or self.promised:
                break
            if promises_transfer(sentence):
                self.promised = True
            elif dismisses(sentence, self._state):
                self.refused = "the model sent the caller away"
            elif not self._chars and self._ground.off_subject(sentence):
                self.refused = "the model spoke of something else"
            elif stray := self._ground.stray(sentence):
                self.refused = f"the model made up {stray!r}"
            elif any(char.isalnum() for char in sentence):
                said.append(sentence)
                # A clause that the splitter gives early for the voice's sake is not a sentence yet.
                self.whole = sentence[-1] in ".!?…"
                self._sentences += self.whole
                self._chars += len(sentence)
        return said
