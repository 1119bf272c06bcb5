"""One job with models at a time, done by a process of its own and watched from here."""

import asyncio
import contextlib
import logging
import os
import secrets
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from secretaryd.bus import Bus
from secretaryd.control.protocol.models import ModelsChanged
from secretaryd.reasons import in_language, sentence_in
from secretaryd.shop.order import ORDER, STATE, STOP, Order, State, put, read_state
from storage.audit.door import Audit

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 0.5
BEGIN_SECONDS: Final = 30.0
"""Until the process has left its first word."""


class JobRunning(Exception):
    """One at a time."""


@dataclass(slots=True)
class Job:
    """What is done, or was done last."""

    id: str
    do: str
    names: tuple[str, ...]
    who: str
    state: str = "running"
    file: str = ""
    received: int = 0
    total: int = 0
    result: dict[str, Any] = field(default_factory=dict)
    problem: str = ""

    def plain(self, language: str) -> dict[str, Any]:
        """For an answer, its `problem` and what is wrong with models in that language."""
        told = asdict(self) | {"problem": sentence_in(self.problem, language)}
        if faults := self.result.get("faults"):
            worded = {name: [in_language(one, language) for one in found] for name, found in faults.items()}
            told["result"] = self.result | {"faults": worded}
        return told


class Shop:
    """Owned by the core."""

    def __init__(
        self,
        models: Path,
        run_folder: Path,
        bus: Bus,
        audit: Audit,
        *,
        language: str = "en",
        spawn: bool | None = None,
    ) -> None:
        """`run_folder`: where the unit waits for orders. `language`: the box's. `spawn`: no unit does, so that we start
        the process ourselves; None finds out."""
        self.models, self._order_path = models, run_folder / ORDER
        self._bus, self._audit, self._language = bus, audit, language
        self._spawn = "INVOCATION_ID" not in os.environ if spawn is None else spawn
        self.job: Job | None = None
        self._orders: asyncio.Queue[tuple[Job, Order]] = asyncio.Queue(1)

    async def run(self) -> None:
        """For ever."""
        while True:
            job, order = await self._orders.get()
            try:
                await self._do(job, order)
            except OSError as error:
                job.state, job.problem = "failed", str(error)
            self._tell(job)
            log.info("models", extra={"do": job.do, "state": job.state, "reason": job.problem})
            if job.state == "done" and job.do != "verify":
                names = ", ".join(job.result.get("installed", ()))
                await self._audit.add(who=job.who, where="control", what="models.installed", target=names)

    def begin(self, do: str, who: str, names: tuple[str, ...] = (), **more: Any) -> Job:
        """Raises JobRunning."""
        if self.job is not None and self.job.state == "running":
            raise JobRunning
        order = Order(id=secrets.token_hex(8), do=do, models=str(self.models), names=names, **more)
        self.job = Job(order.id, do, names, who)
        self._orders.put_nowait((self.job, order))
        return self.job

    def stop(self) -> bool:
        """Asks the process to end; whether one is at work. Raises OSError."""
        if self.job is None or self.job.state != "running":
            return False
        (self.models / STOP).touch()
        return True

    async def _do(self, job: Job, order: Order) -> None:
        self._tell(job)
        self.models.mkdir(parents=True, exist_ok=True)
        (self.models / STOP).unlink(missing_ok=True)
        put(self._order_path, order)
        process = await self._start() if self._spawn else None
        clock, seen = asyncio.get_running_loop().time, None
        deadline = clock() + BEGIN_SECONDS
        try:
            while job.state == "running":
                await asyncio.sleep(LOOK_SECONDS)
                over = process is not None and process.returncode is not None
                state = await asyncio.to_thread(read_state, self.models / STATE)
                if state is not None and state.id == job.id:
                    if state != seen:
                        self._take(job, state)
                    seen = state
                if job.state == "running" and (over or (seen is None and clock() > deadline)):
                    job.state, job.problem = "failed", "the process that does it is not there: secretary-models.service"
        finally:
            self._order_path.unlink(missing_ok=True)
            if process is not None and process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                await process.wait()

    async def _start(self) -> asyncio.subprocess.Process:
        command = (sys.executable, "-m", "secretaryd.shop.child", str(self._order_path))
        return await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)

    def _take(self, job: Job, state: State) -> None:
        job.state, job.file, job.received, job.total = state.state, state.file, state.received, state.total
        job.result, job.problem = state.result, state.reason
        if job.state == "running":
            self._tell(job)

    def _tell(self, job: Job) -> None:
        reason = sentence_in(job.problem, self._language)
        self._bus.publish(
            ModelsChanged(
                do=job.do, state=job.state, file=job.file, received=job.received, total=job.total, reason=reason
            )
        )
