"""`/admin/audit/…`: who changed what."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.responses import StreamingResponse

from secretaryd.control.protocol.audit import ListAudit, VerifyAudit
from webui.api.desk import Tools
from webui.api.operation import Asked, Operation, as_
from webui.api.paging import Page, parted, place_of
from webui.auth.roles import Permission
from webui.limits import Limit

EXPORT_PAGE: Final = 500
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a cell must not begin with (OWASP, "CSV Injection")."""
COLUMNS: Final = ("id", "at", "who", "where", "what", "target", "before", "after", "hash", "erased")
Short = Annotated[str, msgspec.Meta(max_length=200)]
Moment = Annotated[float, msgspec.Meta(ge=0, le=1e11, description="UTC epoch seconds.")]


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A link of the chain. Times are UTC epoch seconds; `erased`: its target and details went with a person's data."""

    id: int
    at: float
    who: str
    where: str
    what: str
    target: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    hash: str
    erased: bool


class AuditEntries(msgspec.Struct, frozen=True, kw_only=True):
    """Newest first; `next` is the cursor of the next page."""

    items: list[AuditEntry]
    next: str | None


class AuditFilter(Page, frozen=True, kw_only=True):
    """`kind` is a deed ("contact.edited") or its beginning up to a dot."""

    since: Moment | None = None
    until: Moment | None = None
    who: Short = ""
    kind: Short = ""


class AuditExport(msgspec.Struct, frozen=True, kw_only=True):
    """Which, and as what."""

    format: Literal["csv", "json"] = "csv"
    since: Moment | None = None
    until: Moment | None = None
    who: Short = ""
    kind: Short = ""


class AuditVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a walk along the whole chain found."""

    sound: bool
    entries: int
    first: int
    last: int
    head: str
    erased: int
    flaws: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class AuditApi:
    """Reading, exporting, verifying."""

    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        manage = Permission.MANAGE
        return [
            Operation(
                method="GET", path="/admin/audit/logs", needs=manage, does=self.logs, query=AuditFilter,
                answer=AuditEntries,
                cached=True,
            ),
            Operation(
                method="GET", path="/admin/audit/export", needs=manage, does=self.export,
                limit=Limit.DOWNLOAD, query=AuditExport,
                media=("text/csv", "application/jsonl"),
            ),
            Operation(method="GET", path="/admin/audit/verify", needs=manage, does=self.verify, answer=AuditVerdict),
        ]  # fmt: skip

    async def logs(self, asked: Asked) -> AuditEntries:
        """Entries of the audit, newest first."""
        query: AuditFilter = asked.query
        request = ListAudit(
            since=query.since,
            until=query.until,
            who=query.who,
            kind=query.kind,
            limit=query.limit + 1,
            before=place_of(query.cursor, int),
        )
        found = (await self.tools.desk.ask(request, asked.name))["entries"]
        items, after = parted(found, query.limit, "id")
        return AuditEntries(items=as_(list[AuditEntry], items), next=after)

    async def export(self, asked: Asked) -> StreamingResponse:
        """All of it or a part, oldest first, as CSV or as a line of JSON each."""
        query: AuditExport = asked.query
        as_csv = query.format == "csv"
        first = await self._page(asked, 0)  # a refusal is told before anything is sent
        name = "audit.csv" if as_csv else "audit.jsonl"
        return StreamingResponse(
            self._lines(asked, first, as_csv),
            media_type="text/csv" if as_csv else "application/jsonl",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )

    async def verify(self, asked: Asked) -> AuditVerdict:
        """Walks along the whole chain: whether anything was changed or taken out."""
        return as_(AuditVerdict, await self.tools.desk.ask(VerifyAudit(), asked.name))

    async def _page(self, asked: Asked, after: int) -> list[dict[str, Any]]:
        query: AuditExport = asked.query
        request = ListAudit(
            since=query.since, until=query.until, who=query.who, kind=query.kind, limit=EXPORT_PAGE, after=after
        )
        found: list[dict[str, Any]] = (await self.tools.desk.ask(request, asked.name))["entries"]
        return found

    async def _lines(self, asked: Asked, page: list[dict[str, Any]], as_csv: bool) -> AsyncIterator[bytes]:
        if as_csv:
            yield b"\xef\xbb\xbf" + _row(COLUMNS)
        while page:
            yield b"".join(_cells(entry) if as_csv else msgspec.json.encode(entry) + b"\n" for entry in page)
            page = await self._page(asked, page[-1]["id"])


def _cells(entry: dict[str, Any]) -> bytes:
    texts = []
    for column in COLUMNS:
        value = entry[column]
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode() if value is not None else ""
        texts.append(f"'{text}" if text.startswith(FORMULA) else text)
    return _row(texts)


def _row(cells: Any) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode()
