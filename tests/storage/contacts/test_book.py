"""Contacts are kept, changed, removed and brought back, each with its entry in the audit."""

from dataclasses import replace

import pytest

from storage.audit.records import AuditFilter, By
from storage.contacts.records import MAX_NAME, MAX_NOTE, Card, Imported, NumberTaken, Unfit
from storage.errors import NotFound
from storage.store import Storage

OWNER = By("owner", "control")
ANNA = Card("Анна Петрова", ("+79161234567", "+74951234567"), "vip", "любит утро")
BORIS = Card("Борис", ("+79031112233",), "supplier")


async def test_a_contact_comes_back_as_it_was_written(store: Storage) -> None:
    record = await store.contacts.add(ANNA, OWNER)
    assert record.card == ANNA
    assert await store.contacts.get(record.id) == record
    assert await store.contacts.owner("+74951234567") == record
    assert await store.contacts.owner("+79999999999") is None


UNFIT: list[tuple[Card, str]] = [
    (Card(""), "name"),
    (Card("  "), "name"),
    (Card("a" * (MAX_NAME + 1)), "name"),
    (Card("a", note="n" * (MAX_NOTE + 1)), "note"),
    (Card("a", group="friends"), "group"),
    (Card("a", rule="shout"), "rule"),
    (Card("a", tuple(f"+7916{n:07d}" for n in range(21))), "numbers"),
    (Card("a", ("1" * 33,)), "numbers"),
    (Card("a", ("",)), "numbers"),
]


@pytest.mark.parametrize(("card", "field"), UNFIT)
async def test_what_is_no_contact_is_refused(store: Storage, card: Card, field: str) -> None:
    with pytest.raises(Unfit) as caught:
        await store.contacts.add(card, OWNER)
    assert caught.value.field == field
    assert await store.contacts.all() == ()


async def test_a_number_belongs_to_one_contact(store: Storage) -> None:
    anna = await store.contacts.add(ANNA, OWNER)
    boris = await store.contacts.add(BORIS, OWNER)
    with pytest.raises(NumberTaken) as caught:
        await store.contacts.add(Card("Вор", ("+79161234567",)), OWNER)
    assert (caught.value.number, caught.value.contact) == ("+79161234567", anna.id)
    with pytest.raises(NumberTaken):
        await store.contacts.edit(boris.id, lambda card: replace(card, numbers=("+74951234567",)), OWNER)
    assert (await store.contacts.get(boris.id)).card == BORIS
    assert len(await store.audit.list(AuditFilter(kind="contact"))) == 2


async def test_every_change_is_in_the_audit_with_before_and_after(store: Storage) -> None:
    record = await store.contacts.add(BORIS, OWNER)
    await store.contacts.edit(record.id, lambda card: replace(card, group="blocked", rule="goodbye"), OWNER)
    await store.contacts.edit(record.id, lambda card: card, OWNER)  # nothing changed, nothing told
    await store.contacts.remove(record.id, OWNER)
    removed, edited, added = await store.audit.list(AuditFilter())
    assert [entry.what for entry in (added, edited, removed)] == ["contact.added", "contact.edited", "contact.removed"]
    assert {entry.target for entry in (added, edited, removed)} == {f"contact:{record.id}"}
    assert (added.before, added.after) == (None, BORIS.plain())
    assert edited.before == BORIS.plain()
    assert edited.after == BORIS.plain() | {"group": "blocked", "rule": "goodbye"}
    assert removed.after is None
    assert (await store.audit.verify()).sound


async def test_a_removed_contact_comes_back_with_its_id(store: Storage) -> None:
    record = await store.contacts.add(ANNA, OWNER)
    await store.contacts.remove(record.id, OWNER)
    with pytest.raises(NotFound):
        await store.contacts.get(record.id)
    other = await store.contacts.add(Card("Вера", ("+79161234567",)), OWNER)
    if other.id != record.id:
        with pytest.raises(NumberTaken):
            await store.contacts.restore(record.id, OWNER)
    await store.contacts.remove(other.id, OWNER)
    with pytest.raises(NotFound):
        await store.contacts.restore(77, OWNER)


async def test_undo_brings_back_what_was_removed_last(store: Storage) -> None:
    first = await store.contacts.add(BORIS, OWNER)
    record = await store.contacts.add(ANNA, OWNER)
    await store.contacts.remove(first.id, OWNER)
    restored = await store.contacts.restore(first.id, OWNER)
    assert (restored.id, restored.card) == (first.id, BORIS)
    assert await store.contacts.restore(first.id, OWNER) == restored
    assert [one.id for one in await store.contacts.all()] == [first.id, record.id]


LISTS: list[tuple[dict[str, str], list[str]]] = [
    ({}, ["Анна Петрова", "Борис"]),
    ({"group": "vip"}, ["Анна Петрова"]),
    ({"text": "петр"}, ["Анна Петрова"]),
    ({"text": "УТРО"}, ["Анна Петрова"]),
    ({"text": "1112233"}, ["Борис"]),
    ({"text": "%"}, []),
    ({"after": "Анна Петрова"}, ["Борис"]),
]


@pytest.mark.parametrize(("wanted", "names"), LISTS)
async def test_contacts_are_listed_by_name(store: Storage, wanted: dict[str, str], names: list[str]) -> None:
    await store.contacts.add(BORIS, OWNER)
    await store.contacts.add(ANNA, OWNER)
    assert [record.card.name for record in await store.contacts.list(**wanted)] == names  # type: ignore[arg-type]


async def test_cards_from_elsewhere_add_what_is_not_known_and_change_nothing_twice(store: Storage) -> None:
    await store.contacts.add(ANNA, OWNER)
    await store.contacts.add(BORIS, OWNER)
    cards = [
        Card("Аня", ("+79161234567", "+78001234567"), "family", "подруга"),
        Card("Вера", ("+79051234567",)),
        Card("Двое", ("+79161234567", "+79031112233")),
        Card("Без номера"),
    ]
    assert await store.contacts.merge(cards, OWNER) == Imported(added=2, changed=1, same=0, conflicts=1)
    anna = await store.contacts.owner("+78001234567")
    assert anna is not None
    assert anna.card == Card(ANNA.name, (*ANNA.numbers, "+78001234567"), "vip", "любит утро\nподруга")
    assert await store.contacts.merge(cards, OWNER) == Imported(added=0, changed=0, same=3, conflicts=1)


async def test_a_bad_card_in_a_batch_leaves_all_of_it_out(store: Storage) -> None:
    with pytest.raises(Unfit):
        await store.contacts.merge([BORIS, Card("")], OWNER)
    assert await store.contacts.all() == ()
