"""A PIN that somebody types: one try each, and the last one only by his word."""

import asyncio
from pathlib import Path

import pytest

from hw.at.channel import AtChannel
from hw.errors import CommandTimeout
from hw.modem.events import SimState
from hw.modem.init import unlock_sim
from hw.modem.pin_entry import PinOutcome, enter_pin
from hw.modem.sim import LastTry, PinBox, PinRefusedBefore
from tests.fakes.modem_clock import run_virtual
from tests.fakes.modem_port import FakeModem, Reply

RIGHT = "4321"
WRONG = "+CME ERROR: incorrect password"


class Sim:
    """A SIM with its tries; `silent`: its firmware does not tell them."""

    def __init__(self, tries: int = 3, *, silent: bool = False, locked: bool = True) -> None:
        self.tries, self.locked, self.silent = tries, locked, silent

    def modem(self) -> FakeModem:
        """A module that it sits in; used once."""
        replies: dict[str, Reply] = {"AT+CPIN?": lambda _: self._state()}
        replies["AT+SPIC"] = "ERROR" if self.silent else lambda _: f"+SPIC: {self.tries},10,3,10|OK"
        for pin in (RIGHT, "0000", "1111", "2222"):
            replies[f'AT+CPIN="{pin}"'] = lambda _, pin=pin: self._enter(pin)  # type: ignore[misc]
        modem = FakeModem(replies)
        modem.echo = False
        return modem

    def _state(self) -> str:
        return f"+CPIN: {('SIM PIN' if self.tries else 'SIM PUK') if self.locked else 'READY'}|OK"

    def _enter(self, pin: str) -> str:
        self.locked = pin != RIGHT
        self.tries = self.tries - 1 if self.locked else 3
        return WRONG if self.locked else "OK"

    def typed(self, *pins: str, last: bool = False, box: PinBox | None = None) -> list[PinOutcome | str]:
        """What came of each, one after the other."""
        box = box or PinBox(None, None)

        async def run() -> list[PinOutcome | str]:
            channel = AtChannel(self.modem(), lambda _: None)
            serving = asyncio.create_task(channel.run())
            found: list[PinOutcome | str] = []
            try:
                for pin in pins:
                    try:
                        found.append(await enter_pin(channel, box, pin, last=last))
                    except (LastTry, PinRefusedBefore, ValueError, CommandTimeout) as error:
                        found.append(type(error).__name__)
            finally:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)
            return found

        return run_virtual(run())


def test_the_right_pin_opens_it_at_once() -> None:
    assert Sim().typed(RIGHT) == [PinOutcome(SimState.READY, None, opened=True)]


def test_a_wrong_pin_costs_one_try_however_often_it_is_sent() -> None:
    sim = Sim()
    assert sim.typed("0000", "0000", "0000") == [PinOutcome(SimState.PIN_WRONG, 2), *["PinRefusedBefore"] * 2]
    assert sim.tries == 2


def test_the_last_try_is_spent_by_nobodys_word_but_the_owners() -> None:
    sim, box = Sim(), PinBox(None, None)
    assert sim.typed("0000", "1111", "2222", RIGHT, box=box)[2:] == ["LastTry", "LastTry"]
    assert sim.tries == 1
    assert sim.typed(RIGHT, last=True, box=box) == [PinOutcome(SimState.READY, None, opened=True)]


def test_the_last_try_spent_on_a_wrong_pin_leaves_a_blocked_sim() -> None:
    sim = Sim(1)
    assert sim.typed("0000", last=True) == [PinOutcome(SimState.PUK_REQUIRED, 0)]
    assert sim.typed(RIGHT, last=True) == [PinOutcome(SimState.PUK_REQUIRED)]


def test_a_sim_that_keeps_silent_about_its_tries_gets_one_wrong_pin_without_a_word() -> None:
    sim = Sim(silent=True)
    assert sim.typed("0000", "1111") == [PinOutcome(SimState.PIN_WRONG, None), "LastTry"]
    assert sim.tries == 2


def test_a_sim_that_asks_for_nothing_is_left_alone() -> None:
    sim = Sim(locked=False)
    assert sim.typed("0000") == [PinOutcome(SimState.READY)]
    assert sim.tries == 3


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "1234\r", "٤٣٢١"])
def test_what_is_no_pin_is_not_sent(pin: str) -> None:
    sim = Sim()
    assert sim.typed(pin) == ["ValueError"]
    assert sim.tries == 3


def test_the_pin_in_the_file_that_was_refused_is_not_tried_by_hand_either(tmp_path: Path) -> None:
    file = tmp_path / "pin"
    file.write_text("0000")
    file.chmod(0o600)
    box, sim = PinBox(file, tmp_path), Sim(2)
    box.refused()
    assert sim.typed("0000", box=box) == ["PinRefusedBefore"]
    assert sim.tries == 2


@pytest.mark.parametrize(("tries", "entered"), [(3, True), (2, True), (1, False)])
def test_the_box_by_itself_never_spends_the_last_try(tmp_path: Path, tries: int, entered: bool) -> None:
    file = tmp_path / "pin"
    file.write_text("0000")
    file.chmod(0o600)
    sim, box = Sim(tries), PinBox(file, tmp_path)

    async def run() -> SimState:
        channel = AtChannel(sim.modem(), lambda _: None)
        serving = asyncio.create_task(channel.run())
        try:
            return await unlock_sim(channel, box)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    state = run_virtual(run())
    assert sim.tries == tries - entered
    assert state is (SimState.PIN_WRONG if entered else SimState.PIN_REQUIRED)
    assert box.left == sim.tries, "for people"
