"""An answer, from the surest source that has one: FAQ, model, a fact as it stands, the offer to take a message."""

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import Final

from secretaryd.answer.asking import of_a_promise
from secretaryd.answer.broker import CallState, Intent, decide, says_goodbye
from secretaryd.answer.faq import FaqEntry, FaqIndex, Match
from secretaryd.answer.marks import Mark
from secretaryd.answer.patience import ON_TIME, PatiencePolicy, Timing
from secretaryd.answer.persona import Persona
from secretaryd.answer.phrases import Phrase, phrase
from secretaryd.answer.ports import ModelPort
from secretaryd.answer.promises import promises
from secretaryd.answer.prompt import Exchange, Form, build, now_note
from secretaryd.answer.reply import Piece, Reply, stated
from secretaryd.answer.requests import Requests
from secretaryd.answer.retrieve import SURE, FactIndex, Found
from secretaryd.answer.rung import ModelRung, Outcome, Question
from secretaryd.answer.several import several
from secretaryd.answer.template import CALL_FIELDS, TOPICS, clock_values
from secretaryd.answer.topics_table import load_topics
from secretaryd.answer.words import QUESTION, Lemmas
from voice.errors import VoiceError
from voice.llm.protocol import ChatMessage

FACTS_IN_PROMPT: Final = 2
IDLE_FACTS: Final = 2
"""Facts shown to a focused model when none fits, so that the prompt keeps its form."""

TOO_LATE: Final = "the model was too late"

log = logging.getLogger(__name__)
_ACTIONS = {"message": Mark.MESSAGE, "hangup": Mark.HANG_UP}


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
        patience: PatiencePolicy | None = None,
    ) -> None:
        """`clock` gives local time. `form`: Form.FOCUSED for the bundled starter model."""
        self.persona = persona
        topics = load_topics(persona.language, lemmas)
        self.faq, self.facts = FaqIndex(faq, lemmas), FactIndex(persona.facts, lemmas, topics=topics)
        self._entries = {entry.id: entry for entry in self.faq.entries}
        self._requests = Requests(topics, lemmas)
        self._lemmas, self._clock, self._model, self._form = lemmas, clock, model, form
        self._rung = ModelRung(persona, lemmas, form, patience or PatiencePolicy())

    async def answer(
        self,
        heard: str,
        history: Sequence[Exchange],
        *,
        session: str,
        state: CallState | None = None,
        note: str = "",
        timing: Timing = ON_TIME,
    ) -> AsyncGenerator[Reply, None]:
        """Sentences and intents in order; at least one sentence comes, whatever fails. An intent follows the sentences
        it belongs to. `history` holds only what was heard; `note` is that of `note()` for this phrase, or empty. A
        filler may be the first piece, where `timing` allows for it and the model is predicted to be late; no model is
        asked where it has no time for one."""
        state = state or CallState(caller_phrases=1)
        state = replace(state, goodbye_heard=state.goodbye_heard or says_goodbye(heard))
        language = self.persona.language
        if not heard.strip():
            yield self._phrase(Phrase.DID_NOT_HEAR)
            return
        if len(both := several(heard, self._sure)) > 1:
            for one in both:
                yield stated(one, "of several")
            return
        if (ready := self._ready(heard, history)) is not None:
            entry, piece = ready
            yield piece
            if entry.action and (intent := decide(_ACTIONS[entry.action], state)) is not None:
                yield intent
            return
        found, outcome = self._sure(heard), Outcome(why="no model" if timing.ask else TOO_LATE)
        if timing.ask and self._model is not None and self._model.ready and self._worth_asking(heard, found):
            messages = self.messages(heard, history, note)
            question = Question(heard, found, messages, session, state, timing)
            async with aclosing(self._rung.replies(self._model, question, outcome)) as each:
                async for reply in each:
                    yield reply
            if outcome.said:
                return
            log.info("answered without the model", extra={"why": outcome.why, "session": session})
        if found is not None:
            yield stated(found, outcome.why)
            return
        asked = self.facts.asks_fact(heard)
        offer = phrase(Phrase.LEAVE_MESSAGE, language)
        repeated = bool(history) and offer.startswith(history[-1].said[: len(offer)] or "\0")
        which = Phrase.LEAVE_MESSAGE if asked and not repeated else Phrase.LEAVE_MESSAGE_AGAIN
        yield self._phrase(which, outcome.why)
        yield Intent.OFFER_MESSAGE

    def sure_of(self, partial: str) -> Piece | None:
        """What would be said if the phrase ended now and no model were asked: an exact FAQ answer, or the fact that
        fits beyond doubt; None where neither does. Cheap (about a millisecond) and without effect, so that it can be
        called on every partial. Where `detail` ends in "(model first)", a model would word the fact before this."""
        match = self.faq.exact(partial)
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
        return stated(found, "model first" if asked else "ahead")

    def without_model(self, heard: str) -> Piece | None:
        """What would be said of a phrase without asking a model; None where one is asked, or a message offered."""
        if not heard.strip():
            return self._phrase(Phrase.DID_NOT_HEAR)
        if (ready := self._ready(heard, ())) is not None:
            return ready[1]
        found = self._sure(heard)
        return stated(found, "alone") if found is not None else None

    def _ready(self, heard: str, history: Sequence[Exchange]) -> tuple[FaqEntry, Piece] | None:
        """The ready answer that fits, if one does: an entry's own wording, one near it, or a request in free words."""
        match = self.faq.match(heard)
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
        best = next(iter(self.facts.best(heard, limit=1)), None)
        if not topics:
            return best is None or best.score < SURE
        if best is None or self.facts.asks_price(heard):
            return best is not None and best.score >= SURE and best.fact.topic in topics
        return best.fact.topic in topics

    def _worth_asking(self, heard: str, found: Found | None) -> bool:
        """Whether the model may answer. Where no fact is sure, a question for facts would only be answered by an
        invention; and the smallest model is only asked what it was trained on."""
        if found is not None:
            return self._form is Form.FULL or bool(found.fact.ask)
        return self._form is Form.FULL and not self.facts.asks_fact(heard) and not promises(heard)

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
        best = [one.fact for one in self.facts.best(heard, FACTS_IN_PROMPT)]
        return build(self.persona, best or self.persona.facts[:IDLE_FACTS], history, heard, form=self._form)

    def _hint(self, heard: str) -> str:
        found = self._sure(heard)
        return f"{found.fact.label}: {found.fact.value}." if found is not None else ""

    def _sure(self, heard: str) -> Found | None:
        """The fact that answers a question, where there is no doubt."""
        return next(iter(self.facts.best(heard, limit=1, floor=SURE)), None)

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

    def _phrase(self, which: Phrase, why: str = "") -> Piece:
        return Piece(phrase(which, self.persona.language), "phrase", f"{which} ({why})" if why else str(which))
