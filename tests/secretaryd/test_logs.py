"""Logs and notifications: numbers masked, fields kept, the watchdog fed only while alive."""

import asyncio
import logging
import socket
from pathlib import Path

import pytest

from secretaryd.logs import Masking, mask_number, set_up
from secretaryd.notify import HANGING_SECONDS, Notifier, hanging

CASES = [
    ("+79161234567", "+7916•••4567"),
    ("call from +7 (916) 123-45-67 ended", "call from +7916•••4567 ended"),
    ("8 900 123 45 67", "8900•••4567"),
    ("1234567", "•••67"),
    ("no number here, 15 turns in 120 s", "no number here, 15 turns in 120 s"),
]


@pytest.mark.parametrize(("text", "masked"), CASES)
def test_telephone_numbers_are_masked(text: str, masked: str) -> None:
    assert mask_number(text) == masked


def test_fields_are_masked_as_well() -> None:
    record = logging.makeLogRecord({"msg": "call %s", "args": ("+79161234567",), "number": "+79161234567", "turns": 3})
    Masking().filter(record)
    assert record.getMessage() == "call +7916•••4567"
    assert (record.number, record.turns) == ("+7916•••4567", 3)


def test_the_terminal_shows_fields_and_process(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        set_up("core", "info", mask=True, environ={})
        logging.getLogger("hw.modem").info("rang", extra={"number": "+79161234567", "ring": 1})
        line = capsys.readouterr().err
    finally:
        root.handlers[:], root.level = before, level
    assert "rang" in line
    assert "+7916•••4567" in line
    assert "core" in line
    assert "1234567" not in line


async def test_the_watchdog_is_fed_only_while_alive() -> None:
    sent: list[str] = []
    fed = asyncio.Event()
    answers = iter([None, "line clock stopped", None])

    def alive() -> str | None:
        try:
            return next(answers)
        except StopIteration:
            fed.set()
            return "end"

    watch = asyncio.create_task(Notifier(sent.append, {"WATCHDOG_USEC": "2000"}).watch(alive))
    await asyncio.wait_for(fed.wait(), 5)
    watch.cancel()
    assert sent == ["WATCHDOG=1", "WATCHDOG=1"]


def test_ready_reaches_the_managers_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        Notifier().ready()
        manager.settimeout(5)
        assert manager.recv(100) == b"READY=1"


def test_ready_reaches_a_manager_with_an_abstract_address(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{tmp_path}")
        Notifier(environ={"NOTIFY_SOCKET": f"@{tmp_path}"}).status("one\ntwo")
        manager.settimeout(5)
        assert manager.recv(100) == b"STATUS=one two"


def test_a_manager_that_has_gone_is_logged_and_ends_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Notifier(environ={"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
    assert "the service manager was not told" in caplog.text


@pytest.mark.parametrize(("seconds", "well"), [(0.0, True), (HANGING_SECONDS, True), (HANGING_SECONDS + 1, False)])
def test_an_engine_that_hangs_is_a_reason_not_to_feed_the_watchdog(seconds: float, well: bool) -> None:
    assert (hanging(seconds) is None) == well
