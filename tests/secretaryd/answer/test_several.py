"""Several questions in one phrase."""

import pytest

from secretaryd.answer.persona import persona_for
from secretaryd.answer.retrieve import SURE, FactIndex, Found
from secretaryd.answer.several import several
from secretaryd.answer.words import Lemmas


@pytest.fixture(scope="module")
def facts(lemmas: Lemmas) -> FactIndex:
    return FactIndex(persona_for("Гуля", "", "", "ru").facts, lemmas)


CASES = [
    ("скажите какой у вас адрес и до скольки вы работаете", ["address", "hours"]),
    ("сколько стоит доставка а работаете вы до скольки", ["delivery", "hours"]),
    ("где вы находитесь и сколько стоит доставка и как оплатить", ["address", "delivery", "payment"]),
    ("какой у вас адрес", []),
    ("вы работаете в субботу и в воскресенье", []),
    ("хочу заказать воду и хлеб", []),
    ("и", []),
    ("", []),
]


@pytest.mark.parametrize(("heard", "topics"), CASES)
def test_each_question_of_a_phrase_is_found(facts: FactIndex, heard: str, topics: list[str]) -> None:
    def sure(part: str) -> Found | None:
        return next(iter(facts.best(part, limit=1, floor=SURE)), None)

    assert [one.fact.topic for one in several(heard, sure)] == topics


def test_a_long_story_full_of_joints_is_looked_through_only_so_far(facts: FactIndex) -> None:
    asked: list[str] = []
    several("и так и этак а " * 40, lambda part: asked.append(part))  # type: ignore[func-returns-value]
    assert len(asked) < 100
