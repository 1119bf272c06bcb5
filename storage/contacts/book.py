"""Rows of contacts. Every change is one transaction with its entry in the audit; used on the storage thread only."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import peewee
from peewee import AutoField, FloatField, ForeignKeyField, IntegerField, TextField

from storage.audit.log import AuditLog
from storage.audit.records import By, Deed
from storage.contacts.records import Card, ContactRecord, Imported, NumberTaken
from storage.database import sql, translated
from storage.errors import NotFound

MAX_LISTED: Final = 500
REMOVED: Final = "contact.removed"


class ContactBook:
    """All contacts."""

    def __init__(
        self, database: peewee.SqliteDatabase, audit: AuditLog, clock: Callable[[], float] = time.time
    ) -> None:
        self._db, self._audit, self._clock = database, audit, clock
        base: Any = database.Model

        class ContactRow(base):  # type: ignore[misc]
            id = AutoField()
            name = TextField()
            group = TextField(default="")
            note = TextField(default="")
            rule = TextField(default="")
            created = FloatField()
            changed = FloatField()

            class Meta:
                table_name = "contact"

        class NumberRow(base):  # type: ignore[misc]
            number = TextField(primary_key=True)
            contact = ForeignKeyField(ContactRow, on_delete="CASCADE")
            position = IntegerField()

            class Meta:
                table_name = "contact_number"

        self._rows: Any = ContactRow
        self._numbers: Any = NumberRow

    def add(self, card: Card, by: By) -> ContactRecord:
        """Raises Unfit, NumberTaken."""
        card = card.checked()
        with translated(), self._db.atomic("IMMEDIATE"):
            return self._insert(card, by, "contact.added")

    def edit(self, number: int, change: Callable[[Card], Card], by: By) -> ContactRecord:
        """`change` makes the new card of the old one. Raises NotFound, Unfit, NumberTaken."""
        with translated(), self._db.atomic("IMMEDIATE"):
            before = self._get(number)
            card = change(before.card).checked()
            return before if card == before.card else self._update(before, card, by)

    def remove(self, number: int, by: By) -> ContactRecord:
        """It can be brought back as long as the audit remembers it. Raises NotFound."""
        with translated(), self._db.atomic("IMMEDIATE"):
            record = self._get(number)
            self._rows.delete().where(self._rows.id == number).execute()
            self._note(by, REMOVED, number, before=record.card)
        return record

    def restore(self, number: int, by: By) -> ContactRecord:
        """Undoes the removal of that contact. Raises NotFound where none is remembered, NumberTaken."""
        statement = "SELECT body FROM audit WHERE what = ? AND body IS NOT NULL ORDER BY id DESC"
        with translated(), self._db.atomic("IMMEDIATE"):
            if self._rows.get_or_none(self._rows.id == number) is not None:
                return self._get(number)
            for (body,) in sql(self._db, statement, REMOVED):
                details = json.loads(body)
                if details["target"] == _target(number):
                    return self._insert(Card.of(details["before"]), by, "contact.restored", number)
        raise NotFound("no removal of a contact {number} is remembered", number=number)

    def get(self, number: int) -> ContactRecord:
        """Raises NotFound."""
        with translated():
            return self._get(number)

    def owner(self, number: str) -> ContactRecord | None:
        """Whose number that is."""
        with translated():
            row = self._numbers.get_or_none(self._numbers.number == number)
            return None if row is None else self._get(row.contact_id)

    def page(self, group: str = "", text: str = "", limit: int = 100, after: str = "") -> tuple[ContactRecord, ...]:
        """By name. `text` is a part of name, note or number; `after` pages on from that name."""
        rows, numbers = self._rows, self._numbers
        query = rows.select().order_by(rows.name, rows.id).limit(max(0, min(limit, MAX_LISTED)))
        if group:
            query = query.where(rows.group == group)
        if after:
            query = query.where(rows.name > after)
        if text:
            # SQLite folds the case of Latin letters only: compared in both cases as written and as capitalised.
            shapes = {text, text.lower(), text.capitalize(), text.upper()}
            found = rows.id.in_(numbers.select(numbers.contact).where(numbers.number.contains(text)))
            for shape in sorted(shapes):
                found = found | rows.name.contains(shape) | rows.note.contains(shape)
            query = query.where(found)
        with translated():
            return self._records(list(query))

    def all(self) -> tuple[ContactRecord, ...]:
        """Everybody, by id: for the directory that calls are screened by."""
        with translated():
            return self._records(list(self._rows.select().order_by(self._rows.id)))

    def merge(self, cards: Sequence[Card], by: By) -> Imported:
        """Takes in cards from elsewhere, in one transaction: whoever has one of a card's numbers already gets what the
        card tells and the contact lacks; doing it again changes nothing."""
        added = changed = same = conflicts = 0
        with translated(), self._db.atomic("IMMEDIATE"):
            for raw in cards:
                card = raw.checked()
                owners = {record.id: record for record in map(self.owner, card.numbers) if record is not None}
                if not owners:
                    known = self._same_name(card) if not card.numbers else None
                    if known is not None:
                        owners = {known.id: known}
                if len(owners) > 1:
                    conflicts += 1
                elif not owners:
                    self._insert(card, by, "contact.imported")
                    added += 1
                else:
                    (record,) = owners.values()
                    merged = _merged(record.card, card)
                    if merged == record.card:
                        same += 1
                    else:
                        self._update(record, merged.checked(), by)
                        changed += 1
        return Imported(added, changed, same, conflicts)

    def _same_name(self, card: Card) -> ContactRecord | None:
        row = self._rows.get_or_none(self._rows.name == card.name)
        return None if row is None else self._get(row.id)

    def _insert(self, card: Card, by: By, what: str, number: int | None = None) -> ContactRecord:
        now = self._clock()
        fields = {"name": card.name, "group": card.group, "note": card.note, "rule": card.rule}
        row = self._rows.create(**({} if number is None else {"id": number}), **fields, created=now, changed=now)
        self._set_numbers(row.id, card.numbers)
        self._note(by, what, row.id, after=card)
        return self._get(row.id)

    def _update(self, before: ContactRecord, card: Card, by: By) -> ContactRecord:
        rows = self._rows
        fields = {"name": card.name, "group": card.group, "note": card.note, "rule": card.rule}
        rows.update(**fields, changed=self._clock()).where(rows.id == before.id).execute()
        self._set_numbers(before.id, card.numbers)
        self._note(by, "contact.edited", before.id, before.card, card)
        return self._get(before.id)

    def _set_numbers(self, contact: int, numbers: Iterable[str]) -> None:
        rows = self._numbers
        rows.delete().where(rows.contact == contact).execute()
        for position, number in enumerate(numbers):
            taken = rows.get_or_none(rows.number == number)
            if taken is not None:
                raise NumberTaken(number, taken.contact_id)
            rows.create(number=number, contact=contact, position=position)

    def _note(self, by: By, what: str, number: int, before: Card | None = None, after: Card | None = None) -> None:
        old, new = (None if card is None else card.plain() for card in (before, after))
        self._audit.append(Deed(by.who, by.where, what, _target(number), old, new))

    def _get(self, number: int) -> ContactRecord:
        row = self._rows.get_or_none(self._rows.id == number)
        if row is None:
            raise NotFound("there is no contact {number}", number=number)
        return self._records([row])[0]

    def _records(self, rows: list[Any]) -> tuple[ContactRecord, ...]:
        numbers: dict[int, list[str]] = {row.id: [] for row in rows}
        statement = (
            "SELECT contact_id, number FROM contact_number WHERE contact_id IN (SELECT value FROM json_each(?))"
            " ORDER BY contact_id, position"
        )
        for contact, number in sql(self._db, statement, json.dumps(list(numbers))):
            numbers[contact].append(number)
        return tuple(
            ContactRecord(
                row.id, Card(row.name, tuple(numbers[row.id]), row.group, row.note, row.rule), row.created, row.changed
            )
            for row in rows
        )


def _merged(known: Card, told: Card) -> Card:
    """What is known stays; what is told besides is added."""
    note = known.note
    if told.note and told.note not in note:
        note = f"{note}\n{told.note}".strip()
    numbers = tuple(dict.fromkeys((*known.numbers, *told.numbers)))
    return Card(known.name, numbers, known.group or told.group, note, known.rule or told.rule)


def _target(number: int) -> str:
    return f"contact:{number}"
