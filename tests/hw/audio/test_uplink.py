"""The modem takes a frame every 20 ms of its own clock: never more than 40 ms may wait for it, and never nothing."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.ticking_modem import FRAME, TickingModem


def burst_of(frames, odd=0):
    """Bytes kept back so that `frames` come at once, minus a few."""
    return itertools.cycle([FRAME * k + odd for k in range(1, frames)] + [odd])


def random_pieces(seed, most):
    rng = random.Random(seed)
    return (rng.randint(0, most) for _ in itertools.count())


def trembling(seed, most):
    rng = random.Random(seed)
    return (rng.uniform(0, most) for _ in itertools.count())


ARRIVALS = {
    "frames": lambda: burst_of(1),
    "one odd byte": lambda: burst_of(1, odd=1),
    "bursts of 40 ms": lambda: burst_of(2),
    "bursts of 60 ms": lambda: burst_of(3),
    "odd bursts of 60 ms": lambda: burst_of(3, odd=319),
    "any piece": lambda: random_pieces(1, FRAME),
    "any burst": lambda: random_pieces(2, 2 * FRAME),
}


@pytest.mark.parametrize("ppm", [-50, 50])
@pytest.mark.parametrize("name", ARRIVALS)
def test_a_minute_without_a_gap_and_never_more_than_40_ms_ahead(name, ppm):
    modem = TickingModem(ARRIVALS[name](), trembling(3, 0.008), ppm).run(3000)
    assert modem.gaps == []
    assert set(modem.queued[1:]) <= {1, 2}
    assert max(modem.queued) == 2
    assert (modem.pacer.late, modem.pacer.missed, modem.pacer.stalls) == (0, 0, 0)


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 3 * FRAME - 1), max_size=7),
    st.lists(st.floats(0, 0.004), min_size=1, max_size=40),
    st.floats(-100, 100),
)
def test_any_arrivals_in_bursts_of_up_to_60_ms(kept, asleep, ppm):
    """All that there is comes now and then; the host's thread is never quite punctual."""
    modem = TickingModem(itertools.cycle([*kept, 0]), itertools.cycle(asleep), ppm).run(400)
    assert modem.gaps == []
    assert max(modem.queued) <= 2


@given(st.integers(0, 200), st.floats(0, 0.3), st.floats(-100, 100))
def test_a_host_that_slept_once_leaves_at_most_its_own_gap_and_no_delay(when, seconds, ppm):
    asleep = itertools.chain(itertools.repeat(0.0, 60 + when), [seconds], itertools.repeat(0.0))
    modem = TickingModem(burst_of(1), asleep, ppm).run(600)
    assert len(modem.gaps) <= max(0.0, seconds - 0.02) / 0.02 + 1
    assert bool(modem.pacer.missed) <= bool(modem.gaps)
    if seconds < 0.029:
        assert modem.gaps == []
    assert set(modem.queued[-100:]) == {2}


def test_sound_lost_on_its_way_to_us_takes_nothing_from_the_uplink():
    modem = TickingModem(burst_of(1))
    modem.lose = {200, 201, 500, 502, 504, *range(800, 850)}
    modem.run(3000)
    assert modem.gaps == []
    assert max(modem.queued) == 2
    assert sum(share.lost for share in modem.shares) == len(modem.lose)


HOUR = 180_000
MINUTE = 3_000


@pytest.mark.parametrize(
    ("name", "ppm", "ticks"),
    [
        ("any piece", -100, HOUR),
        ("any piece", 100, HOUR // 10),
        ("frames", -100, HOUR // 10),
        ("frames", 100, HOUR),
    ],
)
def test_an_hour_of_drift_costs_no_click_and_no_delay_that_grows(name, ppm, ticks):
    """A sound card gives whole periods, the modem's port pieces of any length; either crystal may be 100 ppm off, which
    is 18 frames in an hour: a buffer that took them up would be a third of a second late."""
    modem = TickingModem(ARRIVALS[name](), trembling(3, 0.004), ppm).run(ticks)
    assert modem.gaps == [], "the far side ran dry: a click"
    assert max(modem.queued) <= 2
    first, last = modem.queued[1 : MINUTE + 1], modem.queued[-MINUTE:]
    assert abs(sum(last) - sum(first)) / MINUTE < 0.05, "the delay grew"
    after = modem.shares[20:]
    assert sum(share.skipped for share in after) == 0, "a frame of ours was left out: a click"
    assert sum(share.lost for share in after) == 0, "the caller's sound was given up"
    assert abs(modem.pacer.unmatched) <= 3
    assert modem.pacer.lag < 0.08
