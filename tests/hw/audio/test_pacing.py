import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.audio.pacing import (
    CALIBRATION_FRAMES,
    DRIFT,
    FIRST_SOUND_SECONDS,
    MAX_UNMATCHED,
    ArrivalJitter,
    ModemClock,
    Pacer,
    Share,
    UplinkBudget,
)

NOTHING = Share()
HEARD, SENT = Share(filled=1), Share(send=1)


def started():
    """The modem sends a frame every 20 ms from 0 on; the line has begun to speak. Returns the pacer and the time of the
    last arrival."""
    pacer = Pacer(0.0)
    shares = []
    for k in range(CALIBRATION_FRAMES + 1):
        assert pacer.advance(320, 0.02 * k) == HEARD
        shares.append(pacer.advance(0, 0.02 * k + 0.0101))
    assert shares == [Share(skipped=1)] * (CALIBRATION_FRAMES) + [Share(prime=1, send=1)]
    return pacer, 0.02 * CALIBRATION_FRAMES


def flowing(pacer, start, frames=10):
    for k in range(frames):
        assert pacer.advance(320, start + 0.02 * k) == HEARD
        assert pacer.advance(0, start + 0.02 * k + 0.0101) == SENT
    return start + 0.02 * (frames - 1)


def stall(pacer, last, slots):
    """Nothing arrives for so many slots."""
    for k in range(1, slots + 1):
        assert pacer.advance(0, last + 0.02 * k + 0.0095) == NOTHING
        assert pacer.advance(0, last + 0.02 * k + 0.0106) == SENT
    assert (pacer.unmatched, pacer.stalls) == (slots, 1)
    return last + 0.02 * slots


def test_a_slot_comes_due_half_a_frame_after_the_modem_s_clock():
    pacer, last = started()
    assert pacer.timeout(last + 0.0101) == pytest.approx(0.02, abs=0.0002)
    last = flowing(pacer, last + 0.02, 500)
    assert pacer.timeout(last + 0.02) == pytest.approx(0.01, abs=0.0002)
    assert (pacer.unmatched, pacer.held, pacer.late, pacer.missed) == (0, 0, 0, 0)


def test_after_300_ms_of_our_own_sleep_only_the_last_two_frames_are_sent_for():
    pacer, last = started()
    assert pacer.advance(15 * 320, last + 0.3001) == Share(skipped=13, send=2, filled=15)
    assert (pacer.missed, pacer.late) == (13, 14)
    assert pacer.worst == pytest.approx(0.27, abs=0.001)
    assert list(pacer.late_at) == [last + 0.3001], "once for all that was late together"


def test_a_late_frame_is_late_by_our_own_doing_only():
    pacer, last = started()
    assert pacer.advance(0, last + 0.031) == SENT
    assert pacer.late == 0
    assert pacer.advance(0, last + 0.0655) == SENT
    assert (pacer.late, pacer.missed) == (1, 0)
    assert pacer.worst == pytest.approx(0.0155, abs=0.001)
    assert pacer.advance(3 * 320, last + 0.066).filled == 3
    assert pacer.late == 1, "the modem's burst is none of our doing"
    assert list(pacer.late_at) == [last + 0.0655]


def test_a_stalled_downlink_is_paced_by_the_estimate():
    pacer, last = started()
    stall(pacer, last, 90)


def test_sound_that_was_only_delayed_fills_the_slots_made_meanwhile():
    pacer, last = started()
    now = stall(pacer, last, 18)
    assert pacer.advance(18 * 320, now + 0.011).filled == 18
    assert (pacer.unmatched, pacer.held) == (0, 0)
    flowing(pacer, now + 0.02)


def test_a_backlog_that_dribbles_in_is_held_and_not_taken_for_lost():
    pacer, last = started()
    now = stall(pacer, last, 18)
    shares = [pacer.advance(2 * 320, now + 0.011 + 0.001 * k) for k in range(9)]
    assert shares == [NOTHING] * 7 + [Share(filled=16), Share(filled=2)]
    flowing(pacer, now + 0.02)


def test_sound_lost_in_a_stall_is_given_up_after_a_short_grace():
    pacer, last = started()
    now = stall(pacer, last, 10)
    shares = []
    for k in range(1, 31):
        shares += [pacer.advance(320, now + 0.02 * k), pacer.advance(0, now + 0.02 * k + 0.0102)]
    assert [share.send for share in shares] == [0, 1] * 30, "speech is not disturbed"
    assert [(share.lost, share.filled) for share in shares[0:10:2]] == [(0, 0)] * 3 + [(10, 4), (0, 1)]


