"""The simulator's whole module on the loop's own clock: ports that vanish and come back, a power key, a network that
rings and a ledger of its own. No pseudo-terminal and no real time, so that a year of calls passes in minutes."""

import asyncio
import datetime as dt
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from hw.errors import PortLost
from hw.modem.find import NoPort, Ports
from hw.simulator import modem_state as m
from hw.simulator.faults import TABLE as FAULTS
from hw.simulator.faults import FaultBoard
from hw.simulator.module import MOSCOW, Module
from hw.simulator.profile import PLAIN, Profile

AT, PCM = Path("/dev/virtual-at"), Path("/dev/virtual-pcm")
IDLE_READ = 1.0
GOING_SECONDS = 2.0
"""From the end of the key's press to the ports' vanishing."""
HINDERS = frozenset({"mute", "slow", "late_ok", "garbage", "hung", "bytes", "sim_absent"})
"""Faults of the AT port that make a start take longer, or fail."""


class VirtualPort:
    """A hw.ports.BytePort; chunks of any length, as the profile wants them."""

    def __init__(self, modem: "VirtualModem") -> None:
        self._modem = modem
        self._out: deque[bytes] = deque()
        self._some = asyncio.Event()
        self.lost = False
        self.closed = False

    async def read(self) -> bytes:
        assert not self.closed, "read after close"
        if not self._out and not self.lost:
            self._some.clear()
            try:
                async with asyncio.timeout(IDLE_READ):
                    await self._some.wait()
            except TimeoutError:
                return b""
        if self._out:
            return self._out.popleft()
        if self.lost:
            raise PortLost("reading failed: [Errno 5] Input/output error")
        return b""

    async def write(self, data: bytes) -> None:
        assert not self.closed, "write after close"
        if self.lost:
            raise PortLost("writing failed: [Errno 5] Input/output error")
        self._modem.heard(data)

    async def close(self) -> None:
        self.closed = True
        self._modem.closed(self)

    def give(self, data: bytes) -> None:
        self._out.append(data)
        self._some.set()

    def lose(self) -> None:
        self.lost = True
        self._some.set()


@dataclass(slots=True)
class Offered:
    """One call as the network saw it."""

    id: int
    number: str
    at: float
    rings: int = 0
    heard_rings: int = 0
    """Those told while the host had the port open."""
    answered: float | None = None
    sound: bool = False
    ended: float | None = None
    by: str = ""
    """caller, box, gave_up, modem_lost, unreachable, busy."""
    waiting: bool = False


@dataclass(slots=True)
class Outage:
    """The module was away or hung: from when, to when it could work again, and when the box had it again."""

    kind: str
    began: float
    possible: float | None = None
    mended: float | None = None
    hindered: float | None = None
    """When the last thing that stood in the way as well was over."""


