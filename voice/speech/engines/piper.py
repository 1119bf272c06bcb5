"""Piper: text to speech, a sentence at a time. The only module that imports `piper` (and its onnxruntime)."""

import json
import os
import threading
import time
from pathlib import Path
from typing import Any, cast

# The wheel of onnxruntime 1.31 keeps a database of usage events in ~/.cache/Microsoft, and holds the address to send it
# to (mobile.events.data.microsoft.com). It looks at this once, when it is loaded.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

# ruff: isort: split
import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import soxr
from piper import PiperConfig, PiperVoice, SynthesisConfig

from voice.errors import ModelFileError, VoiceError
from voice.ports import FRAME_BYTES, RATE
from voice.speech.loudness import Samples, levelled, to_pcm, trimmed

PACES = (0.5, 2.0)
LEAD_SECONDS = 0.02
"""Silence left before the first sound: voices begin with about 0.1 s of it, which the caller would wait through."""
TAIL_SECONDS = 0.12
FIRST_SOUND_GOAL = 0.25
"""Seconds of work for the first stretch; a longer first sentence is begun with its first clauses alone."""
MIN_CLAUSE = 12
"""Phonemes: a shorter clause on its own sounds chopped."""
CLAUSE_ENDS = frozenset(",;:—")
WARM_UP_TEXT = "Добрый день."
SPEED_SMOOTHING = 0.3


class PiperFailed(VoiceError):
    """The voice's graph refused to run."""


class PiperEngine:
    """A loaded voice. One thread uses it and its utterances (`stop` excepted)."""

    def __init__(self, voice: PiperVoice, session: "_StoppableSession") -> None:
        self._voice = voice
        self.session = session
        self.rate = int(voice.config.sample_rate)
        self.seconds_per_phoneme = 0.0
        """Measured work, smoothed: how slow this machine is with this voice."""

    @classmethod
    def load(cls, path: Path, *, threads: int = 1) -> "PiperEngine":
        """Reads the voice and says one word to itself, so that the first caller does not pay for it. ModelFileError."""
        config_path = path.with_name(path.name + ".json")
        for file in (path, config_path):
            if not file.is_file():
                raise ModelFileError(f"{file}: there is no such file")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        try:
            config = PiperConfig.from_dict(json.loads(config_path.read_text(encoding="utf-8")))
            inner = onnxruntime.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])
            session = _StoppableSession(inner)
            engine = cls(PiperVoice(config=config, session=cast(Any, session)), session)
            engine._warm_up()
        except Exception as error:
            raise ModelFileError(f"{path}: Piper cannot use this voice ({error})") from error
        return engine

    def utter(self, text: str, pace: float) -> "PiperUtterance":
        """`pace` 1.0 is the voice's own, 2.0 twice as fast. ValueError out of PACES."""
        if not PACES[0] <= pace <= PACES[1]:
            raise ValueError(f"pace {pace} is not from {PACES[0]} to {PACES[1]}")
        return PiperUtterance(self, text, pace)

    def phonemes(self, text: str) -> list[list[str]]:
        """Sentences as Piper cuts them, none empty."""
        return [sentence for sentence in self._voice.phonemize(text) if sentence]

    def render(self, phonemes: list[str], pace: float) -> Samples:
        """One stretch of sound at the voice's own rate and level. Raises PiperFailed."""
        begun = time.perf_counter()
        config = SynthesisConfig(length_scale=self._voice.config.length_scale / pace)
        try:
            sound = self._voice.phoneme_ids_to_audio(self._voice.phonemes_to_ids(phonemes), config)
        except Exception as error:
            raise PiperFailed(str(error)) from error
        spent = (time.perf_counter() - begun) / len(phonemes)
        self.seconds_per_phoneme += SPEED_SMOOTHING * (spent - self.seconds_per_phoneme)
        return np.atleast_1d(np.asarray(sound, dtype=np.float32))

    def _warm_up(self) -> None:
        for _ in range(2):  # the second one is what a caller would meet: the speed is taken from it
            self.seconds_per_phoneme = 0.0
            utterance = self.utter(WARM_UP_TEXT, 1.0)
            while utterance.next():
                pass
        self.seconds_per_phoneme /= SPEED_SMOOTHING


class PiperUtterance:
    """One text on its way to sound; used once."""

    def __init__(self, engine: PiperEngine, text: str, pace: float) -> None:
        self._engine = engine
        self._text = text
        self._pace = pace
        self._stopped = threading.Event()
        self._run = onnxruntime.RunOptions()
        self._sentences: list[list[str]] | None = None
        self._first = True
        # One resampler for the whole utterance: begun anew at each sentence it would click at the joints.
        self._resampler = soxr.ResampleStream(engine.rate, RATE, 1, "float32", "HQ")
        self._rest = b""

    def next(self) -> bytes | None:
        """Whole 20 ms frames of PCM at 8 kHz, a sentence (or the first clauses of one) at a time."""
        while True:
            if self._sentences is None:
                self._sentences = self._plan()
            if self._stopped.is_set() or not self._sentences:
                return None
            if pcm := self._speak(self._sentences.pop(0)):
                return pcm

    def stop(self) -> None:
        """Aborts the graph in progress at its next node."""
        self._stopped.set()
        self._run.terminate = True

    def _plan(self) -> list[list[str]]:
        sentences = self._engine.phonemes(self._text)
        if not sentences or not self._engine.seconds_per_phoneme:
            return sentences
        affordable = int(FIRST_SOUND_GOAL / self._engine.seconds_per_phoneme)
        return [*split_first(sentences[0], affordable), *sentences[1:]]

    def _speak(self, phonemes: list[str]) -> bytes:
        self._engine.session.options = self._run
        try:
            sound = self._engine.render(phonemes, self._pace)
        except PiperFailed:
            if self._stopped.is_set():
                return b""
            raise
        last = not self._sentences
        sound = trimmed(
            levelled(sound, self._engine.rate),
            self._engine.rate,
            before=LEAD_SECONDS if self._first else None,
            after=TAIL_SECONDS if last else None,
        )
        self._first = False
        pcm = self._rest + to_pcm(self._resampler.resample_chunk(np.ascontiguousarray(sound), last))
        if last:
            pcm += bytes(-len(pcm) % FRAME_BYTES)
        whole = len(pcm) // FRAME_BYTES * FRAME_BYTES
        self._rest = pcm[whole:]
        return pcm[:whole]


class _StoppableSession:
    """Stands in for PiperVoice's session and adds the run options, which Piper does not pass: they carry the stop."""

    def __init__(self, inner: onnxruntime.InferenceSession) -> None:
        self._inner = inner
        self.options: onnxruntime.RunOptions | None = None

    def run(self, names: list[str] | None, inputs: dict[str, Any]) -> Any:
        return self._inner.run(names, inputs, self.options)


def split_first(phonemes: list[str], affordable: int) -> list[list[str]]:
    """PURE: a sentence too long to wait for becomes its first clauses and the rest; `affordable` is in phonemes."""
    if len(phonemes) <= max(affordable, MIN_CLAUSE):
        return [phonemes]
    ends = [i + 1 for i, mark in enumerate(phonemes[:-MIN_CLAUSE]) if mark in CLAUSE_ENDS and i + 1 >= MIN_CLAUSE]
    if not ends:
        return [phonemes]
    cut = max((end for end in ends if end <= affordable), default=ends[0])
    return [phonemes[:cut], phonemes[cut:]]
