"""The gate of a call's sound: is it flowing, both ways, and at which rate?

AT+CPCMREG=1 answered OK does not say that sound flows, nor AT+CPCMBANDWIDTH at which rate (SIMCom's read-back shows the
setting, not what was negotiated with the network). So the bytes are counted. A port that stalls is closed and opened
anew, the AT side staying as it is; what cannot be mended ends the call honestly, or is told to whoever leads it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hw.audio.ports import MAX_AHEAD_BYTES, RATE, SoundDevice
from hw.errors import SoundError

if TYPE_CHECKING:
    from hw.audio.wide import Narrower, Widener

WIDE: Final = 2 * RATE
WIDE_FROM: Final = 3 * RATE
"""Bytes a second from which on a stream is 16 kHz: half-way between 16000 and 32000."""
FIRST_SECONDS: Final = 1.0
"""How long the first byte may take."""
COUNT_SECONDS: Final = 0.2
"""Counted before anything is made of the sound: bursts of 40 ms leave 8 kHz below 20000 B/s and 16 kHz above 25000."""
SURE_SECONDS: Final = 1.0
"""Counted once more, against a start that came in lumps."""
UPLINK_SECONDS: Final = 2.0
"""A modem that takes no sound for so long takes none until its port is opened anew."""
DOWNLINK_SECONDS: Final = 3.0
"""Sound flows all the time, silence too: without any for so long the port is stuck."""
MEND_SECONDS: Final = 15.0
"""Opening anew takes up to 12 s (hw.modem.sound)."""
MOST_MENDS: Final = 2
"""In one call, because of the uplink."""
MOST_DEAF: Final = 1
"""Because of the downlink: we may be heard all the same, and are not while the port is being opened anew."""
ZERO_SECONDS: Final = 10.0
"""Nothing but zeros for the whole of so long a call is no silence of a network's: it has noise."""
NAP: Final = 0.02


class Stuck(StrEnum):
    """What does not flow."""

    UPLINK = "uplink_stuck"
    DOWNLINK = "downlink_silent"


@dataclass(frozen=True, slots=True)
class GateReport:
    """How the sound of a call did."""

    rate: int = RATE
    bytes_per_second: int = 0
    """Of the downlink, in its first second; 0 before that."""
    heard: bool = False
    """Anything but zeros came."""
    taken: bool = False
    """The modem took sound of ours."""
    zeros: bool = False
    """Sound came for ZERO_SECONDS or more, and all of it was zeros."""
    mended: int = 0
    """Times that the port was opened anew."""
    stuck: tuple[Stuck, ...] = ()
    """What did not flow, in order."""


