"""A modem's PCM port on a real pseudo-terminal, in real time, that holds the line to its contract."""

import contextlib
import errno
import os
import select
import threading
import time
import tty
from array import array
from collections.abc import Callable, Iterator

FRAME = 320
TICK = 0.02
MAX_AHEAD = 640
BYTES_A_SECOND = 16000


def numbered(index: int) -> bytes:
    """A frame that says which it is: 160 times its number (1..30000)."""
    return array("h", [index % 30000 + 1] * 160).tobytes()


class PcmModem:
    """Sends `numbered(0), numbered(1), ...` every 20 ms, cut into chunks of `chunks` bytes, and reads what comes.

    Whatever it reads beyond what is due by its own clock (plus 40 ms) is a broken contract: `check()` raises it."""

    def __init__(self, *, chunks: tuple[int, ...] = (FRAME,), listens: bool = True) -> None:
        self._master, slave = os.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self._slave: int | None = slave  # held until the line has opened its own: else the master reads EIO
        self._chunks = chunks
        self._listens = listens
        self._thread = threading.Thread(target=self._run, name="fake-modem", daemon=True)
        self._stop = threading.Event()
        self._sending = threading.Event()
        self._sending.set()
        self.heard = bytearray()
        self.sent_frames = 0
        self.began_at = 0.0
        self._broken: str | None = None

    def put(self, data: bytes) -> None:
        """Stale sound, before the start."""
        os.write(self._master, data)

    def start(self) -> None:
        self.began_at = time.monotonic()
        self._thread.start()

    def pause_downlink(self) -> None:
        self._sending.clear()

    def resume_downlink(self) -> None:
        self._sending.set()

    def vanish(self) -> None:
        """The USB cable is pulled."""
        self._stop.set()
        self._thread.join()
        self._close()

    def check(self) -> None:
        assert self._broken is None, self._broken

    def close(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._close()

    def _close(self) -> None:
        for fd in (self._master, self._slave):
            if fd is not None and fd >= 0:
                os.close(fd)
        self._master, self._slave = -1, None

    def _run(self) -> None:
        due = time.monotonic()
        sizes = self._sizes()
        waiting = b""
        while not self._stop.is_set():
            self._listen_until(due)
            due += TICK
            if not self._sending.is_set():
                continue
            waiting += numbered(self.sent_frames)
            self.sent_frames += 1
            size = next(sizes)
            while len(waiting) >= size:
                os.write(self._master, waiting[:size])
                waiting = waiting[size:]
                size = next(sizes)

    def _sizes(self) -> Iterator[int]:
        while True:
            yield from self._chunks

    def _listen_until(self, due: float) -> None:
        while (left := due - time.monotonic()) > 0:
            if not self._listens:
                self._stop.wait(left)
                return
            if not select.select([self._master], [], [], left)[0]:
                return
            try:
                self.heard += os.read(self._master, 65536)
            except OSError as error:
                if error.errno != errno.EIO:
                    raise
                self._stop.wait(left)  # nobody has the port open
                return
            allowed = (time.monotonic() - self.began_at) * BYTES_A_SECOND * 1.0005 + MAX_AHEAD
            if len(self.heard) > allowed and self._broken is None:
                self._broken = f"{len(self.heard)} bytes were sent when at most {allowed:.0f} were due"


@contextlib.contextmanager
def pcm_modem(**options: object) -> Iterator[PcmModem]:
    """A modem that is closed afterwards and whose complaints are heard."""
    modem = PcmModem(**options)  # type: ignore[arg-type]
    try:
        yield modem
    finally:
        modem.close()
    modem.check()


class VirtualModem:
    """A SoundDevice on a virtual clock: `arrivals` are (time, bytes); the test reads the clock as `now`.

    It keeps the modem's side of the bargain exactly: a frame is consumed at every whole 20 ms, and more than 40 ms
    unconsumed is a broken contract; `gaps` are the times when, sound having begun, there was none to consume. After the
    last arrival and `until`, it waits for the line to be stopped."""

    name = "virtual"

    def __init__(
        self,
        arrivals: list[tuple[float, bytes]],
        *,
        until: float,
        refuses: Callable[[float], bool] = lambda now: False,
        on_time: Callable[[float], None] = lambda now: None,
        fails_at: float | None = None,
    ) -> None:
        self._arrivals = sorted(arrivals, key=lambda arrival: arrival[0])
        self._until = until
        self._refuses = refuses
        self._on_time = on_time
        self._fails_at = fails_at
        self.now = 0.0
        self.level = 0
        self._ticks = 0
        self.gaps: list[float] = []
        self.sent: list[tuple[float, bytes]] = []
        self.done = threading.Event()
        self.closed = 0
        self.backlog = 0

    def clock(self) -> float:
        return self.now

    def start(self) -> None:
        assert not self.closed

    def wait(self, timeout: float) -> bool:
        assert 0 <= timeout <= 1
        if self.now >= self._until:
            self.done.set()
            time.sleep(0.001)  # the clock stands still: let the thread that will stop us run
            return False
        end = self.now + max(timeout, 1e-4)
        if self._arrivals and self._arrivals[0][0] <= end:
            self.now = max(self.now, self._arrivals[0][0])
        else:
            self.now = end
        self._on_time(self.now)
        return self._here()

    def _here(self) -> bool:
        return bool(self._arrivals) and self._arrivals[0][0] <= self.now

    def read(self) -> bytes:
        if self._fails_at is not None and self.now >= self._fails_at:
            from hw.errors import SoundError

            raise SoundError("unplugged")
        data = b""
        while self._here():
            data += self._arrivals.pop(0)[1]
        return data

    def write(self, frame: bytes) -> bool:
        assert len(frame) == FRAME
        if self._refuses(self.now):
            return False
        self._consume()
        self.level += 1
        assert self.level * FRAME <= MAX_AHEAD, f"{self.level} frames ahead at {self.now}"
        self.sent.append((self.now, frame))
        return True

    def _consume(self) -> None:
        while (self._ticks + 1) * TICK <= self.now + 1e-9:
            self._ticks += 1
            if self.sent and not self.level:
                self.gaps.append(self._ticks * TICK)
            self.level = max(0, self.level - 1)

    def queued(self) -> int:
        return self.backlog

    def close(self) -> None:
        self.closed += 1
