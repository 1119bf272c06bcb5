"""An answer, from the surest source that has one: FAQ, model, a fact as it stands, the offer to take a message."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from secretaryd.answer.asking import of_a_promise
from secretaryd.answer.broker import CallState, Intent, decide, says_goodbye
from secretaryd.answer.faq import FaqEntry, FaqIndex, Match
from secretaryd.answer.grounding import Ground, copied_sentence
from secretaryd.answer.marks import Mark, MarkFilter
from secretaryd.answer.persona import Fact, Persona
from secretaryd.answer.phrases import Phrase, phrase
from secretaryd.answer.ports import ModelPort
from secretaryd.answer.promises import promises
from secretaryd.answer.prompt import Exchange, Form, build, clean_words, now_note
from secretaryd.answer.requests import Requests
from secretaryd.answer.retrieve import SURE, FactIndex, Found
from secretaryd.answer.several import several
from secretaryd.answer.speech import MAX_CHARS, Speech
from secretaryd.answer.template import CALL_FIELDS, TOPICS, clock_values
from secretaryd.answer.topics_table import load_topics
from secretaryd.answer.words import QUESTION, Lemmas
from voice.errors import VoiceError
from voice.llm.protocol import ChatMessage

FIRST_TOKEN_SECONDS: Final = 1.8
"""The caller hears something within 2.5 s of a question: what is left of that pays for the next rung's voice."""
NEXT_TOKEN_SECONDS: Final = 2.0
MAX_TOKENS: Final = 96
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
        topics = load_topics(persona.language, lemmas)
        self._faq, self._facts = FaqIndex(faq, lemmas), FactIndex(persona.facts, lemmas, topics=topics)
        self._entries = {entry.id: entry for entry in self._faq.entries}
        self._requests = Requests(topics, lemmas)
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
        if len(both := several(heard, self._sure)) > 1:
            for one in both:
                yield _stated(one, "of several")
            return
        if (ready := self._ready(heard, history)) is not None:
            entry, piece = ready
            yield piece
            if entry.action and (intent := decide(_ACTIONS[entry.action], state)) is not None:
                yield intent
            return
        found, outcome = self._sure(heard), _Outcome(why="no model")
        if self._model is not None and self._model.ready and self._worth_asking(heard, found):
            if self._form is Form.FOCUSED and found is not None:
                replies = self._copy(self._model, found.fact, self.messages(heard, history), session, outcome)
            else:
                replies = self._ask(self._model, heard, history, session, state, note, outcome)
            async with aclosing(replies) as each:
                async for reply in each:
                    yield reply
            if outcome.said:
                return
            log.info("answered without the model", extra={"why": outcome.why, "session": session})
        if found is not None:
            yield _stated(found, outcome.why)
            return
        asked = self._facts.asks_fact(heard)
        offer = phrase(Phrase.LEAVE_MESSAGE, language)
        repeated = bool(history) and offer.startswith(history[-1].said[: len(offer)] or "\0")
        which = Phrase.LEAVE_MESSAGE if asked and not repeated else Phrase.LEAVE_MESSAGE_AGAIN
        yield self._phrase(which, outcome.why)
        yield Intent.OFFER_MESSAGE

    def sure_of(self, partial: str) -> Piece | None:
        """What would be said if the phrase ended now and no model were asked: an exact FAQ answer, or the fact that
        fits beyond doubt; None where neither does. Cheap (about a millisecond) and without effect, so that it can be
        called on every partial. Where `detail` ends in "(model first)", a model would word the fact before this."""
        match = self._faq.exact(partial)
        if isinstance(match, Match):
            text = "" if CALL_FIELDS & match.entry.answer.fields else self._filled(match.entry, ())
            return Piece(text, "faq", f"{match.entry.id} {match.how} {match.score:g}") if text else None
        found = self._sure(partial)
        if found is None:
            return None
        if several(partial, self._sure):
            return None
        if (ready := self._ready(partial, ())) is not None:
            entry, piece = ready
            return piece if entry.answer.fields & TOPICS else None
        asked = self._model is not None and self._model.ready and self._worth_asking(partial, found)
        return _stated(found, "model first" if asked else "ahead")

    def _ready(self, heard: str, history: Sequence[Exchange]) -> tuple[FaqEntry, Piece] | None:
        """The ready answer that fits, if one does: an entry's own wording, one near it, or a request in free words."""
        match = self._faq.match(heard)
        if isinstance(match, Match) and (match.how == "exact" or self._believable(match.entry, heard)):
            entry, how = match.entry, f"{match.how} {match.score:g}"
        elif (entry_id := self._requested(heard)) in self._entries:
            entry, how = self._entries[entry_id], "asked"
        else:
            return None
        text = self._filled(entry, history)
        return (entry, Piece(text, "faq", f"{entry.id} {how}")) if text else None

    def _requested(self, heard: str) -> str:
        """The id of the entry for what a phrase asks to be done; empty where it asks for nothing, or for a fact."""
        words = self._lemmas.tokens(heard)
        if of_a_promise(words):
            return ""
        sure = self._sure(heard) is not None
        if (wanted := self._requests.of(heard)) and not (sure and any(word.weight == QUESTION for word in words)):
            return wanted
        return "goodbye" if says_goodbye(heard) and not sure else ""

    def _believable(self, entry: FaqEntry, heard: str) -> bool:
        """Whether the facts agree with an entry that was matched nearly: they know better what a question is about."""
        if entry.action and of_a_promise(self._lemmas.tokens(heard)):
            return False  # "мне сказали перезвонить" asks for nothing
        topics = entry.answer.fields & TOPICS
        best = next(iter(self._facts.best(heard, limit=1)), None)
        if not topics:
            return best is None or best.score < SURE
        if best is None or self._facts.asks_price(heard):
            return best is not None and best.score >= SURE and best.fact.topic in topics
        return best.fact.topic in topics

    def _worth_asking(self, heard: str, found: Found | None) -> bool:
        """Whether the model may answer. Where no fact is sure, a question for facts would only be answered by an
        invention; and the smallest model is only asked what it was trained on."""
        if found is not None:
            return self._form is Form.FULL or bool(found.fact.ask)
        return self._form is Form.FULL and not self._facts.asks_fact(heard) and not promises(heard)

    def note(self) -> str:
        """What a full prompt says before the caller's next words; take it once a phrase, keep it in the Exchange."""
        return now_note(self._clock(), self.persona.language) if self._form is Form.FULL else ""

    def messages(self, heard: str, history: Sequence[Exchange], note: str = "") -> tuple[ChatMessage, ...]:
        """What the model would be asked. In a full prompt the fact that fits stands behind the caller's words, in all
        turns, so that what was evaluated stays so."""
        if self._form is Form.FULL:
            return build(self.persona, self.persona.facts, history, heard, form=self._form, note=note, hint=self._hint)
        if (found := self._sure(heard)) is not None and found.fact.ask:
            return build(self.persona, [found.fact], (), found.fact.ask, form=self._form)
        best = [one.fact for one in self._facts.best(heard, FACTS_IN_PROMPT)]
        return build(self.persona, best or self.persona.facts[:IDLE_FACTS], history, heard, form=self._form)

    def _hint(self, heard: str) -> str:
        found = self._sure(heard)
        return f"{found.fact.label}: {found.fact.value}." if found is not None else ""

    def _sure(self, heard: str) -> Found | None:
        """The fact that answers a question, where there is no doubt."""
        return next(iter(self._facts.best(heard, limit=1, floor=SURE)), None)

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

    def _ending(self, heard: str, speech: Speech, why: str) -> Piece:
        """What follows a reply that the model did not finish: after a torn sentence the fact itself, or an excuse."""
        if speech.whole:
            return self._phrase(Phrase.ANYTHING_ELSE, why)
        found = self._sure(heard)
        return _stated(found, why) if found is not None else self._phrase(Phrase.SORRY, why)

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
        found = self._sure(heard)
        ground = self._ground([*messages, ChatMessage("user", clean_words(heard))], found.fact if found else None)
        speech = Speech(ground, state)
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

    async def _copy(
        self,
        model: ModelPort,
        fact: Fact,
        messages: tuple[ChatMessage, ...],
        session: str,
        outcome: _Outcome,
    ) -> AsyncGenerator[Reply, None]:
        """The smallest model's wording of one fact, said only when it is there whole: such a model loses and repeats
        pieces, and its sentence is short enough to wait for."""
        marks, text = MarkFilter(), ""
        try:
            async with aclosing(model.stream(messages, session=session, max_tokens=MAX_TOKENS)) as deltas:  # type: ignore[type-var]
                async for delta in self._timed(deltas):
                    text += "".join(part for part in marks.feed(delta) if not isinstance(part, Mark))
                    if copied_sentence(text, fact.value) or len(text) > MAX_CHARS:
                        break
        except (VoiceError, TimeoutError) as error:
            outcome.why = str(error) or "the model took too long"
            log.warning("the model failed", extra={"why": outcome.why, "said": 0, "session": session})
            return
        whole = text.rstrip()
        sentence = copied_sentence(whole if whole.endswith((".", "!", "?")) else f"{whole}.", fact.value)
        if not sentence:
            outcome.why = "the model did not say the fact whole" if text.strip() else "the model said nothing"
        elif stray := self._ground(messages, fact).stray(sentence):
            outcome.why = f"the model made up {stray!r}"
        else:
            outcome.said += 1
            yield Piece(sentence, "model", session)

    def _ground(self, messages: Sequence[ChatMessage], fact: Fact | None) -> Ground:
        """What an answer to the last of `messages` may be made of."""
        return Ground(
            [*(message.content for message in messages), self.persona.greeting],
            self._lemmas,
            strict=self._form is Form.FOCUSED,
            subject=f"{fact.label} {fact.value} {fact.say}" if fact else "",
            claims=f"{fact.label}: {fact.value}. {fact.say}" if fact else "",
            heard=messages[-1].content,
            value=fact.value if fact else "",
        )

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


def _stated(found: Found, why: str) -> Piece:
    return Piece(found.fact.say, "fact", f"{found.fact.topic} {found.score:.2f} ({why})")
