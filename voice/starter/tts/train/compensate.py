"""Undoing the smoothing: a trained model moves less than a voice does, and sounds duller.

Measured on training sentences with the reader's own durations: how much less each cepstral coefficient and the pitch vary
("global variance"), and the smooth difference of the long-term spectra. Both become constants of the model.
"""

import random
from pathlib import Path

import numpy as np
import torch

from voice.starter.tts.train.fit import Item, collate, items
from voice.starter.tts.train.maps import CEPSTRA, FREQUENCIES, FROM_CEPSTRA, TO_CEPSTRA
from voice.starter.tts.train.network import PITCH, VOICING, Acoustic

SENTENCES, STRENGTH = 60, 0.8
MOST, MOST_FIRST, MOST_PITCH = 2.2, 1.1, 1.6
DB_PER_NEPER = 8.686
SMOOTH_COEFFICIENTS = 8
LOWEST_TILT, HIGHEST_TILT = -0.12, 0.46
"""Nepers: -1 to +4 dB."""
FIXED_HZ = [0, 250, 500, 1500, 2500, 4500, 6500, 8000]
FIXED_DB = [-2, -1.5, 0, 0, 1.5, 1.5, 0, 0]
"""Found on copy-synthesis: too much below 300 Hz, a little dull at 2.5 to 4.5 kHz."""


def compensate(work: Path) -> None:
    """Reads model.pt, writes model_final.pt."""
    model = Acoustic(0.0)
    model.load_state_dict(torch.load(work / "model.pt"))
    model.eval()
    data = items(work, False)
    chosen = random.Random(3).sample(data, min(SENTENCES, len(data)))
    pairs = [_pair(model, item) for item in chosen]
    cepstra = np.median([_spread(truth, guess) for truth, guess in pairs], 0)
    pitch = float(np.median([_pitch_spread(truth, guess) for truth, guess in pairs]))
    model.gv[:] = torch.from_numpy(1 + (np.clip(cepstra, 1, MOST) - 1) * STRENGTH).float()
    model.gv[0] = float(np.clip(cepstra[0], 1, MOST_FIRST))  # loudness: hardly touched
    model.lfs[:] = 1 + (min(pitch, MOST_PITCH) - 1) * min(STRENGTH, 0.7)
    model.tilt[:] = torch.from_numpy(_tilt(model, pairs)).float()
    torch.save(model.state_dict(), work / "model_final.pt")
    print(f"natural to predicted deviation: cepstra {np.median(cepstra):.2f}, pitch {pitch:.2f}")


def _pair(model: Acoustic, item: Item) -> tuple[np.ndarray, np.ndarray]:
    """Natural and predicted features (T, 47), not normalised."""
    batch = collate([item])
    with torch.no_grad():
        h, _ = model.encode(batch.tokens, batch.token_mask)
        guess = model.frames(h, batch.owner, batch.places, batch.frame_mask) * model.sd + model.mu
    return item.features, guess[0].numpy()


def _spread(truth: np.ndarray, guess: np.ndarray) -> np.ndarray:
    loud = truth[:, 0] > np.percentile(truth[:, 0], 25)
    return truth[loud, :CEPSTRA].std(0) / guess[loud, :CEPSTRA].std(0)


def _pitch_spread(truth: np.ndarray, guess: np.ndarray) -> float:
    voiced = truth[:, VOICING] > 0.5
    return truth[voiced, PITCH].std() / guess[voiced, PITCH].std()


def _tilt(model: Acoustic, pairs: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Cepstra to add so that the long-term spectrum of voiced frames is as bright as the reader's."""
    mean, gain = model.mu.numpy()[:CEPSTRA], model.gv.numpy()
    natural, predicted = [], []
    for truth, guess in pairs:
        voiced = truth[:, VOICING] > 0.5
        natural.append(np.exp(2 * truth[voiced, :CEPSTRA] @ FROM_CEPSTRA.T))
        predicted.append(np.exp(2 * ((guess[voiced, :CEPSTRA] - mean) * gain + mean) @ FROM_CEPSTRA.T))
    difference = 0.5 * (np.log(np.concatenate(natural).mean(0)) - np.log(np.concatenate(predicted).mean(0)))
    smooth = FROM_CEPSTRA[:, :SMOOTH_COEFFICIENTS] @ (TO_CEPSTRA[:SMOOTH_COEFFICIENTS] @ difference)
    smooth = np.clip(smooth - smooth[FREQUENCIES < 1000].mean(), LOWEST_TILT, HIGHEST_TILT)
    return TO_CEPSTRA @ (smooth + np.interp(FREQUENCIES, FIXED_HZ, FIXED_DB) / DB_PER_NEPER)
