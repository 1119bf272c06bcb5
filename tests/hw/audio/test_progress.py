"""Ringback, busy and voices, as they come and as a mobile network colours them."""

import wave
from pathlib import Path

import numpy as np
import pytest

from hw.audio.progress import CallProgress, Verdict
from hw.simulator.network import PRESETS, Network

ROOT = Path(__file__).parents[3]
CALLERS = ROOT / "hw/simulator/callers"
RATE = 8000
ANSWERED, BUSY = Verdict.ANSWERED, Verdict.BUSY


def tone(seconds: float, hertz: float = 425.0, level: float = -12.0) -> np.ndarray:
    n = np.arange(round(RATE * seconds))
    return 32768 * 10 ** (level / 20) * np.sin(2 * np.pi * hertz / RATE * n)


def quiet(seconds: float) -> np.ndarray:
    return np.zeros(round(RATE * seconds))


def cadence(on: float, off: float, times: int, hertz: float = 425.0, level: float = -12.0) -> np.ndarray:
    return np.concatenate([part for _ in range(times) for part in (tone(on, hertz, level), quiet(off))])


def said(name: str) -> np.ndarray:
    with wave.open(str(CALLERS / f"{name}.wav"), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float64)


def melody(seconds: float) -> np.ndarray:
    """Notes without a pause, as are sold in place of ringback."""
    notes = [392, 440, 523, 587, 659, 523, 440, 392]
    parts = [tone(0.4, hertz=notes[each % 8]) + tone(0.4, hertz=2 * notes[each % 8]) for each in range(9999)]
    return np.concatenate(parts[: round(seconds / 0.4)])


def judge(*parts: np.ndarray, preset: str | None = None, noise_db: float = -60.0) -> tuple[Verdict | None, float, int]:
    """(verdict, when, rings)."""
    sound = np.concatenate(parts)
    sound = sound + np.random.default_rng(1).normal(0, 32768 * 10 ** (noise_db / 20), len(sound))
    pcm = np.clip(np.rint(sound), -32768, 32767).astype(np.int16)
    network = Network(PRESETS[preset], np.random.default_rng(2)) if preset else None
    progress = CallProgress()
    for number, frame in enumerate(pcm[: len(pcm) // 160 * 160].reshape(-1, 160)):
        if network is not None:
            network.to_caller(np.zeros(160, np.int16))
            frame = network.to_box(frame)
        if (verdict := progress.feed(frame.astype("<i2").tobytes())) is not None:
            return verdict, number * 0.02, progress.rings
    return None, len(pcm) / RATE, progress.rings


@pytest.mark.parametrize("preset", [None, "bad"])
def test_ringback_is_no_answer_however_long_it_rings(preset: str | None) -> None:
    times = 3 if preset else 11  # the network's coding takes its time
    verdict, _, rings = judge(cadence(1.0, 4.0, times), preset=preset)
    assert verdict is None
    assert rings == times


@pytest.mark.parametrize(("on", "off"), [(0.8, 3.2), (1.0, 4.0), (0.67, 3.0), (1.5, 4.0), (2.0, 4.0)])
@pytest.mark.parametrize("hertz", [410.0, 425.0, 440.0])
def test_cadences_of_other_exchanges_are_no_answer(on: float, off: float, hertz: float) -> None:
    assert judge(quiet(3.9), cadence(on, off, 6, hertz))[0] is None


@pytest.mark.parametrize("preset", [None, "loud"])
@pytest.mark.parametrize("half", [0.35, 0.5, 0.175])
def test_busy_is_heard_within_three_seconds(preset: str | None, half: float) -> None:
    verdict, at, _ = judge(quiet(0.3), cadence(half, half, 8), preset=preset)
    assert verdict is BUSY
    assert at < 3.5


@pytest.mark.parametrize(
    ("greeting", "preset"),
    [("yes", "mobile"), ("yes", None), ("no", None), ("ask_hours", None), ("want_human", None), ("order_status", None)],
)
def test_a_voice_after_ringback_is_an_answer(greeting: str, preset: str | None) -> None:
    voice = said(greeting)
    before = cadence(1.0, 4.0, 2)[: -2 * RATE]
    verdict, at, rings = judge(before, voice, quiet(3.0), preset=preset)
    assert verdict is ANSWERED
    assert rings == 2
    assert len(before) / RATE < at < (len(before) + len(voice)) / RATE + 1.6


def test_a_voice_at_once_is_an_answer() -> None:
    voice = said("yes")
    verdict, at, _ = judge(quiet(1.0), voice, quiet(2.0), preset="good")
    assert verdict is ANSWERED
    assert at < 1.0 + len(voice) / RATE + 1.2


def test_an_answer_in_silence_takes_as_long_as_ringback_pauses() -> None:
    verdict, at, _ = judge(quiet(8.0))
    assert verdict is ANSWERED
    assert 4.0 < at < 5.0
    verdict, at, _ = judge(cadence(1.0, 4.0, 2), quiet(8.0))
    assert verdict is ANSWERED
    assert 9.0 < at - 1.0 < 14.0


def test_a_melody_in_place_of_ringback_is_no_answer_at_once_and_a_machine_is_one_in_the_end() -> None:
    verdict, at, _ = judge(melody(30.0))
    assert verdict is ANSWERED
    assert 11.0 < at < 13.0


def test_a_crackle_is_no_answer() -> None:
    crackle = np.random.default_rng(3).normal(0, 6000, 240)
    assert judge(quiet(0.5), crackle, quiet(1.5), crackle, quiet(1.0), cadence(1.0, 4.0, 3))[0] is None


def test_after_a_verdict_there_is_no_other() -> None:
    progress = CallProgress()
    verdicts = [progress.feed(bytes(320)) for _ in range(600)]
    assert [each for each in verdicts if each is not None] == [ANSWERED]
