"""A call in progress, for the simulator."""

import asyncio

from hw.simulator.ledger import CallRecord
from hw.simulator.line import LineThread
from hw.simulator.pcm_pump import PcmPump
from hw.simulator.scenario import Scenario


class Session:
    """One call from the first ring to the last line of its record."""

    def __init__(self, scenario: Scenario, record: CallRecord, thread: LineThread, pump: PcmPump) -> None:
        self.scenario = scenario
        self.record = record
        self.thread = thread
        self.pump = pump
        self.answered_at: float | None = None
        self.done: asyncio.Future[CallRecord] = asyncio.get_running_loop().create_future()

    def stop(self) -> None:
        """Stops the line (a tick at most); what it counted goes into the record."""
        self.thread.stop()
        self.pump.close()
        record, line = self.record, self.thread.line
        record.pcm |= self.pump.figures()
        record.pcm["frames_lost"] = dict(zip(("to_box", "to_caller"), line.lost, strict=True))
        record.pcm["clock_skipped"] = self.thread.pace.skipped
        record.recordings = {name: str(path) for name, path in self.thread.paths.items()}


class CallRefused(Exception):
    """A call cannot be made now: `code` is busy or unreachable."""

    def __init__(self, code: str, ru: str, en: str) -> None:
        super().__init__(f"{ru} / {en}")
        self.code, self.ru, self.en = code, ru, en
