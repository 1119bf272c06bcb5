"""One life of the modem, from an open port to its loss: the SIM7600 as facts and orders. Used once."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, NoReturn

from hw.at.channel import AtChannel, ModemSilent
from hw.at.commands import Answer, AnswerUnreadable, CallRow, HangUp, ListCalls
from hw.at.commands_service import SendKeys
from hw.at.dial import Dial, Permit
from hw.at.grammar import CALL_RESULTS
from hw.errors import CommandRefused, CommandTimeout, ModemError, PortLost
from hw.modem import init, sound
from hw.modem.beginning import UNKNOWN, Beginning
from hw.modem.call_table import Phase
from hw.modem.calls import CallTracker
from hw.modem.events import (
    CallOver,
    CallUp,
    Fact,
    ModemInfo,
    ModemUp,
    NetworkChanged,
    NetworkTime,
    SignalChanged,
    SimChanged,
    SimState,
)
from hw.modem.medic import STUCK_SECONDS, Medic, ResetByUs
from hw.modem.messages import Messages
from hw.modem.network import NetworkTracker
from hw.modem.pin_entry import PinOutcome, enter_pin
from hw.modem.recovery import Fault, Ladder
from hw.modem.sim import PinBox
from hw.modem.sound import SoundOpened, SoundRefused
from hw.modem.ussd import Ussd
from hw.ports import BytePort, Inbox

logger = logging.getLogger(__name__)

STATUS_SECONDS: Final = 8.0
"""Between two readings of the signal, which prove that the modem lives."""
NETWORK_EVERY: Final = 4
"""Every so many of them the registration and the operator are read too (their URCs may be lost)."""
CLOCK_READINGS: Final = 2
"""The network's time is read twice, so that one reading can be held against the other,"""
CLOCK_SECONDS: Final = 3600.0
"""and then again after so long."""
MOMENT: Final = 0.001
"""Less is not slept: a timer may fire so much early."""
MAX_HELD: Final = 64
"""Facts kept while the init sequence runs."""
LOCKED: Final = frozenset({SimState.PIN_REQUIRED, SimState.PIN_WRONG})


class ModemRestarted(ModemError):
    """The modem began anew by itself: all it was told is forgotten."""


class NotAModem(ModemError):
    """Something talks on the port, but not AT."""


_CAUSES_FIRST: Final[dict[type[ModemError], int]] = {ModemRestarted: 0, ModemSilent: 1, PortLost: 2}


