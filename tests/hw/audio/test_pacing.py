import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.audio.pacing import DRIFT, FIRST_SOUND_SECONDS, MAX_UNMATCHED, Pacer, Punctuality, Share, UplinkBudget

NOTHING = Share(0, 0, 0, 0)


def advance(pacer, count, now):
    share = pacer.advance(count, now)
    for _ in range(share.send):
        pacer.budget.spend()
    return share


def flowing(pacer, frames=10, start=0.0):
    """The downlink flows: one frame every 20 ms. Returns the time of the last."""
    for k in range(frames):
        assert advance(pacer, 1, start + 0.02 * k) == Share(0, 1, 0, 1)
    return start + 0.02 * (frames - 1)


def stall(pacer, last, slots):
    """Nothing arrives for so many slots."""
    assert advance(pacer, 0, last + 0.06) == Share(1, 2, 0, 0)
    for k in range(4, slots + 1):
        assert advance(pacer, 0, last + 0.02 * k - 0.001) == NOTHING
        assert advance(pacer, 0, last + 0.02 * k).send <= 1
    assert pacer.unmatched == slots
    return last + 0.02 * slots


def test_a_frame_received_earns_a_frame_to_send():
    flowing(Pacer(0.0), 500)


def test_bursts_of_40_ms_are_no_stall():
    pacer = Pacer(0.0)
    for k in range(50):
        assert advance(pacer, 2, 0.04 * k) == Share(0, 2, 0, 2)
        assert advance(pacer, 0, 0.04 * k + 0.0399) == NOTHING
    assert pacer.stalls == 0


def test_after_300_ms_of_our_own_sleep_only_the_last_two_frames_are_sent_for():
    pacer = Pacer(0.0)
    last = flowing(pacer)
    assert advance(pacer, 15, last + 0.3) == Share(13, 2, 0, 15)


def test_a_stalled_downlink_is_paced_by_our_own_clock():
    pacer = Pacer(0.0)
    last = flowing(pacer)
    assert advance(pacer, 0, last + 0.059) == NOTHING
    stall(pacer, last, 100)
    assert pacer.stalls == 1


def test_sound_that_was_only_delayed_fills_the_slots_made_meanwhile():
    pacer = Pacer(0.0)
    now = stall(pacer, flowing(pacer), 18)
    assert advance(pacer, 18, now + 0.001) == Share(0, 0, 0, 18)
    assert (pacer.unmatched, pacer.stalled) == (0, False)
    flowing(pacer, start=now + 0.02)


def test_a_backlog_that_dribbles_in_is_held_and_not_taken_for_lost():
    pacer = Pacer(0.0)
    now = stall(pacer, flowing(pacer), 18)
    shares = [advance(pacer, 2, now + 0.001 * k) for k in range(9)]
    assert shares == [NOTHING] * 7 + [Share(0, 0, 0, 16), Share(0, 0, 0, 2)]
    flowing(pacer, start=now + 0.02)


def test_sound_lost_in_a_stall_is_given_up_after_a_short_grace():
    pacer = Pacer(0.0)
    now = stall(pacer, flowing(pacer), 10)
    shares = [advance(pacer, 1, now + 0.02 * k + 0.005) for k in range(1, 31)]
    assert [share.send for share in shares] == [1] * 30, "speech is not disturbed"
    assert shares[:5] == [Share(0, 1, 0, 0)] * 3 + [Share(0, 1, 10, 4), Share(0, 1, 0, 1)]
    assert sum(share.filled for share in shares) == 30


def test_two_frames_on_their_way_are_neither_lost_nor_sent_for_twice():
    pacer = Pacer(0.0)
    now = stall(pacer, flowing(pacer), 5)
    assert advance(pacer, 3, now + 0.001) == Share(0, 0, 0, 3)
    assert (pacer.unmatched, pacer.stalled) == (2, False)
    assert advance(pacer, 2, now + 0.03) == Share(0, 0, 0, 2)
    flowing(pacer, start=now + 0.04)


def test_a_downlink_that_never_returns_keeps_at_most_two_seconds_unmatched():
    pacer = Pacer(0.0)
    now = stall(pacer, flowing(pacer), MAX_UNMATCHED)
    assert sum(advance(pacer, 0, now + 0.02 * k).lost for k in range(1, 401)) == 400
    assert pacer.unmatched == MAX_UNMATCHED


def test_a_machine_that_slept_does_not_owe_the_slots_of_an_hour():
    pacer = Pacer(0.0)
    last = flowing(pacer)
    assert advance(pacer, 0, last + 3600) == Share(MAX_UNMATCHED - 2, 2, 0, 0)
    assert advance(pacer, 0, last + 3600.02).lost == 1


def test_before_the_first_sound_our_clock_waits_longer():
    pacer = Pacer(10.0)
    assert pacer.timeout(10.0) == pytest.approx(FIRST_SOUND_SECONDS)
    assert advance(pacer, 0, 10.0 + FIRST_SOUND_SECONDS - 0.001) == NOTHING
    assert advance(pacer, 0, 10.0 + FIRST_SOUND_SECONDS).send == 2


@given(
    st.lists(st.tuples(st.floats(0.0, 0.4), st.integers(0, 30)), max_size=60),
    st.floats(-100e-6, 100e-6),
)
def test_never_more_than_40_ms_lie_ahead_whatever_arrives(events, ppm):
    """The modem's own clock, up to 100 ppm off, is the judge."""
    pacer, now, level = Pacer(0.0), 0.0, 0.0
    for gap, count in events:
        now += gap
        level = max(0.0, level - gap * 16000 * (1 + ppm))
        waiting, held = pacer.unmatched, pacer.held
        share = advance(pacer, count, now)
        assert pacer.held == held + count - share.filled
        assert pacer.unmatched == waiting + share.skipped + share.send - share.lost - share.filled
        assert min(share.skipped, share.send, share.lost, share.filled) >= 0
        assert pacer.held <= pacer.unmatched <= MAX_UNMATCHED
        level += 320 * share.send
        assert level <= 640 + now * 16000 * (DRIFT + 100e-6) + 1e-6


def test_the_budget_is_two_frames_and_drains_in_real_time():
    budget = UplinkBudget(0.0)
    assert budget.room(0.0) == 2
    budget.spend()
    budget.spend()
    assert [budget.room(at) for at in (0.0, 0.0199, 0.02, 0.0399, 0.04, 9.0)] == [0, 0, 1, 1, 2, 2]


def test_lateness_is_measured_against_the_earliest_arrivals():
    clock = Punctuality()
    for k in range(100):
        clock.arrived(1, 0.02 * k + (0.015 if k == 50 else 0.004 if k % 2 else 0.0))
    assert clock.late == 1
    assert clock.max_gap == pytest.approx(0.031)


def test_frames_held_up_by_a_stall_are_each_late():
    clock = Punctuality()
    clock.arrived(1, 0.0)
    clock.arrived(10, 0.2)  # due at 20, 40 ... 200 ms
    assert clock.late == 9


def test_frames_lost_for_good_do_not_make_all_later_ones_late():
    clock = Punctuality()
    for k in range(100):
        clock.arrived(1, 0.02 * k)
    for k in range(500):
        clock.arrived(1, 3.0 + 0.02 * k)
    assert clock.late == 50
