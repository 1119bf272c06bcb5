"""One backup job after the other: those that somebody asked for, and the nightly one. A job stands still while a call
runs."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from secretaryd.backups.schedule import is_due, nights_between, parse_time
from secretaryd.backups.texts import problem
from secretaryd.bus import Bus
from secretaryd.config.schema import Backup as Settings
from secretaryd.control.protocol import Problem
from secretaryd.control.protocol.backup import BackupChanged
from secretaryd.troubles import Troubles
from storage.audit.door import Audit
from storage.backup import swap
from storage.backup.door import Backups
from storage.backup.errors import Busy
from storage.backup.names import MANUAL, NIGHTLY, newest_first
from storage.errors import StorageError

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 300.0
"""How often it is looked whether the nightly one is due: the clock may jump."""
WATCH_SECONDS: Final = 0.25
TOLD_PART: Final = 0.1
AGAIN_SECONDS: Final = 6 * 3600.0
"""After a nightly one that failed."""
TOLD_SECONDS: Final = 1.0
"""Between the end of a restore and the end of the box: who waits for the job still sees it done."""
FAILED: Final = "backup.failed"
NO_KEY: Final = "backup.no_key"


class LineDoor(Protocol):
    """The line, as far as a backup has to make way for it."""

    @property
    def state(self) -> str:
        """away, idle, or the call's state."""

    async def idle(self) -> None:
        """Returns when no call has the line."""


@dataclass(slots=True)
class Job:
    """What is done, or was done last. `state`: "running", "done" or "failed"."""

    id: int
    do: str
    who: str
    name: str = ""
    """Of the archive that is read; "" while one is made."""
    state: str = "running"
    step: str = ""
    part: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)
    failure: StorageError | None = None

    def plain(self, language: str) -> dict[str, Any]:
        """For an answer, its `problem` in that language."""
        told = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "failure"}
        problem = self.problem(language)
        return {
            **told,
            "problem": {"code": problem.code, "text": problem.text, "remedy": problem.remedy} if problem else {},
        }

    def problem(self, language: str) -> Problem | None:
        """Why it failed; None where it did not."""
        return problem(self.failure, language) if self.failure is not None else None


Work = Callable[[Callable[[str, float], None]], Awaitable[dict[str, Any]]]


