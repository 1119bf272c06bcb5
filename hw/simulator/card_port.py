"""The module's analogue sound: a sound card in the place of the PCM port, as where a SIM7600's codec is wired to a USB
sound dongle. Both ends of it are ALSA names; on a virtual card (tests/fakes/virtual_card.py) they meet."""

import errno
from importlib import import_module
from types import ModuleType
from typing import Any

from hw.simulator.wav import FRAME_SAMPLES, RATE

FRAME_BYTES = 2 * FRAME_SAMPLES
PERIODS = 8
LEAST_FRAMES = 3
"""Heard frames in hand before the first is given: a card's periods and our ticks are two clocks."""
MOST_FRAMES = 8
"""More is a delay that grew while nobody looked: the oldest goes."""


class CardPort:
    """A pcm_pump.BytePort; used by the line's thread alone. Raises OSError for a card that is not there."""

    def __init__(self, device: str) -> None:
        try:
            self._alsa: ModuleType = import_module("alsaaudio")
        except ImportError as error:
            raise OSError("pyalsaaudio is missing") from error
        self._heard = bytearray()
        self._rest = b""
        self._serving = False
        self._capture = self._open(self._alsa.PCM_CAPTURE, device)
        self._playback = self._open(self._alsa.PCM_PLAYBACK, device)
        self._playback.write(bytes(LEAST_FRAMES * FRAME_BYTES))

    def read(self, limit: int) -> bytes:
        """What the box said, up to `limit` bytes."""
        self._take()
        if not self._serving:
            return b""
        data = bytes(self._heard[:limit])
        del self._heard[: len(data)]
        self._serving = bool(self._heard) or len(data) == limit
        return data

    def write(self, data: bytes) -> int:
        """All is taken; what the card has no room for is lost, as in the air."""
        sound = self._rest + data
        whole = len(sound) - len(sound) % 2
        if whole and int(self._playback.write(sound[:whole])) == -errno.EPIPE:
            self._playback.write(bytes(LEAST_FRAMES * FRAME_BYTES) + sound[:whole])
        self._rest = sound[whole:]
        return len(data)

    def waiting(self) -> int:
        """Bytes of the box's not taken yet."""
        return len(self._heard)

    def close(self) -> None:
        """Lets the card go."""
        for pcm in (self._playback, self._capture):
            pcm.close()

    def _take(self) -> None:
        for _ in range(PERIODS):
            samples, data = self._capture.read()
            if samples == -errno.EPIPE:
                continue
            if samples <= 0:
                break
            self._heard += data
        if not self._serving:
            self._serving = len(self._heard) >= LEAST_FRAMES * FRAME_BYTES
        if len(self._heard) > MOST_FRAMES * FRAME_BYTES:
            del self._heard[: len(self._heard) - LEAST_FRAMES * FRAME_BYTES]

    def _open(self, direction: int, device: str) -> Any:
        alsa = self._alsa
        try:
            return alsa.PCM(
                direction,
                alsa.PCM_NONBLOCK,
                device=device,
                rate=RATE,
                channels=1,
                format=alsa.PCM_FORMAT_S16_LE,
                periodsize=FRAME_SAMPLES,
                periods=PERIODS,
            )
        except alsa.ALSAAudioError as error:
            raise OSError(f"{device}: {error}") from error
