"""The module's serial ports as pseudo-terminals behind stable links.

Like a USB serial port, what is written while no host has the port open is lost. A port that closes gives its host EIO
(or end of file), and comes back under the same link, maybe as another tty.
"""

import array
import fcntl
import os
import select
import termios
import threading
import tty
from pathlib import Path


class PtyPort:
    """One port; safe to use from two threads."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.lost = 0
        """Bytes that the host did not take."""
        self._lock = threading.Lock()
        self._master: int | None = None
        self._spare: list[int] = []

    @property
    def fileno(self) -> int | None:
        """The module's end; None while the port is gone."""
        return self._master

    @property
    def tty(self) -> str:
        """The host's end, as the link points to it now; "" while the port is gone."""
        return str(self.link.readlink()) if self.link.is_symlink() else ""

    def open(self, *, renumber: bool = False) -> None:
        """Makes the port appear; `renumber` makes sure that it is another tty than before."""
        if renumber:
            self._spare += os.openpty()  # takes the number that just became free
        master, slave = os.openpty()
        tty.setraw(slave)  # no echo, no line editing: the module does that itself
        name = os.ttyname(slave)
        os.close(slave)  # so that a closed port can be told from an open one (POLLHUP)
        os.set_blocking(master, False)
        temporary = self.link.with_name(self.link.name + ".new")
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(name)
        temporary.replace(self.link)
        with self._lock:
            self._master = master

    def close(self) -> None:
        """Makes the port vanish, link first, as udev does."""
        self.link.unlink(missing_ok=True)
        with self._lock:
            master, self._master = self._master, None
            if master is not None:
                os.close(master)
        while self._spare:
            os.close(self._spare.pop())

    def host_present(self) -> bool:
        """Whether the host has the port open."""
        with self._lock:
            if self._master is None:
                return False
            poll = select.poll()
            poll.register(self._master, select.POLLIN)
            return not any(events & select.POLLHUP for _, events in poll.poll(0))

    def read(self, limit: int) -> bytes:
        """What the host wrote, up to `limit` bytes; empty when there is nothing or nobody."""
        with self._lock:
            if self._master is None:
                return b""
            try:
                return os.read(self._master, limit)
            except (BlockingIOError, OSError):  # nothing there; EIO: the host closed the port
                return b""

    def waiting(self) -> int:
        """Bytes from the host that were not read yet."""
        with self._lock:
            if self._master is None:
                return 0
            count = array.array("i", [0])
            try:
                fcntl.ioctl(self._master, termios.FIONREAD, count)
            except OSError:
                return 0
            return count[0]

    def write(self, data: bytes) -> int:
        """Bytes taken by the port. With no host they are taken and lost; with a host that does not read, fewer."""
        if not self.host_present():
            self.lost += len(data)
            return len(data)
        with self._lock:
            if self._master is None:
                return len(data)
            try:
                return os.write(self._master, data)
            except BlockingIOError:
                return 0
            except OSError:
                self.lost += len(data)
                return len(data)
