"""What the line needs of a sound device, and the format all share: 8 kHz, mono, s16le, frames of 20 ms."""

from typing import Final, Protocol

RATE: Final = 8000
FRAME_SAMPLES: Final = 160
FRAME_BYTES: Final = 320
FRAME_SECONDS: Final = 0.02
SILENCE: Final = bytes(FRAME_BYTES)

MAX_AHEAD_BYTES: Final = 2 * FRAME_BYTES
"""40 ms: the most that may lie between us and the far side, so that silence after barge-in is real."""


class SoundDevice(Protocol):
    """Sound both ways; opened by its factory, used by one thread, closed once. No method waits but `wait`."""

    @property
    def name(self) -> str:
        """For the log: a path or a card's name."""

    def start(self) -> None:
        """Throws away stale sound and begins. Raises SoundError."""

    def wait(self, timeout: float) -> bool:
        """Waits up to `timeout` seconds for sound (or for the news that the device is gone): True when there is
        something to read. Raises SoundError."""

    def read(self) -> bytes:
        """Everything that has arrived, in any number of bytes, odd ones too; b"" when nothing has. Raises SoundError
        when the device is gone."""

    def write(self, frame: bytes) -> bool:
        """Hands over one frame (320 bytes); False when the device does not take it now (the frame is lost).
        Raises SoundError when the device is gone."""

    def queued(self) -> int:
        """Bytes known to wait on their way out; 0 where the driver cannot tell."""

    def close(self) -> None:
        """Idempotent; never raises."""
