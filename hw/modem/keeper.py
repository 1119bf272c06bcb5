"""Keeps a modem: finds it, starts it, serves it, and starts again when it is lost. What core holds of `hw.modem`."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NoReturn

from hw.at.channel import ModemSilent
from hw.at.dial import Permit
from hw.at.port import PortBusy, open_serial
from hw.errors import CommandTimeout, ModemError, PortLost
from hw.modem.events import DownReason, Fact, ModemDown, ModemInfo, Recovered, RungTaken
from hw.modem.find import NoPort, Ports, find_ports
from hw.modem.init import InitRefused
from hw.modem.medic import PowerWanted, ReopenWanted, ResetByUs
from hw.modem.pin_entry import PinOutcome
from hw.modem.recovery import Decision, Fault, Ladder, Rung
from hw.modem.session import ModemRestarted, NotAModem, Session
from hw.modem.sim import PinBox, PinSource
from hw.modem.sound import SoundOpened
from hw.modem.status import Counters, ModemStatus, bars
from hw.modem.switching import PowerSwitch, reset_blindly
from hw.modem.ussd import UssdAnswer
from hw.ports import BytePort, Inbox, PowerKey

logger = logging.getLogger(__name__)

REASONS: Final[tuple[tuple[type[ModemError], DownReason, Fault], ...]] = (
    (NoPort, DownReason.NO_PORT, Fault.NO_PORT),
    (PortBusy, DownReason.PORT_BUSY, Fault.NO_PORT),
    (NotAModem, DownReason.NOT_A_MODEM, Fault.NOT_A_MODEM),
    (ModemSilent, DownReason.SILENT, Fault.SILENT),
    (ModemRestarted, DownReason.STARTING, Fault.RESTARTED),
    (ResetByUs, DownReason.STARTING, Fault.PORT_LOST),
    (PowerWanted, DownReason.STARTING, Fault.PORT_LOST),
    (ReopenWanted, DownReason.STARTING, Fault.PORT_LOST),
    (InitRefused, DownReason.INIT_REFUSED, Fault.REFUSED),
    (CommandTimeout, DownReason.SILENT, Fault.SILENT),
    (PortLost, DownReason.PORT_LOST, Fault.PORT_LOST),
)
"""First match counts."""
LOOK_SECONDS: Final = 2.0
"""However long the waiting has grown, a modem that was away and is plugged in again is opened within that."""


@dataclass(frozen=True, slots=True)
class ModemSettings:
    """Where the modem is and what its SIM needs."""

    at_port: str = "auto"
    """`auto` or a path."""
    pcm_port: str = "auto"
    """`auto`, a path, or "" when sound goes another way."""
    sim_pin_file: Path | None = None
    """A file of mode 0600 with the SIM's PIN."""
    sim_pin: PinSource | None = None
    """Another place of the PIN, asked before the file."""
    state_dir: Path | None = None
    """Where a refused PIN, and a modem switched off, are remembered; None remembers it until the process ends."""


