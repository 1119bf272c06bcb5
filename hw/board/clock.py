"""The machine's own clock: whether somebody keeps it right, and setting it."""

import ctypes
import time
from pathlib import Path
from typing import Final

from hw.errors import HardwareError

STA_UNSYNC: Final = 0x0040
"""adjtimex(2): the clock is not synchronised."""
TIMEX_BYTES: Final = 256
"""More than struct timex has on any Linux."""
STATUS_OFFSET: Final = 5 * ctypes.sizeof(ctypes.c_long)
"""`status` after modes (padded), offset, freq, maxerror, esterror."""


class KernelClock:
    """secretaryd.timekeeping.SystemClock on Linux."""

    def __init__(self, request: Path | None = None) -> None:
        """`request`: where a process without CAP_SYS_TIME leaves word for secretary-clock.service, which has it."""
        self._request = request

    def now(self) -> float:
        """UTC epoch seconds."""
        return time.time()

    def synchronised(self) -> bool:
        """Whether NTP keeps it, by the kernel's word, which anybody may ask for. False where it cannot be had."""
        buffer = ctypes.create_string_buffer(TIMEX_BYTES)  # modes = 0: nothing is changed
        try:
            state = ctypes.CDLL(None, use_errno=True).adjtimex(buffer)
        except (OSError, AttributeError):
            return False
        status = ctypes.c_int.from_buffer(buffer, STATUS_OFFSET).value
        return bool(state >= 0 and not status & STA_UNSYNC)

    def set(self, now: float) -> None:
        """At once, or within a second by that unit. Raises HardwareError."""
        try:
            time.clock_settime(time.CLOCK_REALTIME, now)
        except PermissionError as error:
            if self._request is None:
                raise HardwareError(f"the clock cannot be set: {error.strerror}") from error
            self._ask(self._request, now)
        except OSError as error:
            raise HardwareError(f"the clock cannot be set: {error.strerror}") from error

    @staticmethod
    def _ask(request: Path, now: float) -> None:
        new = request.with_name(request.name + ".new")
        try:
            # Every digit: rounded up, it would come from the future, which is refused.
            new.write_text(f"{now:.3f} {time.monotonic()!r}\n", encoding="ascii")
            new.replace(request)
        except OSError as error:
            raise HardwareError(f"the clock cannot be set: {request}: {error.strerror}") from error
