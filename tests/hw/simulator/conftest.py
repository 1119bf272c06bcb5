"""A module on a bench: no ports, no real time."""

import datetime as dt
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from hw.simulator.faults import FaultBoard
from hw.simulator.modem_state import Effect, Number
from hw.simulator.module import Module
from hw.simulator.profile import PLAIN, Profile, with_overrides


class Bench:
    """Feeds a module and turns its clock by hand."""

    def __init__(self, profile: Profile) -> None:
        self.now = 0.0
        self.faults = FaultBoard()
        wall = dt.datetime(2026, 11, 22, 8, 48, 0, tzinfo=dt.timezone(dt.timedelta(hours=3)))
        self.module = Module(profile, self.faults, Random(1), wall=lambda: wall)

    def run(self, seconds: float) -> bytes:
        """Lets time pass, doing everything at its own moment."""
        out, end = b"", self.now + seconds
        while (due := self.module.port.next_due()) is not None and due <= end:
            out += self.module.port.poll(due)
        self.now = end
        return out + self.module.port.poll(end)

    def say(self, line: str, seconds: float = 1.0) -> bytes:
        """One command line and what comes back within `seconds`."""
        self.module.port.feed(line.encode("latin-1") + b"\r", self.now)
        return self.run(seconds)

    def boot(self) -> bytes:
        """Starts the module and lets it settle."""
        self.module.boot(self.now)
        return self.run(3.0)

    def quiet(self, *lines: str) -> "Bench":
        """Booted, echo off, then these commands; all must succeed."""
        self.boot()
        self.say("ATE0")
        for line in lines:
            assert self.say(line).endswith(b"\r\nOK\r\n"), line
        return self

    def ring(self, digits: str = "+79161234567", presentation: str = "presented") -> bytes:
        """A call comes in; what is said in the first second."""
        assert self.module.incoming(Number(digits, presentation), self.now)
        return self.run(1.0)

    def effects(self) -> list[Effect]:
        """What the module did to the world."""
        return self.module.take_effects()


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """bench(base=PLAIN, **switches) -> Bench."""

    def make(base: Profile = PLAIN, **switches: Any) -> Bench:
        return Bench(with_overrides(base, switches))

    return make
