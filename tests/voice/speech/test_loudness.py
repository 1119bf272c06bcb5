"""A synthetic voice is brought to the line's level."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.speech.loudness import ACTIVE_LEVEL_DB, CEILING, active_level, edges, levelled, to_pcm, trimmed

RATE = 16000


def tone(seconds: float, amplitude: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return (amplitude * np.sin(2 * math.pi * 400 * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def silence(seconds: float) -> "np.ndarray[tuple[int], np.dtype[np.float32]]":
    return np.zeros(int(seconds * RATE), np.float32)


@pytest.mark.parametrize("amplitude", [0.03, 0.1, 0.5, 0.9])
def test_speech_comes_to_the_same_level_whatever_the_voice_and_its_pauses(amplitude: float) -> None:
    sound = np.concatenate((silence(1), tone(1, amplitude), silence(2)))
    assert active_level(levelled(sound, RATE), RATE) == pytest.approx(ACTIVE_LEVEL_DB, abs=0.2)


def test_a_peaky_voice_stays_below_the_ceiling() -> None:
    sound = tone(1, 0.02)
    sound[5000] = 1.0
    assert np.abs(levelled(sound, RATE)).max() <= CEILING + 1e-6


def test_silence_and_nothing_are_left_alone() -> None:
    assert not levelled(silence(0.5), RATE).any()
    assert levelled(silence(0), RATE).size == 0
    assert to_pcm(silence(0)) == b""


def test_edges_are_cut_to_measure() -> None:
    sound = np.concatenate((silence(0.3), tone(1, 0.3), silence(0.5)))
    assert edges(sound, RATE) == (pytest.approx(0.3 * RATE, abs=160), pytest.approx(0.5 * RATE, abs=160))
    cut = trimmed(sound, RATE, before=0.02, after=0.1)
    assert len(cut) == pytest.approx(1.12 * RATE, abs=320)
    assert trimmed(sound, RATE, before=None, after=None) is not cut
    assert len(trimmed(sound, RATE, before=None, after=None)) == len(sound)


@given(st.lists(st.floats(-4, 4, width=32), max_size=400))
def test_any_sound_becomes_pcm_without_wrapping_round(samples: list[float]) -> None:
    sound = np.array(samples, np.float32)
    pcm = np.frombuffer(to_pcm(sound), "<i2")
    assert len(pcm) == len(sound)
    assert all(a == 0 or b == 0 or (a > 0) == (b > 0) for a, b in zip(pcm.tolist(), sound.tolist(), strict=True))