def test_a_frame_lost_while_sound_flows_is_missed_after_two_seconds():
    pacer, last = started()
    last = flowing(pacer, last + 0.02, 5)
    assert pacer.advance(0, last + 0.031) == SENT
    shares = []
    for k in range(2, 252):
        shares += [pacer.advance(320, last + 0.02 * k), pacer.advance(0, last + 0.02 * k + 0.011)]
    assert [share.send for share in shares] == [0, 1] * 250
    assert sum(share.lost for share in shares) == 1
    assert max(share.lost for share in shares[:190]) == 0
    assert pacer.unmatched <= 1


def test_a_downlink_that_never_returns_keeps_at_most_two_seconds_unmatched():
    pacer, last = started()
    now = stall(pacer, last, MAX_UNMATCHED)
    assert sum(pacer.advance(0, now + 0.02 * k + 0.014).lost for k in range(1, 401)) == 400
    assert pacer.unmatched == MAX_UNMATCHED


def test_a_machine_that_slept_does_not_owe_the_slots_of_an_hour():
    pacer, last = started()
    share = pacer.advance(0, last + 3600)
    assert share.send == 2
    assert share.skipped < MAX_UNMATCHED
    assert pacer.unmatched <= MAX_UNMATCHED


def test_before_the_first_sound_we_wait_longer_and_then_speak_at_once():
    pacer = Pacer(10.0)
    assert pacer.timeout(10.0) == pytest.approx(FIRST_SOUND_SECONDS)
    assert pacer.advance(0, 10.0 + FIRST_SOUND_SECONDS - 0.001) == NOTHING
    assert pacer.advance(0, 10.0 + FIRST_SOUND_SECONDS) == Share(prime=1, send=1)
    assert pacer.advance(0, 10.0 + FIRST_SOUND_SECONDS + 0.0201) == SENT
    assert pacer.stalls == 1


def test_a_first_frame_that_was_late_costs_no_extra_frame():
    pacer = Pacer(0.0)
    sent = 0
    for k in range(200):
        shares = [pacer.advance(320, 0.02 * k + (0.019 if k < 30 else 0.0)), pacer.advance(0, 0.02 * k + 0.01999)]
        sent += sum(share.prime + share.send for share in shares)
    assert sent - 1 <= 200 - CALIBRATION_FRAMES


@given(st.lists(st.tuples(st.floats(0.0, 0.4), st.integers(0, 9600)), max_size=60), st.floats(-100e-6, 100e-6))
def test_whatever_arrives_the_uplink_is_bounded_and_the_books_balance(events, ppm):
    """Such arrivals no modem makes. Its own clock, up to 100 ppm off, is the judge."""
    pacer, now, level, received, slots, heard = Pacer(0.0), 0.0, 0.0, 0, 0, 0
    for gap, count in events:
        now += gap
        received += count
        level = max(0.0, level - gap * 16000 * (1 + ppm))
        share = pacer.advance(count, now)
        assert min(share.prime, share.skipped, share.send, share.lost, share.filled) >= 0
        slots += share.skipped + share.send
        heard += share.lost + share.filled
        assert pacer.unmatched == slots - heard
        assert pacer.unmatched >= -1, "heard more than a slot before ours of it: nobody knows what was said just before"
        assert pacer.unmatched <= max(MAX_UNMATCHED, pacer.held)
        level += 320 * (share.send + share.prime)
        assert level <= 960 + now * 16000 * (DRIFT + 100e-6) + 1e-6


def test_the_budget_is_three_frames_and_drains_in_real_time():
    budget = UplinkBudget(0.0)
    assert budget.room(0.0) == 3
    budget.spend(3)
    assert [budget.room(at) for at in (0.0, 0.0199, 0.02, 0.0399, 0.04, 9.0)] == [0, 0, 1, 1, 2, 3]


@pytest.mark.parametrize("ppm", [-100, 0, 100])
def test_the_clock_is_never_ahead_and_never_behind(ppm):
    clock = ModemClock()
    clock.start(0.0, 0.0)
    for k in range(1, 5001):
        at = 0.02 * k / (1 + ppm * 1e-6)
        clock.run(at)
        assert clock.frames <= k
        assert clock.told(k) == 0, "drift is no jump"
        assert clock.frames == k


def test_what_the_clock_was_behind_at_the_origin_comes_out_once():
    clock = ModemClock()
    clock.start(10.5, 0.0)
    clock.mark()
    assert [clock.told(frames) for frames in (10.7, 10.9, 11.1, 11.3, 12.0, 12.1)] == [0, 0, 1, 0, 1, 0]


def test_jitter_is_how_late_frames_come_by_the_modem_s_clock():
    jitter = ArrivalJitter()
    assert jitter.percentile(95) == 0.0
    for k in range(100):
        jitter.arrived(2, 0.0005, 0.04 * k)
    assert jitter.percentile(50) == 1
    assert jitter.percentile(95) == 21
    assert jitter.max_gap == pytest.approx(0.04)
    jitter.arrived(1000, 9.0, 5.0)
    assert jitter.percentile(100) == ArrivalJitter.BINS
