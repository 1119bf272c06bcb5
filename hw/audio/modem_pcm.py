"""The modem's PCM port: a serial port that carries raw samples while AT+CPCMREG=1 is in force (SIMCom SIM7500/7600 AT
manual, 5.2.25).

A plain non-blocking descriptor, because pyserial adds milliseconds and loses bytes when a read is cancelled. Anything
that reads and writes bytes will do: a USB serial port, a pseudo-terminal.
"""

import errno
import fcntl
import os
import select
import struct
import termios
import tty
from typing import Final

from hw.audio.ports import SoundDevice
from hw.errors import SoundError

READ_BYTES: Final = 4096
"""One read at a time: the size of the driver's URBs (Linux usb_wwan)."""

MAX_BURST_BYTES: Final = 16384
"""The most taken in one go (1.02 s): what four URBs, or a pseudo-terminal, can hold."""

STALE_READS: Final = 16
"""Enough for any driver's buffers; sound that arrives meanwhile must not keep us here."""

SETTLE_SECONDS: Final = 0.03
"""What waits in the module itself comes within so long after the driver was emptied."""

PUNCTUAL_BYTES: Final = 960
"""A burst of 60 ms, the longest that sound comes in while it is read. More at once is old."""

PUNCTUAL_ROUNDS: Final = 2
"""The old may come in pieces too."""

GONE: Final = {errno.EIO, errno.ENODEV, errno.ENXIO, errno.EBADF, errno.EPIPE, errno.ECONNRESET}
"""What an unplugged port answers; the rest of the errno family is not expected and ends the line as well."""


def open_modem_pcm(path: str) -> SoundDevice:
    """Opens the port at `path`. Raises SoundError when it is not there, or not ours to open."""
    return ModemPcm(path)


class ModemPcm:
    """See `hw.audio.ports.SoundDevice`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._tail = b""
        self._half_sample = 0
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise SoundError(f"{path}: {error.strerror}") from error
        self._is_tty = os.isatty(self._fd)
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)
        try:
            self._make_raw()
        except (OSError, termios.error) as error:
            self.close()
            raise SoundError(f"{path}: cannot be made raw: {error}") from error
        # What an earlier owner left unread, in any number of bytes, is no part of the stream that will be switched on:
        # counted by `start`, an odd rest would shift every sample of it. (A pseudo-terminal keeps it; drivers may.)
        try:
            self._drain_all()
        except SoundError:
            self.close()
            raise

    @property
    def name(self) -> str:
        """The port's path."""
        return self._path

    def start(self) -> None:
        """Throws away what was received before now: while nobody reads, old sound piles up in driver and module, and
        whoever takes it for new counts its frames as slots of his own. It is read, not flushed by tcflush, which tells
        no count: an odd one would leave half a sample in front."""
        try:
            if self._is_tty:
                termios.tcflush(self._fd, termios.TCOFLUSH)
        except termios.error as error:
            raise SoundError(f"{self._path}: {error}") from error
        stale = self._drain_all()
        punctual = 0
        for _ in range(STALE_READS):
            more = self._drain_all() if self.wait(SETTLE_SECONDS) else 0
            stale += more
            punctual = punctual + 1 if more <= PUNCTUAL_BYTES else 0
            if punctual == PUNCTUAL_ROUNDS:
                break
        self._half_sample = stale % 2

    def wait(self, timeout: float) -> bool:
        """POLLERR and POLLHUP count as something to read: the read tells what happened."""
        return bool(self._poll.poll(timeout * 1000))

    def read(self) -> bytes:
        """Drains the port up to MAX_BURST_BYTES."""
        sound = self._drain()
        if self._half_sample and sound:
            self._half_sample = 0
            return sound[1:]
        return sound

    def write(self, frame: bytes) -> bool:
        """Never leaves half a sample behind: what the driver did not take of a frame goes first the next time."""
        try:
            if self._tail:
                self._tail = self._tail[os.write(self._fd, self._tail) :]
                if self._tail:
                    return False
            self._tail = frame[os.write(self._fd, frame) :]
        except BlockingIOError:
            return False
        except OSError as error:
            raise self._lost(error) from error
        return True

    def queued(self) -> int:
        """What the driver still holds (TIOCOUTQ: usb_wwan counts its URBs, a pseudo-terminal always says 0)."""
        if not self._is_tty:
            return len(self._tail)
        try:
            (waiting,) = struct.unpack("i", fcntl.ioctl(self._fd, termios.TIOCOUTQ, b"\0\0\0\0"))
        except OSError as error:
            raise self._lost(error) from error
        return int(waiting) + len(self._tail)

    def close(self) -> None:
        """Gives the descriptor back."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _drain_all(self) -> int:
        """Bytes that were there."""
        stale = 0
        for _ in range(STALE_READS):
            if not (sound := self._drain()):
                break
            stale += len(sound)
        return stale

    def _drain(self) -> bytes:
        chunks: list[bytes] = []
        size = 0
        while size < MAX_BURST_BYTES:
            try:
                chunk = os.read(self._fd, READ_BYTES)
            except BlockingIOError:
                break
            except OSError as error:
                raise self._lost(error) from error
            if not chunk:  # raw mode asks for at least one byte (VMIN=1), so nothing means hung up
                raise SoundError(f"{self._path}: hung up")
            chunks.append(chunk)
            size += len(chunk)
            if len(chunk) % 2 == 0 and len(chunk) < READ_BYTES:
                break  # most reads are one short chunk: spare the second system call
        return b"".join(chunks)

    def _make_raw(self) -> None:
        """No echo, no line editing, no flow control: XON and XOFF are samples like any other, and RTS/CTS are not
        wired on the USB port. The rate is ignored on USB."""
        if not self._is_tty:
            return
        tty.setraw(self._fd, termios.TCSANOW)
        mode = termios.tcgetattr(self._fd)
        mode[0] &= ~(termios.IXON | termios.IXOFF | termios.IXANY)
        mode[2] = (mode[2] | termios.CLOCAL | termios.CREAD) & ~termios.CRTSCTS
        mode[4] = mode[5] = termios.B115200
        termios.tcsetattr(self._fd, termios.TCSANOW, mode)

    def _lost(self, error: OSError) -> SoundError:
        why = "the port is gone" if error.errno in GONE else "the port failed"
        return SoundError(f"{self._path}: {why} ({error.strerror})")
