"""Requests about the box's well-being."""

import asyncio
import base64
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from secretaryd import recent
from secretaryd.config.load import ConfigError, load
from secretaryd.config.schema import Config
from secretaryd.control.protocol import Problem
from secretaryd.control.protocol.care import Examine, MakeReport, TailLogs
from secretaryd.control.reader import Texts, language_for
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import Handlers
from secretaryd.doctor import gather
from secretaryd.doctor.check import Finding, Wrong
from secretaryd.doctor.fix import mend
from secretaryd.doctor.host import run_command
from secretaryd.doctor.report import packed, report_files
from secretaryd.doctor.run import examine, worst
from secretaryd.doctor.service import UNITS
from secretaryd.doctor.whole import gathered, plain_finding
from storage.audit.door import Audit
from storage.records import CallRecord

NEWEST_CALLS: Final = 10
SILENT: Final = "no sound"
MAX_LINES: Final = 2000
PROCESSES: Final = dict(zip(("core", "speech", "llm", "web"), UNITS, strict=True))
PRIORITIES: Final = {"debug": "7", "info": "6", "warning": "4", "error": "3", "critical": "2"}
LEVEL_OF: Final = ("critical", "critical", "critical", "error", "warning", "info", "info", "debug")
TEXTS: Final = {
    "ru": {
        "not_found": "Проверки {} нет.",
        "process": "Процесса {} нет. Есть: {}.",
        "level": "Уровня {} нет. Есть: {}.",
        "no_journal": "Журнал этой машины не читается: {} пишет туда, откуда запущена коробка.",
        "cursor": "Это не место в журнале.",
    },
    "en": {
        "not_found": "There is no check {}.",
        "process": "There is no process {}. Known: {}.",
        "level": "There is no level {}. Known: {}.",
        "no_journal": "This machine's journal cannot be read: {} writes to where the box was started.",
        "cursor": "That is no place in the log.",
    },
}


class Box(Protocol):
    """The state of the box."""

    async def status(self) -> dict[str, Any]:
        """As the console sees it."""


class Kept(Protocol):
    """Calls that were kept."""

    async def recent(self, limit: int = 50) -> tuple[CallRecord, ...]:
        """Newest first."""


