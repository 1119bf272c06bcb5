"""Calls are found by what was said, left, noted, by whom and when."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.database import open_database
from storage.migrate import migrate
from storage.records import TurnRecord
from storage.schema import rows_of
from storage.search.calls import NEWEST, CallSearch, Wanted
from storage.search.query import NothingToFind, parse
from storage.search.text import WORD, Stemmer
from storage.store import Storage

DAY = 86_400.0
CALLS: list[tuple[str | None, str, list[str], str]] = [
    ("+79161234567", "answered", ["сколько стоит доставка", "мне счёт на почту"], "Спросил о доставке"),
    ("+79031112233", "message", ["перезвоните завтра утром"], "Оставил сообщение"),
    (None, "missed", [], ""),
    ("+79161234567", "answered", ["отмените заказ", "and my orders too"], "Отменил"),
]


async def indexed(store: Storage) -> None:
    while await store.search.step():
        pass


async def fill(store: Storage) -> None:
    for day, (number, outcome, phrases, summary) in enumerate(CALLS):
        call = await store.begin("line1", "in", number, "", day * DAY)
        for at, phrase in enumerate(phrases):
            await store.add_turn(call.id, TurnRecord("caller", phrase, float(at), at + 1.0, "caller"))
        if outcome == "message":
            await store.add_message(call.id, day * DAY, "Анна", "+74951234567", "ремонт кофемашины")
        await store.finish(call.id, day * DAY + 60, outcome, "caller", summary)
    await indexed(store)


SEARCHES: list[tuple[Wanted, list[int]]] = [
    (Wanted(text="доставку"), [1]),
    (Wanted(text="доставка счета"), [1]),
    (Wanted(text='"счёт доставка"'), []),
    (Wanted(text="order"), [4]),
    (Wanted(text="Анна"), [2]),
    (Wanted(text="кофемашина"), [2]),
    (Wanted(text="от*"), [4]),
    (Wanted(text="отмен* -заказы"), []),
    (Wanted(text="сообщение"), [2]),
    (Wanted(number="+79161234567"), [4, 1]),
    (Wanted(number="4567"), [4, 2, 1]),
    (Wanted(number="+74951234567"), [2]),
    (Wanted(text="заказ", number="+79161234567"), [4]),
    (Wanted(text="заказ", number="+79031112233"), []),
    (Wanted(since=DAY, until=3 * DAY), [3, 2]),
    (Wanted(text="завтра", since=2 * DAY), []),
    (Wanted(text="завтра", until=2 * DAY), [2]),
    (Wanted(outcome="missed"), [3]),
    (Wanted(text="доставка", outcome="missed"), []),
    (Wanted(limit=2), [4, 3]),
    (Wanted(limit=2, before=3), [2, 1]),
    (Wanted(number="%"), []),
    (Wanted(text="доставка", since=1e12), []),
]


@pytest.mark.parametrize(("wanted", "expected"), SEARCHES)
async def test_a_call_is_found(store: Storage, wanted: Wanted, expected: list[int]) -> None:
    await fill(store)
    found = await store.search.find(wanted)
    assert [hit.call.id for hit in found.hits] == expected
    assert found.waiting == 0


async def test_pages_go_on_until_there_is_no_more(store: Storage) -> None:
    for at in range(30):
        call = await store.begin("line1", "in", None, "", float(at))
        await store.finish(call.id, at + 1.0, "answered", "caller", "заказ" if at % 2 else "отказ")
    await indexed(store)
    first = await store.search.find(Wanted(text="заказы", limit=10))
    assert (len(first.hits), first.more) == (10, True)
    second = await store.search.find(Wanted(text="заказы", limit=10, before=first.hits[-1].call.id))
    assert (len(second.hits), second.more) == (5, False)


async def test_the_hit_says_where_it_stands(store: Storage) -> None:
    await fill(store)
    (hit,) = (await store.search.find(Wanted(text="счета"))).hits
    assert hit.snippet is not None
    assert (hit.snippet.field, hit.snippet.who, hit.snippet.start) == ("turn", "caller", 1.0)
    ((start, end),) = hit.snippet.marks
    assert hit.snippet.text[start:end] == "счёт"


async def test_what_is_said_or_left_later_is_found_and_a_running_call_is_not_yet_looked_at(store: Storage) -> None:
    await fill(store)
    await store.add_turn(1, TurnRecord("secretary", "привезём самокат", 5.0, 6.0, "faq"))
    await store.add_message(3, 1.0, "", "", "гитара")
    running = await store.begin("line1", "in", None, "", 9 * DAY)
    await store.add_turn(running.id, TurnRecord("caller", "самокат", 0.0, 1.0, "caller"))
    assert (await store.search.find(Wanted(text="самокат"))).waiting == 2
    await indexed(store)
    assert [hit.call.id for hit in (await store.search.find(Wanted(text="самокаты"))).hits] == [1]
    assert [hit.call.id for hit in (await store.search.find(Wanted(text="гитара"))).hits] == [3]
    assert [hit.call.id for hit in (await store.search.find(Wanted(text="доставка"))).hits] == [1]


async def test_an_index_made_by_other_rules_is_made_anew_in_small_steps(tmp_path: Path) -> None:
    store = await Storage.open("sqlite:///secretary.db", tmp_path)
    await fill(store)
    await store.close()
    raw = sqlite3.connect(tmp_path / "secretary.db")
    raw.execute("update meta set value = '0' where key = 'search.version'")
    raw.commit()
    raw.close()
    store = await Storage.open("sqlite:///secretary.db", tmp_path)
    assert await store.search.step()
    assert (await store.search.find(Wanted(text="доставка"))).waiting == len(CALLS)
    await indexed(store)
    assert [hit.call.id for hit in (await store.search.find(Wanted(text="доставка"))).hits] == [1]
    assert await store.run(lambda: store._db.execute_sql("select count(*) from search_call_doc").fetchone()[0]) == 3
    await store.close()


@pytest.fixture(scope="module")
def search(tmp_path_factory: pytest.TempPathFactory) -> CallSearch:
    database = open_database("sqlite:///x.db", tmp_path_factory.mktemp("search"))
    migrate(database)
    return CallSearch(database, rows_of(database), Stemmer())


@given(st.text(alphabet=st.characters() | st.sampled_from("\"'*-()^:+{}[]/\\ \0абвabcANDORNOT")))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_can_be_typed_is_a_fault(search: CallSearch, typed: str) -> None:
    try:
        search.find(Wanted(text=typed))
    except NothingToFind:
        assert not any(len(word) > 1 for word in typed.split() if word.isalpha())


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_word_of_a_text_finds_it_and_a_forgotten_text_is_not_found(
    search: CallSearch, text: str, other: str
) -> None:
    search.index.put(1, other)
    search.index.put(1, text)
    words = WORD.findall(text)
    for word in words:
        assert search.index.find(parse(word, search._stemmer), 5, 0, NEWEST) == [1]
    assert search.index.forget(1) == bool(words)
    for word in words:
        assert search.index.find(parse(word, search._stemmer), 5, 0, NEWEST) == []


@given(st.text(alphabet="абв ", max_size=30), st.text(alphabet='абв *-"', min_size=1, max_size=12))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_looking_into_a_few_texts_finds_what_the_index_finds(search: CallSearch, text: str, typed: str) -> None:
    try:
        query = parse(typed, search._stemmer)
    except NothingToFind:
        return
    search.index.put(1, text)
    assert search.index.among(query, [1, 2]) == search.index.find(query, 5, 0, NEWEST)
    search.index.forget(1)
