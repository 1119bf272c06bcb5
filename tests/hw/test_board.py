"""The board: a power key without GPIO, and the clock's errand to the one who may set it."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.board import clock as clocks
from hw.board.clock import KernelClock
from hw.board.power import GpioPowerKey
from hw.board.set_clock import EARLIEST, LATEST, MOST_AGE, Refused, read, wanted
from hw.errors import HardwareError
from secretaryd import timekeeping


async def test_a_key_that_cannot_be_pressed_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr("hw.board.power.import_module", missing)
    with pytest.raises(HardwareError, match=r"modem\.power_gpio = 0"):
        await GpioPowerKey(6).press(0.0)


class Line:
    """What gpiozero.OutputDevice is."""

    def __init__(self, line: int, initial_value: bool) -> None:
        self.did: list[str] = [f"{line} {initial_value}"]

    def on(self) -> None:
        self.did.append("on")

    def off(self) -> None:
        self.did.append("off")

    def close(self) -> None:
        self.did.append("close")


async def test_a_key_is_held_and_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[Line] = []

    class Gpio:
        @staticmethod
        def OutputDevice(line: int, initial_value: bool) -> Line:
            lines.append(Line(line, initial_value))
            return lines[-1]

    monkeypatch.setattr("hw.board.power.import_module", lambda _: Gpio)
    await GpioPowerKey(6).press(0.0)
    assert lines[0].did == ["6 False", "on", "off", "close"]


def refuse(*_: object) -> None:
    raise PermissionError(1, "Operation not permitted")


def test_who_may_not_set_the_clock_leaves_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks.time, "clock_settime", refuse)
    with pytest.raises(HardwareError, match="not permitted"):
        KernelClock().set(EARLIEST)
    monkeypatch.setattr(clocks.time, "monotonic", lambda: 9995.2106)
    KernelClock(tmp_path / "clock").set(EARLIEST + 5)
    text = read(tmp_path / "clock", os.getuid())
    assert wanted(text, 9995.2106) == EARLIEST + 5
    assert list(tmp_path.iterdir()) == [tmp_path / "clock"]
    with pytest.raises(HardwareError):
        KernelClock(tmp_path / "nowhere" / "clock").set(EARLIEST)


@pytest.mark.parametrize(
    ("text", "monotonic", "now"),
    [
        (f"{EARLIEST} 100.0", 100.0, EARLIEST),
        (f"{EARLIEST} 100.0", 130.0, EARLIEST + 30),
        (f"{EARLIEST} 100.0", 100.0 + MOST_AGE + 1, None),
        (f"{EARLIEST} 100.0", 99.0, None),
        (f"{EARLIEST - 1} 100.0", 100.0, None),
        (f"{LATEST + 1} 100.0", 100.0, None),
        ("nan 100.0", 100.0, None),
        (f"{EARLIEST} nan", 100.0, None),
        ("1", 100.0, None),
        ("", 100.0, None),
    ],
)
def test_which_requests_are_done(text: str, monotonic: float, now: float | None) -> None:
    if now is not None:
        assert wanted(text, monotonic) == now
        return
    with pytest.raises(Refused):
        wanted(text, monotonic)


@given(st.text(max_size=80))
def test_nonsense_is_refused(text: str) -> None:
    try:
        now = wanted(text, 1000.0)
    except Refused:
        return
    assert EARLIEST <= now <= LATEST + MOST_AGE


def test_a_request_of_somebody_else_or_behind_a_link_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "clock").write_text("1 1")
    with pytest.raises(Refused):
        read(tmp_path / "clock", os.getuid() + 1)
    (tmp_path / "link").symlink_to(tmp_path / "clock")
    with pytest.raises(OSError, match="symbolic links"):
        read(tmp_path / "link", os.getuid())


def test_both_sides_believe_the_same_years() -> None:
    assert (EARLIEST, LATEST) == (timekeeping.BUILT, timekeeping.LATEST)
