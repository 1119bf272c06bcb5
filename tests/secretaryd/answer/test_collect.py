"""Dictated phrases become a name, a number and a matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.answer.collect import Asked, Collector, Fields
from secretaryd.answer.collect_numbers import IN_NUMBERS, is_whole, normalised, read_back, read_digits
from secretaryd.answer.words import Lemmas

CALLER = "+79001112233"
A = Asked


@pytest.fixture(scope="module")
def collector(lemmas: Lemmas) -> Collector:
    return Collector(lemmas, CALLER)


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("восемь девятьсот двенадцать сто двадцать три сорок пять шестьдесят семь", "+79121234567"),
        ("плюс семь девятьсот пять триста ноль пять двенадцать тридцать четыре", "+79053051234"),
        ("восемь девятьсот ноль пять сто двадцать три сорок пять шестьдесят семь", "+79051234567"),
        ("восемь девять один два один два три четыре пять шесть семь", "+79121234567"),
        ("девятьсот двенадцать сто двадцать три сорок пять шестьдесят семь", "+79121234567"),
        ("восемь девятьсот двенадцать три нуля две семерки одиннадцать", "+79120007711"),
        ("восемь восемьсот пятьсот пятьдесят пять тридцать пять тридцать пять", "+78005553535"),
        ("восемь четыреста девяносто пять сто двадцать три сорок пять шестьдесят семь", "+74951234567"),
        ("8 912 123 45 67", "+79121234567"),
        ("8912 сто двадцать три 45 67", "+79121234567"),
        ("8-912-123-45-67", "+79121234567"),
        ("двести двенадцать восемьдесят пять ноль шесть", "2128506"),
        ("плюс четыре девять три ноль один два три четыре пять шесть семь", "+49301234567"),
        ("eight nine one two one two three four five six seven", "+79121234567"),
    ],
)
def test_numbers_are_read_as_people_dictate_them(words: str, number: str) -> None:
    digits = read_digits(words.split())
    assert is_whole(digits)
    assert normalised(digits) == number


@pytest.mark.parametrize(
    "words",
    [
        "восемь девятьсот двенадцать",
        "восемь девятьсот двенадцать триста сорок пять",
        "пять",
        "девятьсот двенадцать сто двадцать три",
    ],
)
def test_the_beginning_of_a_number_is_not_a_number(words: str) -> None:
    assert not is_whole(read_digits(words.split()))


@pytest.mark.parametrize(
    ("number", "groups"),
    [
        ("+79121234567", "8 (912) 123-45-67"),
        ("2128506", "212-85-06"),
        ("123456", "12-34-56"),
        ("+49301234567", "+493-01-23-45-67"),
    ],
)
def test_a_number_is_read_back_in_groups(number: str, groups: str) -> None:
    assert read_back(number) == groups


@pytest.mark.parametrize(
    ("phrases", "name", "number", "matter"),
    [
        (
            [("меня зовут павел соколов я звоню по поводу ремонта", A.MATTER),
             ("мой номер восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять", A.NUMBER)],
            "Павел Соколов", "+79123456789", "по поводу ремонта",
        ),
        (
            [("запишите номер восемь девятьсот двенадцать", A.NUMBER), ("триста сорок пять", A.NUMBER),
             ("шестьдесят семь восемьдесят девять", A.NUMBER)],
            "", "+79123456789", "",
        ),
        (
            [("запишите номер восемь девятьсот", A.NOTHING), ("двенадцать триста сорок", A.NOTHING),
             ("пять шестьдесят семь восемьдесят девять", A.NOTHING)],
            "", "+79123456789", "",
        ),
        (
            [("это анна из ромашки передайте что договор подписан", A.NOTHING)],
            "Анна из Ромашки", "", "договор подписан",
        ),
        (
            [("это анна попросите перезвонить мне завтра утром", A.NOTHING)],
            "Анна", "", "попросите перезвонить мне завтра утром",
        ),
        ([("я опоздаю на двадцать минут", A.MATTER), ("иван", A.NAME)], "Иван", "", "я опоздаю на двадцать минут"),
        ([("павел меня зовут", A.NAME)], "Павел", "", ""),
        ([("иван петрович", A.NAME)], "Иван Петрович", "", ""),
        ([("меня зовут шахноза", A.NAME)], "Шахноза", "", ""),
        (
            [("да восемь девятьсот э двенадцать сто двадцать три сорок пять шестьдесят семь", A.NUMBER)],
            "", "+79121234567", "",
        ),
        ([("мне нужен сто сто я холодильника", A.MATTER)], "", "", "мне нужен сто сто я холодильника"),
        ([("хочу сто двести роз", A.MATTER)], "", "", "хочу сто двести роз"),
        ([("телефон сто двести", A.MATTER)], "", "100200", ""),
        ([("жду ответа двести тридцать один сорок два семнадцать", A.MATTER)], "", "2314217", "жду ответа"),
        ([("жду ответа 2314217", A.MATTER)], "", "2314217", "жду ответа"),
        ([("сто двести", A.NUMBER)], "", "100200", ""),
        ([("я приеду в девять часов", A.MATTER)], "", "", "я приеду в девять часов"),
        ([("это не важно", A.MATTER)], "", "", "это не важно"),
        (
            [("встреча в пятницу в пять тридцать позвоните по номеру двести двенадцать восемьдесят пять ноль шесть",
              A.MATTER)],
            "", "2128506", "встреча в пятницу в пять тридцать позвоните",
        ),
        ([("перезвоните мне", A.MATTER), ("на этот же номер", A.NUMBER)], "", CALLER, "перезвоните мне"),
        ([("перезвоните мне", A.MATTER), ("с которого звоню", A.NUMBER)], "", CALLER, "перезвоните мне"),
        ([("не надо", A.NUMBER)], "", "", ""),
        (
            [("восемь девятьсот двенадцать триста", A.NUMBER),
             ("нет восемь девятьсот тринадцать сто двадцать три сорок пять шестьдесят семь", A.NUMBER)],
            "", "+79131234567", "",
        ),
        (
            [("товар пришёл с браком", A.MATTER), ("и ещё верните деньги", A.MATTER)],
            "", "", "товар пришел с браком; и еще верните деньги",
        ),
    ],
)  # fmt: skip
def test_phrases_fill_the_fields(
    collector: Collector, phrases: list[tuple[str, Asked]], name: str, number: str, matter: str
) -> None:
    fields = Fields()
    for heard, asked in phrases:
        fields = collector.add(fields, heard, asked)
    assert (fields.name, fields.number, fields.matter) == (name, number, matter)


def test_digits_of_a_number_that_never_became_whole_are_not_lost(collector: Collector) -> None:
    fields = collector.add(Fields(), "восемь девятьсот двенадцать триста", A.NUMBER)
    assert (fields.number, fields.callback) == ("", "8912300")
    assert collector.without_number(fields).callback == ""


def test_what_is_missing_is_asked_for_in_order(collector: Collector) -> None:
    assert Fields().missing == (A.MATTER, A.NAME, A.NUMBER)
    assert collector.add(Fields(), "перезвоните мне").missing == (A.NAME, A.NUMBER)


LOST = [
    ("+79123456789", "шестьдесят семь восемьдесят", "+79123456789"),  # his own, but for what was not heard
    ("+79123456789", "шестьдесят семь сорок", "+79123456740"),
    ("+79123456789", "шестьдесят семь восемь ноль", "+79123456780"),
    ("+79123456780", "шестьдесят семь восемьдесят", "+79123456780"),
    ("+79031112233", "шестьдесят семь восемьдесят", "+79123456780"),
]


@pytest.mark.parametrize(("caller", "end", "number"), LOST)
def test_a_last_unit_that_went_unheard_is_that_of_the_number_he_calls_from(
    lemmas: Lemmas, caller: str, end: str, number: str
) -> None:
    told = Collector(lemmas, caller).add(Fields(), f"восемь девятьсот двенадцать триста сорок пять {end}", Asked.NUMBER)
    assert told.number == number


def test_a_hidden_caller_cannot_be_called_back_on_this_number(lemmas: Lemmas) -> None:
    assert Collector(lemmas).add(Fields(), "на этот номер", A.NUMBER).number == ""


@given(
    st.lists(
        st.tuples(
            st.text(max_size=60)
            | st.lists(st.sampled_from([*sorted(IN_NUMBERS), "это", "иван", "номер", "э"]), max_size=30).map(" ".join),
            st.sampled_from(Asked),
        ),
        max_size=6,
    )
)
def test_no_phrase_breaks_the_collector(phrases: list[tuple[str, Asked]]) -> None:
    fields = Fields()
    for heard, asked in phrases:
        fields = _SHARED.add(fields, heard, asked)
        assert len(fields.matter) <= 1000
        assert len(fields.number) <= 16
        assert not fields.number or is_whole(fields.number)


_SHARED = Collector(Lemmas(), CALLER)


@given(st.integers(0, 9_999_999_999))
def test_any_mobile_number_survives_being_read_digit_by_digit(number: int) -> None:
    words = ["ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"]
    digits = f"89{number:010d}"[:11]
    assert normalised(read_digits([words[int(d)] for d in digits])) == "+7" + digits[1:]
