"""How long a model will take, told from how long it took."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.answer.foresight import FRESH_SECONDS, Foresight
from voice.llm.protocol import ChatMessage

READ_A_SECOND, WRITTEN_A_SECOND = 90.0, 24.0


def prompt(length: int, start: str = "s") -> list[ChatMessage]:
    return [ChatMessage("system", start * length)]


def seen(*lengths: int, way: float = 0.1) -> Foresight:
    """Prompts of sessions of their own, read at READ_A_SECOND."""
    foresight = Foresight()
    for number, length in enumerate(lengths):
        foresight.read(prompt(length), f"c{number}", way + length / READ_A_SECOND, 0.0)
    return foresight


def test_of_what_was_never_measured_nothing_is_said() -> None:
    assert Foresight().seconds(prompt(100), "c", 30, 0.0) is None


def test_reading_takes_as_long_as_it_took() -> None:
    assert seen(100, 400).seconds(prompt(250), "new", 30, 1.0) == pytest.approx(0.1 + 250 / READ_A_SECOND)


def test_writing_is_added_once_it_was_seen() -> None:
    foresight = seen(100, 400)
    foresight.wrote(48, 2.0)
    assert foresight.seconds(prompt(250), "new", 24, 1.0) == pytest.approx(0.1 + 250 / READ_A_SECOND + 1.0)


def test_what_a_session_has_read_costs_nothing_more() -> None:
    foresight = seen(100, 400)
    foresight.knows(prompt(300), "call")
    assert foresight.unread([*prompt(300), ChatMessage("user", "сколько ждать")], "call") == len("\nсколько ждать")


def test_a_longer_prompt_than_any_seen_is_not_judged_by_short_ones() -> None:
    foresight = seen(60, 70)
    assert foresight.seconds(prompt(65), "new", 30, 1.0) is not None
    assert foresight.seconds(prompt(2000), "new", 30, 1.0) is None


def test_a_prompt_that_was_given_up_on_takes_longer_than_was_waited() -> None:
    foresight = Foresight()
    foresight.gave_up(prompt(1500), "call", 1.8, 0.0)
    due = foresight.seconds(prompt(1500), "call", 30, 1.0)
    assert due is not None
    assert due > 3.5


def test_old_measurements_tell_nothing() -> None:
    assert seen(100, 400).seconds(prompt(250), "new", 30, FRESH_SECONDS + 1) is None


def test_other_nodes_are_judged_anew() -> None:
    foresight = seen(100, 400)
    foresight.forget()
    assert foresight.seconds(prompt(250), "new", 30, 1.0) is None


@given(st.lists(st.tuples(st.integers(0, 3000), st.floats(0.0, 30.0)), max_size=12), st.integers(0, 3000))
def test_no_measurements_make_it_predict_the_past(measured: list[tuple[int, float]], length: int) -> None:
    foresight = Foresight()
    for number, (characters, seconds) in enumerate(measured):
        foresight.read(prompt(characters), f"c{number}", seconds, 0.0)
    due = foresight.seconds(prompt(length), "new", 30, 1.0)
    assert due is None or due >= 0.0
