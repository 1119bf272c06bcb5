"""A serial port as chunks of bytes, through aioserial and around its traps.

aioserial 1.3.1 reads in a thread of its own: cancelling `read_async` loses the bytes that the thread already took, a
timeout around it loses half a line, `readline_async` makes a system call per byte, and closing under a blocked read
raises TypeError. So a read is never cancelled: it ends by its own timeout, takes what waits, and survives its caller.
"""

import asyncio
import errno
import logging
from pathlib import Path
from typing import Final

import aioserial

from hw.errors import PortLost

logger = logging.getLogger(__name__)

READ_SECONDS: Final = 1.0
"""How long a read waits for the first byte: one wake-up a second when idle."""
WRITE_SECONDS: Final = 2.0
CHUNK: Final = 4096
"""Most bytes a read takes, one USB transfer of the usb_wwan driver."""
BAUD: Final = 115200
"""Ignored over USB; the module's default on a UART."""

_BUSY: Final = frozenset({errno.EBUSY, errno.EAGAIN, errno.EWOULDBLOCK})


class PortBusy(PortLost):
    """Another program (ModemManager, a second instance) has the port."""


class SerialPort:
    """hw.ports.BytePort over a tty or a pseudo-terminal; used once. Made by `open_serial`."""

    def __init__(self, serial: aioserial.AioSerial) -> None:
        self._serial = serial
        self._reading: asyncio.Task[bytes] | None = None
        self._writing: asyncio.Task[int] | None = None
        self._closed = False

    async def read(self) -> bytes:
        """See BytePort."""
        if self._closed:
            raise PortLost("the port is closed")
        try:
            if self._reading is None:
                size = min(max(1, self._serial.in_waiting), CHUNK)
                self._reading = asyncio.create_task(self._serial.read_async(size), name="at.read")
            data = await asyncio.shield(self._reading)
        except (aioserial.SerialException, OSError, TypeError, ValueError) as error:
            raise PortLost(f"reading failed: {error}") from error
        self._reading = None
        return bytes(data)

    async def write(self, data: bytes) -> None:
        """See BytePort. One writer at a time (the AT channel's one command in flight)."""
        if self._closed:
            raise PortLost("the port is closed")
        self._writing = asyncio.create_task(self._serial.write_async(data), name="at.write")
        try:
            await asyncio.shield(self._writing)
        except (aioserial.SerialException, OSError, TypeError, ValueError) as error:
            raise PortLost(f"writing failed: {error}") from error

    async def close(self) -> None:
        """See BytePort."""
        if self._closed:
            return
        self._closed = True
        pending = [task for task in (self._reading, self._writing) if task is not None and not task.done()]
        try:
            if self._reading is not None and not self._reading.done():
                # Wakes the reading thread; that it may make a later read empty does not matter, there is none.
                self._serial.cancel_read()
            if pending:
                await asyncio.wait(pending, timeout=READ_SECONDS + WRITE_SECONDS)
        finally:
            for task in (self._reading, self._writing):
                if task is not None and task.done() and not task.cancelled():
                    task.exception()  # seen by whoever read last, or of no interest after closing
            try:
                self._serial.close()
            except (OSError, TypeError, ValueError) as error:
                logger.warning("the port did not close cleanly", extra={"error": str(error)})


async def open_serial(path: Path) -> SerialPort:
    """Opens a port for us alone. Raises PortBusy, or PortLost when it is not there or may not be opened."""
    opening = asyncio.ensure_future(asyncio.to_thread(_open, path))
    try:
        return SerialPort(await asyncio.shield(opening))
    except asyncio.CancelledError:
        opening.add_done_callback(_close_unused)
        raise
    except (aioserial.SerialException, OSError, ValueError) as error:
        number = error.errno if isinstance(error, OSError) else None
        kind = PortBusy if number in _BUSY else PortLost
        raise kind(f"cannot open {path}: {error}") from error


def _open(path: Path) -> aioserial.AioSerial:
    return aioserial.AioSerial(
        port=str(path), baudrate=BAUD, timeout=READ_SECONDS, write_timeout=WRITE_SECONDS, exclusive=True
    )


def _close_unused(opening: "asyncio.Future[aioserial.AioSerial]") -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
