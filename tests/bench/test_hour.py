import pytest

from tests.bench.hour import late_moments, share_covered, unexcused


@pytest.mark.parametrize(
    ("log", "moments"),
    [
        ("", []),
        ("line  call=1 late=0 late_at= max_late_ms=1.0", []),
        ("line  call=1 late=0 late_at='' max_late_ms=1.0", []),
        ("line  call=1 late=1 late_at=12.34 max_late_ms=14.0", [12.34]),
        ("line  call=1 late=2 late_at='12.34 15.00' max_late_ms=14.0", [12.34, 15.0]),
        ("line  call=1 late_at=12.34\nline  call=2 late_at='20.00 21.50' scheduler=other", [20.0, 21.5]),
    ],
)
def test_late_moments_are_those_of_the_last_call(log, moments):
    assert late_moments(log) == moments


def test_only_a_processor_that_stood_then_excuses():
    stood = [(10.0, 10.05), (20.0, 20.01)]
    assert unexcused([9.99, 10.0, 10.07, 10.09, 15.0, 20.02], stood) == [9.99, 10.09, 15.0]
    assert share_covered(stood, 60.0) == pytest.approx(0.002)
