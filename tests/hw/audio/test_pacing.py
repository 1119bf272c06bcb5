import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.audio.pacing import DRIFT, FIRST_SOUND_SECONDS, MAX_UNMATCHED, Pacer, Punctuality, Share, UplinkBudget

NOTHING = Share(0, 0, 0, 0)


def spend(pacer, share):
    for _ in range(share.send):
        pacer.budget.spend()
    return share


def flowing(pacer, frames=10, start=0.0):
    """The downlink flows: one frame every 20 ms. Returns the time of the last."""
    for k in range(frames):
        assert spend(pacer, pacer.arrived(1, start + 0.02 * k)) == Share(0, 0, 0, 1)
    return start + 0.02 * (frames - 1)


def test_a_frame_received_earns_a_frame_to_send():
    flowing(Pacer(0.0), 500)


def test_bursts_of_40_ms_are_no_stall():
    pacer = Pacer(0.0)
    for k in range(50):
        assert spend(pacer, pacer.arrived(2, 0.04 * k)) == Share(0, 0, 0, 2)
        assert pacer.tick(0.04 * k + 0.0399) == NOTHING
    assert pacer.stalls == 0


def test_after_300_ms_of_our_own_sleep_only_the_last_two_frames_are_sent_for():
    pacer = Pacer(0.0)
    last = flowing(pacer)
    assert pacer.arrived(15, last + 0.3) == Share(0, 0, 13, 2)


def test_a_stalled_downlink_is_paced_by_our_own_clock():
    pacer = Pacer(0.0)
    last = flowing(pacer)
    assert pacer.tick(last + 0.059) == NOTHING
    assert spend(pacer, pacer.tick(last + 0.06)) == Share(0, 0, 2, 1)
    for k in range(4, 20):
        assert pacer.tick(last + 0.02 * k - 0.001) == NOTHING
        assert spend(pacer, pacer.tick(last + 0.02 * k)) == Share(0, 0, 0, 1)
    assert pacer.stalls == 1
    # The sound was only delayed: it belongs to the slots made meanwhile, and earns nothing more.
    assert pacer.arrived(19, last + 0.38) == Share(0, 19, 0, 0)
    flowing(pacer, start=last + 0.40)


def test_sound_lost_in_a_stall_is_given_up_and_the_clock_goes_on():
    pacer = Pacer(0.0)
    last = flowing(pacer)
    for k in range(3, 11):
        spend(pacer, pacer.tick(last + 0.02 * k))
    assert pacer.unmatched == 10
    assert pacer.arrived(1, last + 0.205) == Share(9, 1, 0, 0), "too early for a new slot"
    flowing(pacer, start=last + 0.225)


def test_after_a_loss_the_sound_that_comes_in_time_has_its_own_slot():
    pacer = Pacer(0.0)
    last = flowing(pacer)
    for k in range(3, 11):
        spend(pacer, pacer.tick(last + 0.02 * k))
    assert pacer.arrived(1, last + 0.22) == Share(10, 0, 0, 1)


def test_a_downlink_that_never_returns_keeps_at_most_two_seconds_unmatched():
    pacer = Pacer(0.0)
    last = flowing(pacer)
    lost = sum(spend(pacer, pacer.tick(last + 0.02 * k)).lost for k in range(3, 503))
    assert pacer.unmatched == MAX_UNMATCHED
    assert lost == 502 - MAX_UNMATCHED


def test_a_machine_that_slept_does_not_owe_the_slots_of_an_hour():
    pacer = Pacer(0.0)
    last = flowing(pacer)
    assert pacer.tick(last + 3600) == Share(0, 0, MAX_UNMATCHED - 1, 1)
    assert pacer.tick(last + 3600.02).lost == 1


def test_before_the_first_sound_our_clock_waits_longer():
    pacer = Pacer(10.0)
    assert pacer.timeout(10.0) == pytest.approx(FIRST_SOUND_SECONDS)
    assert pacer.tick(10.0 + FIRST_SOUND_SECONDS - 0.001) == NOTHING
    assert pacer.tick(10.0 + FIRST_SOUND_SECONDS).send == 1


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
        share = spend(pacer, pacer.arrived(count, now) if count else pacer.tick(now))
        assert share.send <= 2
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
