"""Messages between the modem and the storage: kept once before the modem deletes them, sent from a durable queue."""

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NoReturn

from hw.errors import CommandRefused, ModemError, NotKept, SendUncertain
from hw.modem.messages import LineBusy
from hw.ports import RawMessage
from hw.sms import pdu, segment
from hw.sms.assembly import WAIT_SECONDS
from hw.sms.errors import PduError
from secretaryd.bus import Bus
from secretaryd.config.schema import Sms
from secretaryd.control.protocol.sms import SmsChanged, SmsReceived
from secretaryd.sms.policy import (
    AUTOMATIC,
    EXPIRES_SECONDS,
    MAX_PARTS,
    NotAllowed,
    SendPolicy,
    backoff,
    midnight,
    quiet_until,
    refusal,
)
from secretaryd.sms.ports import Letter, Line, MessageModem
from secretaryd.sms.reading import PartJoiner, read
from storage.audit.records import Deed
from storage.errors import StorageError, WrongState
from storage.sms.door import Sms as SmsStorage
from storage.sms.records import NewPart, NewSms, PartRecord, SmsRecord

log = logging.getLogger(__name__)

VALID_MINUTES: Final = 2 * 24 * 60
"""The network tries to deliver for so long."""
NO_MODEM_SECONDS: Final = 30.0
BUSY_SECONDS: Final = 2.0
"""The modem may still know of a call when the line does not any more, and rings before the line knows."""
DOUBT_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 60.0
"""The queue is looked at at least so often: the clock may have been set."""
STORAGE_SECONDS: Final = 30.0
"""After a storage that failed."""


