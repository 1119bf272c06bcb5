"""Yes, no, and corrections of a number that was read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.answer.collect import Asked, Collector, Fields
from secretaryd.answer.words import Lemmas
from secretaryd.call.replies import Verdict, number_checked, refuses, tells

COLLECTOR = Collector(Lemmas())
NUMBER = "+79123456789"
TOLD = COLLECTOR.add(
    Fields(), "восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять", Asked.NUMBER
)
CHECKS = [
    ("да", Verdict.RIGHT, NUMBER),
    ("верно", Verdict.RIGHT, NUMBER),
    ("да всё правильно спасибо", Verdict.RIGHT, NUMBER),
    ("спасибо до свидания", Verdict.RIGHT, NUMBER),
    ("да восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять", Verdict.RIGHT, NUMBER),
    ("нет", Verdict.WRONG, NUMBER),
    ("да нет неправильно", Verdict.WRONG, NUMBER),
    ("неверно", Verdict.WRONG, NUMBER),
    ("нет ещё раз", Verdict.WRONG, NUMBER),
    ("нет в конце восемьдесят", Verdict.WRONG, NUMBER),
    (
        "нет восемь девятьсот тринадцать триста сорок пять шестьдесят семь восемьдесят девять",
        Verdict.CHANGED,
        "+79133456789",
    ),
    ("не шестьдесят семь а семьдесят семь", Verdict.CHANGED, "+79123457789"),
    ("нет не девятьсот двенадцать а девятьсот тринадцать", Verdict.CHANGED, "+79133456789"),
    ("э", Verdict.UNCLEAR, NUMBER),
    ("", Verdict.UNCLEAR, NUMBER),
]


@pytest.mark.parametrize(("heard", "verdict", "number"), CHECKS)
def test_a_number_is_confirmed_or_corrected(heard: str, verdict: Verdict, number: str) -> None:
    assert number_checked(heard, TOLD, COLLECTOR) == (verdict, number)


@given(st.text(max_size=60))
def test_no_reply_breaks_it_or_empties_the_number(heard: str) -> None:
    verdict, number = number_checked(heard, TOLD, COLLECTOR)
    assert number
    assert (number == NUMBER) or verdict is Verdict.CHANGED


LATE = [
    ("девять", Verdict.CHANGED, NUMBER),
    ("да девять", Verdict.CHANGED, NUMBER),
    ("верно", Verdict.RIGHT, "+79123456780"),
    ("двенадцать", Verdict.UNCLEAR, "+79123456780"),
    ("ноль", Verdict.UNCLEAR, "+79123456780"),
]


@pytest.mark.parametrize(("heard", "verdict", "number"), LATE)
def test_the_last_unit_may_come_after_the_number_was_taken_for_whole(heard: str, verdict: Verdict, number: str) -> None:
    cut = COLLECTOR.add(
        Fields(), "восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят", Asked.NUMBER
    )
    assert cut.number == "+79123456780"
    assert number_checked(heard, cut, COLLECTOR) == (verdict, number)


REFUSALS = [
    ("нет", True), ("не надо", True), ("нет спасибо", True), ("ничего не надо", True), ("я передумала", True),
    ("да", False), ("спасибо", False), ("не работает телефон", False), ("нет воды", False), ("", False),
]  # fmt: skip


@pytest.mark.parametrize(("heard", "wanted"), REFUSALS)
def test_a_refusal_says_nothing_else(heard: str, wanted: bool) -> None:
    assert refuses(heard) is wanted


TELLS = [
    ("передайте что я опоздаю", True), ("да передайте что я опоздаю", True), ("меня зовут анна", True),
    ("пусть привезут воду", True), ("а сколько это стоит", False), ("да", False), ("", False),
]  # fmt: skip


@pytest.mark.parametrize(("heard", "wanted"), TELLS)
def test_a_message_may_be_dictated_at_once(heard: str, wanted: bool) -> None:
    assert tells(heard) is wanted
