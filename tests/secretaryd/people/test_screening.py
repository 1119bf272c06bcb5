"""Whose number it is decides what becomes of a call."""

import pytest

from secretaryd.people.directory import Directory
from secretaryd.people.screening import Person, Verdict, screen
from storage.contacts.records import Card, ContactRecord

VERDICTS: list[tuple[Person | None, Verdict]] = [
    (None, Verdict.TAKE),
    (Person(1, "Анна"), Verdict.TAKE),
    (Person(1, "Анна", "vip", "goodbye"), Verdict.TAKE),
    (Person(1, "Реклама", "blocked"), Verdict.DECLINE),
    (Person(1, "Реклама", "blocked", "decline"), Verdict.DECLINE),
    (Person(1, "Реклама", "blocked", "goodbye"), Verdict.GOODBYE),
]


@pytest.mark.parametrize(("person", "verdict"), VERDICTS)
def test_a_person_decides_what_becomes_of_his_call(person: Person | None, verdict: Verdict) -> None:
    assert screen(person) is verdict


async def test_a_number_leads_to_its_person_as_of_the_last_reload() -> None:
    contacts = [ContactRecord(7, Card("Анна", ("+79161234567", "112"), "vip"), 0.0, 0.0)]

    async def every() -> list[ContactRecord]:
        return contacts

    directory = Directory(every)
    assert directory.find("+79161234567") is None
    await directory.reload()
    assert directory.find("112") == Person(7, "Анна", "vip")
    assert directory.name("+79161234567") == "Анна"
    assert (directory.name("+7"), directory.name(None)) == ("", "")
    contacts.clear()
    await directory.reload()
    assert directory.find("112") is None
