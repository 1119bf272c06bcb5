"""The line: a thread of its own that keeps the 20 ms clock, whatever the event loop is busy with.

Every 20 ms of the modem's clock a frame is sent (see `pacing`); what was heard goes to the event loop at once, and both
ways go to the recorder's tap. Time is counted in slots of 20 ms without gaps: a slot whose sound was lost is heard as
silence.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from hw.audio import priority
from hw.audio.mouth import Mouth, Playback, SoundQueueFull
from hw.audio.pacing import ArrivalJitter, Pacer
from hw.audio.pcm import Reframer
from hw.audio.ports import FRAME_BYTES, MAX_AHEAD_BYTES, SILENCE, SoundDevice
from hw.errors import SoundError

__all__ = ["Line", "LineCounters", "Playback", "SoundQueueFull"]

log = logging.getLogger(__name__)

MAX_HEARD_BEHIND: Final = 250
"""Frames (5 s) that may wait for a blocked event loop; beyond, the oldest is dropped."""

FULL_BYTES: Final = MAX_AHEAD_BYTES - FRAME_BYTES // 2
"""What the driver holds when the far side has not even taken half of what was due since the last frame."""

UPLINK_DEAD_SECONDS: Final = 20.0
"""The last stand: a device that stalls is opened anew, or gives up, long before (hw.audio.gate)."""

MAX_WAIT_SECONDS: Final = 0.05
"""How long `stop` may go unnoticed."""

STOP_SECONDS: Final = 3.0

Heard = Callable[[int, bytes], None]
Begun = Callable[[int, bytes], None]
Tap = Callable[[bytes, bytes], None]


@dataclass(frozen=True, slots=True)
class LineCounters:
    """How the line did. Frames are 20 ms."""

    frames_in: int = 0
    frames_out: int = 0
    """Accepted by the device, silence included."""
    underruns: int = 0
    """Times that speech ran dry and went on within 200 ms."""
    overruns: int = 0
    """Frames heard that the event loop came too late for."""
    late_frames: int = 0
    """Frames that we sent more than 10 ms later than we meant to. The modem has 20 ms or more in hand then."""
    missed_frames: int = 0
    """Frames that we came too late to send at all: the caller heard a gap."""
    max_late_ms: float = 0.0
    """Our own worst lateness."""
    late_at: tuple[float, ...] = ()
    """When frames were late or missed, the latest 256 times: seconds of CLOCK_MONOTONIC, which the kernel's log and
    `journalctl -o short-monotonic` count in."""
    dropped_out: int = 0
    """Frames of speech or silence that the device refused."""
    stalls: int = 0
    """Times that no sound came for 100 ms."""
    max_gap_ms: float = 0.0
    """Longest time between two arrivals of sound."""
    jitter_ms: float = 0.0
    """How late 95 % of the frames come at the most, by the modem's own clock: its bursts, and the way to us."""
    scheduler: str = "other"
    """What the thread got: "fifo:20", "nice:-11" or "other"."""
    cpu_seconds: float = 0.0


