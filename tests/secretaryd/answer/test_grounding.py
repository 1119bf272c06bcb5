"""Figures in words and in digits, and what a model's sentence may claim."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from secretaryd.answer.figures import figures
from secretaryd.answer.grounding import Ground, copied_sentence
from secretaryd.answer.parts import Parts
from secretaryd.answer.promises import promises
from secretaryd.answer.words import Lemmas


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("с девяти до двадцати тридцати", "9 20 30"),
        ("с 9:00 до 20:30", "9 20 30"),
        ("две тысячи пятьсот рублей", "2500"),
        ("70 тысяч", "70000"),
        ("10 000 рублей", "10000"),
        ("восемь девятьсот двенадцать", "8 912"),
        ("дом 27к3", "27 3"),
        ("один момент", ""),
        ("", ""),
    ],
)
def test_figures_are_read_in_digits_and_in_words(text: str, numbers: str) -> None:
    assert figures(text) == set(numbers.split())


@given(st.integers(2, 99_999).filter(lambda n: n // 1000 not in (1,) and n % 1000 != 1 and n % 100 not in (1, 2)))
def test_a_number_in_words_is_the_number_in_digits(number: int) -> None:
    assert figures(num2words(number, lang="ru")) == figures(str(number)) == {str(number)}


@given(st.text(max_size=200))
def test_any_text_has_figures(text: str) -> None:
    assert all(figure.isdecimal() for figure in figures(text, loose=True))


def fact_ground(lemmas: Lemmas, heard: str = "", value: str = "с 9 до 20, в субботу до 15") -> Ground:
    label = "Часы работы"
    return Ground([f"{label}: {value}."], lemmas, claims=f"{label}: {value}.", heard=heard, value=value)


@pytest.mark.parametrize(
    ("sentence", "stray"),
    [
        ("Мы работаем с 9 до 20, в субботу до 15.", ""),
        ("Мы работаем с девяти до двадцати, в субботу до пятнадцати.", ""),
        ("Наш офис открыт с 9 до 20 часов, в субботу до 15 часов.", ""),
        ("Каждый день с 9 до 20, в субботу до 15.", "день"),
        ("Работаем с 9 до 21.", "21"),
        ("В воскресенье до 15.", "воскресенье"),
        ("В субботу до 15, завтра тоже.", "завтра"),
        ("В субботу бесплатно.", "бесплатн"),
        ("Мы не работаем в субботу.", "не"),
        ("Работаем с 9 до 20, приём у директора.", "приём"),
        ("В субботу до 20.", "20"),
        ("Что ещё подсказать?", ""),
    ],
)
def test_a_sentence_keeps_to_its_fact(lemmas: Lemmas, sentence: str, stray: str) -> None:
    assert fact_ground(lemmas, "до скольки вы в субботу").stray(sentence) == stray.replace("ё", "е")


@pytest.mark.parametrize(
    ("sentence", "stray"),
    [
        ("Понимаю вас.", ""),
        ("Да, конечно.", "да"),
        ("Записала: восемь девятьсот двенадцать.", ""),
        ("Сделаем за сто рублей.", "100"),
        ("Вернём деньги.", "верн"),
        ("Приедем завтра.", "завтра"),
        ("Позвонит Сергей.", "сергей"),
    ],
)
def test_where_no_fact_is_given_nothing_may_be_claimed(lemmas: Lemmas, sentence: str, stray: str) -> None:
    ground = Ground([], lemmas, claims="", heard="мне сказали сто рублей мой номер восемь девятьсот двенадцать")
    assert ground.stray(sentence) == stray


@pytest.mark.parametrize(
    ("value", "heard", "sentence", "misplaced"),
    [
        ("группа 900 рублей, индивидуально 1800 рублей", "сколько стоит группа", "Группа стоит 900 рублей.", ""),
        ("группа 900 рублей, индивидуально 1800 рублей", "сколько стоит группа", "Группа стоит 1800 рублей.", "1800"),
        ("группа 900 рублей, индивидуально 1800 рублей", "сколько стоит", "900 рублей.", "900"),
        ("группа 900 рублей, индивидуально 1800 рублей", "", "Группа 900, индивидуально 1800.", ""),
        ("250 рублей, от 2000 рублей бесплатно", "", "Доставка 250 рублей.", "250"),
        ("250 рублей, от 2000 рублей бесплатно", "", "Доставка 250 рублей, от 2000 бесплатно.", ""),
        ("500 рублей, при ремонте бесплатно", "", "Выезд бесплатный.", "бесплатн"),
        ("500 рублей, при ремонте бесплатно", "", "Бесплатно стоит 500 рублей.", "500"),
        ("500 рублей, при ремонте бесплатно", "", "Выезд 500 рублей, при ремонте бесплатно.", ""),
        ("осмотр бесплатно, чистка 1500 рублей", "сколько чистка", "Чистка бесплатно.", "бесплатн"),
        ("осмотр бесплатно, чистка 1500 рублей", "сколько осмотр", "Осмотр бесплатный.", ""),
        ("до двери бесплатно", "", "Да, доставка бесплатная.", "бесплатн"),
        ("до двери бесплатно", "", "До двери бесплатно.", ""),
        ("до 2 часов", "", "Через 2 часа.", "2"),
        ("до 2 часов", "", "Привезём до двух часов.", ""),
        ("от 1800 рублей", "", "Торт стоит 1800 рублей.", "1800"),
        ("от 1800 рублей", "", "Скажите, какой торт?", ""),
    ],
)
def test_a_figure_stays_with_its_thing(lemmas: Lemmas, value: str, heard: str, sentence: str, misplaced: str) -> None:
    assert Parts(value, lemmas).misplaced(sentence, heard) == misplaced


@pytest.mark.parametrize(
    ("text", "value", "sentence"),
    [
        ("Срок до 2 часов. Слушаю.", "до 2 часов", "Срок до 2 часов."),
        ("Здравствуйте. Срок до 2 часов!", "до 2 часов", "Здравствуйте. Срок до 2 часов!"),
        ("Срок до 2 часов", "до 2 часов", ""),
        ("Срок 2 часов.", "до 2 часов", ""),
        ("Сайт: korica.ru.", "korica.ru", "Сайт: korica.ru."),
        ("", "x", ""),
        ("x.", "", ""),
    ],
)
def test_a_copied_fact_is_whole_or_nothing(text: str, value: str, sentence: str) -> None:
    assert copied_sentence(text, value) == sentence


def test_promises_are_known_by_their_beginnings() -> None:
    assert promises("Гарантируем скидку, вернём деньги") == {"гарант", "скидк", "верн"}
    assert promises("Добрый день") == frozenset()
