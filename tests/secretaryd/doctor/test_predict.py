"""What other models would answer in, from one that was measured."""

import pytest

from secretaryd.doctor.predict import Choice, Rates, percentile, predict, recommended

PI_5 = Rates(1000.0, 30.0, 8.0)
CHOICES = (Choice("half", 500, 700), Choice("same", 1000, 1400), Choice("double", 2000, 2600))


def test_a_model_twice_as_large_takes_twice_as_long() -> None:
    half, same, double = predict(PI_5, CHOICES, 10_000)
    assert same.seconds == pytest.approx(60 / 30 + 14 / 8)
    assert double.seconds == pytest.approx(2 * same.seconds)
    assert half.decode == pytest.approx(16.0)


def test_the_largest_that_fits_and_answers_in_time_is_recommended() -> None:
    fast = predict(Rates(1000.0, 300.0, 40.0), CHOICES, 10_000)
    assert recommended(fast).name == "double"  # type: ignore[union-attr]
    tight = predict(Rates(1000.0, 300.0, 40.0), CHOICES, 1500)
    assert recommended(tight).name == "same"  # type: ignore[union-attr]
    assert recommended(predict(Rates(1000.0, 5.0, 3.0), CHOICES, 10_000)) is None


def test_a_percentile_of_nothing_is_nothing() -> None:
    assert percentile([], 0.5) == 0.0
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([1.0, 2.0, 3.0], 0.95) == 3.0
