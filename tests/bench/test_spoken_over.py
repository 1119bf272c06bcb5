"""Who speaks over us and does not stop us has waited too, and is counted."""

from typing import Any

import pytest

from tests.bench.spoken_over import Over, by_network, left_to_say


def ours(start: float, end: float) -> dict[str, Any]:
    return {"who": "secretary", "start": start, "end": end}


@pytest.mark.parametrize(
    ("first_sound", "left"),
    [
        pytest.param(2.9, 1.1, id="in the middle of an answer"),
        pytest.param(4.0, None, id="at its very end"),
        pytest.param(4.1, None, id="into the silence behind it"),
        pytest.param(0.5, None, id="before we said a word"),
        pytest.param(5.4, 0.6, id="over the second answer"),
    ],
)
def test_what_is_left_to_say_is_of_the_answer_he_spoke_over(first_sound: float, left: float | None) -> None:
    caller = {"who": "caller", "start": 0.0, "end": 9.0}
    assert left_to_say([caller, ours(1.0, 4.0), ours(5.0, 6.0)], first_sound) == left


def over(network: str, silent: float | None, rest: float | None = None, *, wanted: bool = True) -> Over:
    return Over("known 1", network, wanted, silent is not None, silent, silent, rest)


def test_who_did_not_stop_us_waited_until_we_had_said_all() -> None:
    rows = by_network(
        [
            *(over("clean", 0.15) for _ in range(8)),
            over("clean", 0.16),
            over("clean", None, 2.5),
            over("bad", None, 0.1),
            over("bad", None),
            over("bad", None, 3.0, wanted=False),
        ]
    )
    assert rows["all"] == {"n": 12, "went on": 3, "measured": 11, "late": 2, "p50": 0.15, "p95": 2.5}
    assert rows["clean"] == {"n": 10, "went on": 1, "measured": 10, "late": 2, "p50": 0.15, "p95": 2.5}
    assert rows["bad"] == {"n": 2, "went on": 2, "measured": 1, "late": 0, "p50": 0.1, "p95": 0.1}


def test_of_nobody_there_are_no_figures() -> None:
    assert by_network([]) == {"all": {"n": 0, "went on": 0, "measured": 0, "late": 0, "p50": 0.0, "p95": 0.0}}
