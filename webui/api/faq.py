"""`/admin/faq…`: questions and answers, in force at once."""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from secretaryd.control.protocol.content import Entry as Saved
from secretaryd.control.protocol.content import ExportFaq, ImportFaq, ListFaq, RemoveFaq, SaveFaq, TestFaq
from webui.api.desk import Tools
from webui.api.operation import Asked, Operation, as_
from webui.auth.roles import Permission
from webui.limits import Limit

MAX_FILE: Final = 500_000
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Ident = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"^[\w.-]+$")]


class FaqEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A question in some wordings. `origin`: "own", "persona" or "general"."""

    id: str
    variants: list[str]
    answer: str
    action: str
    origin: str


class FaqEntries(msgspec.Struct, frozen=True, kw_only=True):
    """All in force."""

    items: list[FaqEntry]


class FaqWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`answer` may hold {hours} and other facts; `action`: what happens after it."""

    variants: Annotated[list[Text], msgspec.Meta(min_length=1, max_length=50)]
    answer: Text
    action: Literal["", "message", "hangup"] = ""


class NewFaqEntry(FaqWords, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """With the id that it is to have."""

    id: Ident


class FaqPhrase(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a caller says."""

    text: Text


class FaqNear(msgspec.Struct, frozen=True, kw_only=True):
    """How well one fits, 0 to 1."""

    id: str
    score: float


class FaqFound(msgspec.Struct, frozen=True, kw_only=True):
    """What it would be answered with: `faq` is the entry's id, "" for none; `how` it was found."""

    faq: str
    how: str
    score: float
    answer: str
    source: str
    entries: list[FaqNear]
    facts: list[FaqNear]


class FaqExport(msgspec.Struct, frozen=True, kw_only=True):
    """As what; `all`: not the owner's alone."""

    format: Literal["csv", "json"] = "csv"
    all: bool = False


class FaqImport(msgspec.Struct, frozen=True, kw_only=True):
    """`only`: the owner's other entries go."""

    only: bool = False


class FaqTaken(msgspec.Struct, frozen=True, kw_only=True):
    """How many."""

    saved: int


@dataclass(frozen=True, slots=True)
class FaqApi:
    """List, add, edit, remove, test, import, export."""

    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        read, write = Permission.FAQ_READ, Permission.FAQ_WRITE
        return [
            Operation(method="GET", path="/admin/faq", needs=read, does=self.list, answer=FaqEntries, cached=True),
            Operation(
                method="POST", path="/admin/faq", needs=write, does=self.add, body=NewFaqEntry, answer=FaqEntry,
                status=201
            ),
            Operation(
                method="GET", path="/admin/faq/export", needs=read, does=self.export,
                limit=Limit.DOWNLOAD, query=FaqExport,
                media=("text/csv", "application/octet-stream"),
            ),
            Operation(
                method="POST", path="/admin/faq/import", needs=write, does=self.import_,
                limit=Limit.UPLOAD, query=FaqImport,
                raw="text/csv",
                answer=FaqTaken,
            ),
            Operation(
                method="POST", path="/admin/faq/test", needs=read, does=self.test, body=FaqPhrase, answer=FaqFound
            ),
            Operation(
                method="PUT", path="/admin/faq/{id}", needs=write, does=self.edit, body=FaqWords, answer=FaqEntry
            ),
            Operation(method="DELETE", path="/admin/faq/{id}", needs=write, does=self.remove),
        ]  # fmt: skip

    async def list(self, asked: Asked) -> FaqEntries:
        """All questions in force, with where they come from."""
        found = await self.tools.desk.ask(ListFaq(), asked.name)
        return as_(FaqEntries, {"items": found["entries"]})

    async def add(self, asked: Asked) -> FaqEntry:
        """A new question; 422 for an id that is in use."""
        body: NewFaqEntry = asked.body
        return await self._save(asked, body.id, body, fresh=True)

    async def edit(self, asked: Asked) -> FaqEntry:
        """The owner's own is replaced; a persona's or a general one gets one of the owner's in its place."""
        return await self._save(asked, asked.id, asked.body, fresh=False)

    async def remove(self, asked: Asked) -> None:
        """The owner's own goes, a persona's or general one is switched off."""
        await self.tools.desk.ask(RemoveFaq(id=asked.id), asked.name)

    async def test(self, asked: Asked) -> FaqFound:
        """What a phrase would be answered with, with scores."""
        return as_(FaqFound, await self.tools.desk.ask(TestFaq(text=asked.body.text), asked.name))

    async def export(self, asked: Asked) -> Response:
        """A file to edit and import again."""
        query: FaqExport = asked.query
        found = await self.tools.desk.ask(ExportFaq(format=query.format, all=query.all), asked.name)
        kind = "application/octet-stream" if query.format == "json" else "text/csv"
        headers = {"content-disposition": f'attachment; filename="{found["name"]}"'}
        return Response(found["content"].encode(), media_type=kind, headers=headers)

    async def import_(self, asked: Asked) -> FaqTaken:
        """Takes over a CSV or JSON file, all of it or nothing."""
        content = await bytes_of(asked.request, MAX_FILE)
        return as_(FaqTaken, await self.tools.desk.ask(ImportFaq(content=content, only=asked.query.only), asked.name))

    async def _save(self, asked: Asked, ident: str, body: FaqWords, *, fresh: bool) -> FaqEntry:
        entry = Saved(id=ident, variants=body.variants, answer=body.answer, action=body.action)
        await self.tools.desk.ask(SaveFaq(entries=[entry], fresh=fresh), asked.name)
        return FaqEntry(id=ident, variants=body.variants, answer=body.answer, action=body.action, origin="own")


async def bytes_of(request: Request, limit: int) -> bytes:
    """The body as it is. Raises HTTPException (413)."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > limit:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None
    return bytes(body)
