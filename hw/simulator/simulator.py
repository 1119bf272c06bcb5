"""Puts module, ports, network and caller together and runs them; owns the one call that can be up."""

import asyncio
import contextlib
import time
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from hw.simulator import modem_state as m
from hw.simulator.callee import Callee
from hw.simulator.caller import Caller, CallerEvent
from hw.simulator.card_port import CardPort
from hw.simulator.events import EventHub
from hw.simulator.faults import TABLE as FAULTS
from hw.simulator.faults import FaultBoard
from hw.simulator.ledger import CallRecord, Ledger, utc_now
from hw.simulator.line import Line, LineThread
from hw.simulator.module import Module
from hw.simulator.network import Network
from hw.simulator.options import OptionError
from hw.simulator.pcm_pump import PcmPump
from hw.simulator.profile import Profile
from hw.simulator.pty_ports import PtyPort
from hw.simulator.scenario import Scenario
from hw.simulator.session import CallRefused, Session
from hw.simulator.wav import RATE

POLL_SECONDS = 0.02  # how often a closed AT port is looked at
IDLE_SECONDS = 0.5
FAR = ("far_alerts", "far_answers", "far_busy", "far_gone")
MAX_FINISHED = 100  # calls whose record `wait` can still give; the ledger has them all


class Simulator:
    """One simulated module on two ports, its sound on an ALSA `card` if given one. `run()` until cancelled."""

    def __init__(self, folder: Path, profile: Profile, seed: int = 1, card: str = "") -> None:
        self.folder = folder
        self.profile = profile
        self.faults = FaultBoard()
        self.hub = EventHub()
        self.ledger = Ledger(folder / "ledger.jsonl")
        self.at = PtyPort(folder / "modem-at")
        self.pcm = PtyPort(folder / "modem-pcm")
        self.session: Session | None = None
        self.callee: Scenario | None = None
        self.finished: dict[str, CallRecord] = {}
        self._seed, self._card = seed, card
        self._rng = Random(seed)
        self._module = Module(profile, self.faults, Random(seed))
        self._module.messages.last_id = self.ledger.last_message
        self._wake = asyncio.Event()
        self._returns_at: float | None = None
        self._renumber = False
        self._boot_on_return = True
        self._reader: int | None = None
        self._host_was_there = False
        self._bytes_in = 0

    # --- life -----------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Ports appear and the module starts."""
        (self.folder / "calls").mkdir(parents=True, exist_ok=True)
        self.at.open()
        self.pcm.open()
        self._module.boot(time.monotonic())
        self.ledger.add("started", profile=self.profile.name, seed=self._seed)

    async def run(self) -> None:
        """Serves the AT port until cancelled; ends the call and removes the ports then."""
        try:
            while True:
                self._wake.clear()
                self._bring_back(time.monotonic())
                self._read_host()
                await self._write_host(self._module.port.poll(time.monotonic()))
                self._carry_out()
                await self._sleep()
        finally:
            self._watch(None)
            if self.session is not None:
                self._close("simulator", "stopped")
            self.at.close()
            self.pcm.close()
            self.ledger.add("stopped")

    async def _sleep(self) -> None:
        now, due = time.monotonic(), self._module.port.next_due()
        limit = IDLE_SECONDS if self._reader is not None else POLL_SECONDS
        seconds = limit if due is None else min(limit, due - now)
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):  # not wait_for: before Python 3.12 it can swallow a cancellation
                    await self._wake.wait()

    # --- AT port --------------------------------------------------------------------------------------------------

    def _watch(self, fileno: int | None) -> None:
        if fileno != self._reader:
            loop = asyncio.get_running_loop()
            if self._reader is not None:
                loop.remove_reader(self._reader)
            if fileno is not None:
                loop.add_reader(fileno, self._wake.set)
            self._reader = fileno

    def _read_host(self) -> None:
        there = self.at.host_present()
        if there != self._host_was_there:
            self._host_was_there = there
            self.hub.publish("host_opened" if there else "host_closed", port="at")
        self._watch(self.at.fileno if there else None)
        if data := self.at.read(4096):
            self._bytes_in += len(data)
            self._module.port.feed(data, time.monotonic())

    async def _write_host(self, data: bytes) -> None:
        if self.at.fileno is None:
            return
        if self.profile.chunking == "whole":
            self._put(data)
            return
        while data:
            count = self._rng.randint(1, 24)
            self._put(data[:count])
            data = data[count:]
            if data and self._rng.random() < 0.3:
                await asyncio.sleep(0.001)

    def _put(self, data: bytes) -> None:
        if data:
            self.at.lost += len(data) - self.at.write(data)

    # --- effects of the module ------------------------------------------------------------------------------------

    def _carry_out(self) -> None:
        for effect in self._module.take_effects():
            match effect:
                case m.HungUp():
                    self._close("box", "CHUP")
                case m.Restarting(seconds):
                    self._vanish(seconds, renumber=True, reset=True)
                case m.PinTried(accepted, left):
                    self.hub.publish("pin_tried", accepted=accepted, left=left)
                    self.ledger.add("pin_tried", accepted=accepted, left=left)
                case m.Noted(what, data):
                    self.hub.publish(what, **data)
                    self.ledger.add(what, **data)
                case m.Dialled(number):
                    self.hub.publish("box_dials", number=number)
                    self.ledger.add("dialled", number=number)
                    if self.callee is not None and self.session is None:
                        self._be_called(self.callee, number)
                case _:
                    if self.session is not None:
                        self._carry_on(self.session, effect)

    def _carry_on(self, session: Session, effect: m.Effect) -> None:
        """Effects within a call."""
        call = session.record.id
        match effect:
            case m.Rang(count):
                session.record.rings = count
                self.hub.publish("ring", call=call, count=count)
            case m.Answered():
                session.answered_at = time.monotonic()
                session.thread.do(session.thread.line.caller.answered)
                if self._card:  # the codec needs no AT+CPCMREG
                    self._start_pcm(session, RATE)
            case m.PcmStarted(rate):
                self._start_pcm(session, rate)
            case m.PcmStopped():
                session.thread.do(session.pump.stop)
                self.hub.publish("pcm_stopped", call=call)
            case m.SentDigits(digits):
                session.record.digits_heard += digits
                self.hub.publish("box_digits", call=call, digits=digits)

    def _start_pcm(self, session: Session, rate: int) -> None:
        degraded = self.faults.on("pcm_degraded") and self._module.state.calls_since_reset > 1
        session.thread.do(lambda: session.pump.start(rate, degraded=degraded))
        after = time.monotonic() - (session.answered_at or time.monotonic())
        session.record.pcm = {"rate": rate, "started_after": round(after, 2)}
        self.hub.publish("pcm_started", call=session.record.id, rate=rate, after=round(after, 2))

    # --- ports that vanish ----------------------------------------------------------------------------------------

    def _vanish(self, seconds: float, *, renumber: bool, reset: bool) -> None:
        self.hub.publish("ports_gone", seconds=seconds, reset=reset)
        self.ledger.add("ports_gone", seconds=seconds, reset=reset)
        self._watch(None)
        self.at.close()
        self.pcm.close()
        self._host_was_there = False
        self._returns_at = time.monotonic() + seconds
        self._renumber, self._boot_on_return = renumber, reset
        if reset and self.session is not None:
            self._close("modem_lost", "ports gone")
        if reset:
            self._module.port.reset()

    def _bring_back(self, now: float) -> None:
        if self._returns_at is None or now < self._returns_at:
            return
        self._returns_at = None
        self.at.open(renumber=self._renumber)
        self.pcm.open(renumber=self._renumber)
        if self._boot_on_return:
            self._module.boot(now)
        self.hub.publish("ports_back", at=self.at.tty, pcm=self.pcm.tty)
        self.ledger.add("ports_back")

    # --- calls ----------------------------------------------------------------------------------------------------

    def call(self, scenario: Scenario) -> str:
        """Rings the box; returns the call's id. Raises CallRefused."""
        if self.session is not None:
            raise CallRefused("busy", "линия занята другим звонком", "the line is busy with another call")
        number = m.Number(scenario.number, scenario.presentation if scenario.number else "withheld")
        if self.at.fileno is None or not self._module.incoming(number, time.monotonic()):
            raise CallRefused("unreachable", "модем не в сети", "the module is not registered with the network")
        caller = Caller(scenario, inband=self.profile.dtmf_inband)
        return self._begin(scenario, caller, scenario.number, number.presentation, "in")

    def expect_call(self, scenario: Scenario | None) -> None:
        """Who takes the calls that the box makes from now on; None: nobody does."""
        self.callee = scenario
        self._module.outgoing.somebody_waits = scenario is not None

    def _be_called(self, scenario: Scenario, number: str) -> None:
        self._begin(scenario, Callee(scenario, inband=self.profile.dtmf_inband), number, "presented", "out")

    def _begin(self, scenario: Scenario, caller: Caller, number: str, presentation: str, direction: str) -> str:
        record = CallRecord(
            self.ledger.next_call_id(),
            scenario.name,
            dict(scenario.title),
            number,
            presentation,
            utc_now(),
            direction,
        )
        record.network = asdict(scenario.network)
        network = Network(scenario.network, np.random.default_rng(self._seed))
        pump = PcmPump(CardPort(self._card) if self._card else self.pcm, self.profile, self.faults, self._rng)
        line = Line(caller, network, pump)
        loop = asyncio.get_running_loop()
        session_id = record.id

        def report(event: CallerEvent) -> None:
            loop.call_soon_threadsafe(self._heard, session_id, event)

        thread = LineThread(line, self.profile.pcm_ppm, report, self.folder / "calls", record.id)
        self.session = Session(scenario, record, thread, pump)
        what = {"scenario": scenario.name, "title": dict(scenario.title), "number": number, "direction": direction}
        self.hub.publish("call_started", call=record.id, **what)
        thread.start()
        self._wake.set()
        return record.id

    def _heard(self, call: str, event: CallerEvent) -> None:
        """An event of the line's thread, now on the loop."""
        session = self.session
        if session is None or session.record.id != call:
            return
        session.record.note(event)
        self.hub.publish(event.kind, call=call, t=event.t, **event.data)
        if event.kind == "digit":
            self._module.calls.digit(event.data["digit"])
        elif event.kind in FAR:
            getattr(self._module.outgoing, event.kind)(time.monotonic())
        elif event.kind in ("hang_up", "line_failed"):
            self._module.calls.remote_hang_up(time.monotonic())
            why = event.data.get("why", event.kind)
            by = {"no_answer": "no_answer", "line_failed": "simulator"}.get(why, "caller")
            asyncio.get_running_loop().call_soon(self._finish_soon, call, by, why)
        self._wake.set()

    def _finish_soon(self, call: str, by: str, why: str) -> None:
        if self.session is not None and self.session.record.id == call:
            self._close(by, why)

    def _close(self, by: str, why: str) -> None:
        """Stops the line (a tick at most) and keeps the record."""
        session, self.session = self.session, None
        if session is None:
            return
        session.stop()
        record, caller = session.record, session.thread.line.caller
        record.ended_by, record.end_reason = by, why
        record.seconds = round(caller.now, 2) if record.answered_after is not None else 0.0
        if caller.detector.speaking:
            start, end = caller.detector.started, caller.detector.last_loud
            record.box_speech.append({"start": round(start, 2), "end": round(end, 2)})
        record.judge(session.scenario)
        self.ledger.add_call(record)
        self.finished[record.id] = record
        while len(self.finished) > MAX_FINISHED:
            del self.finished[next(iter(self.finished))]
        summary = {"by": by, "reason": why, "seconds": record.seconds, "passed": record.passed, "checks": record.checks}
        self.hub.publish("call_ended", call=record.id, recordings=record.recordings, **summary)
        session.done.set_result(record)

    def message(self, **fields: Any) -> int:
        """Somebody writes to the box: see SmsDesk.receive. Returns the message's id."""
        number = self._module.messages.receive(time.monotonic(), **fields)
        self._wake.set()
        return number

    def hang_up(self) -> bool:
        """The caller hangs up now; False without a call."""
        if self.session is None:
            return False
        self.session.thread.do(self.session.thread.line.caller.hang_up)
        return True

    def press(self, digits: str) -> bool:
        """The caller presses digits now; False without an answered call."""
        session = self.session
        if session is None or session.answered_at is None:
            return False
        session.thread.do(lambda: session.thread.line.caller.press(digits))
        return True

    # --- faults ---------------------------------------------------------------------------------------------------

    def set_fault(self, name: str, options: dict[str, Any]) -> None:
        """Switches a fault on, or lets an instant one happen. Raises OptionError."""
        full = self.faults.set(name, options)
        now = time.monotonic()
        self.hub.publish("fault_set", fault=name, options=full)
        self.ledger.add("fault_set", fault=name, options=full)
        match name:
            case "port_loss":
                self._vanish(full["seconds"], renumber=full["renumber"], reset=full["reset"])
            case "reboot":
                if self.session is not None:
                    self._close("modem_lost", "reboot")
                self._module.boot(now)
            case "waiting_call":
                self._module.calls.waiting(m.Number(full["number"]), full["seconds"], now)
            case "sms_ghost":
                self._module.messages.ghost(full["memory"], full["index"])
            case "bytes":
                try:
                    self._module.port.raw(bytes.fromhex(full["hex"]))
                except ValueError as error:
                    raise OptionError([f"bytes.hex: {error}"]) from error
            case _:
                self._module.fault_changed(name, now, on=True)
        self._wake.set()

    def clear_fault(self, name: str | None) -> None:
        """Switches one fault off, or all. Raises OptionError."""
        gone = list(self.faults.all()) if name is None else [name]
        self.faults.clear(name)
        for fault in gone:
            if not FAULTS[fault].instant:
                self._module.fault_changed(fault, time.monotonic(), on=False)
        self.hub.publish("fault_cleared", faults=gone)
        self.ledger.add("fault_cleared", faults=gone)
        self._wake.set()

    # --- status ---------------------------------------------------------------------------------------------------

    def status(self) -> dict[str, Any]:
        """How things stand, for the control socket."""
        state, now = self._module.state, time.monotonic()
        session = self.session
        return {
            "profile": self.profile.name,
            "ports": {"at": str(self.at.link), "pcm": str(self.pcm.link), "present": self.at.fileno is not None},
            "host": {
                "at_open": self.at.host_present(),
                "pcm_open": self.pcm.host_present(),
                "bytes_from_host": self._bytes_in,
                "bytes_lost": self.at.lost,
                "prepared": state.value("+CLIP") == "1" and not self._module.port.echo,
            },
            "registered": self._module.reachable(now),
            "pcm_on": state.pcm_on,
            "call": None
            if session is None
            else {
                "id": session.record.id,
                "scenario": session.scenario.name,
                "answered": session.answered_at is not None,
                "seconds": round(session.thread.line.caller.now, 1),
            },
            "sms": self._module.messages.status(),
            "callee": None if self.callee is None else self.callee.name,
            "faults": self.faults.all(),
            "calls_finished": len(self.finished),
            "last_event": self.hub.number,
        }
