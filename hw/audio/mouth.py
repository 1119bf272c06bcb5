"""What is to be said: sound waiting for its slots. Filled from the event loop, emptied by the line's thread."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from hw.audio import pcm
from hw.audio.ports import FRAME_BYTES, RATE
from hw.errors import SoundError

MAX_QUEUED_SECONDS: Final = 60
MAX_QUEUED_BYTES: Final = MAX_QUEUED_SECONDS * RATE * 2

UNDERRUN_SECONDS: Final = 0.2
"""Sound that resumes this soon after running dry was meant to be one piece."""


class SoundQueueFull(SoundError, ValueError):
    """More than MAX_QUEUED_SECONDS would wait: whoever makes the sound runs ahead without looking."""


class Playback:
    """A stretch of sound handed to the line. `played` and `total` are samples; `started_at` is the clock
    (time.monotonic) when its first frame left, None before."""

    __slots__ = ("_done", "_loop", "finished", "played", "started_at", "total")

    def __init__(self, total: int, loop: asyncio.AbstractEventLoop) -> None:
        self.total: int = total
        self.played: int = 0
        self.started_at: float | None = None
        self.finished: bool = False
        self._loop = loop
        self._done = asyncio.Event()

    async def wait(self) -> None:
        """Returns when all has left, or was flushed or lost with the device (then played < total)."""
        await self._done.wait()

    def finish(self) -> None:
        """For the line alone, in any thread: nothing more of this will be played."""
        self.finished = True
        try:
            self._loop.call_soon_threadsafe(self._done.set)
        except RuntimeError:
            if not self._loop.is_closed():  # a closed loop has nobody left to tell
                raise


@dataclass(slots=True)
class _Piece:
    playback: Playback
    data: bytes
    at: int = 0
    fading: bool = False

    @property
    def left(self) -> int:
        return len(self.data) - self.at


@dataclass(slots=True)
class _InHand:
    """Who contributed to the frame that was taken, and who ends with it."""

    shares: list[tuple[Playback, int]] = field(default_factory=list)
    ended: list[Playback] = field(default_factory=list)


class Mouth:
    """A bounded queue of sound that hands out frames and keeps every Playback's account."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float]) -> None:
        self._loop = loop
        self._clock = clock
        self._lock = threading.Lock()
        self._pieces: deque[_Piece] = deque()
        self._bytes = 0
        self._in_hand = _InHand()
        self._dry_at: float | None = None
        self._closed = False
        self._sounding = False
        self._paused = False
        self._tail = b""  # a fade of what is kept for later: sounds now, counts for nothing
        self._rising = False
        self.last: Playback | None = None
        self.underruns = 0
        self.speaking = False

    @property
    def queued_samples(self) -> int:
        """Samples that wait for their slots."""
        return self._bytes // 2

    def play(self, sound: bytes) -> Playback:
        """Queues whole samples. Raises SoundQueueFull beyond MAX_QUEUED_SECONDS, ValueError for half a sample,
        SoundError when the line is over."""
        if len(sound) % 2:
            raise ValueError("sound must be whole samples of 16 bits")
        playback = Playback(len(sound) // 2, self._loop)
        with self._lock:
            if self._closed:
                raise SoundError("the line is over")
            if self._bytes + len(sound) > MAX_QUEUED_BYTES:
                raise SoundQueueFull(f"more than {MAX_QUEUED_SECONDS} s of sound would wait")
            if sound:
                self._notice_underrun()
                self._pieces.append(_Piece(playback, sound))
                self._bytes += len(sound)
                self.speaking = True
                self.last = playback
        if not sound:
            playback.finish()
        return playback

    def take(self) -> bytes | None:
        """The next frame, filled up with silence at the very end; None when there is nothing to say. The frame is
        accounted for only by `settle`, which must follow."""
        with self._lock:
            if self._tail:
                tail, self._tail = self._tail[:FRAME_BYTES], self._tail[FRAME_BYTES:]
                return tail.ljust(FRAME_BYTES, b"\0")
            if self._paused and not (self._pieces and self._pieces[0].fading):
                return None
            if not self._pieces:
                if self.speaking:
                    self._dry_at = self._clock()
                self.speaking = self._sounding = False
                return None
            frame = self._next()
            if self._rising:
                self._rising = False
                frame = pcm.fade_in(frame)
            return frame.ljust(FRAME_BYTES, b"\0")

    def _next(self) -> bytes:
        self._sounding = True
        hand = self._in_hand = _InHand()
        frame, wanted = b"", FRAME_BYTES
        while wanted and self._pieces:
            piece = self._pieces[0]
            part = piece.data[piece.at : piece.at + wanted]
            piece.at += len(part)
            frame += part
            wanted -= len(part)
            hand.shares.append((piece.playback, len(part) // 2))
            if not piece.left:
                hand.ended.append(piece.playback)
                self._pieces.popleft()
        self._bytes -= len(frame)
        return frame

    def settle(self, *, left: bool) -> None:
        """The frame taken last has left for the modem, or was lost."""
        with self._lock:
            hand, self._in_hand = self._in_hand, _InHand()
            if left:
                now = self._clock()
                for playback, samples in hand.shares:
                    playback.played += samples
                    if playback.started_at is None:
                        playback.started_at = now
        for playback in hand.ended:
            playback.finish()

    def pause(self, fade_ms: int) -> None:
        """Falls silent, by a fade of what is being said, and keeps everything, the faded too, for `resume`."""
        with self._lock:
            if self._paused:
                return
            self._paused = True
            if self._sounding and not any(piece.fading for piece in self._pieces):
                self._tail = b"".join(part for _, part in self._ramp(self._pieces, 2 * pcm.fade_samples(fade_ms)))
            self._sounding = False

    def resume(self) -> None:
        """Goes on where `pause` stopped."""
        with self._lock:
            self._rising = self._rising or (self._paused and bool(self._pieces))
            self._paused = False

    def flush(self, fade_ms: int) -> None:
        """Drops what waits, but for a fade of what is being said now; one in progress is let finish. Ends a pause."""
        with self._lock:
            self._paused = self._rising = False
            kept = [piece for piece in self._pieces if piece.fading]
            dropped = [piece for piece in self._pieces if not piece.fading]
            if not kept and self._sounding:
                ramp = self._ramp(dropped, 2 * pcm.fade_samples(fade_ms))
                kept = [_Piece(playback, part, fading=True) for playback, part in ramp]
            self._pieces = deque(kept)
            self._bytes = sum(piece.left for piece in kept)
            self._dry_at = None
            self.speaking = self._sounding = bool(kept)
            survivors = [piece.playback for piece in kept]
            over = [piece.playback for piece in dropped if piece.playback not in survivors]
        for playback in over:
            playback.finish()

    def close(self) -> None:
        """Nothing more is said; everyone who waits is told."""
        with self._lock:
            over = self._in_hand.ended + [piece.playback for piece in self._pieces]
            self._pieces.clear()
            self._bytes = 0
            self._in_hand = _InHand()
            self._closed = True
            self.speaking = False
        for playback in over:
            playback.finish()

    @staticmethod
    def _ramp(pieces: Iterable[_Piece], wanted: int) -> list[tuple[Playback, bytes]]:
        """The next `wanted` bytes as one falling ramp, still divided among their owners."""
        parts: list[tuple[Playback, bytes]] = []
        for piece in pieces:
            part = piece.data[piece.at : piece.at + wanted]
            wanted -= len(part)
            if part:
                parts.append((piece.playback, part))
        ramp = pcm.fade_out(b"".join(part for _, part in parts))
        faded, at = [], 0
        for playback, part in parts:
            faded.append((playback, ramp[at : at + len(part)]))
            at += len(part)
        return faded

    def _notice_underrun(self) -> None:
        if self._dry_at is not None and self._clock() - self._dry_at < UNDERRUN_SECONDS:
            self.underruns += 1
        self._dry_at = None
