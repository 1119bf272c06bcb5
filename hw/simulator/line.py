"""The sound of one call, on the module's own clock and thread: host <-> network <-> caller, both ways recorded."""

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from hw.simulator.caller import Caller, CallerEvent
from hw.simulator.network import FRAME_SECONDS, Network
from hw.simulator.pcm_pump import PcmPump
from hw.simulator.wav import WavWriter

MAX_LATE_FRAMES = 25  # after a longer stall of this machine the line's time is stretched, not caught up
MAX_ORDERS = 100
REALTIME_PRIORITY = 30


class Pace:
    """Which ticks are owed at a time: a 20 ms clock that is `ppm` parts in a million fast (PURE)."""

    def __init__(self, start: float, ppm: float) -> None:
        self._start = start
        self.period = FRAME_SECONDS / (1.0 + ppm / 1e6)
        self.done = 0
        self.skipped = 0

    def owed(self, now: float) -> int:
        """How many ticks to do now; a backlog over MAX_LATE_FRAMES is dropped and counted."""
        owed = int((now - self._start) / self.period) - self.done
        if owed > MAX_LATE_FRAMES:
            late = owed - 1
            self.skipped += late
            self._start += late * self.period
            owed = 1
        self.done += max(0, owed)
        return max(0, owed)

    def late(self, now: float, behind: int = 0) -> float:
        """Seconds since the last tick done, or one so many before it, was due."""
        return now - self._start - (self.done - behind) * self.period

    def next(self) -> float:
        """When the next tick is due."""
        return self._start + (self.done + 1) * self.period


class Line:
    """One call's sound; `tick()` is 20 ms of it (PURE but for the port and the recordings)."""

    def __init__(self, caller: Caller, network: Network, pump: PcmPump) -> None:
        self.caller = caller
        self._network = network
        self._pump = pump
        self._said: WavWriter | None = None
        self._heard: WavWriter | None = None

    def record(self, said: WavWriter, heard: WavWriter) -> None:
        """Where both directions go, as the caller says and hears them."""
        self._said, self._heard = said, heard

    @property
    def lost(self) -> tuple[int, int]:
        """Frames lost in the network (towards the box, towards the caller)."""
        return self._network.lost

    def tick(self, late: float = 0.0) -> list[CallerEvent]:
        """20 ms, run `late` by so many seconds; returns what the caller did or noticed."""
        if not self.caller.connected:
            self.caller.ring()
            return self.caller.take_events()
        clean, heard = self._network.to_caller(self._pump.uplink(late))
        said = self.caller.tick(clean)
        self._pump.downlink(self._network.to_box(said))
        if self._said is not None and self._heard is not None:
            self._said.write(said)
            self._heard.write(heard)
        return self.caller.take_events()


def _rise() -> None:
    """A module has a processor of its own: where this user may, the calling thread gets ahead of ordinary ones."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(REALTIME_PRIORITY))


class LineThread:
    """Runs a Line in real time until stopped. Orders reach it between ticks."""

    def __init__(self, line: Line, ppm: float, report: Callable[[CallerEvent], None], folder: Path, name: str) -> None:
        self.line = line
        self.paths = {"said": folder / f"{name}_said.wav", "heard": folder / f"{name}_heard.wav"}
        self.pace = Pace(time.monotonic(), ppm)
        self.error: BaseException | None = None
        self._report = report
        self._orders: queue.Queue[Callable[[], None]] = queue.Queue(MAX_ORDERS)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulator-line", daemon=True)

    def start(self) -> None:
        """Starts the clock."""
        self._thread.start()

    def do(self, order: Callable[[], None]) -> None:
        """Does something on the line's thread before the next tick."""
        self._orders.put_nowait(order)

    def stop(self) -> None:
        """Ends within a tick; the recordings are complete when this returns."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        _rise()
        try:
            with contextlib.ExitStack() as stack:
                files = {name: stack.enter_context(path.open("wb")) for name, path in self.paths.items()}
                writers = {name: stack.enter_context(WavWriter(file)) for name, file in files.items()}
                self.line.record(writers["said"], writers["heard"])
                self._loop()
        except Exception as error:  # noqa: BLE001 (the owner hears of it and ends the call)
            self.error = error
            self._report(CallerEvent("line_failed", self.line.caller.now, {"error": repr(error)}))

    def _loop(self) -> None:
        while not self._stop.is_set():
            for behind in reversed(range(self.pace.owed(time.monotonic()))):
                self._obey()
                for event in self.line.tick(self.pace.late(time.monotonic(), behind)):
                    self._report(event)
                if self._stop.is_set():
                    return
            self._stop.wait(max(0.0, self.pace.next() - time.monotonic()))

    def _obey(self) -> None:
        while True:
            try:
                order = self._orders.get_nowait()
            except queue.Empty:
                return
            order()
