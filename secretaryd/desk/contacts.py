"""Requests about contacts."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, Final

from secretaryd.call.numbers import written
from secretaryd.control.protocol.base import Problem
from secretaryd.control.protocol.contacts import (
    AddContact,
    BlockNumber,
    ContactCard,
    EditContact,
    ExportContacts,
    ImportContacts,
    ListContacts,
    RemoveContact,
    RestoreContact,
    ShowContact,
    TakeContactsFile,
    UnblockNumber,
)
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import MAX_ID, Handlers, by, plain
from secretaryd.people.directory import Directory
from secretaryd.people.files import BadFile, Draft, read, write_csv, write_vcards
from secretaryd.people.screening import BLOCKED
from secretaryd.reasons import Reason, in_language
from storage.contacts.records import Card, ContactRecord, NumberTaken, Unfit
from storage.errors import NotFound
from storage.search.calls import Wanted
from storage.store import Storage

MAX_IMPORTED: Final = 500
MAX_FILE: Final = 2_000_000
LAST_CALLS: Final = 10
SHOWN: Final = 60

TEXTS: Final = {
    "ru": {
        "not_found": "Такого контакта нет: {}.",
        "no_number": "«{}» — не телефонный номер.",
        "number_how": "Пишите номер цифрами: +7 916 123-45-67",
        "taken": "Номер {} уже у контакта {}.",
        "name": "Имя должно быть от 1 до 120 знаков.",
        "note": "Заметка должна быть не длиннее 4000 знаков.",
        "group": "Нет такой группы; есть vip, family, supplier, blocked.",
        "rule": "Нет такого правила; есть decline и goodbye.",
        "numbers": "У контакта может быть не больше 20 номеров.",
        "too_many": "За один раз принимается не больше {} контактов.",
        "bad_file": "Файл не удалось прочитать: {}.",
        "file_how": "Нужен CSV со столбцом name или vCard; пример даёт выгрузка контактов.",
    },
    "en": {
        "not_found": "There is no such contact: {}.",
        "no_number": "{!r} is no telephone number.",
        "number_how": "Write it in digits: +7 916 123-45-67",
        "taken": "Number {} is contact {}'s already.",
        "name": "A name has 1 to 120 characters.",
        "note": "A note has at most 4000 characters.",
        "group": "There is no such group; there are vip, family, supplier, blocked.",
        "rule": "There is no such rule; there are decline and goodbye.",
        "numbers": "A contact has at most 20 numbers.",
        "too_many": "At most {} contacts are taken at once.",
        "bad_file": "The file cannot be read: {}.",
        "file_how": "A CSV with a column name, or vCard; an export of the contacts shows the form.",
    },
}

Handler = Callable[[Any, Peer], Coroutine[Any, Any, Any]]


class ContactsDesk:
    """Everybody the owner knows. After a change the directory that calls are screened by is loaded anew."""

    def __init__(self, storage: Storage, directory: Directory, language: str) -> None:
        self._storage, self._contacts, self._directory = storage, storage.contacts, directory
        self._texts = Texts(TEXTS, language)

    def handlers(self) -> Handlers:
        """Its requests."""
        looking: dict[Any, Handler] = {
            ListContacts: self._list,
            ShowContact: self._show,
            ExportContacts: self._export,
        }
        changing: dict[Any, Handler] = {
            AddContact: self._add,
            EditContact: self._edit,
            RemoveContact: self._remove,
            RestoreContact: self._restore,
            BlockNumber: self._block,
            UnblockNumber: self._unblock,
            ImportContacts: self._import,
            TakeContactsFile: self._take_file,
        }
        every = looking | {kind: self._then_reload(handler) for kind, handler in changing.items()}
        return {kind: self._told(handler) for kind, handler in every.items()}

    def _told(self, handler: Handler) -> Handler:
        """What storage refuses, in words."""

        async def handle(request: Any, peer: Peer) -> Any:
            try:
                return await handler(request, peer)
            except NotFound as error:
                which = str(getattr(request, "id", None) or getattr(request, "number", ""))[:SHOWN]
                text = self._texts["not_found"].format(which)
                raise DeskError(
                    Problem(code="not_found", text=text, remedy="secretaryctl contacts list"), 404
                ) from error
            except NumberTaken as error:
                text = self._texts["taken"].format(error.number, error.contact)
                remedy = f"secretaryctl contacts show {error.contact}"
                raise DeskError(Problem(code="number_taken", text=text, remedy=remedy), 409) from error
            except Unfit as error:
                problem = Problem(code=f"bad_{error.field}", text=self._texts[error.field])
                raise DeskError(problem, 400) from error

        return handle

    def _then_reload(self, handler: Handler) -> Handler:
        async def handle(request: Any, peer: Peer) -> Any:
            try:
                return await handler(request, peer)
            finally:
                await self._directory.reload()

        return handle

    async def _list(self, request: ListContacts, _: Peer) -> Any:
        number = written(request.text) if request.text else None
        text = number.removeprefix("+7") if number else request.text
        found = await self._contacts.list(request.group, text, max(1, request.limit), request.after)
        return {"contacts": [_shown(record) for record in found]}

    async def _show(self, request: ShowContact, _: Peer) -> Any:
        record = await self._find(request.number) if request.id is None else await self._contacts.get(_id(request.id))
        calls = {}
        for number in record.card.numbers:
            found = await self._storage.search.find(Wanted(number=number, limit=LAST_CALLS))
            calls.update({hit.call.id: hit.call for hit in found.hits})
        newest = sorted(calls.values(), key=lambda call: call.id, reverse=True)[:LAST_CALLS]
        return {"contact": _shown(record), "calls": [plain(call) for call in newest]}

    async def _add(self, request: AddContact, peer: Peer) -> Any:
        return {"contact": _shown(await self._contacts.add(self._card(request.card), by(peer)))}

    async def _edit(self, request: EditContact, peer: Peer) -> Any:
        given = {name: getattr(request, name) for name in ("name", "group", "note", "rule")}
        changed = {name: value for name, value in given.items() if value is not None}
        if request.numbers is not None:
            changed["numbers"] = self._numbers(request.numbers)
        record = await self._contacts.edit(_id(request.id), lambda card: replace(card, **changed), by(peer))
        return {"contact": _shown(record)}

    async def _remove(self, request: RemoveContact, peer: Peer) -> Any:
        return {"contact": _shown(await self._contacts.remove(_id(request.id), by(peer)))}

    async def _restore(self, request: RestoreContact, peer: Peer) -> Any:
        return {"contact": _shown(await self._contacts.restore(_id(request.id), by(peer)))}

    async def _block(self, request: BlockNumber, peer: Peer) -> Any:
        number = self._number(request.number)
        known = await self._contacts.owner(number)
        if known is None:
            record = await self._contacts.add(Card(number, (number,), BLOCKED, "", request.rule), by(peer))
        else:
            record = await self._contacts.edit(
                known.id, lambda card: replace(card, group=BLOCKED, rule=request.rule or card.rule), by(peer)
            )
        return {"contact": _shown(record)}

    async def _unblock(self, request: UnblockNumber, peer: Peer) -> Any:
        known = await self._find(request.number)
        record = await self._contacts.edit(
            known.id, lambda card: replace(card, group="", rule="") if card.group == BLOCKED else card, by(peer)
        )
        return {"contact": _shown(record)}

    async def _import(self, request: ImportContacts, peer: Peer) -> Any:
        if len(request.cards) > MAX_IMPORTED:
            raise DeskError(Problem(code="too_many", text=self._texts["too_many"].format(MAX_IMPORTED)), 400)
        return plain(await self._contacts.merge([self._card(card) for card in request.cards], by(peer)))

    async def _take_file(self, request: TakeContactsFile, peer: Peer) -> Any:
        try:
            if len(request.content) > MAX_FILE:
                raise BadFile(Reason("large", mb=MAX_FILE // 1_000_000))
            drafts = await asyncio.to_thread(_drafts, request.content)
        except BadFile as error:
            text = self._texts["bad_file"].format(in_language(error.args[0], self._texts.language))
            raise DeskError(Problem(code="bad_file", text=text, remedy=self._texts["file_how"]), 422) from error
        total = {"added": 0, "changed": 0, "same": 0, "conflicts": 0, "unreadable": 0}
        for start in range(0, len(drafts), MAX_IMPORTED):
            cards, unreadable = _cards(drafts[start : start + MAX_IMPORTED])
            total["unreadable"] += unreadable
            for key, count in plain(await self._contacts.merge(cards, by(peer))).items():
                total[key] += count
        return total

    async def _export(self, request: ExportContacts, _: Peer) -> Any:
        cards = [record.card for record in await self._contacts.all()]
        drafts = [Draft(card.name, card.numbers, card.group, card.note, card.rule) for card in cards]
        if request.form == "vcard":
            return {"name": "contacts.vcf", "content": write_vcards(drafts)}
        return {"name": "contacts.csv", "content": write_csv(drafts)}

    async def _find(self, text: str) -> ContactRecord:
        record = await self._contacts.owner(self._number(text))
        if record is None:
            raise NotFound(text)
        return record

    def _card(self, card: ContactCard) -> Card:
        return Card(card.name, self._numbers(card.numbers), card.group, card.note, card.rule)

    def _numbers(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self._number(text) for text in texts)

    def _number(self, text: str) -> str:
        number = written(text)
        if number is None:
            shown = self._texts["no_number"].format(text[:SHOWN])
            raise DeskError(Problem(code="bad_number", text=shown, remedy=self._texts["number_how"]), 400)
        return number


def _shown(record: ContactRecord) -> dict[str, Any]:
    return {"id": record.id, **plain(record.card), "created": record.created, "changed": record.changed}


def _drafts(content: bytes) -> list[Draft]:
    """Raises BadFile."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("cp1251", "replace")  # what spreadsheets on Russian Windows write
    return read(text)


def _cards(drafts: Sequence[Draft]) -> tuple[list[Card], int]:
    """Cards, and how many of their numbers were none: one bad line is no reason to refuse a telephone's export."""
    cards, unreadable = [], 0
    for one in drafts:
        numbers = tuple(number for number in map(written, one.numbers) if number is not None)
        unreadable += len(one.numbers) - len(numbers)
        cards.append(Card(one.name, numbers, one.group, one.note, one.rule))
    return cards, unreadable


def _id(number: int) -> int:
    return max(0, min(number, MAX_ID))
