"""What a model says is made fit to be heard."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.speakable import SpeechRules, for_speech
from voice.speakable.rules import MAX_CHARS

CASES = [
    ("Да.", "Да."),
    ("", ""),
    ("😀😀", ""),
    ("Раз. Два. Три.", "Раз. Два."),
    ("**Да**, мы _открыты_.", "Да, мы открыты."),
    ("# Ответ\nМы открыты.", "Ответ. Мы открыты."),
    ("- раз\n- два\n- три", "раз. два."),
    ("1. Раз\n2. Два", "Раз. Два"),
    ("Смотрите [сайт](http://a.ru/x) наш.", "Смотрите сайт наш."),
    ("Пишите на https://a.ru/x?y=1 сегодня.", "Пишите на сегодня."),
    ("Мы открыты (кроме воскресенья (иногда)).", "Мы открыты."),
    ("Привет! 👋🏻 Чем помочь?", "Привет! Чем помочь?"),
    ("Цена 1 500 ₽ (со скидкой).", "Цена 1 500 ₽."),
    ("В 10:30, до 20%.", "В 10:30, до 20%."),
    ("`код` и <b>тег</b>", "код и тег"),
    ("Пишите: info@example.ru.", "Пишите: info@example.ru."),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_rules(text: str, expected: str) -> None:
    assert for_speech(text) == expected


def test_the_number_of_sentences_can_be_chosen() -> None:
    assert for_speech("Раз. Два. Три.", max_sentences=1) == "Раз."


def test_a_long_sentence_is_ended_at_a_clause() -> None:
    text = "Мы работаем каждый день, " * 30
    short = for_speech(text)
    assert len(short) <= MAX_CHARS
    assert short.endswith("день.")


def test_a_stream_knows_when_it_is_full() -> None:
    rules = SpeechRules(max_sentences=2)
    assert rules.take("Да, мы работаем,") == "Да, мы работаем,"
    assert rules.take("но не сегодня.") == "но не сегодня."
    assert not rules.full
    assert rules.take("Завтра.") == "Завтра."
    assert rules.full
    assert rules.take("Лишнее.") == ""


@given(st.text(max_size=600), st.integers(1, 3), st.integers(20, 200))
def test_any_answer_is_short_plain_and_the_same_when_ruled_again(text: str, most: int, chars: int) -> None:
    ruled = for_speech(text, most, chars)
    assert len(ruled) <= chars
    assert not re.search(r"[\[\](){}<>*#`|\\\n]", ruled)
    assert for_speech(ruled, most, chars) == ruled
