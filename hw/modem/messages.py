"""Messages of one life of the modem: read when told, swept up when not, deleted only when kept; and sending.

SMS commands must not be mixed with calls (SMS application note, 7): nothing is done here while a call rings or is up,
and a call that comes while a command waits for its answer ends that wait, so that it can be answered. A message told by
+CMTI may be unreadable, and one that is there may never have been told: the memories are swept at the start, whenever
one is full, and from time to time.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

from hw.at.channel import AtChannel
from hw.at.commands import AnswerUnreadable, Command
from hw.at.commands_sms import (
    MEMORIES,
    DeleteMessage,
    ListMessages,
    ReadMessage,
    Room,
    SelectMemory,
    SendMessage,
    StoredPdu,
    place_of,
    reference_of,
)
from hw.errors import CommandRefused, CommandTimeout, ModemError, NotKept, PortLost, SendUncertain
from hw.modem.events import Fact, MemoryChanged
from hw.ports import Inbox, RawMessage

logger = logging.getLogger(__name__)

T = TypeVar("T")

SWEEP_SECONDS: Final = {"ME": 60.0, "SM": 600.0, "SR": 600.0}
"""Between two looks into a memory. New messages go to ME; the SIM gets those of class 2."""
RETRY_SECONDS: Final = 20.0
"""After a refusal, a failed deletion, or when a message could not be kept."""
RING_SECONDS: Final = 0.5
"""From the first ring a command under way has so long for its answer: most need no more, and the way back after one
that was given up takes as long. Before a caller's number is known nobody answers him anyway."""
LATE_SECONDS: Final = 60.0
"""So long after its own time the answer to a message that went out may come."""
MAX_TOLD: Final = 256
MAX_DIRECT: Final = 64
"""Messages that came without being stored in the module; they are nowhere else."""
READS: Final = 3
MISTAKES: Final = (CommandRefused, CommandTimeout, AnswerUnreadable)


class LineBusy(ModemError):
    """A call is there, or the modem was not told all yet: messages wait."""


