"""The facts bench as a guard: without a model, and with one that lies, on all its parts."""

import pytest

from secretaryd.answer.ladder import Ladder
from secretaryd.answer.persona import Persona, faq_entries, load_questions
from secretaryd.answer.ports import ModelPort
from secretaryd.answer.prompt import Form
from secretaryd.answer.words import Lemmas
from tests.bench.facts import NOW, Bench, Liar
from tests.fakes.model_port import FakeModel


@pytest.mark.parametrize(("part", "lies"), [("tuning", False), ("heldout", True), ("fresh", True)])
async def test_the_facts_that_callers_hear_are_exact(lemmas: Lemmas, part: str, lies: bool) -> None:
    model: ModelPort | None = Liar(lemmas) if lies else None
    found = await Bench(model, Form.FULL, lemmas).figures(part)
    assert found["exact_share"] >= 0.97
    assert found["answered_share"] >= 0.93
    assert found["baits_invented"] == 0
    assert found["baits_beside"] <= 0.03 * found["baits"]
    assert found["marks_right"] >= 0.95 * found["marks"]


@pytest.mark.parametrize(
    ("partial", "said"),
    [
        ("до скольки вы работаете", "Мы работаем ежедневно с 9 до 20."),
        ("сколько ждать заказ", "Мы привозим заказ в срок до 2 часов."),
        ("на пятый этаж поднимете", "Курьер поднимает заказ до двери бесплатно."),
        ("сколько", None),
        ("сколько стоит", None),
        ("сколько стоит букет", None),
        ("скажите пожалуйста", None),
        ("передайте директору", None),
        ("", None),
        ("повторите", None),
    ],
)
async def test_what_would_be_said_is_known_while_the_caller_speaks(
    gulya: Persona, lemmas: Lemmas, partial: str, said: str | None
) -> None:
    ladder = Ladder(gulya, faq_entries(gulya, load_questions("ru")), lemmas, lambda: NOW)
    found = ladder.sure_of(partial)
    assert (found.text if found else None) == said
    if found is not None:
        first = await anext(ladder.answer(partial, (), session="s"))
        assert getattr(first, "text", "") == said


async def test_a_partial_tells_when_a_model_would_word_the_fact(gulya: Persona, lemmas: Lemmas) -> None:
    entries = faq_entries(gulya, load_questions("ru"))
    model = FakeModel("x")
    ladder = Ladder(gulya, entries, lemmas, lambda: NOW, model, form=Form.FOCUSED)
    found = ladder.sure_of("сколько ждать заказ")
    assert found is not None
    assert found.detail.endswith("(model first)")
    assert model.asked == []