class BackupRunner:
    """Owns the door to the archives while the box runs."""

    def __init__(
        self,
        backups: Backups,
        settings: Callable[[], Settings],
        line: LineDoor,
        bus: Bus,
        troubles: Troubles,
        audit: Audit,
        zone: ZoneInfo,
        language: str,
        restart: Callable[[], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.backups = backups
        self._settings, self._line, self._bus, self._troubles = settings, line, bus, troubles
        self._audit, self._zone, self._language, self._restart, self._now = audit, zone, language, restart, now
        self.job: Job | None = None
        self._orders: asyncio.Queue[tuple[Job, Work]] = asyncio.Queue(1)
        self._count = 0
        self._tried = 0.0

    async def run(self) -> None:
        """For ever."""
        await self.look_for_key()
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    job, work = await self._orders.get()
            except TimeoutError:
                if not await self._nightly_is_due():
                    continue
                self._tried = self._now()
                job, work = self._begin("create", "box"), self._nightly
            await self._do(job, work)

    async def look_for_key(self) -> None:
        """Without the owner's kit no archive opens on another card: he is told until he has one."""
        if await asyncio.to_thread(lambda: self.backups.keys.owner):
            self._troubles.clear(NO_KEY)
        elif self._settings().nightly:
            self._troubles.note(NO_KEY)

    @property
    def busy(self) -> bool:
        """Whether a job is under way."""
        return self.job is not None and self.job.state == "running"

    def create(self, who: str, recordings: bool | None) -> Job:
        """Begins a backup by hand. Raises Busy."""
        wanted = self._settings().recordings if recordings is None else recordings
        at = self._now()
        return self._order("create", who, lambda progress: self.backups.create(MANUAL, at, progress, recordings=wanted))

    def verify(self, who: str, name: str, key: str) -> Job:
        """Begins to read one. Raises Busy."""
        return self._order("verify", who, lambda progress: self.backups.verify(name, key, progress), name)

    def restore(self, who: str, name: str, key: str, user: str = "") -> Job:
        """Begins to lay one out; when that went well the box ends its call, restarts, and the archive is in force.
        `user`: the one of the page who wants it, and stays an administrator. Raises Busy."""
        return self._order("restore", who, lambda progress: self._restored(name, key, user, progress), name)

    def _order(self, do: str, who: str, work: Work, name: str = "") -> Job:
        if self.busy:
            raise Busy("a backup or a restore is under way already")
        job = self._begin(do, who, name)
        self._orders.put_nowait((job, work))
        return job

    def _begin(self, do: str, who: str, name: str = "") -> Job:
        self._count += 1
        self.job = Job(self._count, do, who, name)
        return self.job

    async def _do(self, job: Job, work: Work) -> None:
        self._tell(job)
        told = 0.0

        def progress(step: str, part: float) -> None:
            nonlocal told
            job.step, job.part = step, part
            if abs(part - told) >= TOLD_PART:
                told = part
                self._tell(job)

        making_way = asyncio.create_task(self._make_way(), name="backup.make-way")
        try:
            job.result = await work(progress)
            job.state, job.part = "done", 1.0
        except StorageError as error:
            self._failed(job, error)
        finally:
            making_way.cancel()
            await asyncio.wait({making_way})
            self.backups.pause(False)
        self._tell(job)
        if job.state == "done":
            await self._done(job)

    async def _done(self, job: Job) -> None:
        log.info("backup job done", extra={"do": job.do, "file": str(job.result.get("name", ""))})
        if job.do == "create":
            self._troubles.clear(FAILED)
            await self._note(job.who, "backup.created", str(job.result["name"]))
            for name in job.result["removed"]:
                await self._note(job.who, "backup.removed", name)
        elif job.do == "restore":
            await self._note(job.who, "backup.restored", str(job.result["source"]))
            await asyncio.sleep(TOLD_SECONDS)
            self._restart()

    def _failed(self, job: Job, error: StorageError) -> None:
        job.state, job.failure = "failed", error
        log.error("backup job failed", extra={"do": job.do, "reason": str(error)})
        if job.who == "box":
            self._troubles.note(FAILED, str(error))

    async def _note(self, who: str, what: str, name: str) -> None:
        await self._audit.add(who=who, where="control", what=what, target=f"backup:{name}")

    async def _make_way(self) -> None:
        """The child stands still while somebody is on the line."""
        while True:
            self.backups.pause(self._line.state not in ("idle", "away"))
            await asyncio.sleep(WATCH_SECONDS)

    async def _nightly_is_due(self) -> bool:
        settings, now = self._settings(), self._now()
        if not settings.nightly or 0 <= now - self._tried < AGAIN_SECONDS:
            return False
        last, size = await asyncio.to_thread(lambda: (self._newest(), self.backups.database_bytes))
        return is_due(now, last, parse_time(settings.at), self._zone, nights_between(size))

    def _newest(self) -> float:
        """When the newest nightly one was made; 0 for never."""
        try:
            found = newest_first(path.name for path in self.backups.folder.iterdir())
        except OSError:
            return 0.0
        return next((each.made for each in found if each.kind == NIGHTLY), 0.0)

    async def _nightly(self, progress: Callable[[str, float], None]) -> dict[str, Any]:
        await self._line.idle()
        settings = self._settings()
        return await self.backups.create(
            NIGHTLY,
            self._now(),
            progress,
            recordings=settings.recordings,
            daily=settings.keep_daily,
            weekly=settings.keep_weekly,
        )

    async def _restored(self, name: str, key: str, user: str, progress: Callable[[str, float], None]) -> dict[str, Any]:
        done = await self.backups.stage(name, key, progress)
        if user:
            await asyncio.to_thread(swap.sign, self.backups.data_dir, user)
        return {**done, "source": Path(name).name}

    def _tell(self, job: Job) -> None:
        problem = job.problem(self._language)
        reason = problem.text if problem else ""
        self._bus.publish(BackupChanged(do=job.do, state=job.state, step=job.step, part=job.part, reason=reason))
