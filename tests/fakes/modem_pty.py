"""A scripted modem behind a real pseudo-terminal, served by the event loop."""

import asyncio
import fcntl
import os
import tty
from collections.abc import Callable
from pathlib import Path
from types import TracebackType


class PtyModem:
    """`reply` maps a command (without CR) to the bytes that answer it, or to None for silence."""

    def __init__(self, reply: Callable[[str], bytes | None]) -> None:
        self._reply = reply
        self._buffer = bytearray()
        self.sent: list[str] = []
        self.got_command = asyncio.Event()
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        fcntl.fcntl(self._master, fcntl.F_SETFL, os.O_NONBLOCK)
        self.path = Path(os.ttyname(self._slave))

    def __enter__(self) -> "PtyModem":
        asyncio.get_running_loop().add_reader(self._master, self._readable)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()

    def unplug(self) -> None:
        """The device goes away: reads on the other side fail."""
        if self._master >= 0:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._slave)
            os.close(self._master)
            self._master = self._slave = -1

    def say(self, data: bytes) -> None:
        written = os.write(self._master, data)
        assert written == len(data), "the pty is full: the driver does not read"

    def _readable(self) -> None:
        self._buffer += os.read(self._master, 4096)
        while b"\r" in self._buffer:
            command, _, rest = bytes(self._buffer).partition(b"\r")
            self._buffer = bytearray(rest)
            text = command.decode("ascii")
            self.sent.append(text)
            self.got_command.set()
            answer = self._reply(text)
            if answer is not None:
                self.say(answer)
