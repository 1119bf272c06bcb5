"""Makes the callers' WAV files from phrases.toml: `python -m hw.simulator.callers.render [ID ...]`.

Needs Debian's `espeak-ng` (the program; nothing of it is shipped, and its licence does not cover its output).
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soxr

from hw.simulator.callers.phrases import Phrase, load_phrases
from hw.simulator.wav import RATE, Samples, read_wav, write_wav

EDGE_SECONDS = 0.05  # silence kept before and after the words
PEAK = 16000  # -6 dBFS, as a telephone line usually carries
QUIET = 0.004  # of full scale: below it is silence at the edges


def speak(espeak: str, phrase: Phrase, text: str) -> Samples:
    """One stretch of speech, resampled to 8 kHz, edges trimmed to EDGE_SECONDS of silence."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        voice = ["-v", f"ru+{phrase.voice}", "-s", str(phrase.rate), "-p", str(phrase.pitch)]
        subprocess.run([espeak, *voice, "-w", str(path), text], check=True)
        samples = read_wav(path)
    loud = np.flatnonzero(np.abs(samples) > QUIET * 32768)
    edge = int(EDGE_SECONDS * RATE)
    return np.pad(samples[loud[0] : loud[-1] + 1], edge)


def render(espeak: str, phrase: Phrase) -> Samples:
    """The whole phrase, its stretches joined by `gap` seconds of silence, brought to PEAK."""
    gap = np.zeros(int(phrase.gap * RATE), np.int16)
    parts: list[Samples] = []
    for text in phrase.parts:
        parts += [gap, speak(espeak, phrase, text)]
    whole = np.concatenate(parts[1:]).astype(np.float64)
    return np.asarray(np.rint(whole * (PEAK / np.abs(whole).max())), np.int16)


def main() -> int:
    """Returns the exit code: 0 well, 3 without espeak-ng."""
    parser = argparse.ArgumentParser(prog="python -m hw.simulator.callers.render", description=__doc__)
    parser.add_argument("ids", nargs="*", help="phrases to make (default: all)")
    wanted = set(parser.parse_args().ids)
    if (espeak := shutil.which("espeak-ng")) is None:
        print("espeak-ng не найден: apt-get install espeak-ng / espeak-ng is missing", file=sys.stderr)
        return 3
    total = 0
    for phrase in load_phrases().values():
        if wanted and phrase.id not in wanted:
            continue
        samples = render(espeak, phrase)
        write_wav(phrase.path, samples)
        total += phrase.path.stat().st_size
        print(f"{phrase.id}: {len(samples) / RATE:.2f} s")
    print(f"{total} bytes, resampled with soxr {soxr.__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
