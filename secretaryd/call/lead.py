"""Performs a flow's orders in a conversation and tells it what came of them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final

from secretaryd.answer.broker import CallState, Intent, says_goodbye
from secretaryd.answer.collect import Fields
from secretaryd.answer.ladder import Piece, Reply
from secretaryd.answer.prompt import Exchange
from secretaryd.answer.words import plain_words
from secretaryd.call.messages import MessageTaking
from secretaryd.call.ports import TalkParts, session_name
from secretaryd.call.report import Report
from secretaryd.call.scribe import Scribe
from secretaryd.call.speculate import Speculation
from secretaryd.flow import events as flow
from storage.errors import StorageError
from storage.records import CallRecord
from voice.conversation import Conversation, Keys, Said, Silence
from voice.ears import EarEvent, PartialText, PhraseHeard
from voice.errors import VoiceError
from voice.turn import Utterance

log = logging.getLogger(__name__)

MAX_HISTORY: Final = 40
MARKS: Final[dict[Intent, str]] = {Intent.TAKE_MESSAGE: "message", Intent.HANG_UP: "hangup"}
YES: Final = frozenset({"да", "давайте", "хорошо", "ладно", "конечно", "ага", "угу", "yes", "sure", "okay", "ok"})
NO: Final = frozenset({"нет", "не", "no", "not", "dont"})
CONSENT_WORDS: Final = 3
"""Consent shows in the first words, and so does its refusal: "да нет, не надо"."""
FLOW_SOURCE: Final = "flow"


class Lead:
    """One call's leader; used once. It knows what was said to whom, the flow decides what comes next."""

    def __init__(
        self, parts: TalkParts, record: CallRecord, scribe: Scribe, report: Report, conversation: Conversation
    ) -> None:
        self._parts = parts
        self._record = record
        self._scribe = scribe
        self._report = report
        self._conversation = conversation
        self._history: list[Exchange] = []
        self._heard: PhraseHeard | None = None
        self._phrases = 0
        self._offered = False
        self._note = ""
        self._prefill: asyncio.Task[None] | None = None
        self._listening = False
        self._speculation = Speculation(self._ask_early, parts.prepare, parts.speculated)
        self._performers: dict[type[Any], Callable[[Any], Awaitable[flow.Fact]]] = {
            flow.Say: self._say,
            flow.Listen: self._listen,
            flow.Answer: self._answer,
            flow.TakeMessage: self._take_message,
        }

    async def run(self) -> None:
        """Returns when the flow hangs up."""
        try:
            await self._follow_flow()
        finally:
            await self._speculation.close()
            await self._stop_prefill()

    def watch(self, event: EarEvent | Utterance) -> None:
        """What the ears publish while they hear: the answer to what seems to be said is begun early."""
        if self._listening and isinstance(event, PartialText):
            self._speculation.partial(event.text)

    async def _follow_flow(self) -> None:
        interpreter = self._parts.interpreter
        self._start_prefill()
        state = interpreter.begin(recording=self._parts.record, language=self._parts.language)
        state, orders = interpreter.step(state, flow.Started())
        while orders:
            (order,) = orders
            if isinstance(order, flow.HangUp):
                log.info("the flow hangs up", extra={"call": self._record.id, "reason": order.reason})
                return
            fact = await self._performers[type(order)](order)
            state, orders = interpreter.step(state, fact)
        log.error("the flow stands still", extra={"call": self._record.id, "node": state.node})

    async def speak(self, utterances: AsyncIterator[Utterance], *, interruptible: bool = True) -> Said:
        """Says it, writes it down, and clocks it against the phrase that it answers. Raises VoiceError."""
        answered, self._heard = self._heard, None
        session = session_name(self._record)
        try:
            said = await self._conversation.say(utterances, interruptible=interruptible)
        except BaseException:
            # The call is gone, or the voice: what the caller heard until then is part of the call all the same.
            if (cut := self._conversation.cut) is not None and cut.text:
                self._scribe.said(cut, answered, self._parts.first_token(session))
            raise
        self._scribe.said(said, answered, self._parts.first_token(session))
        return said

    async def hear(self, seconds: float) -> PhraseHeard | Keys | Silence:
        """The caller's next turn, written down."""
        turned = await self._conversation.listen(seconds)
        if isinstance(turned, PhraseHeard):
            self._heard = turned
            if turned.understood:
                self._phrases += 1
                self._scribe.heard(turned)
            else:
                self._report.unheard = True
        elif isinstance(turned, Keys):
            self._heard = None
            self._scribe.keys(turned.digits, self._conversation.ears.now)
        return turned

    async def _say(self, order: flow.Say) -> flow.Fact:
        try:
            said = await self.speak(
                one(Utterance(order.text, FLOW_SOURCE, order.phrase)), interruptible=order.interruptible
            )
        except VoiceError as error:
            log.warning("not said", extra={"call": self._record.id, "phrase": order.phrase, "reason": str(error)})
            return flow.Failed("speech")
        if said.text:
            self._remember("", said.text)
        return flow.Said(said.text, said.interrupted)

    async def _listen(self, order: flow.Listen) -> flow.Fact:
        self._start_prefill()
        self._listening = True
        try:
            turned = await self.hear(order.seconds)
        finally:
            self._listening = False
        if isinstance(turned, Silence):
            return flow.Silence(turned.seconds)
        if isinstance(turned, Keys):
            return flow.Digits(turned.digits)
        return flow.Heard(turned.text, turned.understood)

    async def _answer(self, order: flow.Answer) -> flow.Fact:
        if self._offered and consents(order.heard):
            self._offered = False
            return flow.Answered("message")
        marks: list[Intent] = []
        note = self._note
        guess = await self._speculation.take(order.heard)
        if guess is None:
            await self._stop_prefill()
        replies = guess.replies() if guess is not None else self._ask(order.heard, self._phrases)
        try:
            said = await self.speak(self._sentences(replies, marks))
        except VoiceError as error:
            log.warning("not answered", extra={"call": self._record.id, "reason": str(error)})
            if (cut := self._conversation.cut) is not None:
                self._remember(order.heard, cut.text, note)
            return flow.Failed("speech")
        finally:
            if guess is not None:
                await guess.cancel()
        self._remember(order.heard, said.text, note)
        # What was not heard has no consequence: an answer that was talked over ends no call.
        allowed = [] if said.interrupted else marks
        self._offered = Intent.OFFER_MESSAGE in allowed
        mark = next((MARKS[mark] for mark in allowed if mark in MARKS), "")
        return flow.Answered(mark, said.interrupted, took_leave=says_goodbye(said.text))

    def _ask(self, heard: str, phrases: int) -> AsyncIterator[Reply]:
        """The ladder's answer to `heard`, the caller's phrase number `phrases`."""
        state = CallState(phrases, says_goodbye(heard))
        session = session_name(self._record)
        return self._parts.answers.answer(heard, tuple(self._history), session=session, state=state, note=self._note)

    def _ask_early(self, partial: str) -> AsyncIterator[Reply]:
        """The same for a phrase that is still being said."""
        return self._ask(partial, self._phrases + 1)

    async def _sentences(self, replies: AsyncIterator[Reply], marks: list[Intent]) -> AsyncIterator[Utterance]:
        """What is said of it; what it causes is put aside until it was heard."""
        async with aclosing(replies) as each:  # type: ignore[type-var]
            async for reply in each:
                if isinstance(reply, Piece):
                    yield Utterance(reply.text, reply.source, reply.detail)
                else:
                    marks.append(reply)

    async def _take_message(self, order: flow.TakeMessage) -> flow.Fact:
        before = self._heard.text if self._heard is not None else ""
        taking = MessageTaking(
            self,
            self._parts.make_collector(self._record.number),
            order.fields,
            order.prompt,
            self._parts.language,
            self._record.number,
            before,
        )
        try:
            fields = await taking.collect()
        except (VoiceError, asyncio.CancelledError) as error:
            # The voice failed, or the caller hung up: what was told until then is a message all the same.
            for phrase in self._conversation.left():
                self._scribe.heard(phrase)
                taking.overheard(phrase)
            await self._keep_message(taking.told)
            if isinstance(error, asyncio.CancelledError):
                raise
            log.warning("message not completed", extra={"call": self._record.id, "reason": str(error)})
            return flow.Failed("speech")
        if fields is None:
            return flow.MessageDone(taken=False)
        if not await self._keep_message(fields):
            return flow.Failed("storage")
        try:
            await taking.confirm()
        except VoiceError as error:
            log.warning("message not confirmed", extra={"call": self._record.id, "reason": str(error)})
        return flow.MessageDone(taken=True)

    async def _keep_message(self, fields: Fields | None) -> bool:
        """False where there is nothing to keep, or no room for it."""
        if fields is None:
            return False
        try:
            await self._scribe.message(fields.name, fields.number, fields.matter)
        except StorageError as error:
            log.error("a message was not kept", extra={"call": self._record.id, "reason": str(error)})
            return False
        return True

    def _start_prefill(self) -> None:
        """Lets the model read what is known of the prompt while we speak or listen. The note that goes before the
        caller's next words is taken here, once, so that the prompt only ever grows at its end."""
        if self._prefill is not None and not self._prefill.done():
            return
        self._note = self._parts.answers.note()
        self._prefill = asyncio.create_task(
            self._parts.answers.prefill(
                tuple(self._history), session=session_name(self._record), partial="", note=self._note
            ),
            name=f"call.{self._record.id}.prefill",
        )

    async def _stop_prefill(self) -> None:
        if self._prefill is not None:
            self._prefill.cancel()
            await asyncio.wait({self._prefill})
            self._prefill = None

    def _remember(self, heard: str, said: str, note: str = "") -> None:
        self._history.append(Exchange(heard, said, note))
        del self._history[:-MAX_HISTORY]


def consents(heard: str) -> bool:
    """Whether a phrase takes up the offer of a message."""
    words = plain_words(heard)[:CONSENT_WORDS]
    return bool(YES.intersection(words[:2])) and not NO.intersection(words)


async def one(utterance: Utterance) -> AsyncIterator[Utterance]:
    """A single sentence as an iterator."""
    yield utterance
