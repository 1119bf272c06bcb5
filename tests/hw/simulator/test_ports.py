"""The pseudo-terminals themselves."""

import contextlib
import os
import select
import termios

import pytest

from hw.simulator.pty_ports import PtyPort

pytestmark = pytest.mark.realtime


@pytest.fixture
def port(tmp_path):
    one = PtyPort(tmp_path / "modem-at")
    one.open()
    yield one
    one.close()


def opened(port):
    return os.open(port.link, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)


def arrived(end):
    """The kernel hands bytes over in a thread of its own: soon, not at once."""
    return bool(select.select([end], [], [], 5.0)[0])


def test_bytes_pass_unchanged_both_ways(port):
    host = opened(port)
    every = bytes(range(256))
    assert port.write(every) == 256
    assert arrived(host)
    assert os.read(host, 1000) == every
    os.write(host, every)
    assert arrived(port.fileno)
    assert port.waiting() == 256
    assert port.read(1000) == every
    os.close(host)


def test_the_tty_neither_echoes_nor_edits(port):
    host = opened(port)
    flags = termios.tcgetattr(host)
    assert not flags[3] & (termios.ECHO | termios.ICANON | termios.ISIG)
    assert not flags[1] & termios.OPOST
    os.close(host)


def test_without_a_host_bytes_are_lost_not_kept(port):
    assert not port.host_present()
    assert port.write(b"RDY") == 3
    assert port.lost == 3
    host = opened(port)
    assert port.host_present()
    with pytest.raises(BlockingIOError):
        os.read(host, 10)
    os.close(host)
    assert not port.host_present()
    assert port.read(10) == b""


def test_a_host_that_does_not_read_takes_only_so_much(port):
    host = opened(port)
    taken = sum(port.write(bytes(320)) for _ in range(200))
    assert 4096 <= taken < 200 * 320
    os.close(host)


def test_a_vanishing_port_ends_the_host_s_reading_and_returns_elsewhere(port):
    host = opened(port)
    before = port.tty
    port.close()
    assert not port.link.is_symlink()
    with contextlib.suppress(OSError):  # EIO, or end of file
        assert os.read(host, 10) == b""
    os.close(host)
    assert port.write(b"x") == 1
    assert port.read(10) == b""
    assert port.waiting() == 0
    port.open(renumber=True)
    assert port.tty != before
    again = opened(port)
    port.write(b"RDY")
    assert arrived(again)
    assert os.read(again, 10) == b"RDY"
    os.close(again)
