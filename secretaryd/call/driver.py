"""Performs what the call machine orders, and feeds back what happened. One driver a call, owned by the line's group."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final, Protocol

from hw.at.dial import Permit
from hw.errors import CommandRefused, CommandTimeout, ModemError
from secretaryd.bus import Bus
from secretaryd.call.earlier import LINE_LOST, MODEM_GONE, broken_off
from secretaryd.call.machine import (
    DEADLINES,
    AnswerFailed,
    DeadlineHit,
    DialFailed,
    DialRefused,
    Dismissed,
    Do,
    Event,
    Gone,
    IllegalEvent,
    PickedUp,
    Rang,
    State,
    step,
)
from secretaryd.call.orders import Order
from secretaryd.call.report import Report
from secretaryd.control.protocol import CallDialled, CallEnded, CallRang, LineChanged
from secretaryd.people.screening import BLOCKED, NOBODY, Person, Verdict, screen
from storage.errors import StorageError
from storage.records import CallRecord
from storage.store import Storage

log = logging.getLogger(__name__)

INBOX: Final = 64
NO_ROW: Final = 0
CONNECT_SECONDS: Final = 8.0
"""Somebody who answers at the last moment has so long to say something."""
UNANSWERED: Final = frozenset({State.DIALLING, State.CONNECTING})
WORDS_OF_NO_ANSWER: Final = {"BUSY": "busy", "NO ANSWER": "no answer"}


class ModemOrders(Protocol):
    """What a call asks of the modem."""

    async def answer(self) -> None:
        """ATA. Raises ModemError."""

    async def dial(self, permit: Permit) -> None:
        """ATD. Raises ModemError."""

    async def hang_up(self) -> None:
        """AT+CHUP. Raises ModemError."""


class Talk(Protocol):
    """The spoken part of a call: sound, recording, conversation."""

    async def run(self) -> str:
        """Talks until the flow is through; returns who ends the call ("secretary"). Cancelled when the call is gone;
        its own clean-up (recording closed, sound path closed) is done when it returns."""

    def digit(self, digit: str) -> None:
        """A key was pressed."""

    def order(self, order: Order) -> bool:
        """The owner's; False where it cannot be taken now."""

    def expect_answer(self, picked_up: Callable[[], None]) -> None:
        """Before `run`, for a call that we make: nothing is said until somebody is there, which is told."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who rings, as far as the network told."""

    number: str | None
    presentation: str


@dataclass(frozen=True, slots=True)
class CallSettings:
    """What the owner wants of every call."""

    line: str
    zone: tzinfo
    max_seconds: float


@dataclass(frozen=True, slots=True)
class Outward:
    """A call that we make."""

    permit: Permit
    ring_seconds: float
    """From ATD to somebody's answer, at most."""


