"""What a model is told, which facts are found for it, and what of its words is believed."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.answer.grounding import Ground
from secretaryd.answer.persona import Persona, persona_for
from secretaryd.answer.prompt import Exchange, Form, build, clean_words, now_note
from secretaryd.answer.retrieve import HELPFUL, SURE, FactIndex
from secretaryd.answer.words import Lemmas

NOTE = now_note(datetime(2026, 11, 23, 14, 5), "ru")


def test_a_focused_prompt_is_the_format_of_the_starter_model(gulya: Persona) -> None:
    facts = [fact for fact in gulya.facts if fact.topic in ("hours", "address")]
    history = [Exchange("", gulya.greeting), Exchange("алло", "Слушаю вас."), Exchange("адрес", "Наш адрес…")]
    messages = build(gulya, facts, history, "до скольки вы работаете", form=Form.FOCUSED, note="")
    assert [m.role for m in messages] == ["system", "user", "assistant", "user", "assistant", "user"]
    assert messages[0].content == (
        "Ты — Гуля, секретарь компании «Ромашка». Отвечай коротко и вежливо.\n"
        "Часы работы: ежедневно с 9 до 20.\n"
        "Адрес: улица Ленина, дом 10.\n"
        "Соединять ни с кем нельзя."
    )
    assert messages[-1].content == "до скольки вы работаете"


def test_a_full_prompt_only_grows_at_its_end(gulya: Persona) -> None:
    history: list[Exchange] = [Exchange("", gulya.greeting)]
    before: list[tuple[str, str]] = []
    for heard in ("алло", "где вы", "спасибо"):
        note = f"note {heard}"
        now = [(m.role, m.content) for m in build(gulya, gulya.facts, history, heard, form=Form.FULL, note=note)]
        assert now[: len(before)] == before
        assert now[-1] == ("user", f"(note {heard})\n{heard}")
        history.append(Exchange(heard, "Да.", note))
        before = [*now, ("assistant", "Да.")]


def test_the_time_comes_last_and_not_in_the_system_prompt(gulya: Persona) -> None:
    messages = build(gulya, gulya.facts, [], "который час", form=Form.FULL, note=NOTE)
    assert NOTE == "Сейчас: понедельник, 14:05."
    assert "14:05" not in messages[0].content
    assert messages[-1].content == "(Сейчас: понедельник, 14:05.)\nкоторый час"


def test_a_prompt_for_prefill_ends_before_the_callers_words(gulya: Persona) -> None:
    history = [Exchange("", gulya.greeting)]
    ahead = build(gulya, gulya.facts, history, "", form=Form.FULL)
    assert build(gulya, gulya.facts, history, "адрес", form=Form.FULL)[: len(ahead)] == ahead


def test_what_was_not_heard_is_not_in_the_prompt(gulya: Persona) -> None:
    messages = build(gulya, (), [Exchange("адрес", "")], "алло", form=Form.FULL)
    assert [m.role for m in messages] == ["system", "user", "user"]


@given(st.text(max_size=2000))
def test_a_callers_words_hold_no_marks_and_no_syntax_of_the_model(heard: str) -> None:
    assert not set(clean_words(heard)) & set("<>|{}[]\n\0")
    assert len(clean_words(heard)) <= 600


def test_english_callers_get_an_english_prompt() -> None:
    persona = persona_for("Лидия", language="en")
    text = build(persona, persona.facts[:1], [], "hours", form=Form.FOCUSED)[0].content
    assert text.startswith(
        "You are Lydia, the phone secretary of Master. Answer briefly and politely.\nOpening hours: "
    )


@pytest.mark.parametrize(
    ("question", "topic", "sure"),
    [
        ("добрый день скажите заказ доставят прямо к двери", "door", True),
        ("сколько ждать заказ", "term", True),
        ("как долго ждать доставку", "term", True),
        ("есть ли где оставить машину", "parking", True),
        ("до скольки вы работаете", "hours", True),
        ("какой у вас адрес", "address", True),
        ("как до вас доехать", "directions", True),
        ("можно ли заплатить картой", "payment", True),
        ("принимаете ли вы безнал", "payment", True),
        ("вы букеты продаёте", "services", True),
        ("встреча переносится на субботу", "hours", False),
        ("курьера надо ждать", "term", True),
    ],
)
def test_the_fact_that_fits_is_found(gulya: Persona, lemmas: Lemmas, question: str, topic: str, sure: bool) -> None:
    found = FactIndex(gulya.facts, lemmas).best(question)
    assert topic in [one.fact.topic for one in found]
    assert (found[0].score >= SURE) is sure
    assert all(HELPFUL <= one.score <= 1.0 for one in found)


@pytest.mark.parametrize(
    "question",
    [
        "",
        "алло",
        "да",
        "добрый день я хочу оставить сообщение",
        "договор подписан",
        "меня зовут павел соколов",
        "сколько стоит маникюр",
    ],
)
def test_no_fact_is_sure_where_none_fits(gulya: Persona, lemmas: Lemmas, question: str) -> None:
    assert FactIndex(gulya.facts, lemmas).best(question, floor=SURE) == ()


@given(st.text(max_size=200))
def test_any_question_can_be_looked_up(question: str) -> None:
    assert len(_FACTS.best(question)) <= 2


_FACTS = FactIndex(persona_for().facts, Lemmas())


@pytest.mark.parametrize(
    ("sentence", "stray"),
    [
        ("Мы работаем ежедневно с 9 до 20.", ""),
        ("Мы работаем ежедневно с 9 до 21.", "21"),
        ("Наш адрес: улица Ленина, дом 10.", ""),
        ("Наш адрес: улица Ленинская, дом 10.", "ленинская"),
        ("Наш адрес: улица Ленина, дом 100.", "100"),
        ("Здравствуйте! Компания «Ромашка», секретарь Гуля.", ""),
        ("Здравствуйте! Компания «Торгента», секретарь Гуля.", "торгента"),
        ("Очень приятно, Олег.", ""),
        ("Очень приятно, Игорь.", "игорь"),
        ("Записала: восемь девятьсот двенадцать. Верно?", ""),
        ("Записала: восемь девятьсот тринадцать. Верно?", "913"),
        ("Как Вам удобно? Могу передать Ваш вопрос.", ""),
        ("Один момент.", ""),
        ("Спасибо, я всё передам.", ""),
    ],
)
def test_numbers_and_names_must_come_from_what_was_told(lemmas: Lemmas, sentence: str, stray: str) -> None:
    known = [
        "Ты — Гуля, секретарь компании «Ромашка».\nЧасы работы: ежедневно с 9 до 20.\nАдрес: улица Ленина, дом 10.",
        "меня зовут олег мой номер восемь девятьсот двенадцать",
    ]
    assert Ground(known, lemmas).stray(sentence) == stray


@pytest.mark.parametrize(
    ("sentence", "stray"),
    [
        ("Доставка: 300 рублей по городу.", ""),
        ("Доставка стоит 300 рублей.", ""),
        ("Работаем до 20.", ""),
        ("Дом 10.", ""),
        ("Скидка 10 процентов.", "10"),
        ("Срок 20 дней.", "20"),
        ("Срок 20.", "20"),
    ],
)
def test_the_smallest_models_may_not_move_a_number_elsewhere(lemmas: Lemmas, sentence: str, stray: str) -> None:
    known = ["Часы работы: ежедневно с 9 до 20.\nАдрес: улица Ленина, дом 10.\nДоставка: 300 рублей по городу."]
    assert Ground(known, lemmas, strict=True).stray(sentence) == stray
    assert Ground(known, lemmas).stray(sentence) == ""


def test_an_answer_begins_with_a_word_of_its_fact(lemmas: Lemmas) -> None:
    ground = Ground(["x"], lemmas, subject="Срок до 2 часов")
    assert not ground.off_subject("Это займёт до двух часов.")
    assert ground.off_subject("Спасибо, всё хорошо.")
    assert not Ground(["x"], lemmas).off_subject("Спасибо, всё хорошо.")
