"""How the waits follow a caller's pauses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.pauses import LEARNT, PaceBounds, Pauses

BOUNDS = PaceBounds()


def learnt(*pauses: float) -> Pauses:
    pace = Pauses()
    for pause in pauses:
        pace.paused(pause)
    return pace


@pytest.mark.parametrize(
    ("pauses", "longer"),
    [
        ((), 0.0),
        ((0.9, 0.9), 0.0),  # too few to judge by
        ((0.05, 0.06, 0.08, 0.1, 0.1), 0.0),  # closures of consonants
        ((0.2, 0.2, 0.3, 0.2), BOUNDS.least),
        ((0.6, 0.65, 0.65, 0.6), 0.0),
        ((0.8, 0.8, 0.7, 0.8), 0.15),
        ((0.3, 0.5, 0.4, 2.0), -0.15),  # one distraction
        ((2.0, 2.0, 2.0, 2.0), BOUNDS.most),
    ],
)
def test_waits_follow_the_second_longest_pause(pauses: tuple[float, ...], longer: float) -> None:
    assert learnt(*pauses).longer == pytest.approx(longer)


def test_old_pauses_are_forgotten() -> None:
    assert learnt(*[1.0] * LEARNT, *[0.3] * 20).longer == pytest.approx(BOUNDS.least)


def test_ending_early_makes_cautious_and_good_ends_forgive() -> None:
    pace = Pauses()
    pace.ended_early(0.5)
    assert pace.caution == pytest.approx(BOUNDS.early_step)
    for _ in range(BOUNDS.forgive):
        pace.ended_well()
    assert pace.caution == 0.0


@given(st.lists(st.tuples(st.sampled_from(["paused", "early", "well"]), st.floats(0, 10)), max_size=60))
def test_waits_stay_within_bounds(steps: list[tuple[str, float]]) -> None:
    pace = Pauses()
    for what, seconds in steps:
        if what == "paused":
            pace.paused(seconds)
        elif what == "early":
            pace.ended_early(seconds)
        else:
            pace.ended_well()
    assert BOUNDS.least <= pace.longer <= BOUNDS.most
    assert 0.0 <= pace.caution <= BOUNDS.early_most + 1e-9