class ModemKeeper:
    """The modem as core sees it. `publish` gets every fact in order, from the event loop; it must not block."""

    def __init__(
        self,
        settings: ModemSettings,
        publish: Callable[[Fact], None],
        *,
        find: Callable[[str, str], Ports] = find_ports,
        open_port: Callable[[Path], Awaitable[BytePort]] = open_serial,
        power_key: PowerKey | None = None,
        inbox: Inbox | None = None,
    ) -> None:
        self._settings = settings
        self._publish = publish
        self._find = find
        self._open_port = open_port
        self._inbox = inbox
        self._ladder = Ladder(power_key=power_key is not None)
        self._power = PowerSwitch(power_key, self._are_there, settings.state_dir) if power_key is not None else None
        self._pins = PinBox(settings.sim_pin or settings.sim_pin_file, settings.state_dir)
        self._session: Session | None = None
        self._ports: Ports | None = None
        self._info: ModemInfo | None = None
        self._down: ModemDown | None = ModemDown(DownReason.STARTING, "")
        self._told: ModemDown | None = None
        self._counters = Counters()
        self._was_up = False
        self._down_at: float | None = None
        self._lost_by = DownReason.STARTING
        self._tries = 0
        self._alive_at = float("-inf")

    async def run(self) -> NoReturn:
        """Until cancelled. Failures of the modem never end it; they are told as ModemDown and tried again."""
        if self._power is not None:
            await self._power.resume()
        while True:
            decision = await self._live()
            if decision.rung is Rung.POWER and self._power is not None and await self._power.cycle():
                continue
            logger.info("trying the modem again", extra={"seconds": decision.wait, "failures": decision.failure})
            await self._pause(decision.wait)

    async def answer(self) -> None:
        """Answers the call that rings; CallUp follows as a fact. Raises ModemError: no modem, nothing rings, refused
        (CommandRefused with code NO CARRIER: the caller was quicker)."""
        await self._live_session().answer()

    async def dial(self, permit: Permit) -> None:
        """Calls the number of a permit; CallAlerting, CallUp and CallOver follow as facts. Raises ModemError: no modem,
        no network, a call on the line, refused."""
        await self._live_session().dial(permit)

    async def ask_operator(self, code: str) -> UssdAnswer:
        """A USSD code such as `*100#`; takes up to 45 s, and is refused while a call is there. Raises ValueError for
        what is no such code, UssdBusy, UssdSilent, ModemError."""
        return await self._live_session().ussd.ask(code)

    async def enter_pin(self, pin: str, *, last: bool = False) -> PinOutcome:
        """A PIN that somebody types, tried at once where the SIM asks for it; `last`: even as the last try before the
        PUK. Raises LastTry, PinRefusedBefore, ValueError for what is no PIN, ModemError."""
        return await self._live_session().enter_pin(pin, last=last)

    async def send_keys(self, keys: str) -> None:
        """Keys for the far side of the call that is up. Raises ValueError, ModemError."""
        await self._live_session().send_keys(keys)

    async def send_message(self, pdu: bytes, length: int) -> int:
        """Hands a PDU to the network and returns its reference. Raises SendUncertain; any other ModemError (no modem, a
        call on the line, refused) means that nothing was sent."""
        return await self._live_session().messages.send(pdu, length)

    async def hang_up(self) -> None:
        """Ends or rejects every call; CallOver follows as a fact. No call is no failure. Raises ModemError."""
        await self._live_session().hang_up()

    async def open_sound(self) -> SoundOpened:
        """Switches the modem's sound to its PCM port, once the call is up; takes up to 12 s. `tries` above 1 tells of a
        worn sound endpoint. Raises ModemError: no modem, no call up, refused."""
        return await self._live_session().open_sound()

    async def close_sound(self) -> None:
        """Frees the PCM port: after the last sound was written, and after every call. Raises ModemError."""
        await self._live_session().close_sound()

    def sound_failed(self, fault: Fault) -> None:
        """The sound of the call in progress stopped (UPLINK_STUCK, DOWNLINK_SILENT); the modem is seen to after it."""
        if self._session is not None:
            self._session.sound_failed(fault)

    def sound_well(self) -> None:
        """A call's sound went both ways."""
        if self._session is not None:
            self._session.sound_well()

    @property
    def pcm_path(self) -> Path | None:
        """The sound port beside the AT port in use, None while there is none. It may change with every ModemUp, and a
        port that was open before a ModemDown must be opened anew."""
        return self._ports.pcm if self._ports is not None and self._down is None else None

    @property
    def alive_at(self) -> float:
        """Loop time (time.monotonic) of the modem's last final result, -inf before the first. While the modem is up
        it moves every 15 s at least; more than about a minute ago means that the modem hangs."""
        session = self._session
        return max(self._alive_at, session.channel.answered_at) if session is not None else self._alive_at

    @property
    def status(self) -> ModemStatus:
        """A snapshot."""
        session, down = self._session, self._down
        ports = self._ports
        base = ModemStatus(
            up=down is None,
            down_reason=down.reason if down is not None else None,
            detail=down.detail if down is not None else "",
            info=self._info,
            at_port=str(ports.at) if ports is not None else "",
            pcm_port=str(ports.pcm) if ports is not None and ports.pcm is not None else "",
            counters=self._count(session),
            troubles=tuple(map(str, self._ladder.troubles())),
            recoveries=tuple(self._ladder.recoveries),
        )
        base = replace(base, rungs=self._rungs(base.counters))
        if session is None:
            return base
        network = session.network.network
        return replace(
            base,
            info=session.info or self._info,
            sim=session.network.sim,
            pin_tries=self._pins.left,
            signal_dbm=session.network.dbm,
            bars=bars(session.network.dbm),
            operator=network.operator,
            technology=network.technology,
            registered=network.registered,
            denied=network.denied,
            call=session.calls.phase.value,
        )

    async def _live(self) -> Decision:
        """One life, and what to do after it."""
        self._tries += 1
        try:
            self._ports = self._find(self._settings.at_port, self._settings.pcm_port)
            port = await self._open_port(self._ports.at)
        except ModemError as error:
            self._ports = None
            return self._fell(error)
        session = self._session = Session(
            port, self._hear, self._pins, self._ladder, primary=self._ports.primary, inbox=self._inbox
        )
        try:
            await session.run()
        except ModemError as error:
            again = isinstance(error, ModemRestarted | ResetByUs)
            session.end_calls("modem restarted" if again else "port lost")
            decision = self._fell(error)
            if decision.rung is Rung.RESET and not await reset_blindly(port) and self._power is not None:
                decision = self._ask(Fault.SILENT)  # it does not even hear: no use in trying the port once more
            return decision
        finally:
            self._counters = self._count(session)
            self._alive_at = self.alive_at
            self._info = session.info or self._info
            self._session = None
            await port.close()

    def _fell(self, error: ModemError) -> Decision:
        """No modem: says so, and asks the ladder."""
        self._now_down(error)
        fault = next((fault for kind, _, fault in REASONS if isinstance(error, kind)), Fault.PORT_LOST)
        decision = self._ask(fault)
        return replace(decision, rung=Rung.POWER) if isinstance(error, PowerWanted) else decision

    def _ask(self, fault: Fault) -> Decision:
        now = asyncio.get_running_loop().time()
        self._ladder.failed(fault, now)
        decision = self._ladder.next(fault, now)
        assert decision is not None, "a fault just told has an answer while no call is up"
        self._publish(RungTaken(decision.fault, decision.rung, decision.wait, decision.failure))
        return decision

    async def _pause(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        away = not self._are_there()
        while (rest := end - loop.time()) > 0:
            await asyncio.sleep(min(rest, LOOK_SECONDS))
            if away and self._are_there():
                return

    def _are_there(self) -> bool:
        try:
            self._find(self._settings.at_port, self._settings.pcm_port)
        except ModemError:
            return False
        return True

    def _hear(self, fact: Fact) -> None:
        session = self._session
        if session is not None and session.up_since is not None and self._down is not None:
            self._now_up(session.up_since)
        self._publish(fact)

    def _now_up(self, now: float) -> None:
        if self._was_up and self._down is not None and self._down_at is not None:
            story = f"{self._lost_by}: {now - self._down_at:.1f} s, {self._tries} tries"
            self._counters = replace(self._counters, reconnects=self._counters.reconnects + 1, last_recovery=story)
        if (recovery := self._ladder.well(Fault.PORT_LOST, now)) is not None:
            self._publish(Recovered(recovery.fault, recovery.rung, recovery.seconds, recovery.tries))
        self._was_up = True
        self._tries = 0
        self._down = self._told = self._down_at = None
        logger.info("the modem is up")

    def _now_down(self, error: ModemError) -> None:
        reason = next((reason for kind, reason, _ in REASONS if isinstance(error, kind)), DownReason.PORT_LOST)
        self._down = ModemDown(reason, str(error))
        if self._down_at is None:
            self._down_at = asyncio.get_running_loop().time()
            self._lost_by = reason
        if self._down != self._told:  # a modem that is not there is told once, not every minute
            self._told = self._down
            logger.warning("no modem", extra={"reason": reason.value, "detail": str(error)})
            self._publish(self._down)

    def _rungs(self, counters: Counters) -> dict[str, int]:
        taken = {str(rung): times for rung, times in self._ladder.taken.items()}
        return taken | ({str(Rung.RESYNC): counters.resyncs} if counters.resyncs else {})

    def _live_session(self) -> Session:
        if self._session is None or self._down is not None:
            reason = self._down.reason if self._down is not None else DownReason.STARTING
            raise ModemError(f"no modem: {reason}")
        return self._session

    def _count(self, session: Session | None) -> Counters:
        if session is None:
            return self._counters
        channel = session.channel
        return replace(
            self._counters,
            timeouts=self._counters.timeouts + channel.timeouts,
            resyncs=self._counters.resyncs + channel.resyncs,
            refused=self._counters.refused + channel.refused,
        )
