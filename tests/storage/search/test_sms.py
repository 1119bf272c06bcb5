"""Short messages are found by words in any form, number, sender, time and direction; what is gone is found no more."""

import sqlite3
from pathlib import Path

import pytest

from storage.audit.records import By
from storage.search.query import NothingToFind
from storage.search.sms import VERSION_KEY, WantedSms
from storage.store import Storage

URL = "sqlite:///secretary.db"
OWNER = By("owner", "control")
HERS, HIS = "+79161234567", "+79031112233"
ROW = (
    "insert into sms (line, direction, number, named, at, text, state, reason, purpose, flash, notes, total, have,"
    " reference, wide, told, doubtful, next_try)"
    " values ('line1', ?, ?, ?, ?, ?, ?, '', '', 0, '[]', 1, 1, 0, 0, 1, 0, 0)"
)
MESSAGES = [
    ("in", HERS, 0, 1000.0, "Когда будет доставка воды?", "received"),
    ("out", HERS, 0, 2000.0, "Доставим завтра до обеда, ждите звонка.", "delivered"),
    ("in", "MosEnergo", 1, 3000.0, "Отключение воды 12.03", "received"),
    ("in", HIS, 0, 4000.0, "Your delivery is late", "received"),
    ("in", HIS, 0, 5000.0, "Первая половина про доставку", "waiting"),
    ("in", HIS, 0, 6000.0, "Спросите у 89161234567 про доставки", "received"),
]


async def filled(folder: Path) -> Storage:
    store = await Storage.open(URL, folder)
    with sqlite3.connect(folder / "secretary.db") as raw:
        raw.executemany(ROW, MESSAGES)
    raw.close()
    while await store.search.step():
        pass
    return store


FOUND: list[tuple[WantedSms, list[int]]] = [
    (WantedSms(text="доставку"), [6, 1]),
    (WantedSms(text="deliveries"), [4]),
    (WantedSms(text='"доставка воды"'), [1]),
    (WantedSms(text="достав* -вода"), [6, 2]),
    (WantedSms(text="mosenergo"), [3]),
    (WantedSms(text="вода", number="mosenergo"), [3]),
    (WantedSms(text="вода", number=HERS), [1]),
    (WantedSms(number="4567"), [2, 1]),
    (WantedSms(number=HERS, direction="out"), [2]),
    (WantedSms(text="доставка", direction="out"), []),
    (WantedSms(text="вода", since=2500.0), [3]),
    (WantedSms(until=2000.0), [1]),
    (WantedSms(before=3), [2, 1]),
    (WantedSms(text="доставка", before=6), [1]),
    (WantedSms(), [6, 4, 3, 2, 1]),
]


@pytest.mark.parametrize(("wanted", "ids"), FOUND, ids=str)
async def test_messages_are_found(tmp_path: Path, wanted: WantedSms, ids: list[int]) -> None:
    store = await filled(tmp_path)
    found = await store.search.find_sms(wanted)
    assert [hit.sms.id for hit in found.hits] == ids
    assert (found.more, found.waiting) == (False, 0)
    await store.close()


async def test_a_hit_shows_where_the_words_stand_and_pages_go_on(tmp_path: Path) -> None:
    store = await filled(tmp_path)
    found = await store.search.find_sms(WantedSms(text="доставка", limit=1))
    assert found.more
    (hit,) = found.hits
    assert hit.snippet is not None
    assert [hit.snippet.text[a:b] for a, b in hit.snippet.marks] == ["доставки"]
    for text in ('"', "* - ()", "'; DROP TABLE sms; --"):
        try:
            assert (await store.search.find_sms(WantedSms(text=text))).hits == ()
        except NothingToFind:
            continue
    await store.close()


async def test_what_becomes_of_a_message_is_found_as_it_is_now(tmp_path: Path) -> None:
    store = await filled(tmp_path)
    await store.run(lambda: store._db.execute_sql("update sms set text = 'Ремонт', state = 'received' where id = 5"))
    await store.run(lambda: store._db.execute_sql("update sms set text = 'Ремонт крыши' where id = 1"))
    assert (await store.search.find_sms(WantedSms(text="доставка"))).waiting == 2
    while await store.search.step():
        pass
    assert [hit.sms.id for hit in (await store.search.find_sms(WantedSms(text="ремонты"))).hits] == [5, 1]
    assert [hit.sms.id for hit in (await store.search.find_sms(WantedSms(text="доставка"))).hits] == [6]
    # made by other rules, the index is made anew, and only this one
    await store.run(lambda: store._db.execute_sql(f"update meta set value = '0' where key = '{VERSION_KEY}'"))
    while await store.search.step():
        pass
    assert [hit.sms.id for hit in (await store.search.find_sms(WantedSms(text="ремонты"))).hits] == [5, 1]
    await store.close()


async def test_an_erased_persons_messages_and_their_words_are_gone_from_the_file(tmp_path: Path) -> None:
    store = await filled(tmp_path)
    await store.privacy.erase(HERS, OWNER)
    await store.privacy.finish()
    assert [hit.sms.id for hit in (await store.search.find_sms(WantedSms(text="обеду"))).hits] == []
    assert [hit.sms.id for hit in (await store.search.find_sms(WantedSms(text="доставка"))).hits] == [6]
    await store.close()
    content = (tmp_path / "secretary.db").read_bytes()
    assert "обед".encode() not in content
    assert b"9161234567" not in content
