"""One dictionary for all tests of answers: it takes a tenth of a second to load."""

import pytest

from secretaryd.answer.persona import Persona, persona_for
from secretaryd.answer.words import Lemmas


@pytest.fixture(scope="session")
def lemmas() -> Lemmas:
    return Lemmas()


@pytest.fixture(scope="session")
def gulya() -> Persona:
    return persona_for("Гуля")
