"""The recovery ladder: order, waiting, what a call forbids; whatever fails in whatever order, it never gives up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hw.modem.recovery import (
    ENDS_CALLS,
    FIRST_SECONDS,
    LADDERS,
    LINK,
    MOST_SECONDS,
    REMEMBERED,
    STEADY_SECONDS,
    Fault,
    Ladder,
    Rung,
    backoff,
)


def climb(ladder: Ladder, fault: Fault, times: int, apart: float = 1.0, began: float = 0.0) -> list[Rung]:
    rungs = []
    for number in range(times):
        ladder.failed(fault, began + number * apart)
        decision = ladder.next(fault, began + number * apart)
        assert decision is not None
        rungs.append(decision.rung)
    return rungs


def test_every_fault_has_a_ladder_and_every_rung_is_on_one_or_is_the_channels() -> None:
    assert set(LADDERS) == set(Fault)
    used = {step.rung for steps in LADDERS.values() for step in steps}
    assert set(Rung) - used == {Rung.RESYNC}


@given(st.integers(0, 10_000))
def test_waiting_stays_between_its_bounds(failures: int) -> None:
    assert FIRST_SECONDS <= backoff(failures) <= MOST_SECONDS


R = Rung


@pytest.mark.parametrize(
    ("fault", "key", "apart", "rungs"),
    [
        (Fault.SILENT, True, 20, [R.RESET, R.POWER, R.REOPEN, R.REOPEN, R.REOPEN, R.RESET, R.POWER, R.RESET]),
        (Fault.SILENT, False, 20, [R.RESET, R.REOPEN, R.REOPEN, R.REOPEN, R.RESET, R.RESET]),
        (Fault.NO_PORT, True, 10, [*[R.REOPEN] * 6, R.POWER, R.REOPEN]),
        (Fault.NO_PORT, False, 10, [R.REOPEN] * 8),
        (Fault.CALL_STUCK, True, 8, [R.HANG_UP, R.HANG_UP, R.RADIO, R.RESET, R.POWER, R.HANG_UP]),
        (Fault.SOUND_REFUSED, True, 60, [R.SOUND_OFF, R.RESET, R.POWER, R.SOUND_OFF]),
        (Fault.SOUND_WORN, False, 60, [R.RESET, R.RESET]),
        (Fault.UNREGISTERED, True, 60, [R.RE_READ, R.RE_READ, R.RADIO, *[R.RE_READ] * 7, R.RESET]),
    ],
)
def test_the_rungs_in_their_order(fault: Fault, key: bool, apart: float, rungs: list[Rung]) -> None:
    assert climb(Ladder(power_key=key), fault, len(rungs), apart) == rungs


@pytest.mark.parametrize("fault", [Fault.SOUND_REFUSED, Fault.UPLINK_STUCK, Fault.DOWNLINK_SILENT])
def test_the_sound_of_a_call_is_not_switched_off_under_it(fault: Fault) -> None:
    ladder = Ladder()
    ladder.failed(fault, 0.0)
    assert ladder.next(fault, 1.0, busy=True) is None


def test_what_ends_a_call_waits_for_its_end() -> None:
    ladder = Ladder()
    ladder.failed(Fault.SOUND_WORN, 0.0)
    assert ladder.next(Fault.SOUND_WORN, 1.0, busy=True) is None
    assert ladder.pending() == (Fault.SOUND_WORN,)
    decision = ladder.next(Fault.SOUND_WORN, 90.0)
    assert decision is not None
    assert (decision.rung, decision.trouble_seconds) == (Rung.RESET, 90.0)
    assert ladder.pending() == ()


def test_a_stuck_call_is_ended_although_one_is_up() -> None:
    ladder = Ladder()
    ladder.failed(Fault.CALL_STUCK, 0.0)
    decision = ladder.next(Fault.CALL_STUCK, 0.0, busy=True)
    assert decision is not None
    assert decision.rung is Rung.HANG_UP


def test_losing_the_port_and_not_finding_it_are_one_trouble() -> None:
    ladder = Ladder()
    ladder.failed(Fault.SILENT, 0.0)
    assert ladder.next(Fault.SILENT, 0.0).wait == FIRST_SECONDS  # type: ignore[union-attr]
    ladder.failed(Fault.NO_PORT, 2.0)
    assert ladder.next(Fault.NO_PORT, 2.0).wait == 3.0  # type: ignore[union-attr]
    recovery = ladder.well(Fault.NO_PORT, 20.0)
    assert recovery is not None
    assert (recovery.fault, recovery.rung, recovery.seconds, recovery.tries) == (Fault.SILENT, Rung.REOPEN, 20.0, 2)


@pytest.mark.parametrize(("up_seconds", "wait"), [(STEADY_SECONDS, FIRST_SECONDS), (STEADY_SECONDS - 0.1, backoff(3))])
def test_only_a_steady_modem_begins_the_waiting_anew(up_seconds: float, wait: float) -> None:
    ladder = Ladder()
    climb(ladder, Fault.PORT_LOST, 3)
    ladder.well(Fault.PORT_LOST, 10.0)
    ladder.failed(Fault.PORT_LOST, 10.0 + up_seconds)
    assert ladder.next(Fault.PORT_LOST, 10.0 + up_seconds).wait == wait  # type: ignore[union-attr]


def test_a_restart_is_followed_at_once_but_not_for_ever() -> None:
    ladder = Ladder()
    waits = []
    for number in range(4):
        ladder.failed(Fault.RESTARTED, number)
        waits.append(ladder.next(Fault.RESTARTED, number).wait)  # type: ignore[union-attr]
        ladder.well(Fault.RESTARTED, number)
    assert waits == [0.0, 3.0, 4.5, 6.75]


class AnyTrouble(RuleBasedStateMachine):
    """Faults, recoveries, calls and time in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.ladder = Ladder(power_key=True)
        self.taken = 0
        self.up = False

    @rule(fault=st.sampled_from(list(Fault)))
    def fails(self, fault: Fault) -> None:
        self.ladder.failed(fault, self.now)
        self.up = self.up and fault not in LINK

    @rule(fault=st.sampled_from(list(Fault)))
    def is_well(self, fault: Fault) -> None:
        self.ladder.well(fault, self.now)
        assert fault not in self.ladder.pending()

    @rule(seconds=st.floats(0, 10_000, allow_nan=False))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @precondition(lambda self: self.ladder.pending())
    @rule(busy=st.booleans())
    def is_seen_to(self, busy: bool) -> None:
        for fault in self.ladder.pending():
            decision = self.ladder.next(fault, self.now, busy=busy)
            if decision is None:
                assert busy
                continue
            self.taken += 1
            assert 0.0 <= decision.wait <= MOST_SECONDS
            assert decision.fault is fault
            assert not busy or decision.rung not in ENDS_CALLS or fault is Fault.CALL_STUCK
            assert fault not in self.ladder.pending()

    @invariant()
    def nothing_is_lost_and_nothing_grows(self) -> None:
        assert sum(self.ladder.taken.values()) == self.taken
        assert len(self.ladder.recoveries) <= REMEMBERED
        assert set(self.ladder.pending()) <= set(self.ladder.troubles())


TestAnyTrouble = AnyTrouble.TestCase


@given(st.sampled_from(list(Fault)), st.booleans(), st.floats(0.1, 600))
def test_it_never_gives_up_and_comes_to_every_rung_again(fault: Fault, key: bool, apart: float) -> None:
    ladder = Ladder(power_key=key)
    rungs = climb(ladder, fault, 400, apart)
    wanted = {step.rung for step in LADDERS[fault] if key or step.rung is not Rung.POWER}
    longest = max(step.after for step in LADDERS[fault])
    if 400 * apart > 6 * (longest + 1):
        assert set(rungs[len(rungs) // 2 :]) >= wanted
