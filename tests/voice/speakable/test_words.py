"""Written text against spoken words: the tables ru.tsv and en.tsv, and what holds for any text."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from voice.speakable import Speaker, speak
from voice.speakable.clean import MAX_TEXT, words

HERE = Path(__file__).parent


def table(name: str) -> list[tuple[str, str]]:
    """Tab-separated: written, spoken."""
    pairs = []
    for line in (HERE / name).read_text(encoding="utf-8").splitlines():
        written, spoken = line.split("\t")
        pairs.append((written, spoken))
    return pairs


@pytest.mark.parametrize(("written", "spoken"), table("ru.tsv"))
def test_russian_is_said_as_people_say_it(russian: Speaker, written: str, spoken: str) -> None:
    assert russian.speak(written) == spoken


@pytest.mark.parametrize(("written", "spoken"), table("en.tsv"))
def test_english_is_said_as_people_say_it(english: Speaker, written: str, spoken: str) -> None:
    assert english.speak(written) == spoken


def test_tables_are_large_enough_to_mean_something() -> None:
    assert len(table("ru.tsv")) >= 250
    assert len(table("en.tsv")) >= 60


LINES = [
    ("Список:\n- первое\n- второе", "Список: первое. второе"),
    ("1. Раз\n2. Два", "Раз. Два"),
    ("Цены:\n\n* 100 ₽\n* 200 ₽", "Цены: сто рублей. двести рублей"),
    ("<b>Привет</b> &amp; пока", "Привет и amp; пока"),
    ("```\nкод\n```", "код"),
    ("строка\r\nещё", "строка. ещё"),
]


@pytest.mark.parametrize(("written", "spoken"), LINES)
def test_lists_and_lines_become_sentences(russian: Speaker, written: str, spoken: str) -> None:
    assert russian.speak(written) == spoken


def test_one_off_form_agrees_with_the_object(russian: Speaker) -> None:
    assert speak("в 14:30", "ru") == russian.speak("в 14:30")


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="de"):
        Speaker("de")


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize(
    "text",
    ["", " ", "\n\n", "\x00\x07\x1b[31m", "9" * 10_000, "1 " * 5000, "-" * 5000, "(" * 5000, "1.2" * 3000,
     "\u0301" * 50, "nan inf 1e309", "٣٤ ४५ ⅷ ½ ²", "\ud800", "a@" * 2000,
     "5" + "." * 3000, "ул. " * 1000, "<" * 4000, "[" * 4000,
     "1-" * 2000, "http://" * 500, "8 (900) " * 500, "“«„" * 1000, "IV " * 1000, "пн-" * 1000],
    ids=lambda text: f"{text[:12]!a}, {len(text)}",
)  # fmt: skip
def test_hostile_text_gives_words_or_nothing_within_a_second(
    language: str, text: str, request: pytest.FixtureRequest
) -> None:
    speaker: Speaker = request.getfixturevalue({"ru": "russian", "en": "english"}[language])
    began = time.thread_time()
    spoken = speaker.speak(text)
    assert time.thread_time() - began < 2.0
    assert not re.search(r"\d", spoken)
    assert len(spoken) < 40 * MAX_TEXT


BITS = st.sampled_from(
    words(
        "1 2 5 21 15 2026 10:30 15.03.2026 8(900)123-45-67 $ % ₽ руб. - – — / . , ! ? … : ; ( ) [ ] * # _ ` ул. д. "
        "т.е. г. с до по в мая марта пн пт вс год г и к м кг тыс ООО МСК СПб XX a@b.ru example.com "
        "http://x.ru IV й го ' \" « » "
        "\u0301 е ё 😀 + = @ & ° № 00 0 1,5 ½ ² 9 am pm Mon Jan st th 1st km No. St. e.g."
    )
)
TEXTS = st.one_of(
    st.text(max_size=80),
    st.lists(BITS | st.sampled_from([" ", "\n"]), max_size=25).map("".join),
    st.lists(BITS, max_size=25).map(" ".join),
)
UNSPOKEN = re.compile(r"[\d*#_`<>\[\]{}|\\^=@&%$€₽£№°~()/+\"«»]")


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
@example(text="ПН\u0301")
@pytest.mark.parametrize("language", ["ru", "en"])
def test_any_text_gives_words_without_digits_or_marks_and_the_same_words_when_said_again(
    language: str, text: str, request: pytest.FixtureRequest
) -> None:
    speaker: Speaker = request.getfixturevalue({"ru": "russian", "en": "english"}[language])
    spoken = speaker.speak(text)
    assert not UNSPOKEN.search(spoken)
    assert not any(char.isnumeric() for char in spoken)
    assert spoken == spoken.strip()
    assert speaker.speak(spoken) == spoken


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10**12 - 1))
def test_every_number_has_words_in_every_case(russian: Speaker, number: int) -> None:
    for before in ("", "до ", "к ", "через ", "о "):
        spoken = russian.speak(f"{before}{number} рублей")
        assert re.fullmatch(r"[а-яё ]+", spoken), spoken


def test_an_ordinary_sentence_takes_less_than_three_milliseconds(russian: Speaker) -> None:
    sentence = "Мы работаем с 9:00 до 21:00, доставка 300 ₽, телефон 8 (843) 200-10-20."
    russian.speak(sentence)
    best = min(_seconds(russian, sentence) for _ in range(20))
    assert best < 0.003


def _seconds(speaker: Speaker, text: str) -> float:
    began = time.perf_counter()
    speaker.speak(text)
    return time.perf_counter() - began
