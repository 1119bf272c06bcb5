"""Requests about contacts. Numbers may be written in any form."""

from typing import ClassVar

import msgspec

from secretaryd.control.protocol.base import Asking, Right


class ContactCard(msgspec.Struct, frozen=True, kw_only=True):
    """A contact as it is written: `group` is "", "vip", "family", "supplier" or "blocked", `rule` what happens to a
    blocked one's call: "decline" (also ""), or "goodbye"."""

    name: str
    numbers: tuple[str, ...] = ()
    group: str = ""
    note: str = ""
    rule: str = ""


class ListContacts(Asking, frozen=True, kw_only=True, tag="contacts.list"):
    """By name; answers {"contacts": [...]}. `text` is a part of name, note or number; `after` pages on from a name."""

    needs: ClassVar[Right] = Right.READ
    group: str = ""
    text: str = ""
    limit: int = 100
    after: str = ""


class ShowContact(Asking, frozen=True, kw_only=True, tag="contacts.show"):
    """One contact and its last calls; answers {"contact": {...}, "calls": [...]}. By id, or by a number of his."""

    needs: ClassVar[Right] = Right.READ
    id: int | None = None
    number: str = ""


class AddContact(Asking, frozen=True, kw_only=True, tag="contacts.add"):
    """Answers {"contact": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    card: ContactCard


class EditContact(Asking, frozen=True, kw_only=True, tag="contacts.edit"):
    """Changes what is given; answers {"contact": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int
    name: str | None = None
    numbers: tuple[str, ...] | None = None
    group: str | None = None
    note: str | None = None
    rule: str | None = None


class RemoveContact(Asking, frozen=True, kw_only=True, tag="contacts.remove"):
    """Answers {"contact": {...}} as it was; `contacts.restore` brings it back."""

    needs: ClassVar[Right] = Right.ACT
    id: int


class RestoreContact(Asking, frozen=True, kw_only=True, tag="contacts.restore"):
    """Undoes a removal; answers {"contact": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int


class BlockNumber(Asking, frozen=True, kw_only=True, tag="contacts.block"):
    """Puts whoever has that number into the group of the blocked, or makes a contact for it; answers {"contact"}."""

    needs: ClassVar[Right] = Right.ACT
    number: str
    rule: str = ""


class UnblockNumber(Asking, frozen=True, kw_only=True, tag="contacts.unblock"):
    """Takes whoever has that number out of the group of the blocked; answers {"contact": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    number: str


class ImportContacts(Asking, frozen=True, kw_only=True, tag="contacts.import"):
    """At most 500 at once; doing it again changes nothing. Answers {"added", "changed", "same", "conflicts"}: cards in
    conflict have numbers of different contacts."""

    needs: ClassVar[Right] = Right.ACT
    cards: tuple[ContactCard, ...]


class TakeContactsFile(Asking, frozen=True, kw_only=True, tag="contacts.take_file"):
    """Takes over a CSV or vCard file (at most 2 MB); answers as `contacts.import`, and "unreadable": numbers that are
    none, left out."""

    needs: ClassVar[Right] = Right.ACT
    seconds: ClassVar[float] = 60.0
    content: bytes


class ExportContacts(Asking, frozen=True, kw_only=True, tag="contacts.export"):
    """All as a file that `contacts.take_file` takes; `form`: "csv" or "vcard". Answers {"name", "content" (text)}."""

    needs: ClassVar[Right] = Right.READ
    seconds: ClassVar[float] = 60.0
    form: str = "csv"


Requests = (
    ListContacts
    | ShowContact
    | AddContact
    | EditContact
    | RemoveContact
    | RestoreContact
    | BlockNumber
    | UnblockNumber
    | ImportContacts
    | TakeContactsFile
    | ExportContacts
)
