"""`/admin/contacts…`: whom the owner knows, and whom he blocks."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.responses import Response

from secretaryd.control.protocol.contacts import (
    AddContact,
    BlockNumber,
    ContactCard,
    EditContact,
    ExportContacts,
    ListContacts,
    RemoveContact,
    RestoreContact,
    ShowContact,
    TakeContactsFile,
    UnblockNumber,
)
from webui.api.desk import Tools
from webui.api.faq import bytes_of
from webui.api.operation import Asked, Operation, as_
from webui.api.paging import Page, parted, place_of
from webui.api.telephony import Call
from webui.auth.roles import Permission
from webui.limits import Limit

MAX_FILE: Final = 1_000_000
Group = Literal["", "vip", "family", "supplier", "blocked"]
Rule = Literal["", "decline", "goodbye"]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Number = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Numbers = Annotated[list[Number], msgspec.Meta(max_length=20)]
Note = Annotated[str, msgspec.Meta(max_length=4000)]


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """`numbers` in international form; `rule`: what happens to a blocked one's call. Times in UTC epoch seconds."""

    id: int
    name: str
    numbers: list[str]
    group: str
    note: str
    rule: str
    created: float
    changed: float


class ContactWithCalls(msgspec.Struct, frozen=True, kw_only=True):
    """And the last calls with any of the numbers, newest first."""

    contact: Contact
    calls: list[Call]


class Contacts(msgspec.Struct, frozen=True, kw_only=True):
    """By name."""

    items: list[Contact]
    next: str | None


class ContactFilter(Page, frozen=True, kw_only=True):
    """`text`: a part of a name, a note or a number."""

    group: Group = ""
    text: Annotated[str, msgspec.Meta(max_length=200)] = ""


class NewContact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers may be written in any form."""

    name: Name
    numbers: Numbers = []
    group: Group = ""
    note: Note = ""
    rule: Rule = ""


class ContactChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not null."""

    name: Name | None = None
    numbers: Numbers | None = None
    group: Group | None = None
    note: Note | None = None
    rule: Rule | None = None


class Blocking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose calls are declined, or (`rule`) answered with a goodbye."""

    number: Number
    rule: Rule = ""


class Unblocking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose calls are answered again."""

    number: Number


class ContactsExport(msgspec.Struct, frozen=True, kw_only=True):
    """As what."""

    format: Literal["csv", "vcard"] = "csv"


class ContactsTaken(msgspec.Struct, frozen=True, kw_only=True):
    """How many. In conflict: numbers of different contacts in one card; unreadable: numbers that are none."""

    added: int
    changed: int
    same: int
    conflicts: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class ContactsApi:
    """List, add, change, remove and restore, block, import, export."""

    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        root, read, act = "/admin/contacts", Permission.CALLS_READ, Permission.CALLS_ACT
        one = f"{root}/{{id:int}}"
        return [
            Operation(method="GET", path=root, needs=read, does=self.list, query=ContactFilter, answer=Contacts,
                      cached=True),
            Operation(method="POST", path=root, needs=act, does=self.add, body=NewContact, answer=Contact, status=201),
            Operation(method="POST", path=f"{root}/block", needs=act, does=self.block, body=Blocking, answer=Contact),
            Operation(
                method="POST", path=f"{root}/unblock", needs=act, does=self.unblock, body=Unblocking, answer=Contact
            ),
            Operation(
                method="GET", path=f"{root}/export", needs=read, does=self.export, query=ContactsExport,
                limit=Limit.DOWNLOAD, media=("text/csv", "text/vcard"),
            ),
            Operation(
                method="POST", path=f"{root}/import", needs=act, does=self.import_, raw="text/csv",
                limit=Limit.UPLOAD, answer=ContactsTaken,
            ),
            Operation(method="GET", path=one, needs=read, does=self.show, answer=ContactWithCalls, cached=True),
            Operation(method="PATCH", path=one, needs=act, does=self.change, body=ContactChange, answer=Contact),
            Operation(method="DELETE", path=one, needs=act, does=self.remove),
            Operation(method="POST", path=f"{one}/restore", needs=act, does=self.restore, answer=Contact),
        ]  # fmt: skip

    async def list(self, asked: Asked) -> Contacts:
        """Contacts, by name."""
        query: ContactFilter = asked.query
        after = place_of(query.cursor, str) or ""
        request = ListContacts(group=query.group, text=query.text, limit=query.limit + 1, after=after)
        found = (await self.tools.desk.ask(request, asked.name))["contacts"]
        items, more = parted(found, query.limit, "name")
        return Contacts(items=as_(list[Contact], items), next=more)

    async def show(self, asked: Asked) -> ContactWithCalls:
        """One contact."""
        return as_(ContactWithCalls, await self.tools.desk.ask(ShowContact(id=asked.id), asked.name))

    async def add(self, asked: Asked) -> Contact:
        """A new one; 409 where a number is somebody else's."""
        body: NewContact = asked.body
        card = ContactCard(
            name=body.name, numbers=tuple(body.numbers), group=body.group, note=body.note, rule=body.rule
        )
        return await self._contact(asked, AddContact(card=card))

    async def change(self, asked: Asked) -> Contact:
        """What is given."""
        body: ContactChange = asked.body
        numbers = None if body.numbers is None else tuple(body.numbers)
        request = EditContact(
            id=asked.id, name=body.name, numbers=numbers, group=body.group, note=body.note, rule=body.rule
        )
        return await self._contact(asked, request)

    async def remove(self, asked: Asked) -> None:
        """It can be restored."""
        await self.tools.desk.ask(RemoveContact(id=asked.id), asked.name)

    async def restore(self, asked: Asked) -> Contact:
        """Brings a removed one back."""
        return await self._contact(asked, RestoreContact(id=asked.id))

    async def block(self, asked: Asked) -> Contact:
        """Whoever has the number joins the blocked; a number that nobody has becomes a contact."""
        return await self._contact(asked, BlockNumber(number=asked.body.number, rule=asked.body.rule))

    async def unblock(self, asked: Asked) -> Contact:
        """Whoever has the number leaves the blocked."""
        return await self._contact(asked, UnblockNumber(number=asked.body.number))

    async def export(self, asked: Asked) -> Response:
        """All of them as a file that can be imported."""
        query: ContactsExport = asked.query
        found = await self.tools.desk.ask(ExportContacts(form=query.format), asked.name)
        headers = {"content-disposition": f'attachment; filename="{found["name"]}"'}
        kind = "text/vcard" if query.format == "vcard" else "text/csv"
        return Response(found["content"].encode(), media_type=kind, headers=headers)

    async def import_(self, asked: Asked) -> ContactsTaken:
        """Takes over a CSV or vCard file; doing it again changes nothing."""
        content = await bytes_of(asked.request, MAX_FILE)
        return as_(ContactsTaken, await self.tools.desk.ask(TakeContactsFile(content=content), asked.name))

    async def _contact(self, asked: Asked, request: Any) -> Contact:
        return as_(Contact, (await self.tools.desk.ask(request, asked.name))["contact"])
