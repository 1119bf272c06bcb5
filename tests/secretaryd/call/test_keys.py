"""One key is one digit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secretaryd.call.keys import Keys

STORIES = [
    ("only the modem tells", [("told", "1", 0.0), ("told", "1", 0.3), ("told", "2", 1.0)], "112"),
    ("only the sound", [("heard", "1", 0.0), ("heard", "1", 0.3), ("heard", "2", 9.0)], "112"),
    ("heard, then told", [("heard", "5", 0.0), ("told", "5", 0.4)], "5"),
    ("told, then heard", [("told", "5", 0.0), ("heard", "5", 0.2)], "5"),
    ("both, twice", [("heard", "5", 0.0), ("told", "5", 0.4), ("heard", "5", 1.0), ("told", "5", 1.4)], "55"),
    ("the modem late", [("heard", "1", 0.0), ("heard", "2", 0.3), ("told", "1", 3.5), ("told", "2", 3.6)], "12"),
    ("the modem lost the first", [("heard", "1", 0.0), ("heard", "2", 0.3), ("told", "2", 0.5)], "12"),
    ("the modem heard what we did not", [("heard", "1", 0.0), ("told", "1", 0.2), ("told", "2", 0.5)], "12"),
    ("long after it is another key", [("heard", "1", 0.0), ("told", "1", 6.0)], "11"),
]


@pytest.mark.parametrize(("story", "digits"), [case[1:] for case in STORIES], ids=[case[0] for case in STORIES])
def test_a_key_counts_once(story: list[tuple[str, str, float]], digits: str) -> None:
    keys = Keys()
    assert "".join(d for source, d, at in story if getattr(keys, source)(d, at)) == digits


@given(
    st.lists(st.sampled_from("0123456789*#"), max_size=20),
    st.lists(st.floats(0.0, 4.0), min_size=20, max_size=20),
    st.booleans(),
)
def test_whatever_the_delays_both_sources_give_what_one_would(
    digits: list[str], delays: list[float], all_: bool
) -> None:
    """The modem tells every key, in order and at most 4 s late; the sound is heard 40 ms after it."""
    events = []
    told_at = 0.0
    for number, digit in enumerate(digits):
        pressed = number * 0.25
        told_at = max(told_at, pressed + delays[number])
        events.append((told_at, 1, number, "told", digit))
        if all_ or number % 2:
            events.append((pressed + 0.04, 0, number, "heard", digit))
    keys = Keys()
    counted = [digit for at, _, _, source, digit in sorted(events) if getattr(keys, source)(digit, at)]
    assert sorted(counted) == sorted(digits)
