"""Sound cards through ALSA, for a modem's analogue codec on a USB sound dongle, or a virtual line.

pyalsaaudio is an optional part (it is built against libasound), so it is imported only when a card is asked for.
Non-blocking throughout: a blocking write that once met a full buffer stays behind it for the rest of the call.
"""

import errno
import select
from types import ModuleType
from typing import Any, Final

from hw.audio.ports import FRAME_BYTES, FRAME_SAMPLES, RATE, SILENCE, SoundDevice
from hw.errors import SoundError

PERIODS: Final = 4
"""The card's buffer is 80 ms; never more than half of it is used."""

MAX_BACKLOG_SAMPLES: Final = 2 * FRAME_SAMPLES
"""What waits beyond this is sound that comes too late: the card paused, and its buffer would stay full for good."""

MAX_READS: Final = PERIODS + 1
SAMPLE_BYTES: Final = 2

REMEDY: Final = 'install the extra "alsa" (pip install "secretary-box[alsa]"; to build it: apt install libasound2-dev)'


def open_alsa(capture: str, playback: str) -> SoundDevice:
    """Opens two PCM names as `arecord -L` and `aplay -L` list them. Raises SoundError when pyalsaaudio is missing or a
    card is not there, is busy, or cannot do 8 kHz mono."""
    try:
        import alsaaudio
    except ImportError as error:
        raise SoundError(f"pyalsaaudio is missing: {REMEDY}") from error
    return AlsaCard(alsaaudio, capture, playback)


class AlsaCard:
    """See `hw.audio.ports.SoundDevice`."""

    def __init__(self, alsaaudio: ModuleType, capture: str, playback: str) -> None:
        self._alsa = alsaaudio
        self._name = capture if capture == playback else f"{capture} + {playback}"
        self._closed = False
        self._capture = self._open(alsaaudio.PCM_CAPTURE, capture)
        try:
            self._playback = self._open(alsaaudio.PCM_PLAYBACK, playback)
        except SoundError:
            self._capture.close()
            raise
        self._buffer_samples = int(self._playback.info()["buffer_size"])
        self._poll = select.poll()
        for descriptor, events in self._capture.polldescriptors():
            self._poll.register(descriptor, events)

    @property
    def name(self) -> str:
        """The PCM names."""
        return self._name

    def start(self) -> None:
        """Reading starts the capture; a first frame of silence ahead keeps the playback from running dry between two
        of ours."""
        self.read()
        self._write(SILENCE)

    def wait(self, timeout: float) -> bool:
        """A plugin's descriptor may be ready for its own business: only sound counts, or that the card is gone."""
        try:
            ready = self._poll.poll(timeout * 1000)
            return bool(ready) and bool(self._capture.polldescriptors_revents(ready))
        except (OSError, self._alsa.ALSAAudioError) as error:
            raise self._lost(error) from error

    def read(self) -> bytes:
        """Everything captured; an overrun (we came too late) begins anew by itself."""
        chunks: list[bytes] = []
        try:
            for _ in range(MAX_READS):
                samples, chunk = self._capture.read()
                if samples == -errno.EPIPE:
                    continue
                if samples < 0:
                    raise SoundError(f"{self._name}: capture failed ({errno.errorcode.get(-samples, samples)})")
                if not samples:
                    break
                chunks.append(chunk)
            if not chunks and self._capture.state() == self._alsa.PCM_STATE_DISCONNECTED:
                raise SoundError(f"{self._name}: the card is gone")
        except self._alsa.ALSAAudioError as error:
            raise self._lost(error) from error
        return b"".join(chunks)

    def write(self, frame: bytes) -> bool:
        """After an underrun a frame of silence goes first, as at the start."""
        written = self._write(frame)
        if written == -errno.EPIPE:
            self._write(SILENCE)
            written = self._write(frame)
        return written == FRAME_SAMPLES

    def queued(self) -> int:
        """Bytes in the card's buffer. A backlog above two periods is dropped here."""
        try:
            free = int(self._playback.avail())
            waiting = 0 if free < 0 else max(0, self._buffer_samples - free)
            if waiting > MAX_BACKLOG_SAMPLES:
                self._playback.drop()
                waiting = 0
        except self._alsa.ALSAAudioError as error:
            raise self._lost(error) from error
        return waiting * SAMPLE_BYTES

    def close(self) -> None:
        """Drops what still waits: closing must not wait for it to be played."""
        if self._closed:
            return
        self._closed = True
        for pcm in (self._playback, self._capture):
            try:
                pcm.drop()
            except self._alsa.ALSAAudioError:
                continue  # the card is gone already, which is why we close
            finally:
                pcm.close()

    def _open(self, direction: int, device: str) -> Any:
        try:
            pcm = self._alsa.PCM(
                direction,
                self._alsa.PCM_NONBLOCK,
                device=device,
                rate=RATE,
                channels=1,
                format=self._alsa.PCM_FORMAT_S16_LE,
                periodsize=FRAME_SAMPLES,
                periods=PERIODS,
            )
        except self._alsa.ALSAAudioError as error:
            raise SoundError(f"{device}: {error}") from error
        got = pcm.info()
        if (got["rate"], got["channels"]) != (RATE, 1):
            pcm.close()
            raise SoundError(f"{device}: gives {got['rate']} Hz, {got['channels']} channels; use a plughw: name")
        return pcm

    def _write(self, frame: bytes) -> int:
        assert len(frame) == FRAME_BYTES
        try:
            return int(self._playback.write(frame))
        except self._alsa.ALSAAudioError as error:
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> SoundError:
        return SoundError(f"{self._name}: {error}")