class CallDriver:
    """Runs one call from the first ring to the kept row."""

    def __init__(
        self,
        settings: CallSettings,
        modem: ModemOrders,
        storage: Storage,
        bus: Bus,
        make_talk: Callable[[CallRecord, Report], Talk],
        caller: Caller,
        report: Report | None = None,
        find: Callable[[str | None], Person | None] = lambda _: None,
        *,
        outward: Outward | None = None,
        after: Callable[[CallRecord, Report], Awaitable[None]] | None = None,
    ) -> None:
        """`caller` is the other side. `find` tells whose number it is; a blocked one's call is declined, or talked with
        a goodbye. `after` is told of the call once it is kept."""
        self._settings = settings
        self._outward = outward
        self._after = after
        self._ring_until: float | None = None
        self._modem = modem
        self._storage = storage
        self._bus = bus
        self._make_talk = make_talk
        self.caller = caller
        self.found = False
        """It was up when the modem was first asked: left over from before a crash of ours, or a lost port."""
        self.state = State.IDLE
        self._inbox: asyncio.Queue[Event] = asyncio.Queue(INBOX)
        self._record: CallRecord | None = None
        self._report = self.report = report or Report()
        self.outcome = ""
        """Once the call is kept."""
        self._find = find
        self._person = find(caller.number)
        if outward is None:
            self._report.screened = screen(self._person)
        self._talk: Talk | None = None
        self._voice: asyncio.Task[None] | None = None
        self._cause = ""
        self._deadline: float | None = None
        self._performers: dict[Do, Callable[[], Awaitable[None]]] = {
            Do.OPEN: self._open,
            Do.ANSWER: self._answer,
            Do.DIAL: self._dial,
            Do.START_VOICE: self._start_voice,
            Do.STOP_VOICE: self._stop_voice,
            Do.HANG_UP: self._hang_up,
            Do.SAVE: self._save,
        }

    @property
    def direction(self) -> str:
        """in or out."""
        return "in" if self._outward is None else "out"

    @property
    def call_id(self) -> int | None:
        """The row's id, once the call has one."""
        return self._record.id if self._record else None

    def tell(self, event: Event) -> None:
        """A fact for this call; never blocks. Beyond the bound (a modem gone mad) it is dropped and logged."""
        try:
            self._inbox.put_nowait(event)
        except asyncio.QueueFull:
            log.error("call inbox full", extra={"call": self.call_id, "event": type(event).__name__})

    def meet(self, caller: Caller) -> None:
        """The caller is known only now, while it rings or later."""
        self.caller = caller
        self._person = self._find(caller.number)
        self._report.screened = screen(self._person)
        if self._record is not None:
            self._publish_ring(self._record.id)
        if self._report.screened is not Verdict.TAKE and self.state is not State.IDLE:
            self.tell(Dismissed(BLOCKED))

    def digit(self, digit: str) -> None:
        """A key pressed by the caller."""
        if self._talk is not None:
            self._talk.digit(digit)

    def order(self, order: Order) -> bool:
        """What the owner wants done in the conversation; False where there is none, or too many orders wait."""
        return self.state is State.TALKING and self._talk is not None and self._talk.order(order)

    async def run(self) -> None:
        """Returns when the call is over and kept."""
        try:
            while self.state is not State.OVER:
                await self._take(await self._next())
        finally:
            await self._stop_voice()

    async def _next(self) -> Event:
        if self._deadline is None:
            return await self._inbox.get()
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._inbox.get()
        except TimeoutError:
            self._deadline = None
            return DeadlineHit()

    async def _take(self, event: Event) -> None:
        if isinstance(event, Rang) and self._report.screened is Verdict.DECLINE:
            event = Rang()  # however often it rings, it is not answered
        try:
            state, orders = step(self.state, event)
        except IllegalEvent as error:
            log.warning("ignored", extra={"call": self.call_id, "reason": str(error)})
            return
        self._note_cause(event)
        if state is not self.state:
            self.state = state
            self._set_deadline()
            self._bus.publish(LineChanged(state=state))
        for order in orders:
            await self._performers[order]()

    def _note_cause(self, event: Event) -> None:
        """The first word about the end is the cause; later ones only confirm it."""
        if self._cause:
            return
        if isinstance(event, Gone):
            self._cause = self._cause_of_going(event.cause)
        elif isinstance(event, DialRefused | DialFailed):
            self._cause = "not dialled"
        elif isinstance(event, Dismissed):
            self._cause = event.by
        elif isinstance(event, AnswerFailed):
            self._cause = "answer failed"
        elif isinstance(event, DeadlineHit):
            self._cause = "no answer" if self.state in UNANSWERED else "limit"

    def _cause_of_going(self, word: str) -> str:
        """Why the call is gone, by the modem's word and by where it was."""
        if word in MODEM_GONE:
            return LINE_LOST
        if self.state in UNANSWERED:
            return WORDS_OF_NO_ANSWER.get(word, "unreachable" if self.state is State.DIALLING else "no answer")
        return "caller"

    def _set_deadline(self) -> None:
        now = asyncio.get_running_loop().time()
        seconds = DEADLINES.get(self.state)
        if self.state is State.TALKING:
            most = self._outward.permit.seconds if self._outward is not None else self._settings.max_seconds
            seconds = min(self._settings.max_seconds, most)
        if self._outward is not None and self.state in UNANSWERED:
            self._ring_until = self._ring_until or now + self._outward.ring_seconds
            least = CONNECT_SECONDS if self.state is State.CONNECTING else 0.0
            seconds = max(self._ring_until - now, least)
        self._deadline = None if seconds is None else now + seconds

    async def _open(self) -> None:
        number, presentation = self.caller.number, self.caller.presentation
        try:
            self._record = await self._begin_row(time.time())
        except StorageError as error:
            # A disk that refuses is no reason not to answer; the row is tried again at the end.
            log.error("the call has no row yet", extra={"reason": str(error)})
            self._record = CallRecord(NO_ROW, self._settings.line, self.direction, number, presentation, time.time())
        what = {"call": self._record.id, "number": number or presentation}
        if self._outward is not None:
            log.info("dials", extra=what)
            self._bus.publish(CallDialled(call=self._record.id, number=number or ""))
            return
        log.info("rings", extra={**what, "found": self.found})
        self._report.found = self.found
        self._report.continues = await broken_off(self._storage, self._record) if self.found else None
        self._publish_ring(self._record.id)
        if self._report.screened is Verdict.DECLINE:
            self.tell(Dismissed(BLOCKED))

    def _publish_ring(self, call: int) -> None:
        person = self._person or NOBODY
        number, presentation = self.caller.number, self.caller.presentation
        ring = CallRang(
            call=call,
            number=number,
            presentation=presentation,
            name=person.name,
            group=person.group,
            continues=self._report.continues,
        )
        self._bus.publish(ring)

    async def _begin_row(self, at: float) -> CallRecord:
        caller = self.caller
        line = self._settings.line
        return await self._storage.begin(line, self.direction, caller.number, caller.presentation, at)

    async def _dial(self) -> None:
        assert self._outward is not None, "nobody asks an incoming call to dial"
        try:
            await self._modem.dial(self._outward.permit)
        except CommandRefused as error:
            self._not_dialled(error, DialRefused(error.code))
        except CommandTimeout as error:
            self._not_dialled(error, DialFailed(str(error)))
        except (ModemError, ValueError) as error:
            self._not_dialled(error, DialRefused(str(error)))

    def _not_dialled(self, error: Exception, event: DialRefused | DialFailed) -> None:
        log.error("could not dial", extra={"call": self.call_id, "reason": str(error)})
        self._report.trouble = event.reason
        self.tell(event)

    async def _answer(self) -> None:
        try:
            await self._modem.answer()
        except ModemError as error:
            log.error("could not answer", extra={"call": self.call_id, "reason": str(error)})
            self.tell(AnswerFailed(str(error)))

    async def _start_voice(self) -> None:
        assert self._record is not None, "OPEN comes before START_VOICE in the table"
        self._talk = self._make_talk(self._record, self._report)
        if self._outward is None:
            self._report.answered = time.time()
        else:
            self._talk.expect_answer(self._picked_up)
        self._voice = asyncio.create_task(self._speak(self._talk), name=f"call.{self._record.id}.voice")

    def _picked_up(self) -> None:
        self._report.answered = time.time()
        self.tell(PickedUp())

    async def _speak(self, talk: Talk) -> None:
        by = "failed"
        try:
            by = await talk.run()
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever breaks the conversation, the call is ended politely and kept
            log.exception("the conversation broke", extra={"call": self.call_id})
            self._report.trouble = f"{type(error).__name__}: {error}"
        self.tell(Dismissed(by))

    async def _stop_voice(self) -> None:
        if self._voice is None:
            return
        if not self._voice.cancelling():  # a second time would cut its cleaning up short
            self._voice.cancel()
        await asyncio.wait({self._voice})
        self._voice = None

    async def _hang_up(self) -> None:
        try:
            await self._modem.hang_up()
        except ModemError as error:
            log.error("could not hang up", extra={"call": self.call_id, "reason": str(error)})

    async def _save(self) -> None:
        assert self._record is not None, "OPEN comes before SAVE in the table"
        if self._record.id == NO_ROW:
            self._record = await self._begin_row(self._record.began)
        report, call = self._report, self._record.id
        self.outcome = outcome = report.outcome(self._cause if self._outward is not None else "")
        done = await self._storage.finish(
            call, time.time(), outcome, self._cause, report.summary(), report.recorded_seconds
        )
        transcript = None
        if done.recording is not None:
            try:
                transcript = await self._storage.write_sidecar(done, self._settings.zone)
            except StorageError as error:
                log.error("no transcript file", extra={"call": call, "reason": str(error)})
        self._bus.publish(
            CallEnded(
                call=call,
                outcome=outcome,
                cause=self._cause,
                summary=done.summary,
                seconds=(done.ended or 0.0) - (done.answered or done.ended or 0.0),
                recording=str(self._storage.recording_path(done)) if done.recording else None,
                transcript=str(transcript) if transcript else None,
            )
        )
        log.info("over", extra={"call": call, "outcome": outcome, "cause": self._cause})
        if self._after is not None:
            await self._after(done, report)