class Line:
    """Speaks and listens on one device, once: after `stop` or a failure a new line with a new device is needed.

    `on_heard(index, frame)` and `on_failed(error)` are called in the event loop, `on_failed` at most once and after it
    nothing more. `tap(heard, said)` is called in the line's thread, once for every slot, with what was received and
    sent in the same 20 ms; it must not block. A frame may be heard before ours of its slot is sent: when `on_heard` is
    called, the tap has been given all slots before, and perhaps its own.

    `on_begun(index, part)`, behind these: while we speak, the beginning of the next frame, of whole samples, where the
    rest of it has not come yet. A port knows no frames, so half of one waits for the other half of the time: who wants
    to know as soon as can be that somebody speaks need not wait.
    """

    def __init__(
        self,
        device: SoundDevice,
        *,
        on_heard: Heard,
        tap: Tap | None,
        on_failed: Callable[[SoundError], None],
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], float] = time.monotonic,
        on_begun: Begun | None = None,
    ) -> None:
        self._device = device
        self._on_heard = on_heard
        self._on_begun = on_begun
        self._tap = tap
        self._on_failed = on_failed
        self._loop = loop
        self._clock = clock
        self._mouth = Mouth(loop, clock)
        self._reframer = Reframer()
        self._pacer = Pacer(clock())
        self._jitter = ArrivalJitter()
        self._held: deque[bytes] = deque()  # received after a stall, and not known yet to which slots it belongs
        self._to_tape: tuple[deque[bytes], deque[bytes]] = (deque(), deque())  # heard and said, until there are both
        self._heard: deque[tuple[int, bytes]] = deque()
        self._begun: tuple[int, bytes] | None = None
        self._delivering = False
        self._thread = threading.Thread(target=self._run, name="line", daemon=True)
        self._over = asyncio.Event()
        self._stopping = False
        self._accepted_at = clock()
        self._frame_index = self._frames_in = self._frames_out = self._overruns = self._dropped_out = 0
        self._scheduler = "other"
        self._cpu_seconds = 0.0

    def start(self) -> None:
        """Starts the thread; sound flows from now on."""
        self._thread.start()

    async def stop(self) -> LineCounters:
        """Ends the thread and closes the device. What waits to be said is dropped; use `drained` before where that
        matters. Idempotent."""
        self._stopping = True
        if self._thread.is_alive():
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self._over.wait()
            except TimeoutError:
                log.error("the line's thread hangs in its device", extra={"device": self._device.name})
        elif self._thread.ident is None:
            self._close()
        return self.counters

    def play(self, pcm: bytes) -> Playback:
        """Queues sound behind what already waits. Raises SoundQueueFull (also a ValueError) beyond 60 s,
        SoundError when the line is over."""
        return self._mouth.play(pcm)

    def flush(self, fade_ms: int = 40) -> None:
        """Drops what waits; what is being said fades to silence from the next frame on, within `fade_ms` (20..60;
        0 cuts hard)."""
        self._mouth.flush(fade_ms)

    def pause(self, fade_ms: int = 20) -> None:
        """Falls silent within `fade_ms` (20..60; 0 cuts hard) and keeps what waits, until `resume` or `flush`."""
        self._mouth.pause(fade_ms)

    def resume(self) -> None:
        """Goes on where `pause` stopped."""
        self._mouth.resume()

    async def drained(self) -> None:
        """Returns once everything queued until now has left, or was flushed."""
        if (last := self._mouth.last) is not None:
            await last.wait()

    @property
    def speaking(self) -> bool:
        """Sound is being played now, or about to."""
        return self._mouth.speaking

    @property
    def queued_samples(self) -> int:
        """Samples that wait for their slots."""
        return self._mouth.queued_samples

    @property
    def frame_index(self) -> int:
        """Slots of 20 ms heard since the start."""
        return self._frame_index

    @property
    def counters(self) -> LineCounters:
        """How the line does until now."""
        return LineCounters(
            frames_in=self._frames_in,
            frames_out=self._frames_out,
            underruns=self._mouth.underruns,
            overruns=self._overruns,
            late_frames=self._pacer.late,
            missed_frames=self._pacer.missed,
            max_late_ms=round(1000 * self._pacer.worst, 1),
            late_at=tuple(self._pacer.late_at),
            dropped_out=self._dropped_out,
            stalls=self._pacer.stalls,
            max_gap_ms=round(1000 * self._jitter.max_gap, 1),
            jitter_ms=self._jitter.percentile(95),
            scheduler=self._scheduler,
            cpu_seconds=self._cpu_seconds,
        )

    # The line's thread.

    def _run(self) -> None:
        failure: SoundError | None = None
        try:
            self._scheduler = priority.rise()
            self._device.start()
            self._pacer = Pacer(self._clock())
            self._accepted_at = self._clock()
            while not self._stopping:
                self._turn()
        except SoundError as error:
            failure = error
        except Exception as error:  # the thread's last stand: whoever waits for the line must be told
            log.exception("the line's thread failed")
            failure = SoundError(f"{type(error).__name__}: {error}")
        finally:
            self._cpu_seconds = time.thread_time()
            self._settle()
            self._close()
        if failure is not None and not self._stopping:
            self._tell_loop(partial(self._on_failed, failure))
        self._tell_loop(self._over.set)

    def _turn(self) -> None:
        """Waits for sound or for our own clock, and fills the slots that came due."""
        timeout = min(self._pacer.timeout(self._clock()), MAX_WAIT_SECONDS)
        sound = self._device.read() if self._device.wait(timeout) else b""
        now = self._clock()
        share = self._pacer.advance(len(sound), now)
        for _ in range(share.prime):
            self._device.write(SILENCE)
        heard, said = self._to_tape
        said.extend(SILENCE for _ in range(share.skipped))
        said.extend(self._say(now) for _ in range(share.send))
        if frames := self._reframer.feed(sound):
            self._frames_in += len(frames)
            self._jitter.arrived(len(frames), self._pacer.lag, now)
            self._held.extend(frames)
        for _ in range(share.lost):
            self._hear(SILENCE)
        for _ in range(share.filled):
            self._hear(self._held.popleft())
        while heard and said:
            self._tape(heard.popleft(), said.popleft())
        if sound:
            self._begun = self._beginning()
        self._announce(begun=bool(sound and self._begun))
        self._cpu_seconds = time.thread_time()

    def _say(self, now: float) -> bytes:
        """Sends the next frame; returns what the far side will hear of it."""
        if self._device.queued() > FULL_BYTES:
            self._check_alive(now)  # the driver knows better than our estimate: keep the frame for the next slot
            return SILENCE
        frame = self._mouth.take()
        taken = self._device.write(frame or SILENCE)
        if frame is not None:
            self._mouth.settle(left=taken)
        if not taken:
            self._dropped_out += 1
            self._check_alive(now)
            return SILENCE
        self._accepted_at = now
        self._frames_out += 1
        return frame or SILENCE

    def _check_alive(self, now: float) -> None:
        if now - self._accepted_at >= UPLINK_DEAD_SECONDS:
            raise SoundError(f"{self._device.name} has taken no sound for {UPLINK_DEAD_SECONDS:g} s")

    def _tape(self, heard: bytes, said: bytes) -> None:
        """Both sides of twenty milliseconds are known."""
        if self._tap is None:
            return
        try:
            self._tap(heard, said)
        except Exception:  # a full disk must not end the call: it goes on without a recording
            log.exception("the recorder failed and is disconnected from the line")
            self._tap = None

    def _hear(self, frame: bytes) -> None:
        """What the caller said in the next slot."""
        index = self._frame_index
        self._frame_index += 1
        self._to_tape[0].append(frame)
        self._heard.append((index, frame))
        if len(self._heard) > MAX_HEARD_BEHIND:
            self._heard.popleft()
            self._overruns += 1

    def _beginning(self) -> tuple[int, bytes] | None:
        """Of the frame that is not whole yet, where it is known to which slot it belongs."""
        part = self._reframer.begun
        part = part[: len(part) // 2 * 2]
        wanted = self._on_begun is not None and self._mouth.speaking and not self._held
        return (self._frame_index, part) if part and wanted else None

    def _announce(self, *, begun: bool = False) -> None:
        """Tells the loop of what was heard: behind the tap, which has all slots before by then."""
        if (self._heard or begun) and not self._delivering:
            self._delivering = True  # one wake-up of the loop for all that comes until it has run
            self._tell_loop(self._deliver)

    def _settle(self) -> None:
        """The end came while the downlink stalled: what was said meanwhile belongs in the recording."""
        heard, said = self._to_tape
        for _ in range(len(said) - len(heard) - len(self._held)):
            self._hear(SILENCE)
        while self._held:
            self._hear(self._held.popleft())
        while heard and said:
            self._tape(heard.popleft(), said.popleft())
        self._announce()

    def _close(self) -> None:
        self._mouth.close()
        self._device.close()

    def _tell_loop(self, what: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:
            if not self._loop.is_closed():  # a closed loop has nobody left to tell
                raise

    # In the event loop.

    def _deliver(self) -> None:
        self._delivering = False  # before the queue is looked at: what comes later schedules anew
        begun = self._begun  # before the queue, too: its frame may become whole meanwhile, and is known by its index
        while self._heard and not self._stopping:
            self._on_heard(*self._heard.popleft())
        if begun is not None and self._on_begun is not None and not self._stopping:
            self._on_begun(*begun)
