"""`/admin/doctor…`, `/admin/logs`: what is wrong with the box, a report of it, and what it writes down."""

import base64
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.responses import Response

from secretaryd.control.protocol.care import Examine, MakeReport, TailLogs
from webui.api.desk import Tools
from webui.api.operation import Asked, Operation, as_
from webui.api.paging import Cursor, cursor_of, place_of
from webui.auth.roles import Permission
from webui.limits import Limit

GZIP: Final = "application/gzip"
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """`level`: "ok", "skipped", "warning" or "error"; words are in the asker's language. `fixable`: `fix` would mend
    it; `done`: what was mended."""

    name: str
    level: str
    title: str
    detail: str
    cause: str
    remedy: str
    fixable: bool
    done: list[str]


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """`ok`: nothing is wrong that matters."""

    ok: bool
    items: list[Check]


class Wanted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`names`: checks or topics, empty for all. `fix` mends what can be mended safely; `full` reads every byte of the
    models."""

    names: Annotated[list[Name], msgspec.Meta(max_length=50)] = []
    fix: bool = False
    full: bool = False


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """`at` in UTC epoch seconds."""

    at: float
    level: str
    logger: str
    text: str
    fields: dict[str, Any]


class LogLines(msgspec.Struct, frozen=True, kw_only=True):
    """Oldest first. `next` is the cursor of what comes after them."""

    items: list[LogLine]
    next: str


class LogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`level`: the least that is shown. Others than the core's come from the journal, where there is one."""

    process: Literal["core", "speech", "llm", "web"] = "core"
    level: Literal["debug", "info", "warning", "error", "critical"] = "info"
    limit: Annotated[int, msgspec.Meta(ge=1, le=2000)] = 200
    cursor: Cursor = ""


@dataclass(frozen=True, slots=True)
class CareApi:
    """The doctor and the logs."""

    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        manage = Permission.MANAGE
        return [
            Operation(method="GET", path="/admin/doctor", needs=manage, does=self.examine, answer=Checks),
            Operation(method="POST", path="/admin/doctor", needs=manage, does=self.mend, body=Wanted, answer=Checks),
            Operation(
                method="POST", path="/admin/doctor/report", needs=manage, does=self.report, limit=Limit.DOWNLOAD,
                media=(GZIP,),
            ),
            Operation(
                method="GET", path="/admin/logs", needs=manage, does=self.logs, query=LogFilter, answer=LogLines
            ),
        ]  # fmt: skip

    async def examine(self, asked: Asked) -> Checks:
        """Every check, nothing mended."""
        return await self._checks(asked, Examine())

    async def mend(self, asked: Asked) -> Checks:
        """Some checks or all; what can be mended safely is, if that is wanted."""
        body: Wanted = asked.body
        request = Examine(names=tuple(body.names), fix=body.fix, full=body.full)
        return await self._checks(asked, request)

    async def report(self, asked: Asked) -> Response:
        """A file for a report of a fault, with no numbers, names, words or secrets in it."""
        found = await self.tools.desk.ask(MakeReport(), asked.name)
        headers = {"content-disposition": f'attachment; filename="{found["name"]}"'}
        return Response(base64.b64decode(found["content"]), media_type=GZIP, headers=headers)

    async def logs(self, asked: Asked) -> LogLines:
        """The newest lines of a process, or those behind `cursor`."""
        query: LogFilter = asked.query
        after = place_of(query.cursor, str) or ""
        request = TailLogs(process=query.process, level=query.level, limit=query.limit, after=after)
        found = await self.tools.desk.ask(request, asked.name)
        return LogLines(items=as_(list[LogLine], found["lines"]), next=cursor_of(found["cursor"]))

    async def _checks(self, asked: Asked, request: Examine) -> Checks:
        found = await self.tools.desk.ask(request, asked.name)
        return as_(Checks, {"ok": found["ok"], "items": found["checks"]})
