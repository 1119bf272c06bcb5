"""What can be typed into the search, and what it finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.search.query import MAX_TERMS, NothingToFind, parse
from storage.search.snippet import LENGTH, Passage, best
from storage.search.text import Stemmer

STEMMER = Stemmer()

SAME: list[tuple[str, str]] = [
    ("счёт", "счета"),
    ("доставка", "ДОСТАВКУ"),
    ("перезвоните", "перезвонить"),
    ("Ёлки", "елками"),
    ("orders", "ordered"),
    ("заказ", "заказами"),
]

MATCHES: list[tuple[str, str]] = [
    ("счета", '("счет")'),
    ("  счета,  счет! ", '("счет")'),
    ("счёт за доставку", '("счет" AND "за" AND "доставк")'),
    ('"перезвоните завтра"', '("перезвон завтр")'),
    ("достав*", '(("достав"* OR "доста"))'),
    ("доставка*", '(("доставка"* OR "доставк"))'),
    ("доставк*", '("доставк"*)'),
    ("д*", '("д")'),
    ("заказ -реклама", '("заказ") NOT "реклам"'),
    ('заказ -"до двери"', '("заказ") NOT "до двер"'),
    ("кто-нибудь", '("кто" AND "нибуд")'),
    ("заказ AND NOT (пицца) OR NEAR/3", '("заказ" AND "and" AND "not" AND "пицц" AND "or" AND "near" AND "3")'),
    ('заказ "не закрыто', '("заказ" AND "не" AND "закрыт")'),
    ("stems:заказ ^первый {a} \\ ' ; --", '("stem" AND "заказ" AND "перв" AND "a")'),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_forms_of_a_word_have_one_stem(one: str, other: str) -> None:
    assert STEMMER.stem(one) == STEMMER.stem(other)


@pytest.mark.parametrize(("typed", "match"), MATCHES)
def test_what_is_typed_becomes_quoted_stems(typed: str, match: str) -> None:
    assert parse(typed, STEMMER).match() == match


@pytest.mark.parametrize("typed", ["", "   ", "-реклама", "*", '""', "!?.,", '-"a b" -c', "\0"])
def test_a_query_without_a_word_says_so(typed: str) -> None:
    with pytest.raises(NothingToFind, match="at least one word"):
        parse(typed, STEMMER)


def test_terms_are_bounded() -> None:
    assert len(parse(" ".join(f"слово{n}" for n in range(100)), STEMMER).terms) <= MAX_TERMS


SNIPPETS: list[tuple[str, list[str], str]] = [
    ("счет", ["добрый день", "мне нужен счёт за доставку"], "мне нужен [счёт] за доставку"),
    ("счет доставка", ["счета нет", "за доставку и счёт"], "за [доставку] и [счёт]"),
    ('"за доставку"', ["за счёт доставки", "это за доставку"], "это [за] [доставку]"),
    ("достав*", ["доставленные вчера"], "[доставленные] вчера"),
    ("заказ -пицца", ["заказ"], "[заказ]"),
    ("конец", [("слово " * 60) + "и вот конец " + ("дальше " * 60)], "[конец]"),
]


@pytest.mark.parametrize(("typed", "texts", "shown"), SNIPPETS)
def test_the_snippet_marks_what_was_found(typed: str, texts: list[str], shown: str) -> None:
    snippet = best((Passage("turn", text) for text in texts), parse(typed, STEMMER), STEMMER)
    assert snippet is not None
    marked = snippet.text
    for start, end in reversed(snippet.marks):
        marked = f"{marked[:start]}[{marked[start:end]}]{marked[end:]}"
    assert shown in marked
    assert len(snippet.text) <= LENGTH + 2


def test_words_in_different_places_have_no_snippet_of_their_own() -> None:
    assert best([Passage("turn", "за"), Passage("turn", "доставку")], parse('"за доставку"', STEMMER), STEMMER) is None


@given(st.text(alphabet=st.characters() | st.sampled_from('"*-()^:+ абвabc')), st.text(max_size=300))
def test_marks_are_places_in_the_text_whatever_is_typed(typed: str, text: str) -> None:
    try:
        query = parse(typed, STEMMER)
    except NothingToFind:
        return
    snippet = best([Passage("turn", text)], query, STEMMER)
    if snippet is not None:
        end = 0
        for first, last in snippet.marks:
            assert end <= first < last <= len(snippet.text)
            end = last