class Session:
    """Drives one open port until it is lost. Facts go to `publish` in order; before ModemUp only SIM and network."""

    def __init__(
        self,
        port: BytePort,
        publish: Callable[[Fact], None],
        pins: PinBox,
        ladder: Ladder | None = None,
        *,
        primary: bool = False,
        inbox: Inbox | None = None,
    ) -> None:
        """`ladder` outlives the session: what failed in the one before is remembered. Without an `inbox` messages stay
        in the modem."""
        self._publish = publish
        self._pins = pins
        self._primary = primary
        self.channel = AtChannel(port, self._on_line, self._on_echo, lambda text: self.ussd.stray(text))
        self.network = NetworkTracker()
        self.calls = CallTracker()
        self._beginning = Beginning(self.channel, self.network, self._tell)
        self.messages = Messages(self.channel, publish, lambda: self._idle() and self._beginning.done, inbox)
        self.ussd = Ussd(self.channel, self._idle)
        self._started = asyncio.Event()
        self._medic = Medic(self.channel, ladder or Ladder(), publish, self._read_network)
        self._ending_at: float | None = None
        """When the call in progress was hung up by us, which it should not outlive."""
        self.up_since: float | None = None
        """Loop time at which the init sequence was through."""
        self._held: deque[Fact] = deque(maxlen=MAX_HELD)
        self._up_at = 0.0
        self._echo_is_off = False
        self._complete = True
        self._wake = asyncio.Event()
        self._at_the_sim = asyncio.Lock()
        self._restarted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._clock_told = 0
        self._clock_at = 0.0
        self._status_at = 0.0
        self._status_count = 0

    async def run(self) -> NoReturn:
        """Serves until the modem is lost, then raises why: PortLost, ModemSilent, ModemRestarted, NotAModem,
        InitRefused, CommandTimeout, or what the recovery wants: ResetByUs, PowerWanted, ReopenWanted."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.channel.run(), name="modem.channel")
                group.create_task(self._watch_restart(), name="modem.restart")
                group.create_task(self._read_messages(), name="modem.messages")
                await self._serve()
        except BaseExceptionGroup as many:
            if (task := asyncio.current_task()) is not None and task.cancelling():
                # Cancelled while the modem was being lost: the group tells of the loss alone (until Python 3.13).
                raise asyncio.CancelledError from many
            modem, rest = many.split(ModemError)
            if rest is not None or modem is None:
                raise
            raise self._told_apart(modem) from None
        finally:
            self.messages.over()
        raise AssertionError("serving never ends by itself")

    async def answer(self) -> None:
        """ATA. Raises CommandRefused (code NO CARRIER when the caller was quicker), ModemError when nothing rings."""
        if self.calls.phase is not Phase.RINGING:
            raise ModemError("nothing rings")
        self.calls.answer_sent(self._now())
        self._wake.set()
        try:
            await self.channel.send(Answer())
        except CommandRefused as error:
            if error.code in CALL_RESULTS:
                self._tell(self.calls.line(error.code, self._now()))
            else:
                self.calls.answer_failed(self._now())
            raise
        except ModemError:
            self.calls.answer_failed(self._now())
            raise
        finally:
            self._wake.set()

    async def dial(self, permit: Permit) -> None:
        """ATD to the number of a permit. CallAlerting, CallUp and CallOver follow as facts; OK means no more than that
        the modem tries. Raises ModemError when a call is there or nothing is registered, CommandRefused."""
        if self.calls.phase is not Phase.IDLE:
            raise ModemError("the line is busy")
        if not self.network.network.registered:
            raise ModemError("not registered in the network")
        command = Dial(permit)
        self.calls.dial_sent(self._now())
        self.messages.changed()
        self._wake.set()
        try:
            await self.channel.send(command)
        except CommandRefused:
            self.calls.dial_failed(self._now(), refused=True)
            raise
        except ModemError:
            self.calls.dial_failed(self._now(), refused=False)
            raise
        finally:
            self._wake.set()

    async def send_keys(self, keys: str) -> None:
        """AT+VTS: tones for the far side. Raises ModemError when no call is up, ValueError for what are no keys."""
        command = SendKeys(keys)
        if self.calls.phase is not Phase.UP:
            raise ModemError("no call is up")
        await self.channel.send(command)

    async def hang_up(self) -> None:
        """AT+CHUP: ends or rejects every call. CallOver follows as a fact of its own."""
        if self.calls.phase is not Phase.IDLE:
            self._ending_at = self._now()
        await self.channel.send(HangUp())
        self.calls.hung_up(self._now())
        self._wake.set()

    async def enter_pin(self, pin: str, *, last: bool) -> PinOutcome:
        """See hw.modem.pin_entry.enter_pin."""
        async with self._at_the_sim:
            outcome = await enter_pin(self.channel, self._pins, pin, last=last)
            self._tell(self.network.sim_is(outcome.sim))
        self._status_at = 0.0
        self._wake.set()
        return outcome

    async def open_sound(self) -> SoundOpened:
        """See hw.modem.sound.open_sound."""
        try:
            opened = await sound.open_sound(self.channel, lambda: self.calls.phase is Phase.UP, self._up_at)
        except SoundRefused:
            self._medic.failed(Fault.SOUND_REFUSED)
            raise
        if opened.tries > 1:
            self._medic.failed(Fault.SOUND_WORN)
        else:
            self._medic.well(Fault.SOUND_REFUSED)
            self._medic.well(Fault.SOUND_WORN)
        return opened

    def sound_failed(self, fault: Fault) -> None:
        """The call's sound stopped (UPLINK_STUCK, DOWNLINK_SILENT): seen to when the call is over."""
        self._medic.failed(fault)

    def sound_well(self) -> None:
        """Sound went both ways."""
        self._medic.well(Fault.UPLINK_STUCK)
        self._medic.well(Fault.DOWNLINK_SILENT)

    async def close_sound(self) -> None:
        """See hw.modem.sound.close_sound."""
        await sound.close_sound(self.channel)

    @property
    def info(self) -> ModemInfo | None:
        """Who the modem says it is, once it was asked."""
        return self._beginning.info

    def _idle(self) -> bool:
        return self.calls.phase is Phase.IDLE

    def end_calls(self, cause: str) -> None:
        """The modem is lost: a call that was there is over. Who rang while it was starting is told of all the same."""
        self._tell(self.calls.lost(cause, self._now()))
        while self._held:
            self._publish(self._held.popleft())

    async def _serve(self) -> None:
        await self._start()
        while True:
            now = self._now()
            self._wake.clear()
            self._tell(self.calls.tick(now))
            self._note_stuck(now)
            await self._medic.see_to(busy=not self._idle())
            if not self._beginning.done:
                await self._beginning.in_call(lambda: self.calls.phase in (Phase.IDLE, Phase.UP))
                await self._beginning.rest(self._idle)
                self.messages.changed()
            now = self._now()
            poll = self.calls.next_poll(now)
            # In a call its listing proves life, and nothing may stand before an order that a slow modem must take.
            pause = poll if poll is not None else self._status_at - now
            if pause > MOMENT:
                await self._sleep(pause)
            elif poll is not None:
                await self._list_calls()
            else:
                await self._read_status()

    async def _start(self) -> None:
        await init.greet(self.channel)
        self._echo_is_off = True
        async with self._at_the_sim:
            self._tell(self.network.sim_is(await init.unlock_sim(self.channel, self._pins)))
        ready = self.network.sim is SimState.READY
        self._complete = await init.set_up(self.channel, sim_ready=ready, primary=self._primary)
        asked = self.calls.changes
        await init.meet_old_calls(self.channel, lambda rows: self._tell(self.calls.met(rows, asked, self._now())))
        await self._beginning.introduce(self._idle)
        self.up_since = self._now()
        self._status_at = self.up_since + STATUS_SECONDS
        self._publish(ModemUp(self.info or UNKNOWN))
        while self._held:
            self._publish(self._held.popleft())
        self._started.set()

    def _note_stuck(self, now: float) -> None:
        if self.calls.phase is Phase.IDLE:
            self._ending_at = None
        elif self._ending_at is not None and now - self._ending_at >= STUCK_SECONDS:
            self._ending_at = now
            self._medic.failed(Fault.CALL_STUCK)

    async def _list_calls(self) -> None:
        asked = self.calls.changes
        try:
            await self.channel.send(ListCalls(), lambda rows: self._take_rows(rows, asked))
        except (CommandRefused, CommandTimeout, AnswerUnreadable) as error:
            logger.info("the calls were not listed", extra={"error": str(error)})
            self.calls.poll_failed(self._now())

    def _take_rows(self, rows: tuple[CallRow, ...], asked: int) -> None:
        self._tell(self.calls.listed(rows, asked, self._now()))

    async def _read_status(self) -> None:
        self._status_count += 1
        self._status_at = self._now() + STATUS_SECONDS
        if self.network.sim is not SimState.READY:
            async with self._at_the_sim:
                before = self.network.sim
                state = await init.unlock_sim(self.channel, self._pins)
                # A locked SIM goes on saying "SIM PIN": that the PIN was wrong is ours to remember.
                self._tell(self.network.sim_is(before if state is SimState.UNKNOWN else state))
        if self.network.sim is SimState.READY and not self._complete:
            await init.set_up_calls(self.channel)
            self._complete = True
        if self._status_count % NETWORK_EVERY == 0:
            await self._read_network()
        else:
            refused = self.channel.refused
            self._tell(await init.read_signal(self.channel, self.network))
            self._medic.answered(self.channel.refused == refused)
        if self.network.sim is SimState.READY:
            self._medic.registered(self.network.network.registered)

    async def _read_network(self) -> None:
        self._tell(await init.read_network(self.channel, self.network))
        if self.network.network.registered and self._now() >= self._clock_at:
            await self._read_clock()

    async def _read_clock(self) -> None:
        at = await init.read_clock(self.channel)
        if at is None:
            return  # the network has not told yet: asked again with the next look at it
        self._clock_told += 1
        if self._clock_told >= CLOCK_READINGS:
            self._clock_told, self._clock_at = 0, self._now() + CLOCK_SECONDS
        self._tell([NetworkTime(at)])

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _read_messages(self) -> NoReturn:
        await self._started.wait()
        await self.messages.run()

    async def _watch_restart(self) -> NoReturn:
        raise ModemRestarted(await self._restarted)

    def _on_line(self, text: str) -> None:
        if text == "RDY":
            self._restart("the modem restarted (RDY)")
            return
        before = self.calls.changes, self.network.sim
        self._tell(self.network.line(text))
        self._tell(self.calls.line(text, self._now()))
        self.messages.line(text)
        self.ussd.line(text)
        if before[1] is not self.network.sim:
            self._status_at = 0.0  # a SIM that came or asks for its PIN is seen to at once
        if before != (self.calls.changes, self.network.sim):
            self._wake.set()

    def _on_echo(self) -> None:
        if self._echo_is_off:
            self._restart("the modem restarted (its echo is on again)")

    def _restart(self, why: str) -> None:
        if not self._restarted.done():
            self._restarted.set_result(why)

    def _tell(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            if isinstance(fact, CallUp):
                self._up_at = self._now()
            elif isinstance(fact, CallOver) and self._ending_at is not None:
                self._ending_at = None  # at once: the next call may come before anybody looks
                self._medic.well(Fault.CALL_STUCK)
            if self.up_since is not None or isinstance(fact, SimChanged | SignalChanged | NetworkChanged):
                self._publish(fact)
            else:
                self._held.append(fact)
        self.messages.changed()

    def _told_apart(self, group: BaseExceptionGroup[ModemError]) -> ModemError:
        if self._medic.resetting:
            return ResetByUs(self._medic.resetting)
        # When the modem restarts or the port goes, commands in flight fail as well: the cause comes first.
        found = min(_leaves(group), key=lambda error: _CAUSES_FIRST.get(type(error), len(_CAUSES_FIRST)))
        if isinstance(found, ModemSilent) and self.channel.bytes_in and self.channel.answered_at < 0:
            return NotAModem(f"the port talks, but not AT ({self.channel.bytes_in} bytes and no OK)")
        return found

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _leaves(group: BaseExceptionGroup[ModemError]) -> Iterable[ModemError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
