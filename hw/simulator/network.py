"""The mobile network between the box and a caller: delay, coding, loss, level, noise and echo, frame by frame (PURE).

One frame is 160 samples (20 ms at 8 kHz) of int16.
"""

import dataclasses
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints

import numpy as np

from hw.simulator.codec import Floats, GsmDecoder, GsmEncoder
from hw.simulator.options import OptionError, check
from hw.simulator.wav import FRAME_SAMPLES, Samples

FRAME_SECONDS = 0.02
SILENCE: Samples = np.zeros(FRAME_SAMPLES, np.int16)


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """How the line colours sound. Levels in dB, delays in milliseconds each way, loss as a share of frames."""

    codec: Literal["none", "gsm"] = "gsm"
    band_limit: bool = True
    """300..3400 Hz, as a handset."""
    delay_ms: float = 160.0
    loss: float = 0.0
    level_to_box_db: float = 0.0
    level_to_caller_db: float = 0.0
    noise_dbfs: float | None = -62.0
    """White noise on the caller's side, relative to full scale."""
    echo_db: float | None = None
    """The box's own voice comes back so much weaker (a caller on a loudspeaker)."""
    echo_ms: float = 180.0


PRESETS: dict[str, NetworkSettings] = {
    "clean": NetworkSettings(codec="none", band_limit=False, delay_ms=0.0, noise_dbfs=None),
    "good": NetworkSettings(),
    "mobile": NetworkSettings(delay_ms=220.0, loss=0.01, level_to_box_db=-4.0, noise_dbfs=-55.0),
    "bad": NetworkSettings(delay_ms=300.0, loss=0.03, level_to_box_db=-12.0, noise_dbfs=-48.0, echo_db=-22.0),
    "loud": NetworkSettings(
        delay_ms=150.0, level_to_box_db=12.0, level_to_caller_db=6.0, noise_dbfs=-50.0, echo_db=-26.0
    ),
}

_LIMITS = {
    "delay_ms": (0.0, 1000.0),
    "loss": (0.0, 0.3),
    "level_to_box_db": (-30.0, 20.0),
    "level_to_caller_db": (-30.0, 20.0),
    "noise_dbfs": (-90.0, -10.0),
    "echo_db": (-60.0, 0.0),
    "echo_ms": (0.0, 1000.0),
}


def parse_network(values: dict[str, Any], default: str = "good") -> NetworkSettings:
    """Settings from a table with an optional `preset`. Raises OptionError with every problem."""
    values = dict(values)
    problems: list[str] = []
    preset = values.pop("preset", default)
    if preset not in PRESETS:
        problems.append(f"network.preset: must be one of {', '.join(PRESETS)}, not {preset!r}")
    hints = get_type_hints(NetworkSettings)
    for key, value in values.items():
        if key not in hints:
            problems.append(f"network.{key}: unknown key")
        elif problem := check(value, hints[key]):
            problems.append(f"network.{key}: {problem}")
        elif key in _LIMITS and value is not None and not _LIMITS[key][0] <= value <= _LIMITS[key][1]:
            problems.append(f"network.{key}: must be {_LIMITS[key][0]:g} to {_LIMITS[key][1]:g}, not {value:g}")
    if problems:
        raise OptionError(problems)
    return dataclasses.replace(PRESETS[preset], **values)


def _band_pass(low: float = 300.0, high: float = 3400.0, taps: int = 101) -> Floats:
    """Windowed-sinc band pass for 8 kHz."""
    n = np.arange(taps) - (taps - 1) / 2

    def low_pass(edge: float) -> Floats:
        return np.asarray(2 * edge / 8000 * np.sinc(2 * edge / 8000 * n))

    return np.asarray((low_pass(high) - low_pass(low)) * np.hamming(taps))


class Delay:
    """Gives back what was put in `frames` ticks ago; silence at first."""

    def __init__(self, frames: int) -> None:
        self._frames: deque[Samples] = deque([SILENCE] * frames, maxlen=frames + 1)

    def push(self, frame: Samples) -> Samples:
        """One frame in, one out."""
        self._frames.append(frame)
        return self._frames.popleft()


class Colour:
    """Band limit, level, noise, coding and frame loss of one direction."""

    def __init__(self, settings: NetworkSettings, level_db: float, noise: bool, rng: np.random.Generator) -> None:
        self._settings = settings
        self._gain = 10.0 ** (level_db / 20.0)
        self._noise = (
            32768.0 * 10.0 ** (settings.noise_dbfs / 20.0) if noise and settings.noise_dbfs is not None else 0.0
        )
        self._rng = rng
        self._taps = _band_pass()
        self._tail: Floats = np.zeros(len(self._taps) - 1)
        self._encoder, self._decoder = GsmEncoder(), GsmDecoder()
        self._last: Floats = np.zeros(FRAME_SAMPLES)
        self.lost = 0

    def push(self, frame: Samples) -> Samples:
        """One frame in, one out."""
        sound = frame.astype(np.float64) * self._gain
        if self._settings.band_limit:
            padded = np.concatenate((self._tail, sound))
            self._tail = padded[-len(self._tail) :]
            sound = np.convolve(padded, self._taps, "valid")
        if self._noise:
            sound = sound + self._rng.normal(0.0, self._noise, len(sound))
        lost = bool(self._settings.loss) and float(self._rng.random()) < self._settings.loss
        self.lost += lost
        if self._settings.codec == "gsm":
            sound = self._decoder.decode(None if lost else self._encoder.encode(np.clip(sound, -32768, 32767)))
        elif lost:
            sound = self._last * 0.7
        self._last = sound
        return np.asarray(np.clip(np.rint(sound), -32768, 32767), np.int16)


class Network:
    """Both directions of one call."""

    def __init__(self, settings: NetworkSettings, rng: np.random.Generator) -> None:
        self.settings = settings
        frames = round(settings.delay_ms / 1000 / FRAME_SECONDS)
        self._up_delay, self._down_delay = Delay(frames), Delay(frames)
        self._up = Colour(settings, settings.level_to_caller_db, noise=False, rng=rng)
        self._down = Colour(settings, settings.level_to_box_db, noise=True, rng=rng)
        self._echo_delay = Delay(round(settings.echo_ms / 1000 / FRAME_SECONDS))
        self._echo_gain = 0.0 if settings.echo_db is None else 10.0 ** (settings.echo_db / 20.0)

    @property
    def lost(self) -> tuple[int, int]:
        """Frames lost (towards the box, towards the caller)."""
        return self._down.lost, self._up.lost

    def to_caller(self, frame: Samples) -> tuple[Samples, Samples]:
        """The box's frame as it reaches the caller: (undistorted, as heard)."""
        clean = self._up_delay.push(frame)
        heard = self._up.push(clean)
        if self._echo_gain:
            self._echo_now = self._echo_delay.push(heard)
        return clean, heard

    _echo_now: Samples = SILENCE

    def to_box(self, frame: Samples) -> Samples:
        """The caller's frame as it reaches the box; call after to_caller of the same tick (echo)."""
        if self._echo_gain:
            mixed = frame.astype(np.float64) + self._echo_now * self._echo_gain
            frame = np.asarray(np.clip(np.rint(mixed), -32768, 32767), np.int16)
        return self._down.push(self._down_delay.push(frame))
