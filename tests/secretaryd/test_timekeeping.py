"""The network's time sets an unset clock, and never a right one."""

import pytest

from hw.board.clock import KernelClock
from hw.errors import HardwareError
from secretaryd.bus import Bus
from secretaryd.control.protocol import ClockSet
from secretaryd.timekeeping import BUILT, LATEST, TROUBLE, Timekeeper
from secretaryd.troubles import Troubles

TRUE = BUILT + 1_000_000.0


class Machine:
    """Clock and stopwatch."""

    def __init__(self, wall: float, *, ntp: bool = False) -> None:
        self.wall, self.ntp, self.mono = wall, ntp, 50.0
        self.refuses, self.in_call = False, False
        self.sets: list[float] = []
        self.bus, self.troubles = Bus(), Troubles()
        self.keeper = Timekeeper(
            self, self.bus, self.troubles, idle=lambda: not self.in_call, monotonic=lambda: self.mono
        )

    def now(self) -> float:
        return self.wall

    def synchronised(self) -> bool:
        return self.ntp

    def set(self, now: float) -> None:
        if self.refuses:
            raise HardwareError("the clock cannot be set: Operation not permitted")
        self.wall = now
        self.sets.append(now)

    def pass_time(self, seconds: float) -> None:
        self.wall += seconds
        self.mono += seconds


def test_an_unset_clock_takes_the_networks_time_at_once() -> None:
    machine = Machine(0.0)
    assert not machine.keeper.is_set
    machine.keeper.look()
    assert TROUBLE in machine.troubles.codes
    machine.keeper.network_told(TRUE)
    assert (machine.sets, machine.keeper.is_set, machine.troubles.codes) == ([TRUE], True, {})
    with machine.bus.reader(after=0) as reader:
        assert reader._events[0].event == ClockSet(was=0.0, now=TRUE)


@pytest.mark.parametrize("off", [-20.0, 0.0, 29.0])
def test_a_right_clock_is_left_alone(off: float) -> None:
    machine = Machine(TRUE + off)
    for _ in range(3):
        machine.keeper.network_told(TRUE)
    assert (machine.sets, machine.keeper.is_set) == ([], True)


def test_a_clock_kept_by_ntp_is_left_alone_whatever_the_network_says() -> None:
    machine = Machine(TRUE, ntp=True)
    for _ in range(3):
        machine.keeper.network_told(TRUE + 86400)
    assert (machine.sets, machine.keeper.is_set) == ([], True)


def test_a_clock_that_may_be_right_is_set_only_where_two_readings_agree() -> None:
    machine = Machine(TRUE)
    machine.keeper.network_told(TRUE + 7200)
    assert (machine.sets, machine.keeper.is_set) == ([], True)
    machine.pass_time(32)
    machine.keeper.network_told(TRUE + 99_999)  # nonsense: they do not agree
    assert machine.sets == []
    machine.pass_time(32)
    machine.keeper.network_told(TRUE + 99_999 + 33)
    assert machine.sets == [TRUE + 99_999 + 33]


def test_in_a_call_the_clock_does_not_jump_and_nothing_expires() -> None:
    machine = Machine(TRUE)
    machine.in_call = True
    machine.keeper.network_told(TRUE + 7200)
    machine.pass_time(30)
    machine.keeper.network_told(TRUE + 7230)
    assert (machine.sets, machine.keeper.is_set) == ([], False)
    machine.in_call = False
    machine.pass_time(30)
    machine.keeper.network_told(TRUE + 7260)
    assert (machine.sets, machine.keeper.is_set) == ([TRUE + 7260], True)


@pytest.mark.parametrize("at", [0.0, BUILT - 1, LATEST + 1])
def test_a_time_that_cannot_be_sets_nothing(at: float) -> None:
    machine = Machine(0.0)
    machine.keeper.network_told(at)
    assert (machine.sets, machine.keeper.is_set) == ([], False)


def test_a_clock_that_cannot_be_set_is_told_with_its_reason() -> None:
    machine = Machine(0.0)
    machine.refuses = True
    machine.keeper.network_told(TRUE)
    assert not machine.keeper.is_set
    assert TROUBLE in machine.troubles.codes


def test_the_kernels_clock_is_read_without_any_right() -> None:
    clock = KernelClock()
    assert clock.now() > BUILT
    assert clock.synchronised() in (True, False)
