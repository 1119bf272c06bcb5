"""Word error rate of a recogniser on voices that it was not trained on, through the engine that callers meet, at 8 kHz.

    python -m tests.bench.wer [--model DIRECTORY] [--json FILE]

The sound is the simulated callers' (hw/simulator/callers: espeak-ng variants held out of the starter's training), clean
and as a phone line would deliver it. Synthetic voices flatter any recogniser: take the figures for what they are, a
guard against getting worse, and not for what a human caller will meet.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from hw.simulator.callers.phrases import load_phrases
from tests.voice.speech.sound import Sound, alaw, noisy, phone_band, read_wav, to_pcm
from voice.ports import FRAME_BYTES, RATE
from voice.speech.engines.vosk import VoskEngine

STARTER = Path(__file__).parents[2] / "voice" / "starter" / "stt" / "ru-starter"
PAUSE = 0.4

CONDITIONS: dict[str, Callable[[Sound], Sound]] = {
    "clean": lambda sound: sound,
    "phone band, noise 15 dB": lambda sound: noisy(phone_band(sound), 15),
    "phone band, noise 10 dB": lambda sound: noisy(phone_band(sound), 10),
    "phone band, A-law": lambda sound: alaw(phone_band(sound)),
    "12 dB quieter, A-law": lambda sound: alaw(phone_band(sound) / 4),
}


@dataclass(frozen=True, slots=True)
class Score:
    """One condition; `rate` is errors by words, `real_time` seconds of work by second of sound."""

    condition: str
    phrases: int
    words: int
    errors: int
    rate: float
    phrases_right: int
    real_time: float
    worst: tuple[str, ...]


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Substitutions, insertions and deletions, the fewest (Levenshtein over words)."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def score(engine: VoskEngine, condition: str, phrases: list[tuple[str, Sound]]) -> Score:
    """All phrases through one condition."""
    words = errors = right = 0
    sound_seconds = work_seconds = 0.0
    wrong: list[tuple[int, str]] = []
    for text, sound in phrases:
        quiet = np.zeros(int(PAUSE * RATE))
        pcm = to_pcm(CONDITIONS[condition](np.concatenate((quiet, sound, quiet))))
        stream = engine.listen(RATE)
        begun = time.perf_counter()
        for start in range(0, len(pcm), FRAME_BYTES):
            stream.accept(pcm[start : start + FRAME_BYTES])
        heard = stream.finish().text
        work_seconds += time.perf_counter() - begun
        sound_seconds += len(pcm) / 2 / RATE
        missed = word_errors(text.split(), heard.split())
        words, errors, right = words + len(text.split()), errors + missed, right + (missed == 0)
        if missed:
            wrong.append((missed, f"{text} -> {heard}"))
    worst = tuple(line for _, line in sorted(wrong, reverse=True)[:3])
    rate, real_time = errors / words, work_seconds / sound_seconds
    return Score(condition, len(phrases), words, errors, rate, right, real_time, worst)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a line a condition, and the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", type=Path, default=STARTER)
    parser.add_argument("--json", type=Path, help="write the figures here; printed otherwise")
    options = parser.parse_args(arguments)
    engine = VoskEngine.load(options.model)
    phrases = [(phrase.text, read_wav(phrase.path)) for phrase in load_phrases().values()]
    scores = [score(engine, condition, phrases) for condition in CONDITIONS]
    for it in scores:
        print(
            f"wer {it.condition}: {it.rate:.1%} ({it.errors} of {it.words} words), "
            f"{it.phrases_right} of {it.phrases} phrases right, real time factor {it.real_time:.3f}"
        )
        for line in it.worst:
            print(f"    {line}")
    figures = json.dumps({"model": options.model.name, "wer": [asdict(it) for it in scores]}, ensure_ascii=False)
    if options.json is None:
        print(figures)
    else:
        options.json.write_text(figures + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