class TextRefused(Exception):
    """A text that is not sent; `code`: empty, too_long."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Courier:
    """Owned by the core; the modem's inbox. `follow` does what follows from a message that came."""

    def __init__(
        self,
        line: str,
        storage: SmsStorage,
        bus: Bus,
        settings: Callable[[], Sms],
        zone: dt.tzinfo,
        now: Callable[[], float],
    ) -> None:
        self._line, self._storage, self._bus = line, storage, bus
        self._settings, self._zone, self._now = settings, zone, now
        self._joiner = PartJoiner()
        self._came, self._queued = asyncio.Event(), asyncio.Event()
        self._came.set()  # what an earlier life did not get to
        self._reference = int(now()) & 0xFF
        self._without_modem: set[int] = set()
        """Messages tried in vain since there was a modem; never more than the queue holds."""

    async def keep(self, message: RawMessage) -> None:
        """hw.ports.Inbox: returns when the message is durable. Raises NotKept."""
        incoming = read(message.pdu, self._now(), message.memory, message.index)
        try:
            kept = await self._storage.keep(self._line, incoming, self._joiner)
        except StorageError as error:
            raise NotKept(str(error)) from error
        if kept.repeated:
            log.info("a message was there already", extra={"sms": kept.sms.id if kept.sms is not None else 0})
        elif incoming.kind == "report":
            if kept.sms is not None:
                self._tell(kept.sms)
        else:
            self._came.set()

    async def write(self, number: str, text: str, purpose: str, deed: Callable[[str], Deed] | None = None) -> SmsRecord:
        """Queues a message; `deed` makes the audit's entry of the number. Raises NotAllowed, TextRefused,
        StorageError."""
        new = self._composed(number, text, purpose)
        made = deed(new.number) if deed is not None else None
        sms = await self._storage.add(
            self._line, new.number, new.text, new.parts, self._now(), purpose=purpose, deed=made
        )
        self._tell(sms)
        self._queued.set()
        return sms

    async def follow_up(self, owed: int, letters: Sequence[Letter]) -> None:
        """Queues what is owed and crosses it off, both or neither. A letter that may not be sent is left out. Raises
        StorageError."""
        ready = []
        for letter in letters:
            try:
                ready.append(self._composed(letter.number, letter.text, letter.purpose))
            except (NotAllowed, TextRefused) as error:
                log.warning("a message was not written", extra={"purpose": letter.purpose, "reason": error.code})
        for sms in await self._storage.follow_up(owed, self._line, ready, self._now()):
            self._tell(sms)
        if ready:
            self._queued.set()

    def _composed(self, number: str, text: str, purpose: str) -> NewSms:
        """Raises NotAllowed, TextRefused."""
        to = SendPolicy(self._settings().allow).check(number)
        if not text.strip():
            raise TextRefused("empty")
        self._reference = (self._reference + 1) & 0xFF
        try:
            bodies = segment.split(pdu.shown(text), self._reference)
        except PduError as error:
            raise TextRefused("too_long") from error
        if len(bodies) > MAX_PARTS:
            raise TextRefused("too_long")
        parts = []
        for body in bodies:
            octets = pdu.encode_submit(to, body, report=True, validity=VALID_MINUTES)
            parts.append(NewPart(octets.hex().upper(), pdu.tpdu_length(octets), body.text))
        return NewSms(to, pdu.shown(text), tuple(parts), purpose)

    def wake(self) -> None:
        """Something changed that messages may have waited for: the modem is up, the clock was set."""
        self._queued.set()

    async def cancel(self, sms_id: int, deed: Deed) -> SmsRecord:
        """Takes a message out of the queue. Raises NotFound, WrongState, StorageError."""
        sms = await self._storage.cancel(sms_id, deed)
        self._tell(sms)
        return sms

    async def follow(self, after: Callable[[SmsRecord], Awaitable[None]]) -> NoReturn:
        """Tells of every message that came, and does what follows. It is marked as told before `after`: no crash makes
        a command be obeyed twice."""
        while True:
            self._came.clear()
            try:
                await self._storage.overdue(self._now() - WAIT_SECONDS)
                for sms in await self._storage.untold():
                    self._bus.publish(
                        SmsReceived(sms=sms.id, number=sms.number, named=sms.named, text=sms.text, state=sms.state)
                    )
                    await self._storage.mark_told(sms.id)
                    await after(sms)
            except StorageError as error:
                log.error("messages not followed up", extra={"reason": str(error)})
            await _pause(self._came, LOOK_SECONDS)

    async def deliver(self, modem: MessageModem, line: Line) -> NoReturn:
        """Sends what is queued, one part at a time, between calls."""
        while True:
            self._queued.clear()
            try:
                for sms in await self._storage.recover(self._now()):
                    self._tell(sms)
                break
            except StorageError as error:
                log.error("the queue of messages cannot be read", extra={"reason": str(error)})
                await _pause(self._queued, STORAGE_SECONDS)
        while True:
            self._queued.clear()
            try:
                pause = await self._one(modem, line)
            except StorageError as error:
                log.error("messages not sent", extra={"reason": str(error)})
                pause = STORAGE_SECONDS
            if pause > 0:
                await _pause(self._queued, pause)

    async def _one(self, modem: MessageModem, line: Line) -> float:
        """Sends the next part, or says how long to wait."""
        now = self._now()
        part = await self._storage.due(now)
        if part is None:
            due = await self._storage.next_due()
            return LOOK_SECONDS if due is None else max(0.5, min(due - now, LOOK_SECONDS))
        sms = await self._storage.get(part.sms_id)
        if (wait := await self._held(sms, now)) is not None:
            reason, until = wait
            self._tell(await self._storage.wait(sms.id, reason, until))
            return 0.0
        if now - sms.at > EXPIRES_SECONDS and part.tried is not None:
            self._tell(await self._storage.fail(part.id, "too_late"))
            return 0.0
        await line.idle()
        await self._hand_over(modem, part)
        return 0.0

    async def _held(self, sms: SmsRecord, now: float) -> tuple[str, float] | None:
        """Why it is not sent now, and until when."""
        settings, here = self._settings(), dt.datetime.fromtimestamp(now, self._zone)
        if not settings.enabled:
            return "off", now + LOOK_SECONDS
        if sms.purpose in AUTOMATIC and (until := quiet_until(settings.quiet_hours, here)) is not None:
            return "quiet_hours", until
        if await self._storage.tried_since(midnight(here).timestamp()) >= settings.daily_cap:
            return "daily_cap", (midnight(here) + dt.timedelta(days=1)).timestamp()
        return None

    async def _hand_over(self, modem: MessageModem, part: PartRecord) -> None:
        """One part to the modem; what came of it is durable when this returns."""
        try:
            self._tell(await self._storage.begin(part.id, self._now()))
        except WrongState:
            return  # cancelled meanwhile
        try:
            reference = await modem.send_message(bytes.fromhex(part.pdu), part.length)
        except SendUncertain as error:
            log.warning("a message may have been sent", extra={"sms": part.sms_id, "reason": str(error)})
            sms = await self._storage.doubt(part.id, self._now() + DOUBT_SECONDS)
        except CommandRefused as error:
            sms = await self._refused(part, error.code)
        except LineBusy:
            sms = await self._storage.again(part.id, "", self._now() + BUSY_SECONDS, counts=False)
        except ModemError as error:
            self._waits_for_modem(part.sms_id, str(error))
            sms = await self._storage.again(part.id, "no_modem", self._now() + NO_MODEM_SECONDS, counts=False)
        else:
            self._has_modem()
            sms = await self._storage.sent(part.id, reference)
        self._tell(sms)

    def _waits_for_modem(self, sms_id: int, reason: str) -> None:
        """Says so once, however many wait and however long."""
        if not self._without_modem:
            log.info("messages wait for the modem", extra={"reason": reason})
        self._without_modem.add(sms_id)

    def _has_modem(self) -> None:
        if self._without_modem:
            log.info("messages go again", extra={"waited": len(self._without_modem)})
            self._without_modem.clear()

    async def _refused(self, part: PartRecord, code: str) -> SmsRecord:
        reason, again = refusal(code)
        pause = backoff(part.attempts + 1) if again else None
        log.warning("a message was refused", extra={"sms": part.sms_id, "code": code, "again": pause})
        if pause is None:
            return await self._storage.fail(part.id, reason)
        return await self._storage.again(part.id, reason, self._now() + pause)

    def _tell(self, sms: SmsRecord) -> None:
        self._bus.publish(
            SmsChanged(sms=sms.id, number=sms.number, state=sms.state, reason=sms.reason, doubtful=sms.doubtful)
        )


async def _pause(wake: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return