class SoundGate:
    """A SoundDevice around another one. Everything but `go_on` and `give_up` is called by the line's thread."""

    def __init__(
        self,
        device: SoundDevice,
        mend: Callable[[Stuck], None] | None = None,
        *,
        rate_known: bool = False,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`mend` is told what is stuck, in the line's thread, the device being closed already; whoever was told answers
        by `go_on` or `give_up`. None where nothing can be done. `rate_known`: the device was opened for 8 kHz and gives
        nothing else (a card), however fast a backlog of it comes."""
        self._device = device
        self._mend = mend
        self._rate_known = rate_known
        self._clock, self._sleep = clock, sleep
        self._next: SoundDevice | None = None
        self._failure: SoundError | None = None
        self._mending_since: float | None = None
        self._deaf = False
        self._wide: tuple[Narrower, Widener] | None = None
        self._mended = 0
        self._stuck: list[Stuck] = []
        self._some = self._taken = False
        self._bytes_per_second = self._zero_bytes = 0
        self._half = b""  # of a sample, whose other half has not come yet
        self._skip = 0  # bytes of the next read that belong to a sample thrown away
        self._begin()

    def _begin(self) -> None:
        now = self._clock()
        self._heard_at = self._accepted_at = now
        self._flowing_since: float | None = None
        self._counted = 0
        self._sure = False

    @property
    def name(self) -> str:
        """The device's."""
        return self._device.name

    @property
    def report(self) -> GateReport:
        """Until now."""
        return GateReport(
            rate=WIDE if self._wide is not None else RATE,
            bytes_per_second=self._bytes_per_second,
            heard=self._some,
            taken=self._taken,
            zeros=not self._some and self._zero_bytes >= ZERO_SECONDS * 2 * RATE,
            mended=self._mended,
            stuck=tuple(self._stuck),
        )

    def start(self) -> None:
        """Waits for the first sound and counts it for a moment; that sound, a fifth of a second, is thrown away, in
        whole samples: a port gives bytes in any number."""
        self._device.start()
        self._begin()
        end = self._clock() + FIRST_SECONDS
        count, thrown, since = 0, 0, None
        while (now := self._clock()) < end:
            if not self._device.wait(end - now):
                continue
            data = self._device.read()
            thrown += len(data)
            if since is None and data:
                since = self._clock()
                end = since + COUNT_SECONDS
            elif since is not None:
                count += len(data)
        if since is not None and count:
            self._decide(count / COUNT_SECONDS)
        self._half, self._skip = b"", thrown % 2
        self._begin()
        if since is None:
            self._breaks(Stuck.DOWNLINK)

    def wait(self, timeout: float) -> bool:
        """While the port is being mended, a nap."""
        if self._mending_since is not None:
            self._take_up()
        if self._mending_since is not None:
            self._sleep(min(timeout, NAP))
            return False
        ready = self._device.wait(timeout)
        if not ready and not self._deaf and self._clock() - self._heard_at >= DOWNLINK_SECONDS:
            self._breaks(Stuck.DOWNLINK)
        return ready

    def read(self) -> bytes:
        """Whole samples at 8 kHz, whatever the port carries."""
        if self._mending_since is not None:
            return b""
        data = self._device.read()
        if not data:
            return b""
        if self._skip:
            data, self._skip = data[1:], 0
        data = self._half + data
        whole = len(data) // 2 * 2
        data, self._half = data[:whole], data[whole:]
        now = self._clock()
        self._heard_at, self._deaf = now, False
        self._count(data, now)
        return data if self._wide is None else self._wide[0].feed(data)

    def write(self, frame: bytes) -> bool:
        """As 16 kHz where the port carries that."""
        if self._mending_since is not None:
            return False
        now = self._clock()
        taken = self._device.write(frame if self._wide is None else self._wide[1].feed(frame))
        if taken:
            self._accepted_at, self._taken = now, True
        elif now - self._accepted_at >= UPLINK_SECONDS:
            self._breaks(Stuck.UPLINK)
        return taken

    def queued(self) -> int:
        """In bytes at 8 kHz. A driver that stays full takes nothing either; one that is being mended is full, so that
        what there is to say waits."""
        if self._mending_since is not None:
            return 2 * MAX_AHEAD_BYTES
        waiting = self._device.queued() // (1 if self._wide is None else 2)
        if waiting >= MAX_AHEAD_BYTES and self._clock() - self._accepted_at >= UPLINK_SECONDS:
            self._breaks(Stuck.UPLINK)
        return waiting

    def close(self) -> None:
        """The device, and one that came too late."""
        self._device.close()
        if self._next is not None:
            self._next.close()

    # From the event loop.

    def go_on(self, device: SoundDevice) -> None:
        """The port is open anew."""
        self._next = device

    def give_up(self, error: SoundError) -> None:
        """It cannot be opened."""
        self._failure = error

    # In the line's thread.

    def _breaks(self, what: Stuck) -> None:
        """Raises SoundError where the uplink is stuck for good: nobody would hear us."""
        self._stuck.append(what)
        most = MOST_MENDS if what is Stuck.UPLINK else MOST_DEAF
        if self._mend is None or self._mended >= most:
            if what is Stuck.UPLINK:
                raise SoundError(f"{self.name} has taken no sound for {UPLINK_SECONDS:g} s")
            self._deaf = True  # we may still be heard: whoever leads the call says that he hears nothing
            return
        self._mended += 1
        self._mending_since = self._clock()
        self._device.close()
        self._mend(what)

    def _take_up(self) -> None:
        assert self._mending_since is not None
        if self._failure is not None:
            raise self._failure
        if self._next is not None:
            self._device, self._next = self._next, None
            self._mending_since = None
            self._half, self._skip = b"", 0
            self._device.start()
            self._begin()
        elif self._clock() - self._mending_since >= MEND_SECONDS:
            raise SoundError(f"{self.name} was not opened anew within {MEND_SECONDS:g} s")

    def _count(self, data: bytes, now: float) -> None:
        if not self._some:
            self._some = any(data)
            self._zero_bytes += len(data)
        if self._flowing_since is None:
            self._flowing_since = now  # what came with the first read has no beginning
            return
        self._counted += len(data)
        if not self._sure and (seconds := now - self._flowing_since) >= SURE_SECONDS:
            self._sure = True
            self._bytes_per_second = round(self._counted / seconds)
            self._decide(self._counted / seconds)

    def _decide(self, bytes_per_second: float) -> None:
        wide = bytes_per_second >= WIDE_FROM and not self._rate_known
        if wide and self._wide is None:
            from hw.audio.wide import Narrower, Widener  # numpy, which a modem that does as told never needs

            self._wide = (Narrower(), Widener())
        elif not wide:
            self._wide = None
