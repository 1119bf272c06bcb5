"""The PIN is tried once, and never again until its file changes."""

import asyncio
import os
from pathlib import Path

import pytest

from hw.at.channel import AtChannel
from hw.modem.events import SimState
from hw.modem.init import unlock_sim
from hw.modem.sim import MEMORY_NAME, PinBox, PinRefusedBefore, PinUnusable
from tests.fakes.modem_clock import run_virtual
from tests.fakes.modem_port import FakeModem, Reply

ENTER = 'AT+CPIN="4321"'
WRONG = "+CME ERROR: incorrect password"


@pytest.fixture
def pin_file(tmp_path: Path) -> Path:
    path = tmp_path / "pin"
    path.write_text("4321\n")
    path.chmod(0o600)
    return path


def unlock(pin_file: Path | None, state_dir: Path | None, replies: dict[str, Reply]) -> tuple[SimState, FakeModem]:
    """As a fresh process would."""
    modem = FakeModem(replies)
    modem.echo = False

    async def run() -> SimState:
        channel = AtChannel(modem, lambda _: None)
        serving = asyncio.create_task(channel.run())
        try:
            return await unlock_sim(channel, PinBox(pin_file, state_dir))
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    return run_virtual(run()), modem


def locked(enter: Reply) -> dict[str, Reply]:
    def state(modem: FakeModem) -> str:
        return "+CPIN: READY|OK" if enter == "OK" and ENTER in modem.sent else "+CPIN: SIM PIN|OK"

    return {"AT+CPIN?": state, ENTER: enter}


def test_the_right_pin_opens_the_sim_every_time(pin_file: Path, tmp_path: Path) -> None:
    for _ in range(2):
        state, modem = unlock(pin_file, tmp_path / "state", locked("OK"))
        assert state is SimState.READY
        assert modem.count(ENTER) == 1


def test_a_wrong_pin_is_never_tried_again(pin_file: Path, tmp_path: Path) -> None:
    state_dir = tmp_path / "state"
    state, modem = unlock(pin_file, state_dir, locked(WRONG))
    assert (state, modem.count(ENTER)) == (SimState.PIN_WRONG, 1)
    for _ in range(3):
        state, modem = unlock(pin_file, state_dir, locked(WRONG))
        assert (state, modem.count(ENTER)) == (SimState.PIN_WRONG, 0)


def test_a_changed_file_is_tried(pin_file: Path, tmp_path: Path) -> None:
    state_dir = tmp_path / "state"
    unlock(pin_file, state_dir, locked(WRONG))
    pin_file.write_text("4321\n")
    os.utime(pin_file, ns=(1, 1))
    state, modem = unlock(pin_file, state_dir, locked("OK"))
    assert (state, modem.count(ENTER)) == (SimState.READY, 1)


def test_an_attempt_cut_short_is_repeated_only_while_the_sim_has_all_its_tries(pin_file: Path, tmp_path: Path) -> None:
    for tries, entered in (("2", 0), ("3", 1)):
        PinBox(pin_file, tmp_path / tries).trying()
        replies = locked("OK") | {"AT+SPIC": f"+SPIC: {tries},10,3,10|OK"}
        state, modem = unlock(pin_file, tmp_path / tries, replies)
        assert modem.count(ENTER) == entered
        assert state is (SimState.READY if entered else SimState.PIN_REQUIRED)


def test_a_pin_that_was_not_answered_is_not_taken_for_untried(pin_file: Path, tmp_path: Path) -> None:
    from hw.errors import CommandTimeout

    with pytest.raises(CommandTimeout):
        unlock(pin_file, tmp_path / "state", locked(None))
    assert PinBox(pin_file, tmp_path / "state").offer().interrupted


def test_the_memory_holds_no_pin_and_nobody_else_reads_it(pin_file: Path, tmp_path: Path) -> None:
    unlock(pin_file, tmp_path, locked(WRONG))
    memory = tmp_path / MEMORY_NAME
    assert b"4321" not in memory.read_bytes()
    assert memory.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "123", "123456789", "abcd", "43 21", "1234\n5678", "\x00\x01\x02\x03"])
def test_what_is_no_pin_is_not_tried(pin_file: Path, text: str) -> None:
    pin_file.write_text(text)
    with pytest.raises(PinUnusable, match="4 to 8 digits"):
        PinBox(pin_file, None).offer()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_file_that_others_can_read_is_refused(pin_file: Path, mode: int) -> None:
    pin_file.chmod(mode)
    with pytest.raises(PinUnusable, match="chmod 600"):
        PinBox(pin_file, None).offer()


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(PinUnusable, match="cannot read"):
        PinBox(tmp_path / "none", None).offer()
    with pytest.raises(PinUnusable, match="neither sim_pin_file"):
        PinBox(None, None).offer()
    with pytest.raises(PinUnusable, match="plain file"):
        PinBox(tmp_path, None).offer()


def test_without_a_state_directory_the_refusal_is_remembered_in_memory(pin_file: Path) -> None:
    box = PinBox(pin_file, None)
    box.refused()
    with pytest.raises(PinRefusedBefore):
        box.offer()


def test_no_attempt_without_a_place_to_remember_it(pin_file: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file in the way")
    state, modem = unlock(pin_file, tmp_path / "state", locked("OK"))
    assert (state, modem.count(ENTER)) == (SimState.PIN_REQUIRED, 0)


def test_a_damaged_memory_stops_the_attempt(pin_file: Path, tmp_path: Path) -> None:
    (tmp_path / MEMORY_NAME).write_text("{")
    with pytest.raises(PinUnusable, match="remove it"):
        PinBox(pin_file, tmp_path).offer()
