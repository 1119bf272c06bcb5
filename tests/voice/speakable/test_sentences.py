"""Where sentences end, whole and as a stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.speakable import SentenceSplitter, sentences
from voice.speakable.sentences import MAX_SENTENCE

CASES = [
    ("", []),
    ("Да", ["Да"]),
    ("Да. Нет.", ["Да.", "Нет."]),
    ("Да! Нет? Может…", ["Да!", "Нет?", "Может…"]),
    ("Что?! Да.", ["Что?!", "Да."]),
    ("Мы на ул. Ленина, д. 5. Ждём вас.", ["Мы на ул. Ленина, д. 5.", "Ждём вас."]),
    ("Это стоит 1.5 тысячи. Всё.", ["Это стоит 1.5 тысячи.", "Всё."]),
    ("В 10.30 откроемся. Ждите.", ["В 10.30 откроемся.", "Ждите."]),
    ("Работаем, т.е. открыты. Приходите.", ["Работаем, т.е. открыты.", "Приходите."]),
    ("Родился в 1999 г. в Москве.", ["Родился в 1999 г. в Москве."]),
    ("Это было в 2026 г. Мы открылись.", ["Это было в 2026 г.", "Мы открылись."]),
    ("Живёт в г. Москва давно.", ["Живёт в г. Москва давно."]),
    ("Парк им. Горького. Там.", ["Парк им. Горького.", "Там."]),
    ("Писал А. С. Пушкин стихи. Да.", ["Писал А. С. Пушкин стихи.", "Да."]),
    ("Стоит 500 руб. Доставка дня два.", ["Стоит 500 руб.", "Доставка дня два."]),
    ("Стоит 500 руб. за штуку.", ["Стоит 500 руб. за штуку."]),
    ("Чай, кофе и т.д. Что вам?", ["Чай, кофе и т.д.", "Что вам?"]),
    ("Чай, кофе и т.д. есть всегда.", ["Чай, кофе и т.д. есть всегда."]),
    ("Ну… хорошо. Ладно... Пока.", ["Ну… хорошо.", "Ладно...", "Пока."]),
    ("Ну... хорошо.", ["Ну... хорошо."]),
    ("Он сказал: «Да.» Потом ушёл.", ["Он сказал: «Да.»", "Потом ушёл."]),
    ("Раз\nДва\n\nТри", ["Раз", "Два", "Три"]),
    ("1. Первый пункт. 2. Второй.", ["1. Первый пункт.", "2. Второй."]),
    ("Через 5 мин. назад. Да.", ["Через 5 мин. назад.", "Да."]),
    ("Дом 5. Квартира 7.", ["Дом 5.", "Квартира 7."]),
    ("тел. 8 900 123-45-67. Звоните.", ["тел. 8 900 123-45-67.", "Звоните."]),
    ("Mr. Smith came. He left.", ["Mr. Smith came.", "He left."]),
    ("We open at 9 a.m. Come in.", ["We open at 9 a.m.", "Come in."]),
    ("Fruit, e.g. apples. Yes.", ["Fruit, e.g. apples.", "Yes."]),
    ("нет точки. и дальше", ["нет точки.", "и дальше"]),
    ("Сайт example.ru открыт. Да.", ["Сайт example.ru открыт.", "Да."]),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_sentences_end_where_they_end(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize(("text", "expected"), CASES)
def test_pieces_of_any_size_give_the_same_sentences(text: str, expected: list[str], size: int) -> None:
    splitter = SentenceSplitter(clause_chars=None)
    got: list[str] = []
    for place in range(0, len(text), size):
        got += splitter.feed(text[place : place + size])
    assert got + splitter.flush() == expected


def test_first_sentence_comes_out_with_the_next_word() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("Да, конечно.") == []
    assert splitter.feed(" ") == []
    assert splitter.feed("М") == ["Да, конечно."]


def test_first_clause_comes_out_once_it_is_long_enough() -> None:
    splitter = SentenceSplitter()
    assert splitter.feed("Да, мы работаем каждый день без выходных, ") == ["Да, мы работаем каждый день без выходных,"]
    assert splitter.feed("кроме первого января, конечно же, и второго. Ждём") == [
        "кроме первого января, конечно же, и второго."
    ]
    assert splitter.flush() == ["Ждём"]


def test_a_comma_in_a_number_is_no_clause() -> None:
    assert SentenceSplitter().feed("Это стоит примерно девяносто 99,90 рублей") == []


def test_a_flushed_splitter_begins_anew() -> None:
    splitter = SentenceSplitter(clause_chars=5)
    splitter.feed("Раз два три, четыре.")
    splitter.flush()
    assert splitter.feed("Пять шесть, семь") == ["Пять шесть,"]


def test_a_sentence_without_end_is_cut_at_a_space() -> None:
    pieces = sentences("слово " * 200)
    assert all(len(piece) <= MAX_SENTENCE for piece in pieces)
    assert all(set(piece.split()) == {"слово"} for piece in pieces)


def test_a_flood_without_spaces_keeps_the_buffer_bounded() -> None:
    splitter = SentenceSplitter()
    got = splitter.feed("я" * 100_000)
    assert all(len(piece) <= MAX_SENTENCE for piece in got)
    assert sum(map(len, got)) >= 100_000 - MAX_SENTENCE - 1


PARTS = st.lists(
    st.sampled_from(["а", "Б", "5", ".", " ", ",", "!", "…", "\n", "т.е.", " г. ", "слово", "»", " — ", "x" * 50]),
    max_size=60,
).map("".join)


@given(
    st.text(max_size=300) | PARTS, st.lists(st.integers(1, 9), min_size=1, max_size=5), st.sampled_from([None, 5, 25])
)
def test_no_letter_is_lost_and_the_cutting_does_not_matter(text: str, sizes: list[int], clause: int | None) -> None:
    whole = SentenceSplitter(clause_chars=clause)
    at_once = whole.feed(text) + whole.flush()
    pieces = SentenceSplitter(clause_chars=clause)
    got: list[str] = []
    place = turn = 0
    while place < len(text):
        size = sizes[turn % len(sizes)]
        got += pieces.feed(text[place : place + size])
        place, turn = place + size, turn + 1
    got += pieces.flush()
    assert got == at_once
    assert "".join("".join(got).split()) == "".join(text.split())
    assert all(0 < len(piece) <= MAX_SENTENCE for piece in got)