class Messages:
    """Owned by the session. `quiet` tells whether messages may be seen to; `changed` is to be called when that does."""

    def __init__(
        self, channel: AtChannel, publish: Callable[[Fact], None], quiet: Callable[[], bool], inbox: Inbox | None
    ) -> None:
        self._channel = channel
        self._publish = publish
        self._quiet = quiet
        self._inbox = inbox
        self._told: deque[tuple[str, int]] = deque(maxlen=MAX_TOLD)
        self._direct: deque[RawMessage] = deque(maxlen=MAX_DIRECT)
        self._sweep_at = dict.fromkeys(MEMORIES, 0.0)
        self._rooms: dict[str, Room] = {}
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        """One command here at a time."""
        self._sending = asyncio.Lock()
        """One message of ours at a time, until its answer has come or will not."""
        self._limit: asyncio.Timeout | None = None
        """Of the command under way,"""
        self._asked: Command[Any] | None = None
        """which is this one."""
        self._not_before = 0.0
        self._late: asyncio.Future[int] | None = None
        self.kept = 0
        self.unreadable = 0

    def line(self, text: str) -> None:
        """A URC. Lines that are not about messages mean nothing here."""
        head = text.partition(":")[0]
        match head:
            case "+CMTI" | "+CDSI":
                if (place := place_of(text)) is not None and place not in self._told:
                    self._told.append(place)
                    self._not_before = 0.0
            case "+CMT" | "+CDS":
                if pdu := text.partition("\n")[2]:
                    self._direct.append(RawMessage(pdu.upper()))
            case "+SMS FULL":
                self._sweep_at = dict.fromkeys(MEMORIES, 0.0)
            case "+CMGS":
                if self._late is not None and not self._late.done() and (late := reference_of(text)) is not None:
                    self._late.set_result(late)
                return
            case _:
                return
        self._wake.set()

    def changed(self) -> None:
        """A call came or went."""
        if self._quiet():
            self._wake.set()
        elif self._limit is not None and self._limit.when() is None:
            # What has not gone out yet does not go out any more.
            grace = RING_SECONDS if self._channel.in_flight is self._asked else 0.0
            self._limit.reschedule(asyncio.get_running_loop().time() + grace)

    def over(self) -> None:
        """The session has ended: no answer comes any more."""
        if self._late is not None:
            self._late.cancel()

    async def run(self) -> NoReturn:
        """Until the session ends. Failures of the modem other than its loss are tried again."""
        while True:
            self._wake.clear()
            now = asyncio.get_running_loop().time()
            pause = self._pause(now)
            if pause > 0:
                await self._sleep(pause)
                continue
            try:
                async with self._turn:
                    await self._step(now)
            except LineBusy:
                continue
            except NotKept as error:
                logger.error("a message could not be kept; it stays in the module", extra={"reason": str(error)})
                self._not_before = now + RETRY_SECONDS
            except PortLost:
                raise
            except ModemError as error:
                logger.info("messages not read", extra={"error": str(error)})
                self._not_before = now + RETRY_SECONDS

    async def send(self, pdu: bytes, length: int) -> int:
        """Hands a message to the network; returns its reference. A call does not wait for it: from then on the answer
        is waited for beside the channel. Raises LineBusy and CommandRefused (nothing was sent), SendUncertain, and
        ModemError (no modem: nothing was sent)."""
        async with self._sending:
            late = self._late = asyncio.get_running_loop().create_future()
            try:
                return await self._hand_over(SendMessage(pdu, length), late)
            finally:
                late.cancel()
                self._late = None

    async def _hand_over(self, message: SendMessage, late: "asyncio.Future[int]") -> int:
        handed = False

        def on_body() -> None:
            nonlocal handed
            handed = True

        def on_answer(reference: int) -> None:
            if not late.done():
                late.set_result(reference)  # it counts although the wait for it may be over in this very moment

        try:
            async with self._turn:
                return await self._ask(message, on_answer, on_body)
        except (LineBusy, CommandTimeout, AnswerUnreadable) as error:
            if not handed:
                raise
            why, own = str(error), message.timeout if isinstance(error, LineBusy) else 0.0
        except PortLost as error:
            if not handed:
                raise
            raise SendUncertain(str(error)) from error
        await asyncio.wait({late}, timeout=own + LATE_SECONDS)
        if late.done() and not late.cancelled():
            return late.result()
        raise SendUncertain(why)

    async def _ask(
        self,
        command: Command[T],
        on_answer: Callable[[T], None] | None = None,
        on_body: Callable[[], None] = lambda: None,
    ) -> T:
        """Sends a command where no call is there, and gives it up for one that comes. Raises LineBusy, and whatever the
        channel does."""
        self._check_quiet()
        self._asked = command
        try:
            async with asyncio.timeout(None) as self._limit:
                return await self._channel.send(command, on_answer, on_body)
        except TimeoutError:
            raise self._busy(f"{command.shown}: given up for a call") from None
        finally:
            self._limit = self._asked = None

    def _pause(self, now: float) -> float:
        """Seconds until there is something to do; a wake ends it early."""
        if self._inbox is None or not self._quiet():
            return SWEEP_SECONDS["SM"]
        if now < self._not_before:
            return self._not_before - now
        if self._direct or self._told:
            return 0.0
        return max(0.0, min(self._sweep_at.values()) - now)

    async def _step(self, now: float) -> None:
        """One thing: what is nowhere else first, then what was told, then a sweep."""
        if self._direct:
            await self._keep(self._direct[0])
            self._direct.popleft()
        elif self._told:
            memory, index = self._told.popleft()
            await self._fetch(memory, index)
        else:
            memory = min(self._sweep_at, key=lambda name: self._sweep_at[name])
            self._sweep_at[memory] = now + SWEEP_SECONDS[memory]
            await self._sweep(memory)

    async def _sweep(self, memory: str) -> None:
        try:
            room = await self._select(memory)
        except CommandRefused as error:
            logger.debug("a memory is not there", extra={"memory": memory, "code": error.code})
            return
        if not room.used:
            return
        try:
            found = await self._ask(ListMessages())
        except MISTAKES as error:
            logger.info("messages not listed; read one by one", extra={"memory": memory, "error": str(error)})
            found = ()
        for stored in found:
            await self._take(memory, stored if stored.pdu else await self._read(stored.index))
        if len(found) < room.used:
            # What cannot be read at all is not tried every minute.
            self._sweep_at[memory] = asyncio.get_running_loop().time() + SWEEP_SECONDS["SM"]
            seen = {stored.index for stored in found}
            for index in range(room.total + 1):  # numbered from 0 or from 1
                if index not in seen:
                    await self._take(memory, await self._read(index))

    async def _fetch(self, memory: str, index: int) -> None:
        await self._select(memory)
        await self._take(memory, await self._read(index))

    async def _read(self, index: int) -> StoredPdu | None:
        """Believed when the length is as told, or when it is the same twice: half a line was lost otherwise."""
        before = ""
        for _ in range(READS):
            try:
                stored = await self._ask(ReadMessage(index))
            except (CommandRefused, AnswerUnreadable) as error:
                # Told by +CMTI and not readable (seen in the field): the next sweep tries again.
                self.unreadable += 1
                logger.debug("a message is not readable", extra={"index": index, "error": str(error)})
                return None
            if stored is None or _fits(stored) or stored.pdu == before:
                return stored
            before = stored.pdu
        raise AnswerUnreadable(f"message {index} reads differently every time")

    async def _take(self, memory: str, stored: StoredPdu | None) -> None:
        """Kept, then deleted. A deletion that fails is made up for by the next sweep: what is kept is known again."""
        if stored is None:
            return
        await self._keep(RawMessage(stored.pdu, memory, stored.index))
        try:
            await self._ask(DeleteMessage(stored.index))
        except CommandRefused as error:
            logger.info("a message is kept but not deleted", extra={"index": stored.index, "code": error.code})
            self._sweep_at[memory] = asyncio.get_running_loop().time() + RETRY_SECONDS

    async def _keep(self, message: RawMessage) -> None:
        assert self._inbox is not None
        await self._inbox.keep(message)
        self.kept += 1

    async def _select(self, memory: str) -> Room:
        """Always sent: what is selected is lost with a reset, and the answer tells how full the memory is."""
        room = await self._ask(SelectMemory(memory))
        if self._rooms.get(memory) != room:
            self._rooms[memory] = room
            self._publish(MemoryChanged(memory, room.used, room.total))
        return room

    def _check_quiet(self) -> None:
        if not self._quiet():
            raise self._busy("a call is there, or the modem has just started")

    def _busy(self, why: str) -> LineBusy:
        # What was told and is not read yet is found by the sweep that follows the call.
        self._sweep_at = dict.fromkeys(MEMORIES, 0.0)
        return LineBusy(why)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return


def _fits(stored: StoredPdu) -> bool:
    """Whether the octets are as many as the module says."""
    octets = len(stored.pdu) // 2
    return octets - 1 - int(stored.pdu[:2], 16) == stored.length
