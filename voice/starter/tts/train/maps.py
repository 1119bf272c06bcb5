"""Constants and fixed linear maps shared by analysis, training and export: spectra of 257 bins as 40 warped cepstra."""

from pathlib import Path

import numpy as np

RATE, HOP, FFT = 16_000, 160, 512
BINS, CEPSTRA = FFT // 2 + 1, 40
RECORDINGS = Path("/usr/share/festival/voices/russian/msu_ru_nsh_clunits")
"""festvox-ru: wav/, lab/ (phones with times) and etc/txt.done.data (texts with + before a stressed vowel)."""

FREQUENCIES = np.arange(BINS) * RATE / FFT
_warped = np.pi * np.log1p(FREQUENCIES / 700.0) / np.log1p(RATE / 2 / 700.0)  # mel-like, 0..8000 Hz to 0..pi

FROM_CEPSTRA = np.cos(_warped[:, None] * np.arange(CEPSTRA)[None])
"""(257, 40): log amplitude = FROM_CEPSTRA @ cepstra."""

_density = np.gradient(_warped)
_weight = np.sqrt(_density / _density.mean())[:, None]  # bins count by the width they have on the warped axis
_weighted = FROM_CEPSTRA * _weight
TO_CEPSTRA = np.linalg.solve(_weighted.T @ _weighted + 1e-4 * np.eye(CEPSTRA), (_weighted * _weight).T)
"""(40, 257): the least-squares inverse."""

_EDGES = [0, 1000, 2000, 4000, 6000, 8001]
APERIODICITY_BANDS = [
    (int(np.searchsorted(FREQUENCIES, low)), int(np.searchsorted(FREQUENCIES, high)))
    for low, high in zip(_EDGES, _EDGES[1:], strict=False)
]
BANDS = len(APERIODICITY_BANDS)
_centres = np.array([500.0, 1500.0, 3000.0, 5000.0, 7000.0])
FROM_BANDS = np.stack([np.interp(FREQUENCIES, _centres, np.eye(BANDS)[i]) for i in range(BANDS)], 1)
"""(257, 5): band aperiodicities spread over the bins."""

_symmetric = np.concatenate([FROM_CEPSTRA, FROM_CEPSTRA[1:-1][::-1]], 0)
_real_cepstrum = np.fft.ifft(_symmetric, axis=0).real
_sines = np.sin(2 * np.pi * np.outer(np.arange(BINS), np.arange(1, FFT // 2)) / FFT)
PHASE = -2 * _sines @ _real_cepstrum[1 : FFT // 2]
"""(257, 40): the minimum phase that belongs to the log amplitude, also linear in the cepstra."""
