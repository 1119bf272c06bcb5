"""Callers for the bench of turn-taking: spoken by espeak-ng, with pauses, over lines good and bad; where each sound
begins and ends is known from the clean sound."""

import random
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from hw.simulator.callers.phrases import Phrase
from hw.simulator.callers.render import speak
from hw.simulator.network import PRESETS, Colour, NetworkSettings
from tests.voice.speech.sound import noisy
from voice.ports import FRAME_SAMPLES, RATE

PHRASES: Final = Path(__file__).parent / "turns.toml"
VOICES: Final = {"tune": ("m5", "f4", "klatt4", "Annie"), "held": ("Mike", "aunty", "Denis", "steph2")}
LINES: Final = ("good", "mobile", "noise15", "quiet", "clean")
PAUSES: Final = (0.3, 0.9)
LEAD: Final = 0.6
TAIL: Final = 2.2

Sound = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Clip:
    """A caller's phrase on a line; `spans` are (start, end) of its sounds, seconds, pauses between them."""

    text: str
    kind: str
    split: str
    voice: str
    line: str
    spans: tuple[tuple[float, float], ...]
    pcm: bytes


def edges(sound: Sound) -> tuple[float, float]:
    """Where clean sound begins and ends: within 30 dB of its loudest 10 ms."""
    power = (sound[: len(sound) // 80 * 80].reshape(-1, 80) ** 2).mean(axis=1)
    loud = np.nonzero(power > power.max() / 1000)[0]
    return float(loud[0]) * 0.01, float(loud[-1] + 1) * 0.01


def clips(split: str, *, rounds: int = 1, kinds: tuple[str, ...] = ()) -> Iterator[Clip]:
    """Every phrase of the split in `rounds` voices, each time over another line; the same on every run."""
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        raise SystemExit("espeak-ng is missing: apt-get install espeak-ng")
    table: dict[str, list[str]] = tomllib.loads(PHRASES.read_text(encoding="utf-8"))[split]
    lot = random.Random(split)
    number = 0
    for turn in range(rounds):
        for kind, texts in table.items():
            for text in texts:
                number += 1
                voices = VOICES[split]
                voice = voices[(number + turn) % len(voices)]
                gaps = [lot.uniform(*PAUSES) for _ in text.split("|")[1:]]
                if not kinds or kind in kinds:
                    yield make(espeak, text, kind, split, voice, LINES[(number + turn) % len(LINES)], gaps)


def make(espeak: str, text: str, kind: str, split: str, voice: str, line: str, gaps: list[float]) -> Clip:
    """One clip."""
    phrase = Phrase(id="bench", parts=(text,), gap=0.0, voice=voice, rate=150, pitch=45)
    at, spans, parts = LEAD, [], [np.zeros(int(LEAD * RATE))]
    for index, part in enumerate(text.split("|")):
        if index:
            parts.append(np.zeros(int(gaps[index - 1] * RATE)))
            at += gaps[index - 1]
        sound = speak(espeak, phrase, part.strip()).astype(np.float64) / 32768.0
        begins, ends = edges(sound)
        sound = sound[int(begins * RATE) : int(ends * RATE)]
        spans.append((at, at + len(sound) / RATE))
        parts.append(sound)
        at += len(sound) / RATE
    whole = np.concatenate([*parts, np.zeros(int(TAIL * RATE))])
    whole *= 0.5 / np.abs(whole).max()
    return Clip(text, kind, split, voice, line, tuple(spans), coloured(whole, line))


def coloured(sound: Sound, line: str, seed: int = 5) -> bytes:
    """What the box receives of it."""
    rng = np.random.default_rng(seed)
    settings: NetworkSettings = PRESETS["good" if line == "noise15" else line if line in PRESETS else "good"]
    level = {"quiet": -12.0}.get(line, settings.level_to_box_db)
    if line == "noise15":
        sound = noisy(sound, 15.0)
    colour = Colour(settings, level, noise=True, rng=rng)
    whole = np.rint(np.clip(sound, -1, 1) * 32767).astype(np.int16)
    whole = whole[: len(whole) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    return b"".join(colour.push(frame).astype("<i2").tobytes() for frame in whole)
