"""Questions and answers: read, tried, written, taken over from files. At work from the next call on."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol import ShowCall
from secretaryd.control.protocol.content import (
    Entry as FaqEntry,
)
from secretaryd.control.protocol.content import (
    ExportFaq,
    ImportFaq,
    ListFaq,
    RemoveFaq,
    SaveFaq,
    ShowPersona,
    TestFaq,
)
from webui import forms
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.changes import undo_path
from webui.errors import NotDone
from webui.faq_view import ACTIONS, ORIGINS, Question, fits, question, tried
from webui.limits import Limit
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer
from webui.view import Branch

ENTRIES: Final = (Entry("/faq", "faq.title", "message-circle", Permission.FAQ_READ, "secretary", 10),)
PAGE: Final = 60
MAX_HEARD: Final = 500
MAX_FILE: Final = 500_000
MAX_ID: Final = 60
NEW: Final = Question("", (), "", "", "own", "", "ok")


@dataclass(frozen=True, slots=True)
class FaqPages:
    """`/faq` and what lies below it. An entry's id is the owner's word and may hold anything: it travels as a field."""

    desk: RequestDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/faq", self.list, Permission.FAQ_READ),
            page("/faq/entry", self.show, Permission.FAQ_READ),
            page("/faq/new", self.new, Permission.FAQ_WRITE),
            page("/faq/save", self.save, Permission.FAQ_WRITE, ["POST"]),
            page("/faq/remove", self.remove, Permission.FAQ_WRITE, ["POST"]),
            page("/faq/export", self.export, Permission.FAQ_READ, limit=Limit.DOWNLOAD),
            page("/faq/import", self.bring, Permission.FAQ_WRITE, ["POST"], limit=Limit.UPLOAD),
        ]

    async def list(self, request: Request) -> Response:
        """Those in force; a phrase to try is answered above them."""
        query, say = request.query_params, self.renderer.say(request)
        words, origin = query.get("q", "")[:MAX_HEARD].strip(), forms.one_of(query.get("origin", ""), ORIGINS)
        heard = query.get("heard", "")[:MAX_HEARD].strip()
        entries = [question(row, say) for row in await self._entries(request)]
        found = [one for one in entries if (not origin or one.origin == origin) and fits(one, words)]
        start = min(forms.number(query.get("from", "")) or 0, len(found))
        kept = {name: value for name, value in (("q", words), ("origin", origin)) if value}
        answer = tried(heard, await self._ask(request, TestFaq(text=heard)), say) if heard else None
        return self.renderer.page(
            request, "faq.html", entries=found[start : start + PAGE], words=words, origin=origin, heard=heard,
            tried=answer, chips_=_chips(entries, origin, words, say),
            newer=_path(kept, start - PAGE) if start else "",
            older=_path(kept, start + PAGE) if len(found) > start + PAGE else "",
        )  # fmt: skip

    async def show(self, request: Request) -> Response:
        """One to read and to edit."""
        return await self._form(request, await self._entry(request, request.query_params.get("id", "")))

    async def new(self, request: Request) -> Response:
        """A fresh one; with `call` and `turn` made of what was asked and answered there."""
        call, turn = (forms.number(request.query_params.get(name, "")) for name in ("call", "turn"))
        if call is None or turn is None:
            return await self._form(request, NEW, fresh=True)
        said = (await self._ask(request, ShowCall(id=call)))["call"].get("turns", ())
        taught, known = _taught(said, turn)
        return await self._form(request, taught, fresh=True, call=call, known=known)

    async def save(self, request: Request) -> Response:
        """Written, and at work at once; a refusal is told above the form, with everything as it was typed."""
        form = await forms.form_of(request)
        fresh = forms.line(form, "fresh") == "1"
        variants = forms.lines(form, "variants")
        entry_id = forms.line(form, "id", MAX_ID) or _made_id(variants)
        action = forms.one_of(forms.line(form, "action"), ACTIONS)
        entry = FaqEntry(id=entry_id, variants=variants, answer=forms.area(form, "answer"), action=action)
        try:
            await self._ask(request, SaveFaq(entries=[entry], fresh=fresh))
        except NotDone as error:
            if error.status not in (400, 409, 422):
                raise
            typed = Question(forms.line(form, "id", MAX_ID), tuple(variants), entry.answer, action, "own", "", "ok")
            return await self._form(request, typed, fresh=fresh, trouble=str(error), code=422)
        where = forms.number(forms.line(form, "call"))
        undo = await undo_path(self.desk, request)
        back = f"/calls/{where}" if where is not None else "/faq"
        return self.renderer.done(request, back, "faq.told.saved", undo=undo, id=entry_id)

    async def remove(self, request: Request) -> Response:
        """The owner's own goes, a general one is switched off."""
        entry_id = forms.line(await forms.form_of(request), "id")
        await self._ask(request, RemoveFaq(id=entry_id))
        undo = await undo_path(self.desk, request)
        return self.renderer.done(request, "/faq", "faq.told.removed", undo=undo, id=entry_id)

    async def export(self, request: Request) -> Response:
        """A file to edit in a spreadsheet and to bring back."""
        form = "json" if request.query_params.get("format") == "json" else "csv"
        whole = request.query_params.get("all") == "1"
        answer = await self._ask(request, ExportFaq(format=form, all=whole))
        headers = {"content-disposition": f'attachment; filename="faq.{form}"'}
        kind = "application/json" if form == "json" else "text/csv; charset=utf-8"
        return Response(answer["content"], headers=headers, media_type=kind)

    async def bring(self, request: Request) -> Response:
        """All of a file or nothing."""
        only = request.query_params.get("only") == "1"
        content = await forms.sent_file(request, MAX_FILE)
        if request.headers.get("content-type", "").startswith(forms.FORM):
            only = forms.line(await forms.form_of(request), "only") == "1"
        saved = (await self._ask(request, ImportFaq(content=content, only=only)))["saved"]
        undo = await undo_path(self.desk, request)
        return self.renderer.done(request, "/faq?origin=own", "faq.told.brought", undo=undo, n=saved)

    async def _form(self, request: Request, entry: Question, code: int = 200, **more: Any) -> Response:
        facts: list[str] = []
        if request.scope["visitor"].may(Permission.FAQ_WRITE):
            persona = Branch(await self._ask(request, ShowPersona()))
            facts = [one.text("topic") for one in persona.parts("facts")]
        context: dict[str, Any] = {"fresh": False, "call": None, "known": "", "trouble": ""}
        return self.renderer.page(request, "faq_entry.html", code, entry=entry, facts=facts, **{**context, **more})

    async def _entries(self, request: Request) -> Sequence[Mapping[str, Any]]:
        found: Sequence[Mapping[str, Any]] = (await self._ask(request, ListFaq()))["entries"]
        return found

    async def _entry(self, request: Request, entry_id: str) -> Question:
        for row in await self._entries(request):
            if row.get("id") == entry_id:
                return question(row, self.renderer.say(request))
        raise HTTPException(404)

    async def _ask(self, request: Request, asked: Any) -> Any:
        return await self.desk.ask(asked, forms.who(request))