class CareDesk:
    """The doctor, from within the box. What it looks at blocks, so that it is done in a thread, one at a time."""

    def __init__(
        self,
        health: Box,
        calls: Kept,
        audit: Audit,
        config: Callable[[], Config],
        config_file: Path | None,
        lines: recent.Recent,
        language: str,
    ) -> None:
        """`config_file` is what --config named."""
        self._health, self._calls, self._audit, self._config = health, calls, audit, config
        self._file, self._lines, self._language = config_file, lines, language
        self._texts, self._turn = Texts(TEXTS, language), asyncio.Lock()

    def handlers(self) -> Handlers:
        """Its requests."""
        return {Examine: self._examine, MakeReport: self._report, TailLogs: self._tail}

    async def _examine(self, request: Examine, peer: Peer) -> Any:
        language = request.language if request.language in TEXTS else language_for(self._language)
        async with self._turn:
            found = self._chosen(await self._findings(request.full), request.names)
            if request.fix and any(isinstance(each.outcome, Wrong) and each.outcome.fixes for each in found):
                mended = {each.check.name: each.done for each in await asyncio.to_thread(mend, found) if each.done}
                after = {name: list(done) for name, done in mended.items()}
                who = peer.actor or f"uid {peer.uid}"
                await self._audit.add(who=who, where="control", what="box.mended", after=after)
                again = self._chosen(await self._findings(request.full), request.names)
                found = tuple(Finding(each.check, each.outcome, mended.get(each.check.name, ())) for each in again)
        return {"ok": not worst(found), "checks": [plain_finding(each, language) for each in found]}

    async def _report(self, _: MakeReport, peer: Peer) -> Any:
        async with self._turn:
            findings, status = await self._findings(full=False), await self._health.status()
            config, errors = self._config(), self._errors()
            files = await asyncio.to_thread(lambda: dict(report_files(config, errors, findings, status)))
            raw = await asyncio.to_thread(packed, files)
        await self._audit.add(who=peer.actor or f"uid {peer.uid}", where="control", what="box.reported")
        name = f"secretary-diag-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz"
        content = await asyncio.to_thread(lambda: base64.b64encode(raw).decode())
        return {"name": name, "bytes": len(raw), "files": sorted(files), "content": content}

    async def _findings(self, full: bool) -> tuple[Finding, ...]:
        status, calls = await self._health.status(), await self._calls.recent(NEWEST_CALLS)
        live = gather.live(status, sum(call.end_cause == SILENT for call in calls))
        config, file = self._config(), self._file

        def look() -> tuple[Finding, ...]:
            return examine(gathered(file, config, self._errors(), live, "", full=full))

        return await asyncio.to_thread(look)

    def _errors(self) -> tuple[str, ...]:
        try:
            load(self._file)
        except ConfigError as error:
            return error.errors
        return ()

    def _chosen(self, findings: tuple[Finding, ...], names: tuple[str, ...]) -> tuple[Finding, ...]:
        known = {finding.check.name for finding in findings}
        for name in names:
            if name not in known and not any(each.startswith(f"{name}.") for each in known):
                raise self._refusal("not_found", 404, name)
        wanted = [
            each
            for each in findings
            if not names or any(each.check.name == name or each.check.name.startswith(f"{name}.") for name in names)
        ]
        return tuple(wanted)

    async def _tail(self, request: TailLogs, _: Peer) -> Any:
        if request.process not in PROCESSES:
            raise self._refusal("process", 400, request.process, ", ".join(PROCESSES))
        if request.level not in PRIORITIES:
            raise self._refusal("level", 400, request.level, ", ".join(PRIORITIES))
        limit = max(1, min(request.limit, MAX_LINES))
        if request.process != "core":
            return await self._journal(request, limit)
        after = self._lines.after(request.after) if request.after else 0
        if after is None:
            raise self._refusal("cursor", 400)
        found = self._lines.lines(request.level, limit, after)
        cursor = self._lines.cursor(found[-1].number if found else after)
        return {"lines": [recent.plain(line) for line in found], "cursor": cursor}

    async def _journal(self, request: TailLogs, limit: int) -> Any:
        if request.after and not request.after.startswith("s="):  # else it would be an option of journalctl's
            raise self._refusal("cursor", 400)
        command = ["journalctl", "-u", PROCESSES[request.process], "-n", str(limit), "--no-pager", "-o", "json"]
        command += ["-p", PRIORITIES[request.level], *([f"--after-cursor={request.after}"] if request.after else [])]
        told = await asyncio.to_thread(run_command, *command)
        if told is None:
            raise self._refusal("no_journal", 503, request.process)
        lines, cursor = [], request.after
        for row in told.splitlines():
            try:
                entry = msgspec.json.decode(row)
                lines.append(_line(entry))
                cursor = str(entry.get("__CURSOR", cursor))
            except (msgspec.DecodeError, ValueError, TypeError, AttributeError, LookupError):
                continue  # a line of journalctl's own, or one that is no text
        return {"lines": lines, "cursor": cursor}

    def _refusal(self, code: str, status: int, *what: str) -> DeskError:
        return DeskError(Problem(code=code, text=self._texts[code].format(*what)), status)


def _line(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "at": int(entry["__REALTIME_TIMESTAMP"]) / 1e6,
        "level": LEVEL_OF[int(entry.get("PRIORITY", 6))],
        "logger": str(entry.get("LOGGER", "")),
        "text": str(entry.get("MESSAGE", ""))[: recent.MAX_TEXT],
        "fields": {},
    }
