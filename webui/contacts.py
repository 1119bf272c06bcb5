"""Whom the owner knows: groups, rules for the blocked, last calls, files in and out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from secretaryd.control.protocol.contacts import (
    AddContact,
    ContactCard,
    EditContact,
    ExportContacts,
    ListContacts,
    RemoveContact,
    RestoreContact,
    ShowContact,
    TakeContactsFile,
)
from webui import forms
from webui.auth.guard import page
from webui.auth.roles import Permission
from webui.contacts_view import GROUPS, RULES, Card, card
from webui.errors import NotDone
from webui.kept_view import kept_call
from webui.limits import Limit
from webui.menu import Entry
from webui.ports import RequestDesk
from webui.render import Renderer

ENTRIES: Final = (Entry("/contacts", "contacts.title", "address-book", Permission.CALLS_READ, "people", 40),)
PAGE: Final = 60
LONGEST: Final = 200
MAX_FILE: Final = 2_000_000
FORMS: Final = {"csv": "text/csv; charset=utf-8", "vcard": "text/vcard; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class ContactPages:
    """`/contacts` and what lies below it."""

    desk: RequestDesk
    renderer: Renderer

    def routes(self) -> list[BaseRoute]:
        """Each says what it needs."""
        return [
            page("/contacts", self.list, Permission.CALLS_READ),
            page("/contacts/new", self.new, Permission.CALLS_ACT),
            page("/contacts/export", self.export, Permission.CALLS_READ, limit=Limit.DOWNLOAD),
            page("/contacts/import", self.bring, Permission.CALLS_ACT, ["POST"], limit=Limit.UPLOAD),
            page("/contacts/add", self.add, Permission.CALLS_ACT, ["POST"]),
            page("/contacts/{id:int}", self.show, Permission.CALLS_READ),
            page("/contacts/{id:int}/edit", self.edit, Permission.CALLS_ACT, ["POST"]),
            page("/contacts/{id:int}/remove", self.remove, Permission.CALLS_ACT, ["POST"]),
            page("/contacts/{id:int}/restore", self.restore, Permission.CALLS_ACT, ["POST"]),
        ]

    async def list(self, request: Request) -> Response:
        """By name; `after` goes on from one."""
        query, say = request.query_params, self.renderer.say(request)
        text, group = query.get("q", "")[:LONGEST].strip(), forms.one_of(query.get("group", ""), GROUPS)
        after = query.get("after", "")[:LONGEST]
        found = (await self._ask(request, ListContacts(group=group, text=text, limit=PAGE + 1, after=after)))[
            "contacts"
        ]
        kept = {name: value for name, value in (("q", text), ("group", group)) if value}
        more = f"/contacts?{urlencode({**kept, 'after': found[PAGE - 1]['name']})}" if len(found) > PAGE else ""
        words = {"q": text} if text else {}
        chips = [
            (say(f"contacts.groups.{one}") if one else say("kept.all"), _path(words, one), one == group)
            for one in GROUPS
        ]
        cards = [card(row, say) for row in found[:PAGE]]
        return self.renderer.page(
            request, "contacts.html", cards=cards, chips_=chips, words=text, group=group, older=more, after=after
        )

    async def show(self, request: Request) -> Response:
        """One, with his last calls."""
        answer = await self._ask(request, ShowContact(id=_id(request)))
        say = self.renderer.say(request)
        return self._page(request, card(answer["contact"], say), calls=[kept_call(row, say) for row in answer["calls"]])

    async def new(self, request: Request) -> Response:
        """The form; `number` fills it in."""
        number = request.query_params.get("number", "")[:40]
        numbers = [number] if number else []
        return self._page(request, card({"numbers": numbers}, self.renderer.say(request)))

    async def add(self, request: Request) -> Response:
        """A new one, or the form again with why not."""
        given = await self._given(request)
        try:
            answer = await self._ask(request, AddContact(card=ContactCard(**given)))
        except NotDone as error:
            return self._refused(request, 0, given, error)
        where = f"/contacts/{int(answer['contact']['id'])}"
        return self.renderer.done(request, where, "contacts.told.added", name=given["name"])

    async def edit(self, request: Request) -> Response:
        """As it stands in the form."""
        given = await self._given(request)
        try:
            await self._ask(request, EditContact(id=_id(request), **given))
        except NotDone as error:
            return self._refused(request, _id(request), given, error)
        return self.renderer.done(request, f"/contacts/{_id(request)}", "contacts.told.saved", name=given["name"])

    async def remove(self, request: Request) -> Response:
        """Forgotten, and remembered again by a button."""
        gone = (await self._ask(request, RemoveContact(id=_id(request))))["contact"]
        undo = f"/contacts/{_id(request)}/restore"
        return self.renderer.done(request, "/contacts", "contacts.told.removed", undo=undo, name=str(gone["name"]))

    async def restore(self, request: Request) -> Response:
        """Known again."""
        back = (await self._ask(request, RestoreContact(id=_id(request))))["contact"]
        where = f"/contacts/{int(back['id'])}"
        return self.renderer.done(request, where, "contacts.told.restored", name=str(back["name"]))

    async def export(self, request: Request) -> Response:
        """All of them, for a spreadsheet or a telephone."""
        form = "vcard" if request.query_params.get("format") == "vcard" else "csv"
        answer = await self._ask(request, ExportContacts(form=form))
        headers = {"content-disposition": f'attachment; filename="contacts.{"vcf" if form == "vcard" else "csv"}"'}
        return Response(answer["content"], headers=headers, media_type=FORMS[form])

    async def bring(self, request: Request) -> Response:
        """Of a file, or of what was pasted."""
        content = await forms.sent_file(request, MAX_FILE)
        told = await self._ask(request, TakeContactsFile(content=content))
        counts = {name: int(told.get(name, 0)) for name in ("added", "changed", "same", "conflicts", "unreadable")}
        return self.renderer.done(request, "/contacts", "contacts.told.brought", undo="", **counts)

    async def _given(self, request: Request) -> dict[str, Any]:
        form = await forms.form_of(request)
        return {
            "name": forms.line(form, "name"),
            "numbers": tuple(forms.lines(form, "numbers")),
            "group": forms.one_of(forms.line(form, "group"), GROUPS),
            "rule": forms.one_of(forms.line(form, "rule"), RULES),
            "note": forms.area(form, "note", 4000),
        }

    def _refused(self, request: Request, number: int, given: Mapping[str, Any], error: NotDone) -> Response:
        if error.status not in (400, 409):
            raise error
        typed = card({**given, "id": number}, self.renderer.say(request))
        return self._page(request, typed, 400, trouble=str(error))

    def _page(self, request: Request, shown: Card, code: int = 200, **more: Any) -> Response:
        context = {"calls": [], "trouble": "", **more}
        return self.renderer.page(request, "contact.html", code, card_=shown, groups=GROUPS, rules=RULES, **context)

    async def _ask(self, request: Request, asked: Any) -> Any:
        return await self.desk.ask(asked, forms.who(request))


def _path(words: Mapping[str, str], group: str) -> str:
    query = urlencode({**words, **({"group": group} if group else {})})
    return f"/contacts?{query}" if query else "/contacts"


def _id(request: Request) -> int:
    number: int = request.path_params["id"]
    return number