def _taught(turns: Sequence[Mapping[str, Any]], place: int) -> tuple[Question, str]:
    """What the caller said before that answer as the wording, the answer as it was, for the owner to correct; and the
    id of the entry that answered, "" for none."""
    turns = turns if isinstance(turns, list | tuple) else ()
    answer = Branch(turns[place]) if place < len(turns) else Branch(None)
    asked: list[str] = []
    for turn in map(Branch, reversed(turns[:place])):
        if turn.text("who") == "caller":
            asked.insert(0, turn.text("text"))
        elif asked:
            break
    entry_id = answer.text("detail").partition(" ")[0] if answer.text("source") == "faq" else ""
    variants = (" ".join(asked),) if asked else ()
    return Question("", variants, answer.text("text"), "", "own", "", "ok"), entry_id


def _made_id(variants: Sequence[str]) -> str:
    """A name for who did not give one: of the first words, and of the time so that it is new."""
    words = re.sub(r"[^\w]+", "-", variants[0].casefold() if variants else "")[:40].strip("-_")
    return f"{words or 'q'}-{int(time.time()) % 100_000}"


def _chips(entries: Sequence[Question], origin: str, words: str, say: Any) -> list[tuple[str, str, bool]]:
    chips = [(say("kept.all"), _path({"q": words} if words else {}, 0), not origin)]
    for one in ORIGINS:
        count = sum(entry.origin == one for entry in entries)
        kept = {"origin": one, **({"q": words} if words else {})}
        chips.append((f"{say(f'faq.origins.{one}')} {say.number(count)}", _path(kept, 0), one == origin))
    return chips


def _path(kept: Mapping[str, str], start: int) -> str:
    query = urlencode({**kept, **({"from": start} if start > 0 else {})})
    return f"/faq?{query}" if query else "/faq"
