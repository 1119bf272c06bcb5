"""Word error rate through the true engine (libvosk at 8 kHz), clean and over a simulated telephone line."""

import json
import pickle
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.io import wavfile
from scipy.signal import butter, sosfilt

from voice.starter.stt.train.espeak import Utterance
from voice.starter.stt.train.features import RATE, alaw, to_8k
from voice.starter.stt.train.synthesise import festival_set

CHUNK_BYTES = 3200
PUBLISHED = {("heldout_voice", "clean"): 0.3, ("heldout_voice", "phone"): 1.5, ("festival", "phone"): 0.6}
"""Word error rates (%) of the model that is shipped; see the README."""
WORST = 4.0
"""A rebuilt model with more errors than this (%) on any of the sets above is not put in place."""
SHIFTS = (-300, 300, 500, 700)
"""Cents: the one human voice as lower and higher speakers."""


def evaluate(work: Path, model: Path, *, count: int = 150, conditions: Iterable[str] = ("clean", "phone")) -> bool:
    """Prints every figure and returns whether the model may be shipped."""
    import vosk

    vosk.SetLogLevel(-1)
    engine = vosk.Model(str(model.resolve()))
    with (work / "espeak_test.pkl").open("rb") as file:
        sets: dict[str, list[Utterance]] = pickle.load(file)  # our own file of an earlier step
    sets["festival"] = festival_set(work, "test")
    sets["festival_added_words"] = festival_set(work, "added")
    good = True
    for name, utterances in sets.items():
        for condition in conditions:
            rate = word_error_rate(engine, utterances[:count], condition)
            known = PUBLISHED.get((name, condition))
            good &= known is None or rate <= WORST
            print(
                f"{name:28} {condition:6} {rate:5.1f} %" + (f"  (shipped model: {known} %)" if known else ""),
                flush=True,
            )
    for cents in SHIFTS:
        shifted = [_shifted(utterance, cents) for utterance in sets["festival"][:30]]
        print(
            f"festival shifted {cents:+} cents   phone  {word_error_rate(engine, shifted, 'phone'):5.1f} %", flush=True
        )
    return good


def word_error_rate(engine: object, utterances: list[Utterance], condition: str) -> float:
    """In per cent, over all words."""
    rng, errors, words = np.random.default_rng(3), 0, 0
    for utterance in utterances:
        heard = recognise(engine, over_the_line(utterance.wave, utterance.rate, condition, rng))
        errors += distance(utterance.text.split(), heard.split())
        words += len(utterance.text.split())
    return 100 * errors / max(1, words)


def over_the_line(wave: np.ndarray, rate: int, condition: str, rng: np.random.Generator) -> np.ndarray:
    """int16 at 8 kHz. `phone`: 300-3400 Hz, white noise at 15 dB, A-law. `gsm`: 20 dB and GSM 06.10 by sox."""
    sound = np.concatenate([np.zeros(2400), to_8k(wave, rate), np.zeros(3200)])
    sound = sound / np.sqrt((sound**2).mean() + 1)
    if condition == "clean":
        return _int16(sound * 0.08)
    sound = sound + rng.standard_normal(len(sound)) * 10 ** (-(15 if condition == "phone" else 20) / 20)
    sound = sosfilt(butter(3, [300, 3400], "band", fs=RATE, output="sos"), sound)
    return _int16(alaw(sound * 0.05)) if condition == "phone" else _sox(_int16(sound * 0.08), RATE, codec="gsm")


def recognise(engine: object, sound: np.ndarray) -> str:
    import vosk

    recogniser, data, heard = vosk.KaldiRecognizer(engine, RATE), sound.tobytes(), []
    for at in range(0, len(data), CHUNK_BYTES):
        if recogniser.AcceptWaveform(data[at : at + CHUNK_BYTES]):
            heard.append(json.loads(recogniser.Result())["text"])
    heard.append(json.loads(recogniser.FinalResult())["text"])
    return " ".join(text for text in heard if text)


def distance(said: list[str], heard: list[str]) -> int:
    """Word substitutions, deletions and insertions (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        corner, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (word != other))
    return row[-1]


def _shifted(utterance: Utterance, cents: int) -> Utterance:
    """Pitch and formants moved, tempo kept (sox's `pitch`): another speaker, roughly."""
    wave = _sox(utterance.wave, utterance.rate, effect=["pitch", str(cents)])
    return Utterance(utterance.text, utterance.rate, wave, [], utterance.source)


def _sox(wave: np.ndarray, rate: int, *, codec: str = "", effect: list[str] | None = None) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        first, middle, last = (Path(folder) / name for name in ("in.wav", f"coded.{codec or 'wav'}", "out.wav"))
        wavfile.write(first, rate, wave)
        subprocess.run(["sox", "-G", first, middle, *(effect or [])], check=True)
        subprocess.run(["sox", middle, "-b", "16", last], check=True)
        return wavfile.read(last)[1]


def _int16(sound: np.ndarray) -> np.ndarray:
    return np.clip(np.round(sound * 32768), -32768, 32767).astype(np.int16)
