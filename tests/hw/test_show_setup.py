"""The first owner's link above the login prompt and on the card's FAT partition."""

import os
import pty
import shutil
import subprocess
from pathlib import Path

import pytest

from hw.board import show_setup
from hw.board.set_clock import Refused
from hw.board.show_setup import issue, main, read, show

LINK = "http://secretary.local/setup?token=" + "a" * 43
TEXT = f"{LINK}\r\n\r\nОткройте эту ссылку в браузере дома.\r\n"


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file on a partition that is mounted."""
    firmware = tmp_path / "firmware"
    firmware.mkdir()
    monkeypatch.setattr("os.path.ismount", lambda path: Path(path) == firmware)
    return firmware / "secretary-setup.txt"


def test_the_link_is_shown_in_both_places_and_taken_away_from_both(tmp_path: Path, card: Path) -> None:
    prompt = tmp_path / "secretary.issue"
    show(TEXT, prompt, card)
    assert LINK in prompt.read_text()
    assert "▀" in prompt.read_text() or "█" in prompt.read_text(), "the QR code"
    kept = card.read_bytes().decode("utf-8-sig")
    assert kept.startswith(f"{LINK}\r\n")
    assert "\n" not in kept.replace("\r\n", "")
    show("", prompt, card)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["firmware"]
    show("", prompt, card)  # once more does no harm


def test_a_partition_that_is_not_mounted_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "firmware"
    folder.mkdir()
    show(TEXT, tmp_path / "secretary.issue", folder / "secretary-setup.txt")
    assert list(folder.iterdir()) == []


def test_agetty_gets_no_orders() -> None:
    assert "\\" not in issue(f"{LINK}\n\\l \\e{{red}} \\S")


@pytest.mark.parametrize(
    "text", ["http://evil.example/", "\x1b[31m", f"file:///{LINK}", f"{LINK} and more", LINK.replace("setup", "x")]
)
def test_what_is_no_link_is_not_shown(tmp_path: Path, text: str) -> None:
    request = tmp_path / "setup"
    request.write_text(text)
    with pytest.raises(Refused, match="no link"):
        read(request, os.getuid())


def test_a_request_of_somebody_else_is_not_done(tmp_path: Path) -> None:
    request = tmp_path / "setup"
    request.write_text(TEXT)
    with pytest.raises(Refused, match="core's"):
        read(request, os.getuid() + 1)
    request.unlink()
    request.symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="symbolic"):
        read(request, os.getuid())


def test_the_request_is_used_up_whatever_comes_of_it(
    tmp_path: Path, card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pwd

    monkeypatch.setattr(show_setup, "RELOAD", tmp_path / "reload")
    me, request, prompt = pwd.getpwuid(os.getuid()).pw_name, tmp_path / "setup", tmp_path / "secretary.issue"
    (tmp_path / "reload").touch()
    os.utime(tmp_path / "reload", (1, 1))
    for text, code in ((TEXT, 0), ("nonsense", 1), ("", 0)):
        request.write_text(text)
        assert main([str(request), me, str(prompt), str(card)]) == code
        assert not request.exists()
    assert not prompt.exists()
    assert (tmp_path / "reload").stat().st_mtime > 1, "the prompts are drawn anew"


@pytest.mark.units
def test_agetty_shows_it_as_it_stands(tmp_path: Path) -> None:
    agetty = shutil.which("agetty") or shutil.which("agetty", path="/sbin:/usr/sbin")
    if agetty is None:
        pytest.skip("agetty is not installed (Debian package util-linux)")
    prompt = tmp_path / "secretary.issue"
    prompt.write_text(issue(TEXT))
    other, terminal = pty.openpty()
    try:
        done = subprocess.run(
            [agetty, "--issue-file", prompt, "--show-issue"],
            stdin=terminal, stdout=subprocess.PIPE, text=True, timeout=20, check=True,
        )  # fmt: skip
    finally:
        os.close(other)
        os.close(terminal)
    assert LINK in done.stdout
    assert "Откройте эту ссылку" in done.stdout
