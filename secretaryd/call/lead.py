"""Performs a flow's orders in a conversation and tells it what came of them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any, Final

from secretaryd.answer.broker import Intent, says_goodbye
from secretaryd.answer.collect import Fields
from secretaryd.answer.template import TOPICS
from secretaryd.call.answering import Answering
from secretaryd.call.commands import Command, command
from secretaryd.call.english import KEY as ENGLISH_KEY
from secretaryd.call.english import English, EnglishMessage, english
from secretaryd.call.manner import CallVoice
from secretaryd.call.messages import MessageTaking
from secretaryd.call.orders import MESSAGE, Order, Orders
from secretaryd.call.ports import TalkParts, session_name
from secretaryd.call.report import Remark, Report
from secretaryd.call.requests import Dismissed, Requests, Switched
from secretaryd.call.resume import set_off
from secretaryd.call.scribe import Scribe
from secretaryd.call.wishes import STAY, Led, Wishes
from secretaryd.call.words import Line
from secretaryd.flow import events as flow
from secretaryd.flow.interpreter import chosen
from secretaryd.flow.schema import Listen, Node
from storage.errors import StorageError
from storage.records import CallRecord
from voice.completeness import Expecting
from voice.conversation import Conversation, Keys, Nudged, Said, Silence, Turned
from voice.ears import EarEvent, PartialText, PhraseHeard
from voice.errors import VoiceError
from voice.turn import Utterance

log = logging.getLogger(__name__)

MARKS: Final[dict[Intent, str]] = {Intent.TAKE_MESSAGE: "message", Intent.HANG_UP: "hangup"}
FLOW_SOURCE: Final = "flow"
ASIDES: Final = TOPICS | {"who", "robot", "time", "date"}
"""Ready answers that a caller may have in the middle of a message."""


class Lead:
    """One call's leader; used once. It knows what was said to whom, the flow decides what comes next."""

    def __init__(
        self,
        parts: TalkParts,
        record: CallRecord,
        scribe: Scribe,
        report: Report,
        conversation: Conversation,
        *,
        voice: CallVoice,
        forget_recording: Callable[[], Awaitable[Line]],
    ) -> None:
        self._record = record
        self._scribe = scribe
        self._report = report
        self._conversation = conversation
        self._voice = voice
        self._forget_recording = forget_recording
        self._heard: PhraseHeard | None = None
        self._before = ""
        self._node: Node | None = None
        self._listening = False
        self._orders = Orders(self._say_owners)
        self._spoke_until = 0.0
        self._take_up(parts)
        self._performers: dict[type[Any], Callable[[Any], Awaitable[flow.Fact | Led]]] = {
            flow.Say: self._say,
            flow.Listen: self._listen,
            flow.Answer: self._answer,
            flow.TakeMessage: self._take_message,
        }

    def _take_up(self, parts: TalkParts) -> None:
        """What the call is talked with from now on."""
        record, language = self._record, parts.language
        self._parts = parts
        self._answering = Answering(
            parts, session_name(record), self, self._voice.prepare, lambda: self._conversation.cut
        )
        self._requests = Requests(
            language, self._voice, self._say_again, self._forget_recording, self._report, self._in_english
        )
        self._collector = parts.make_collector(record.number)
        self._wishes = Wishes(language, record.number, self._collector, self._line, self._keep_message)

    async def run(self) -> None:
        """Returns when the flow hangs up, or the caller was dismissed."""
        try:
            await self._follow_flow()
        except Dismissed as reason:
            log.info("dismissed", extra={"call": self._record.id, "reason": str(reason)})
        finally:
            await self._answering.close()

    def watch(self, event: EarEvent | Utterance) -> None:
        """What the ears publish while they hear: the answer to what seems to be said is begun early."""
        if self._listening and isinstance(event, PartialText):
            self._answering.partial(event.text)

    async def _follow_flow(self) -> None:
        interpreter = self._parts.interpreter
        self._answering.start_prefill()
        state, orders = await set_off(self._parts, self._report, self._line)
        while orders:
            (order,) = orders
            if isinstance(order, flow.HangUp):
                log.info("the flow hangs up", extra={"call": self._record.id, "reason": order.reason})
                return
            self._node = interpreter.flow.nodes[state.node]
            try:
                fact = await self._performers[type(order)](order)
            except Switched:
                interpreter = self._parts.interpreter
                state = replace(state, language=self._parts.language)
                state, orders = interpreter.enter(state, state.listener or state.node)
                continue
            if isinstance(fact, Led):
                state, orders = interpreter.enter(state, interpreter.flow.marks[fact.mark])
            else:
                state, orders = interpreter.step(state, fact)
        log.error("the flow stands still", extra={"call": self._record.id, "node": state.node})

    async def speak(
        self, utterances: AsyncIterator[Utterance], *, interruptible: bool = True, filler: bool = False
    ) -> Said:
        """Says it, writes it down, and clocks it against the phrase that it answers, which a filler does not. Raises
        VoiceError."""
        answered = self._heard
        if filler:
            said = await self._conversation.say(utterances)
            self._scribe.said(said, answered)
            return said
        self._heard = None
        if answered is not None and answered.end < self._spoke_until:
            answered = None  # said over us and taken up later: nobody waited in silence, so nothing is clocked
        session = session_name(self._record)
        try:
            said = await self._conversation.say(utterances, interruptible=interruptible)
        except BaseException:
            # The call is gone, or the voice: what the caller heard until then is part of the call all the same.
            if (cut := self._conversation.cut) is not None and cut.text:
                self._scribe.said(cut, answered, self._parts.first_token(session))
            raise
        self._spoke_until = said.end
        self._scribe.said(said, answered, self._parts.first_token(session))
        if interruptible and said.sources:  # an announcement is no answer that anybody wants repeated
            self._requests.last = said.sources
        return said

    async def hear(self, seconds: float) -> PhraseHeard | Keys | Silence:
        """The caller's next turn; what he asks of the conversation itself is done on the way. Raises Dismissed."""
        while True:
            turned = await self._hear_one(seconds)
            if isinstance(turned, Nudged):
                await self._answering.drop()
                if await self._orders.obey(asking=self._listening and MESSAGE in self._parts.interpreter.flow.marks):
                    return Silence(0.0)
                continue
            if not isinstance(turned, PhraseHeard) or (which := self._request(turned)) is None:
                return turned
            await self._perform(which)

    async def listen(self, seconds: float) -> Turned:
        """The caller's next turn, whose words are none of ours; the owner's orders wait."""
        while isinstance(turned := await self._conversation.listen(seconds), Nudged):
            pass
        return turned

    @property
    def now(self) -> float:
        """Seconds of the line."""
        return self._conversation.ears.now

    async def _perform(self, which: Command) -> None:
        """Does what is asked of the conversation itself. Raises Dismissed and Switched."""
        await self._answering.drop()
        try:
            await self._requests.perform(which)
        except VoiceError as error:
            log.warning("not said", extra={"call": self._record.id, "request": which, "reason": str(error)})

    async def _in_english(self) -> None:
        """Goes on in English where that can be; else takes a message as sound. Raises Switched or Dismissed."""
        self._report.remark(Remark.ENGLISH)
        tongue = self._parts.english
        if tongue is None:
            recorded = self._parts.record and Remark.UNRECORDED not in self._report.remarks
            message = EnglishMessage(
                self, self._report.language, self._record.number, self._keep_message, recorded=recorded
            )
            await message.take()
            return
        await self._answering.close()
        self._conversation.change(tongue.language)
        self._voice.change(tongue.voice)
        self._take_up(
            replace(
                self._parts,
                language=tongue.language,
                interpreter=tongue.interpreter,
                answers=tongue.answers,
                make_collector=tongue.make_collector,
            )
        )
        await self.speak(english(English.GO_ON))
        raise Switched

    def expect(self, what: Expecting) -> None:
        """What the caller is being asked for."""
        self._conversation.expect(what)

    def _request(self, turned: PhraseHeard) -> Command | None:
        """What the phrase asks of the conversation itself."""
        which = command(turned.text, self._parts.language)
        return which if self._requests.handles(which) and not self._flow_wants(turned.text) else None

    def _flow_wants(self, heard: str) -> bool:
        """Whether the owner's flow has its own way for these words; it goes first."""
        node = self._node
        return isinstance(node, Listen) and chosen(node, heard) != node.default

    def _flow_has_key(self, digits: str) -> bool:
        node = self._node
        return isinstance(node, Listen) and any(digits in intent.keys for intent in node.intents)

    async def _say_again(self, utterances: tuple[Utterance, ...]) -> None:
        """Answers a request that is none of the flow's."""
        heard = self._heard.text if self._heard is not None else ""
        last = self._requests.last
        said = await self.speak(every(*utterances))
        self._requests.last = last
        self._answering.remember(heard, said.text)

    def order(self, order: Order) -> bool:
        """The owner's, done when nobody speaks. False where too many wait."""
        taken = self._orders.put(order)
        self._conversation.nudge()
        return taken

    async def _say_owners(self, utterances: tuple[Utterance, ...]) -> None:
        self._answering.remember("", (await self.speak(every(*utterances))).text)

    async def _hear_one(self, seconds: float) -> Turned:
        """The caller's next turn, written down."""
        turned = await self._conversation.listen(seconds)
        if isinstance(turned, PhraseHeard):
            self._heard = turned
            if turned.understood:
                self._answering.phrases += 1
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
                every(Utterance(order.text, FLOW_SOURCE, order.phrase)), interruptible=order.interruptible
            )
        except VoiceError as error:
            log.warning("not said", extra={"call": self._record.id, "phrase": order.phrase, "reason": str(error)})
            return flow.Failed("speech")
        if said.text:
            self._answering.remember("", said.text)
        return flow.Said(said.text, said.interrupted)

    async def _listen(self, order: flow.Listen) -> flow.Fact | Led:
        while True:
            turned = await self._attend(order.seconds)
            if (ordered := self._orders.led()) is not None:
                return ordered
            if isinstance(turned, Silence):
                return flow.Silence(turned.seconds)
            if isinstance(turned, Keys):
                if turned.digits == ENGLISH_KEY and not self._flow_has_key(turned.digits):
                    await self._perform(Command.ENGLISH)
                return flow.Digits(turned.digits)
            led = None if self._flow_wants(turned.text) else await self._wishes.asked_for(turned.text)
            if led is None:
                return flow.Heard(turned.text, turned.understood)
            await self._answering.drop()
            if led is not STAY:
                return led

    async def _attend(self, seconds: float) -> PhraseHeard | Keys | Silence:
        """Hears while an answer may be begun early."""
        self._answering.start_prefill()
        self._listening = True
        try:
            return await self.hear(seconds)
        finally:
            self._listening = False

    async def _line(self, text: str, detail: str) -> None:
        """A ready sentence in answer to what was heard; without a voice the call goes on without it."""
        heard = self._heard.text if self._heard is not None else ""
        try:
            said = await self.speak(every(Utterance(text, "phrase", detail)))
        except VoiceError as error:
            log.warning("not said", extra={"call": self._record.id, "phrase": detail, "reason": str(error)})
        else:
            self._answering.remember(heard, said.text)

    async def _answer(self, order: flow.Answer) -> flow.Fact:
        last = self._requests.last
        if (led := await self._wishes.reply(order.heard, last[-1].text if last else "")) is not None:
            await self._answering.drop()
            return flow.Answered(led.mark)
        try:
            outcome = await self._answering.answer(order.heard, *self._heard_how())
        except VoiceError as error:
            log.warning("not answered", extra={"call": self._record.id, "reason": str(error)})
            return flow.Failed("speech")
        self._wishes.offered = Intent.OFFER_MESSAGE in outcome.marks
        mark = next((MARKS[mark] for mark in outcome.marks if mark in MARKS), "")
        self._before = order.heard if mark == "message" else ""
        said = outcome.said
        return flow.Answered(mark, said.interrupted, took_leave=says_goodbye(said.text))

    def _heard_how(self) -> tuple[float, float]:
        """Of the phrase to be answered: the confidence (0 says nothing), and seconds of silence behind it."""
        if (heard := self._heard) is None:
            return 0.0, 0.0
        return heard.confidence, max(0.0, self._conversation.ears.now - max(heard.end, self._spoke_until))

    async def _take_message(self, order: flow.TakeMessage) -> flow.Fact:
        before = self._heard.text if self._heard is not None else self._before
        taking = MessageTaking(
            self,
            self._collector,
            order.fields,
            order.prompt,
            self._parts.language,
            self._record.number,
            before,
            known=self._wishes.told,
            answer=self._sure_answer,
        )
        self._wishes.told, self._before = None, ""
        await self._answering.drop()
        try:
            fields = await self._collected(taking)
        except (VoiceError, Dismissed, Switched, asyncio.CancelledError) as error:
            # The voice failed, or the caller hung up: what was told until then is a message all the same.
            for phrase in self._conversation.left():
                self._scribe.heard(phrase)
                taking.overheard(phrase)
            await self._keep_message(taking.told)
            if not isinstance(error, VoiceError):
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

    async def _collected(self, taking: MessageTaking) -> Fields | None:
        try:
            return await taking.collect()
        finally:
            self.expect(Expecting.ANYTHING)

    def _sure_answer(self, heard: str) -> Utterance | None:
        """To a question about the company, where there is no doubt; courtesies and requests have no place here."""
        piece = self._parts.answers.sure_of(heard)
        if piece is None or (piece.source == "faq" and piece.detail.split()[0] not in ASIDES):
            return None
        return Utterance(piece.text, piece.source, piece.detail)

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


async def every(*utterances: Utterance) -> AsyncIterator[Utterance]:
    """Sentences that are known already, as an iterator."""
    for utterance in utterances:
        yield utterance
