"""WORLD analysis of the recordings, 10 ms a frame: pitch, voicing, 40 warped cepstra, 5 band aperiodicities."""

import multiprocessing
import os
import time
from functools import partial
from pathlib import Path

import numpy as np
from scipy.io import wavfile

from voice.starter.tts.train.maps import APERIODICITY_BANDS, FFT, RATE, RECORDINGS, TO_CEPSTRA

PITCH_FLOOR, PITCH_CEILING = 65, 280
FRAME_MS = 10.0


def analyse(work: Path, limit: int | None = None, processes: int = 2) -> None:
    """Writes frames/<utterance>.npz for each recording that has none yet."""
    folder = work / "frames"
    folder.mkdir(exist_ok=True)
    paths = sorted((RECORDINGS / "wav").glob("*.wav"))[:limit]
    os.environ["OMP_NUM_THREADS"] = "1"
    began, seconds = time.monotonic(), 0.0
    with multiprocessing.Pool(processes) as pool:
        for done, length in enumerate(pool.imap_unordered(partial(_one, folder), paths), 1):
            seconds += length
            if done % 50 == 0 or done == len(paths):
                print(
                    f"analysed {done} of {len(paths)}, {seconds:.0f} s of speech in {time.monotonic() - began:.0f} s",
                    flush=True,
                )


def _one(folder: Path, path: Path) -> float:
    out = folder / f"{path.stem}.npz"
    if out.exists():
        return 0.0
    import pyworld  # slow to import, and each process needs it only here

    rate, pcm = wavfile.read(path)
    if rate != RATE:
        raise ValueError(f"{path}: {rate} Hz")
    wave = pcm.astype(np.float64) / 32768
    wave -= wave.mean()
    # harvest, not dio: dio finds only two thirds of this reader's voiced frames.
    pitch, times = pyworld.harvest(wave, rate, f0_floor=PITCH_FLOOR, f0_ceil=PITCH_CEILING, frame_period=FRAME_MS)
    pitch = pyworld.stonemask(wave, pitch, times, rate)
    power = pyworld.cheaptrick(wave, pitch, times, rate, fft_size=FFT * 2)[:, ::2]
    noise = pyworld.d4c(wave, pitch, times, rate, fft_size=FFT * 2)[:, ::2]
    amplitude = 0.5 * np.log(np.maximum(power, 1e-12))
    part = out.with_suffix(".part.npz")
    np.savez(
        part,
        f0=pitch.astype(np.float32),
        v=(pitch > 0) & (noise[:, 3:32].mean(1) < 0.7),
        c=(amplitude @ TO_CEPSTRA.T).astype(np.float32),
        bap=np.stack([noise[:, low:high].mean(1) for low, high in APERIODICITY_BANDS], 1).astype(np.float32),
    )
    part.rename(out)  # an interrupted run leaves no half file that the next one would take
    return len(wave) / rate
