"""Digits in the sound: ITU-T Q.24's limits, and speech that must not be taken for keys."""

import random
import wave
from pathlib import Path

import numpy as np
import pytest

from hw.audio.dtmf import COLUMNS, KEYS, ROWS, DtmfDetector
from hw.audio.ports import RATE

ROOT = Path(__file__).parents[3]
DIGITS = "".join(KEYS)


def tone(
    digit: str, ms: float, *, off: float = 0.0, twist: float = 0.0, level: float = -10.0, phase: float = 0.3
) -> np.ndarray:
    """`off`: relative deviation of both frequencies; `twist`: column above row, dB; `level`: of each, dBFS."""
    row = next(number for number, keys in enumerate(KEYS) if digit in keys)
    n = np.arange(round(RATE * ms / 1000))
    low, high = ROWS[row] * (1 + off), COLUMNS[KEYS[row].index(digit)] * (1 + off)
    amplitude = 32768 * 10 ** (level / 20)
    wave_ = 10 ** (-twist / 40) * np.sin(2 * np.pi * low / RATE * n + phase)
    wave_ += 10 ** (twist / 40) * np.sin(2 * np.pi * high / RATE * n)
    return amplitude * wave_


def pause(ms: float) -> np.ndarray:
    return np.zeros(round(RATE * ms / 1000))


def detect(*parts: np.ndarray, frame: int = 160, noise_db: float | None = None, seed: int = 1) -> str:
    sound = np.concatenate((pause(50), *parts, pause(80)))
    if noise_db is not None:
        sound = sound + np.random.default_rng(seed).normal(0, 32768 * 10 ** (noise_db / 20), len(sound))
    pcm = np.clip(np.rint(sound), -32768, 32767).astype("<i2").tobytes()
    detector = DtmfDetector()
    return "".join(detector.feed(pcm[at : at + 2 * frame]) for at in range(0, len(pcm), 2 * frame))


@pytest.mark.parametrize("digit", DIGITS)
def test_every_key_is_heard_once(digit: str) -> None:
    assert detect(tone(digit, 120)) == digit
    assert detect(tone(digit, 2000)) == digit


@pytest.mark.parametrize("frame", [1, 7, 80, 160, 4000])
def test_pieces_of_any_length_give_the_same(frame: int) -> None:
    parts = [part for digit in DIGITS for part in (tone(digit, 60), pause(60))]
    assert detect(*parts, frame=frame) == DIGITS


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("ms", [40, 45, 65])
def test_the_shortest_tones_that_must_be_taken(digit: str, ms: float) -> None:
    for phase in (0.0, 1.0, 2.5):
        assert detect(tone(digit, ms, phase=phase), pause(40), tone(digit, ms, phase=phase)) == digit * 2


@pytest.mark.parametrize("ms", [5, 10, 15, 20])
def test_tones_that_are_too_short_are_none(ms: float) -> None:
    assert detect(*[part for digit in DIGITS for part in (tone(digit, ms), pause(60))]) == ""


def test_a_break_of_ten_milliseconds_is_no_second_digit() -> None:
    for digit in DIGITS:
        assert detect(tone(digit, 60), pause(10), tone(digit, 60)) == digit


@pytest.mark.parametrize("off", [-0.015, -0.01, 0.01, 0.015])
def test_a_deviation_of_one_and_a_half_percent_is_taken(off: float) -> None:
    for digit in DIGITS:
        assert detect(tone(digit, 60, off=off)) == digit, digit


@pytest.mark.parametrize("off", [-0.06, -0.035, 0.035, 0.06])
def test_a_deviation_of_three_and_a_half_percent_is_not(off: float) -> None:
    for digit in DIGITS:
        assert detect(tone(digit, 100, off=off)) == "", digit


@pytest.mark.parametrize("twist", [-8.0, -4.0, 4.0, 6.0])
def test_twist_is_taken(twist: float) -> None:
    for digit in DIGITS:
        assert detect(tone(digit, 60, twist=twist)) == digit


@pytest.mark.parametrize("twist", [-14.0, 12.0])
def test_too_much_twist_is_not(twist: float) -> None:
    for digit in DIGITS:
        assert detect(tone(digit, 100, twist=twist)) == ""


@pytest.mark.parametrize("level", [-38.0, -30.0, -20.0, -7.0])
def test_levels_that_lines_have(level: float) -> None:
    for digit in DIGITS:
        assert detect(tone(digit, 60, level=level)) == digit


def test_noise_fifteen_decibels_below_spoils_no_digit() -> None:
    rng = random.Random(5)
    for seed in range(20):
        digits = "".join(rng.choice(DIGITS) for _ in range(10))
        parts = [part for digit in digits for part in (tone(digit, 60, level=-20), pause(60))]
        # Each tone's power is 3 dB below its amplitude; the two together are at -20 dBFS.
        assert detect(*parts, noise_db=-35.0, seed=seed) == digits


@pytest.mark.parametrize("hertz", [*ROWS, *COLUMNS, 425.0, 440.0, 350.0, 1000.0, 2100.0])
def test_one_tone_alone_is_no_digit(hertz: float) -> None:
    n = np.arange(RATE)
    assert detect(16000 * np.sin(2 * np.pi * hertz / RATE * n)) == ""


def test_a_minute_of_noise_is_no_digit() -> None:
    assert detect(pause(60_000), noise_db=-15.0) == ""


def speech() -> list[Path]:
    """Everything spoken that the repository holds: the simulator's callers and the secretary's ready phrases."""
    folders = (ROOT / "hw/simulator/callers", ROOT / "secretaryd/answer/ready")
    return sorted(path for folder in folders for path in folder.rglob("*.wav"))


def test_no_speech_that_we_have_is_taken_for_keys() -> None:
    files = speech()
    assert len(files) > 40
    seconds = 0.0
    for path in files:
        with wave.open(str(path), "rb") as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
            pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)
        seconds += len(pcm) / RATE
        for factor in (0.93, 1.0):  # two speakers of each
            places = np.arange(0, len(pcm) - 1, factor)
            assert detect(np.interp(places, np.arange(len(pcm)), pcm)) == "", (path.name, factor)
    assert seconds > 60
