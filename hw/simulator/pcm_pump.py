"""The PCM port from the module's side: bytes to frames and back, with the module's buffers and habits (PURE).

Downlink comes in pieces of any length and is lost packet by packet while the host does not read; uplink is taken at
real-time speed and replaced by silence when the host does not write.
"""

from dataclasses import asdict, dataclass
from random import Random
from typing import Protocol

import numpy as np

from hw.simulator.card_port import CardPort
from hw.simulator.codec import Floats
from hw.simulator.faults import FaultBoard
from hw.simulator.network import SILENCE
from hw.simulator.profile import Profile
from hw.simulator.wav import FRAME_SAMPLES, RATE, Samples

MAX_CARRY = 4096
LATE_SECONDS = 0.005


class BytePort(Protocol):
    """The port as the pump uses it."""

    def read(self, limit: int) -> bytes:
        """Up to `limit` bytes from the host."""

    def write(self, data: bytes) -> int:
        """How many bytes the host's side took."""

    def waiting(self) -> int:
        """Bytes from the host not read yet."""


@dataclass(slots=True)
class PcmCounters:
    """What passed the port in one call."""

    down_bytes: int = 0
    down_lost: int = 0
    up_bytes: int = 0
    up_frames: int = 0
    up_silent_frames: int = 0
    """Frames for which the host had written nothing (in time)."""
    up_gaps: int = 0
    """How often the host's sound ran dry and then went on: what the caller hears as chopped."""
    up_queued_max: int = 0
    """Most bytes seen waiting to be taken, a frame's worth being 320. A real module takes its frames on time whatever
    the host's processor is busy with, so what piled up while this program was late is not the host's doing: late ticks
    are not looked at."""
    late_ticks: int = 0
    """Ticks of the module that this machine ran more than 5 ms late."""


class PcmPump:
    """Call `uplink()` and `downlink()` once every 20 ms of the module's clock."""

    def __init__(self, port: BytePort, profile: Profile, faults: FaultBoard, rng: Random) -> None:
        self._port = port
        self._profile = profile
        self._faults = faults
        self._rng = rng
        self.counters = PcmCounters()
        self.rate = 0
        self._held = bytearray()
        self._carry = bytearray()
        self._burst = False
        self._flowing = self._dry = False
        self._degraded = False
        self._frames = self._ticks = 0

    def start(self, rate: int, *, degraded: bool = False) -> None:
        """Sound flows from now on, at 8000 or 16000 Hz."""
        self.rate, self._degraded, self._frames, self._ticks = rate, degraded, 0, 0
        self._held.clear()
        self._carry.clear()
        self._flowing = self._dry = False
        self._up, self._down = _Doubler(), _Doubler()

    def stop(self) -> None:
        """Sound no longer flows; what the host wrote and nobody took is thrown away."""
        self.rate = 0
        while self._port.read(65536):
            pass

    def close(self) -> None:
        """The call is over: a port that was opened for it is let go."""
        if isinstance(self._port, CardPort):
            self._port.close()

    def figures(self) -> dict[str, int]:
        """The counters as plain numbers."""
        return asdict(self.counters)

    @property
    def _frame_bytes(self) -> int:
        return FRAME_SAMPLES * 2 * self.rate // RATE

    # --- towards the network --------------------------------------------------------------------------------------

    def uplink(self, late: float = 0.0) -> Samples:
        """The host's next 20 ms, or silence. The tick is `late` by so many seconds."""
        if not self.rate:
            return SILENCE
        self._frames += 1
        if self._faults.on("uplink_stuck") and self._frames * 0.02 >= self._faults.get("uplink_stuck", "seconds"):
            return SILENCE
        counters = self.counters
        if late > LATE_SECONDS:
            counters.late_ticks += 1
        else:
            counters.up_queued_max = max(counters.up_queued_max, len(self._held) + self._port.waiting())
        room = self._frame_bytes * max(1, self._profile.uplink_buffer_ms // 20) - len(self._held)
        data = self._port.read(room) if room > 0 else b""
        counters.up_bytes += len(data)
        self._held += data
        if len(self._held) < self._frame_bytes:
            counters.up_silent_frames += 1
            self._dry = self._flowing
            return SILENCE
        counters.up_gaps += self._dry
        self._flowing, self._dry = True, False
        counters.up_frames += 1
        frame, self._held = bytes(self._held[: self._frame_bytes]), self._held[self._frame_bytes :]
        return SILENCE if self._faults.on("uplink_mute") else self._narrow(frame)

    def _narrow(self, frame: bytes) -> Samples:
        samples = np.frombuffer(frame, "<i2")
        return samples if self.rate == RATE else self._up.down(samples)

    # --- towards the host -------------------------------------------------------------------------------------------

    def downlink(self, frame: Samples) -> None:
        """The caller's next 20 ms, to be read by the host."""
        if not self.rate:
            return
        self._ticks += 1
        if self._faults.on("pcm_silent") and self._ticks * 0.02 >= self._faults.get("pcm_silent", "seconds"):
            return
        if self._faults.on("pcm_zeros"):
            frame = SILENCE
        wide = frame if self.rate == RATE else self._down.up(frame)
        data = wide.astype("<i2").tobytes()
        if self._degraded and self._rng.random() < 0.3:
            return  # chopped: the byte counters look nearly normal, the sound does not
        if len(self._carry) + len(data) > MAX_CARRY:
            self.counters.down_lost += len(data)  # a whole packet, so samples stay aligned
        else:
            self._carry += data
        self._send()

    def _send(self) -> None:
        match self._profile.pcm_chunking:
            case "frames":
                self._write(len(self._carry))
            case "odd":
                # Any length, the rest one frame later: at most 320 bytes stay behind.
                keep = self._rng.randint(0, 320)
                total = max(0, len(self._carry) - keep)
                first = self._rng.randint(0, total)
                if self._write(first):
                    self._write(total - first)
            case "bursts":
                self._burst = not self._burst
                if not self._burst:
                    self._write(max(0, len(self._carry) - self._rng.randint(0, 1)))

    def _write(self, count: int) -> bool:
        """False when the host does not keep up."""
        if not count:
            return True
        taken = self._port.write(bytes(self._carry[:count]))
        self.counters.down_bytes += taken
        del self._carry[:taken]
        return taken == count


_TAPS = np.hamming(63) * np.sinc((np.arange(63) - 31) / 2) / 2  # low pass at 4 kHz for 16 kHz


class _Doubler:
    """8 to 16 kHz and back, frame by frame without a gap (which a general streaming resampler does not promise)."""

    def __init__(self) -> None:
        self._tail = np.zeros(len(_TAPS) - 1)

    def _filter(self, samples: Floats) -> Floats:
        padded = np.concatenate((self._tail, samples))
        self._tail = padded[-len(self._tail) :]
        return np.convolve(padded, _TAPS, "valid")

    def up(self, samples: Samples) -> Samples:
        """Twice as many samples."""
        stuffed = np.zeros(len(samples) * 2)
        stuffed[::2] = samples
        return np.asarray(np.clip(np.rint(self._filter(stuffed) * 2), -32768, 32767), np.int16)

    def down(self, samples: Samples) -> Samples:
        """Half as many samples."""
        return np.asarray(np.clip(np.rint(self._filter(samples.astype(np.float64))[::2]), -32768, 32767), np.int16)
