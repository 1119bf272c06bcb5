"""Does a phrase sound finished? Tables of phrases as recognisers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.completeness import Completeness, Expecting, completeness, is_made_up, trailing_digits
from voice.finished import RUSSIAN

COMPLETE = [
    ("ru", "да"),
    ("ru", "нет"),
    ("ru", "да верно"),
    ("ru", "нет не надо"),
    ("ru", "нет спасибо"),
    ("ru", "хорошо спасибо"),
    ("ru", "всё понятно до свидания"),
    ("ru", "спасибо до свидания"),
    ("ru", "спасибо всего доброго"),
    ("ru", "повторите пожалуйста"),
    ("ru", "перезвоните мне пожалуйста"),
    ("ru", "добрый день подскажите сколько стоит доставка"),
    ("ru", "подождите какой у вас адрес"),
    ("ru", "здравствуйте где мой заказ"),
    ("ru", "когда вы работаете"),
    ("ru", "здравствуйте подскажите график работы"),
    ("ru", "подскажите ваш адрес"),
    ("ru", "соедините с человеком"),
    ("ru", "вы работаете в выходные"),
    ("ru", "а у вас есть парковка"),
    ("ru", "добрый день можно заказать доставку"),
    ("ru", "алло это робот"),
    ("ru", "кто это"),
    ("ru", "в понедельник вы работаете"),
    ("ru", "а доставку делаете"),
    ("ru", "вы в субботу до скольки"),
    ("ru", "да давайте"),
    ("ru", "как долго ждать заказ"),
    ("ru", "скажите как до вас добраться"),
    ("ru", "угу с кем я говорю"),
    ("ru", "громче пожалуйста"),
    ("ru", "передайте мне пожалуйста"),
    ("ru", "мой номер восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять"),
    ("ru", "плюс семь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять"),
    ("ru", "девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять"),
    ("ru", "8 912 345 67 89"),
    ("ru", "Да, верно."),
    ("en", "yes"),
    ("en", "no thank you"),
    ("en", "thanks goodbye"),
    ("en", "what are your opening hours"),
    ("en", "call me back please"),
    ("en", "do you have parking"),
    ("en", "hello are you a robot"),
    ("en", "connect me to a person"),
    ("en", "my number is two oh two five five five oh one two three"),
]
NORMAL = [
    ("ru", ""),
    ("ru", "не нужно"),  # also what is heard of "мне нужно"
    ("ru", "вы работаете"),
    ("ru", "соедините"),
    ("ru", "вы до скольки"),
    ("ru", "да какая разница большая разница мне ждать что ли весь день"),
    ("ru", "передайте что вы не отвечаете"),
    ("ru", "адрес повторите"),
    ("ru", "подскажите цены"),
    ("ru", "это анна"),
    ("ru", "триста рублей"),
    ("ru", "два"),
    ("ru", "меня зовут павел соколов"),
    ("ru", "запишите меня на завтра"),
    ("ru", "на десять"),
    ("ru", "двадцать"),
    ("ru", "к двадцати пяти"),
    ("ru", "мне тридцать пять"),
    ("ru", "сколько стоит"),
    ("ru", "пожалуйста"),
    ("ru", "есть пожалуйста"),  # "скажите пожалуйста", misheard
    ("ru", "не долго"),
    ("ru", "один " * 13),
    ("en", "at ten"),
    ("de", "mein name ist"),
]
LIKELY = [
    ("ru", "я хочу оставить сообщение"),
    ("ru", "пусть перезвоните мне"),
    ("en", "i would like to leave a message"),
]
INCOMPLETE = [
    ("ru", "восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят"),  # девять
    ("ru", "мой номер"),
    ("ru", "мой номер восемь"),
    ("ru", "запишите номер восемь девятьсот двенадцать"),
    ("ru", "запишите номер восемь девятьсот двенадцать триста сорок пять"),
    ("ru", "восемь девятьсот двенадцать"),
    ("ru", "девятьсот двенадцать"),
    ("ru", "мой телефон плюс семь"),
    ("ru", "восемь"),
    ("ru", "восемь девять ноль пять вас"),
    ("ru", "мне нужна"),
    ("ru", "меня зовут"),
    ("ru", "я хотел бы"),
    ("ru", "запишите меня на"),
    ("ru", "сломался телефон и"),
    ("ru", "я звоню э"),
    ("ru", "я звоню по поводу"),
    ("ru", "скажите пожалуйста"),
    ("ru", "запишите пожалуйста"),
    ("ru", "а как к вам"),
    ("ru", "как до вас"),
    ("ru", "как вас"),
    ("ru", "спасибо до"),
    ("ru", "а сколько"),
    ("ru", "какие у вас"),
    ("ru", "моё имя"),
    ("ru", "это"),  # what is heard of "э"
    ("ru", "добрый день это"),
    ("ru", "мне"),
    ("en", "my name is"),
    ("en", "i want to"),
    ("en", "my number is two oh two"),
    ("en", "two oh two five five five"),
    ("en", "tell me please"),
    ("en", "and um"),
]


@pytest.mark.parametrize(
    ("language", "text", "how"),
    [(*case, Completeness.COMPLETE) for case in COMPLETE]
    + [(*case, Completeness.NORMAL) for case in NORMAL]
    + [(*case, Completeness.LIKELY) for case in LIKELY]
    + [(*case, Completeness.INCOMPLETE) for case in INCOMPLETE],
)
def test_a_phrase_sounds_as_finished_as_people_think(language: str, text: str, how: Completeness) -> None:
    assert completeness(text, language) is how


ASKED = [
    ("ru", Expecting.YES_NO, "да", Completeness.COMPLETE),
    ("ru", Expecting.YES_NO, "да все верно номер", Completeness.INCOMPLETE),
    ("ru", Expecting.YES_NO, "все верно", Completeness.COMPLETE),
    ("ru", Expecting.YES_NO, "нет", Completeness.LIKELY),
    ("ru", Expecting.YES_NO, "нет не", Completeness.INCOMPLETE),
    ("ru", Expecting.YES_NO, "не сорок пять", Completeness.INCOMPLETE),
    ("ru", Expecting.YES_NO, "не сорок пять а сорок шесть", Completeness.NORMAL),
    ("ru", Expecting.NUMBER, "шестьдесят семь", Completeness.INCOMPLETE),
    ("ru", Expecting.NUMBER, "двенадцать", Completeness.INCOMPLETE),
    ("ru", Expecting.NUMBER, "мой плюс семь девять", Completeness.INCOMPLETE),
    ("ru", Expecting.NUMBER, "девятьсот двенадцать триста сорок пять шестьдесят семь десять", Completeness.COMPLETE),
    ("ru", Expecting.NUMBER, "девятьсот двенадцать триста сорок пять шестьдесят семь сорок", Completeness.INCOMPLETE),
    ("ru", Expecting.NUMBER, "на этот же", Completeness.NORMAL),
    ("ru", Expecting.NUMBER, "нет не надо", Completeness.COMPLETE),
    ("ru", Expecting.NAME, "анна", Completeness.NORMAL),
    ("ru", Expecting.NAME, "анна соколова", Completeness.LIKELY),
    ("ru", Expecting.NAME, "меня зовут павел", Completeness.NORMAL),
    ("ru", Expecting.NAME, "меня зовут павел соколов", Completeness.LIKELY),
    ("ru", Expecting.NAME, "павел соколов из", Completeness.INCOMPLETE),
    ("ru", Expecting.MATTER, "анна соколова", Completeness.NORMAL),
    ("ru", Expecting.MATTER, "можно заказать воду", Completeness.LIKELY),
    ("ru", Expecting.MATTER, "спасибо до свидания", Completeness.COMPLETE),
    ("en", Expecting.NUMBER, "five five", Completeness.INCOMPLETE),
    ("en", Expecting.NAME, "my name is anna brown", Completeness.LIKELY),
    ("en", Expecting.YES_NO, "that is right", Completeness.COMPLETE),
    ("de", Expecting.NUMBER, "vier", Completeness.NORMAL),
]


@pytest.mark.parametrize(("language", "expecting", "text", "how"), ASKED)
def test_an_answer_is_judged_by_what_was_asked(
    language: str, expecting: Expecting, text: str, how: Completeness
) -> None:
    assert completeness(text, language, expecting) is how


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("восемь девятьсот двенадцать триста сорок пять шестьдесят семь восемьдесят девять", "89123456789"),
        ("мой номер восемь девятьсот пять", "8905"),
        ("сто ноль пять", "10005"),
        ("двадцать тридцать", "2030"),
        ("двадцать одиннадцать", "2011"),
        ("сто двести", "100200"),
        ("девять девять девять", "999"),
        ("сорок ноль", "400"),
        ("плюс семь", "7"),
        ("сорок два кота", ""),
        ("", ""),
    ],
)
def test_dictated_groups_become_digits(text: str, digits: str) -> None:
    assert trailing_digits(text, "ru") == digits


def spoken(group: str) -> str:
    """A group of two or three digits without inner zeros, as it is read aloud."""
    words = {value: word for table in (RUSSIAN.units, RUSSIAN.teens, RUSSIAN.tens) for word, value in table.items()}
    hundreds = {value: word for word, value in RUSSIAN.hundreds.items()}
    out = []
    if len(group) == 3:
        out.append(hundreds[group[0]])
        group = group[1:]
    out += [words[group]] if group in words else [words[group[0] + "0"], words[group[1]]]
    return " ".join(out)


@given(st.lists(st.from_regex(r"[1-9]?[1-9][1-9]", fullmatch=True), min_size=1, max_size=5))
def test_any_groups_read_aloud_come_back_as_their_digits(groups: list[str]) -> None:
    assert trailing_digits("запишите " + " ".join(map(spoken, groups)), "ru") == "".join(groups)


@given(st.text(), st.sampled_from(["ru", "en", "xx"]))
def test_no_text_is_too_odd_to_judge(text: str, language: str) -> None:
    assert completeness(text, language) in Completeness


@pytest.mark.parametrize(
    ("language", "text", "made_up"),
    [
        ("ru", "вы работаете завтра в", True),
        ("ru", "спасибо до", True),
        ("ru", "да но", False),
        ("ru", "в субботу", False),
        ("ru", "", False),
        ("en", "are you open the", True),
        ("de", "in", False),
    ],
)
def test_words_that_recognisers_make_up_are_known(language: str, text: str, made_up: bool) -> None:
    assert is_made_up(text, language) is made_up