@dataclass
class VirtualModem:
    """`find`, `open_port` and `press` are what the keeper is given."""

    profile: Profile = PLAIN
    seed: int = 1
    began: dt.datetime = dt.datetime(2026, 11, 22, 8, 48, tzinfo=MOSCOW)
    """The network's time when the modem is made; it goes on with the loop's, else equal parts of two messages would be
    one message told twice."""
    on_effect: Callable[[m.Effect], None] = lambda _: None
    calls: list[Offered] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    presses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults = FaultBoard()
        self.rng = Random(self.seed)
        start = asyncio.get_running_loop().time()
        self.module = Module(
            self.profile,
            self.faults,
            Random(self.seed),
            wall=lambda: self.began + dt.timedelta(seconds=asyncio.get_running_loop().time() - start),
        )
        self.port: VirtualPort | None = None
        self.there = False
        self.powered = False
        self.generation = 0
        self.call: Offered | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._busy = False
        self._loop = asyncio.get_running_loop()
        self._curing = False
        """The module is away by the box's own doing."""

    # --- what the keeper holds ------------------------------------------------------------------------------------

    def find(self, at_port: str = "auto", pcm_port: str = "auto") -> Ports:
        if not self.there:
            raise NoPort("no SIM7600 on the USB bus")
        suffix = f"-{self.generation}"
        return Ports(AT.with_name(AT.name + suffix), PCM.with_name(PCM.name + suffix), primary=True)

    async def open_port(self, path: Path) -> VirtualPort:
        if not self.there or path != self.find().at:
            raise PortLost(f"cannot open {path}: No such file or directory")
        assert self.port is None or self.port.lost or self.port.closed, "the port is opened twice"
        self.port = VirtualPort(self)
        return self.port

    async def press(self, seconds: float) -> None:
        """The power key."""
        self.presses.append(seconds)
        await asyncio.sleep(seconds)
        if self.powered and seconds >= 2.5:
            self._loop.call_later(GOING_SECONDS, self._switch_off)
        elif not self.powered:
            self.powered = True
            self._loop.call_later(self.profile.power_s, self.appear)

    # --- life ------------------------------------------------------------------------------------------------------

    def start(self) -> "VirtualModem":
        self.powered = True
        self.appear()
        return self

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def appear(self, *, boot: bool = True) -> None:
        """The ports are there (again), under new numbers."""
        if not self.powered or self.there:
            return
        self.there = True
        self.generation += 1
        if boot:
            self.module.boot(self.now)
        for outage in self.outages:
            outage.possible = outage.possible or self.now
        self._hinder_ends()
        self._curing = False
        self._turn()

    def vanish(self, *, reset: bool, kind: str = "unplugged") -> None:
        """The ports go; with `reset` the module and its calls too."""
        self._note_outage(kind, cure=kind != "unplugged")
        self.there, self._curing = False, kind != "unplugged"
        if self.port is not None:
            self.port.lose()
        if reset:
            self.module.port.reset()
            self._end_call("modem_lost")

    def unplug(self, seconds: float, *, reset: bool) -> None:
        """Gone for so long."""
        if self.there:
            self.vanish(reset=reset)
            self._loop.call_later(seconds, lambda: self.appear(boot=reset))

    def reboot(self) -> None:
        """By itself; the ports stay."""
        self._end_call("modem_lost")
        self._note_outage("reboot")
        self.outages[-1].possible = self.now
        self.module.boot(self.now)
        self._turn()

    def hang(self, grace: float = 0.0) -> None:
        """The module hears and says nothing until its power was off. `grace`: seconds that a command which is under way
        may take by its nature (a message on its way takes a minute); nobody can tell a hang before."""
        self._note_outage("hung")
        self.outages[-1].possible = self.now
        self.outages[-1].hindered = max(self.outages[-1].hindered or 0.0, self.now + grace)
        self.fault("hung")

    def fault(self, name: str, **options: Any) -> None:
        full = self.faults.set(name, options)
        if name in HINDERS and self.outages and self.outages[-1].kind != name:
            self.hinder()
        match name:
            case "port_loss":
                self.unplug(full["seconds"], reset=full["reset"])
            case "reboot":
                self.reboot()
            case "waiting_call":
                self.knock(full["number"], full["seconds"])
            case "sms_ghost":
                self.module.messages.ghost(full["memory"], full["index"])
            case "bytes":
                self.module.port.raw(bytes.fromhex(full["hex"]))
            case _:
                self.module.fault_changed(name, self.now, on=True)
        self._turn()

    def clear(self, name: str | None = None) -> None:
        gone = list(self.faults.all()) if name is None else [name]
        self.faults.clear(name)
        for each in gone:
            if not FAULTS[each].instant:
                self.module.fault_changed(each, self.now, on=False)
        if HINDERS & set(gone):
            self._hinder_ends()
        self._turn()

    @property
    def now(self) -> float:
        return self._loop.time()

    def mended(self) -> None:
        """The box says that it has the modem (again)."""
        for outage in self.outages:
            outage.mended = outage.mended or self.now

    # --- the network -------------------------------------------------------------------------------------------------

    def ring(self, number: str = "+79161234567", patience: float = 30.0) -> Offered:
        """A caller dials the box and waits for so long."""
        call = Offered(len(self.calls) + 1, number, self.now)
        self.calls.append(call)
        if self.call is not None or not self.powered:
            call.by, call.ended = "busy" if self.call is not None else "unreachable", self.now
            return call
        shown = m.Number(number, "presented" if number else "withheld")
        self.call = call
        if not self.module.incoming(shown, self.now):
            self._end_call("unreachable")
            return call
        self._loop.call_later(patience, self._give_up, call)
        self._turn()
        return call

    def write(self, text: str, sender: str = "+79161234567", **fields: Any) -> int:
        """Somebody writes to the box; returns the message's id."""
        number = self.module.messages.receive(self.now, sender=sender, text=text, **fields)
        self._turn()
        return number

    def hang_up(self) -> None:
        """The caller puts the receiver down."""
        if self.call is not None:
            self.module.calls.remote_hang_up(self.now)
            self._end_call("caller" if self.call.answered is not None else "gave_up")
            self._turn()

    def knock(self, number: str, seconds: float) -> None:
        """A second caller, while the line is busy."""
        before, heard = len(self.module.state.calls), int(self._is_heard())
        self.module.calls.waiting(m.Number(number), seconds, self.now)
        if len(self.module.state.calls) > before:
            self.calls.append(
                Offered(len(self.calls) + 1, number, self.now, heard_rings=heard, by="gave_up", waiting=True)
            )
        self._turn()

    def press_key(self, digit: str) -> None:
        """The caller presses a key."""
        self.module.calls.digit(digit)
        self._turn()

    def _give_up(self, call: Offered) -> None:
        if self.call is call and call.answered is None:
            self.hang_up()

    def _end_call(self, by: str) -> None:
        call, self.call = self.call, None
        if call is not None and call.ended is None:
            call.by, call.ended = by, self.now

    # --- the module's clock ------------------------------------------------------------------------------------------

    def heard(self, data: bytes) -> None:
        self.module.port.feed(data, self.now)
        self._turn()

    def closed(self, port: VirtualPort) -> None:
        if self.port is port:
            self.port = None

    def _turn(self) -> None:
        """Everything that is due, and a timer for what comes next."""
        if self._busy:
            return
        self._busy = True
        try:
            out = self.module.port.poll(self.now)
            for effect in self.module.take_effects():
                self._carry_out(effect)
            if self.call is not None and not self.module.state.calls:
                self._end_call("modem")  # its radio was switched off
            self._give(out)
        finally:
            self._busy = False
        if self._timer is not None:
            self._timer.cancel()
        due = self.module.port.next_due()
        self._timer = None if due is None else self._loop.call_at(max(due, self.now), self._turn)

    def _give(self, data: bytes) -> None:
        if self.port is None or self.port.lost or not self.there:
            return  # as with a USB serial port, what is said while nobody has it open is lost
        if self.profile.chunking == "whole":
            if data:
                self.port.give(data)
            return
        while data:
            count = self.rng.randint(1, 24)
            self.port.give(data[:count])
            data = data[count:]

    def _carry_out(self, effect: m.Effect) -> None:
        call = self.call
        match effect:
            case m.Rang(count) if call is not None:
                call.rings = count
                call.heard_rings += self._is_heard()
            case m.Answered() if call is not None:
                call.answered = self.now
            case m.PcmStarted() if call is not None:
                call.sound = True
            case m.HungUp():
                self._end_call("box")
            case m.Restarting(seconds):
                self.vanish(reset=True, kind="reset")
                self._loop.call_later(seconds, self.appear)
        self.on_effect(effect)

    def _is_heard(self) -> bool:
        said_nothing = self.faults.on("mute") or self.faults.on("hung")
        return self.port is not None and not self.port.lost and self.there and not said_nothing

    def _note_outage(self, kind: str, *, cure: bool = False) -> None:
        """`cure`: the box did it, a reset or the power key; that takes as long as it takes, and is no new trouble."""
        under_way = self.outages[-1] if self.outages and self.outages[-1].mended is None else None
        if under_way is None:
            self.outages.append(Outage(kind, self.now))
            if HINDERS & self.faults.all().keys():
                self.hinder()
        elif not cure:
            self.hinder()

    def hinder(self) -> None:
        """One more thing is wrong, or just over: the way back is measured from there, and by the limit of the worst.
        The time that a command under way may take goes on beside it."""
        if self.outages and self.outages[-1].mended is None:
            self.outages[-1].kind = "hindered"
            self._not_before(self.outages[-1])

    def _hinder_ends(self) -> None:
        """Where there was more than one thing, the last of them may be over now. What the box does itself (a reset) is
        not waited for: it is part of the way back."""
        outage = self.outages[-1] if self.outages else None
        if outage is not None and outage.mended is None and outage.kind == "hindered" and not self._curing:
            self._not_before(outage)

    def _not_before(self, outage: Outage) -> None:
        outage.hindered = max(outage.hindered or 0.0, self.now)

    def _switch_off(self) -> None:
        if not self.powered:
            return
        self.powered = False
        for name in ("hung", "mute"):
            if self.faults.on(name):
                self.faults.clear(name)
        if self.there:
            self.vanish(reset=True, kind="power")
