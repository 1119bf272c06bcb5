import logging

import pytest

from secretaryd.logs import set_up
from tests.bench.hour import excuses, is_whole, late_moments, share_covered, unexcused


@pytest.mark.parametrize(
    ("log", "moments"),
    [
        ("", []),
        ("line  call=1 late=0 late_at=[] max_late_ms=1.0", []),
        ("line  call=1 late=1 late_at=[12.34] max_late_ms=14.0", [12.34]),
        ("line  call=1 late=2 late_at=[12.34, 15.0] max_late_ms=14.0", [12.34, 15.0]),
        ("line  call=1 late_at=[12.34]\nline  call=2 late_at=[20.0, 21.5] scheduler=other", [20.0, 21.5]),
    ],
)
def test_late_moments_are_those_of_the_last_call(log, moments):
    assert late_moments(log) == moments


def test_only_a_processor_that_stood_then_excuses():
    stood = [(10.0, 10.05), (20.0, 20.01)]
    assert unexcused([9.99, 10.0, 10.07, 10.09, 15.0, 20.02], stood) == [9.99, 10.09, 15.0]
    assert share_covered(stood, 60.0) == pytest.approx(0.002)


def test_a_watch_without_priority_excuses_nothing():
    watches = [{"stood": [[1.0, 1.1]], "above_all": True}, {"stood": [[2.0, 2.1]], "above_all": True}]
    assert excuses(watches) == {"above_all": True, "stood": [(1.0, 1.1), (2.0, 2.1)]}
    watches[1]["above_all"] = False
    assert excuses(watches) == {"above_all": False, "stood": []}


@pytest.mark.parametrize(
    ("kept", "line", "whole"),
    [
        (3598.42, 3598.28, True),  # seven slots behind the caller's hanging up
        (3598.28, 3598.28, True),
        (3598.2, 3598.28, True),
        (3597.9, 3598.28, False),
        (3600.3, 3598.28, False),  # more than the call lasted
        (0.0, 0.0, True),
    ],
)
def test_a_recording_is_whole_when_all_that_was_heard_is_there(kept: float, line: float, whole: bool) -> None:
    assert is_whole({"kept_s": kept, "line_s": line, "network_s": 3600.0}) is whole


def test_the_moments_are_not_masked_for_telephone_numbers(capsys):
    before = logging.root.handlers[:], logging.root.level
    try:
        set_up("core", "info", mask=True, environ={})
        logging.getLogger("x").info("line", extra={"late_at": [36916.12, 36918.33, 31536000.5]})
    finally:
        logging.root.handlers[:], logging.root.level = before
    assert late_moments(capsys.readouterr().err) == [36916.12, 36918.33, 31536000.5]
