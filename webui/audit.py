"""Who changed what: looked through, taken along, and whether the chain holds."""

import csv
import datetime as dt
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from secretaryd.control.protocol.audit import ListAudit, VerifyAudit
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.forms import visitor_of
from webui.limits import Limit
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer

ENTRIES: Final = (Entry("/audit", "menu.audit", "history", Permission.MANAGE, "box", 70),)
PAGE: Final = 50
EXPORT_PAGE: Final = 500
MAX_SHOWN: Final = 300
COLUMNS: Final = ("id", "at", "who", "where", "what", "target", "before", "after", "hash")
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""Beginnings that a spreadsheet takes for a formula (CWE-1236)."""


@dataclass(frozen=True, slots=True)
class AuditPages:
    """`/audit`, its export and its proof."""

    desk: RequestDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/audit", self.list, Permission.MANAGE),
            page("/audit/export.{format}", self.export, Permission.MANAGE, limit=Limit.DOWNLOAD),
            page("/audit/verify", self.verify, Permission.MANAGE, ["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        """Newest first."""
        return await self._page(request)

    async def verify(self, request: Request) -> Response:
        """Walks along the chain."""
        verdict = await self.desk.ask(VerifyAudit(), visitor_of(request).name)
        return await self._page(request, verdict=verdict)

    async def export(self, request: Request) -> Response:
        """Everything that the filter lets through, oldest first, as CSV or as JSON lines."""
        kind = "csv" if request.path_params["format"] == "csv" else "json"
        rows = self._all(wanted(request.query_params), visitor_of(request).name)
        body = _csv(rows) if kind == "csv" else _json(rows)
        media = "text/csv; charset=utf-8" if kind == "csv" else "application/x-ndjson"
        headers = {"content-disposition": f'attachment; filename="secretary-audit.{kind}"'}
        return StreamingResponse(body, media_type=media, headers=headers)

    async def _page(self, request: Request, verdict: Mapping[str, Any] | None = None) -> Response:
        params, say = request.query_params, self.renderer.say(request)
        asked = wanted(params)
        before = params.get("before", "")
        last = int(before) if before.isdecimal() and len(before) < 19 else None
        answer = await self.desk.ask(ListAudit(**asked, limit=PAGE + 1, before=last), visitor_of(request).name)
        found = answer["entries"]
        rows = [shown(entry, say.known(f"deed.{entry['what']}")) for entry in found[:PAGE]]
        typed = {name: params.get(name, "")[:64] for name in ("who", "kind", "since", "until")}
        kept = {name: value for name, value in typed.items() if value}
        older = f"/audit?{urlencode({**kept, 'before': found[PAGE - 1]['id']})}" if len(found) > PAGE else ""
        return self.renderer.page(
            request, "audit.html", rows=rows, older=older, asked=typed, query=urlencode(kept), verdict=verdict
        )

    async def _all(self, asked: dict[str, Any], who: str) -> AsyncIterator[dict[str, Any]]:
        after = 0
        while True:
            answer = await self.desk.ask(ListAudit(**asked, limit=EXPORT_PAGE, after=after), who)
            for entry in answer["entries"]:
                yield entry
            if len(answer["entries"]) < EXPORT_PAGE:
                return
            after = answer["entries"][-1]["id"]


def wanted(params: Mapping[str, str]) -> dict[str, Any]:
    """What the filter asks for; days are whole, by this machine's clock."""
    since, until = _day(params.get("since", "")), _day(params.get("until", ""), 1)
    return {
        "who": params.get("who", "").strip()[:64],
        "kind": params.get("kind", "").strip()[:64],
        "since": since,
        "until": until,
    }


def shown(entry: Mapping[str, Any], words: str) -> dict[str, Any]:
    """A row of the list: what changed, cut to a sane length."""
    details = [_text(entry.get(side)) for side in ("before", "after")]
    return {
        "id": entry["id"],
        "at": entry["at"],
        "who": entry["who"],
        "where": entry["where"],
        "what": words or entry["what"],
        "target": entry.get("target") or "",
        "change": " → ".join(one for one in details if one),
    }


def plain_cell(value: Any) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(FORMULA) else text


async def _csv(rows: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    yield b"\xef\xbb\xbf" + _line(COLUMNS)  # Excel takes UTF-8 for what it is only with a mark
    async for row in rows:
        yield _line([plain_cell(row.get(name)) for name in COLUMNS])


async def _json(rows: AsyncIterator[dict[str, Any]]) -> AsyncIterator[bytes]:
    async for row in rows:
        yield json.dumps(row, ensure_ascii=False).encode() + b"\n"


def _line(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()


def _text(value: Any) -> str:
    if not value:
        return ""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {one}" for name, one in value.items())[:MAX_SHOWN]
    return str(value)[:MAX_SHOWN]


def _day(text: str, later: int = 0) -> float | None:
    """The beginning of a day, or of one `later`, as UTC epoch seconds."""
    try:
        return (dt.datetime.strptime(text, "%Y-%m-%d") + dt.timedelta(days=later)).astimezone().timestamp()
    except (ValueError, OverflowError):
        return None
