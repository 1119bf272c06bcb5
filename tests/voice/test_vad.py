"""The detector on sound: callers that a phone line has made quiet, noisy or coarse, and sounds that nobody said."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from hw.simulator.network import PRESETS, Network
from tests.voice.speech.sound import alaw, noisy, read_wav, to_pcm
from voice.ports import FRAME_BYTES, FRAME_SECONDS, RATE
from voice.vad import SpeechDetector, SpeechStarted, SpeechStopped, VadEvent, VoiceActivity, level_db

CALLERS = Path(__file__).parents[2] / "hw" / "simulator" / "callers"
NAMES = ["ask_hours", "no", "annie_bye", "stop"]
LEAD = 0.6

Sound = npt.NDArray[np.float64]

LINES = {
    "clean": lambda sound: sound,
    "12 dB quieter": lambda sound: sound * 10 ** (-12 / 20),
    "noise at 15 dB": lambda sound: noisy(sound, 15.0),
    "quiet with noise": lambda sound: noisy(sound, 15.0) * 10 ** (-12 / 20),
    "A-law": alaw,
    "quiet A-law": lambda sound: alaw(sound * 10 ** (-12 / 20)),
}


def detect(sound: Sound) -> list[tuple[VadEvent, float]]:
    """(fact, line's time when it was known)."""
    pcm, detector, found = to_pcm(sound), SpeechDetector(), []
    for index in range(len(pcm) // FRAME_BYTES):
        now = (index + 1) * FRAME_SECONDS
        found += [(fact, now) for fact in detector.frame(pcm[index * FRAME_BYTES :][:FRAME_BYTES], now)]
    return found


def edges(sound: Sound) -> tuple[float, float]:
    """Where the clean sound really begins and ends: within 30 dB of its loudest 10 ms."""
    power = (sound[: len(sound) // 80 * 80].reshape(-1, 80) ** 2).mean(axis=1)
    loud = np.nonzero(power > power.max() / 1000)[0]
    return loud[0] * 0.01, (loud[-1] + 1) * 0.01


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("name", NAMES)
def test_a_caller_is_heard_begin_and_end(name: str, line: str) -> None:
    caller = read_wav(CALLERS / f"{name}.wav")
    begins, ends = edges(caller)
    quiet = np.zeros(int(LEAD * RATE))
    found = detect(LINES[line](np.concatenate((quiet, caller, quiet))))
    assert isinstance(found[0][0], SpeechStarted)
    assert isinstance(found[-1][0], SpeechStopped)
    # Weak first consonants are no voice yet, and noise hides weak last ones.
    assert -0.04 <= found[0][0].at - LEAD - begins <= 0.25
    assert -0.25 <= found[-1][0].at - LEAD - ends <= 0.15
    assert found[0][1] - found[0][0].at <= 0.2, "known soon enough to fall silent"
    assert found[-1][1] - LEAD - ends <= 0.5


def test_most_beginnings_are_known_within_a_tenth_of_a_second() -> None:
    delays = []
    for name in NAMES:
        (first, known), *_ = detect(np.concatenate((np.zeros(RATE), read_wav(CALLERS / f"{name}.wav"))))
        delays.append(known - first.at)
    assert sorted(delays)[len(delays) // 2] <= 0.1


def seconds(count: float) -> Sound:
    return np.arange(int(count * RATE)) / RATE


NOT_SPEECH = {
    "digital silence": np.zeros(2 * RATE),
    "loud noise": np.random.default_rng(1).standard_normal(3 * RATE) * 0.1,
    "ring-back tone": 0.3 * np.sin(2 * math.pi * 425 * seconds(3)) * (seconds(3) % 3 < 1),
    "DTMF": 0.2
    * (np.sin(2 * math.pi * 770 * seconds(3)) + np.sin(2 * math.pi * 1336 * seconds(3)))
    * (seconds(3) % 0.5 < 0.1),
    "clicks": np.random.default_rng(2).standard_normal(5 * RATE) * 0.5 * (np.arange(5 * RATE) % RATE < 20),
}


@pytest.mark.parametrize("name", NOT_SPEECH)
def test_what_nobody_said_is_not_heard(name: str) -> None:
    assert detect(NOT_SPEECH[name]) == []


def test_two_sentences_with_a_pause_are_told_apart() -> None:
    caller = read_wav(CALLERS / "message_number_paused.wav")
    found = [fact for fact, _ in detect(np.concatenate((np.zeros(RATE), caller, np.zeros(RATE))))]
    gaps = [b.at - a.at for a, b in pairwise(found) if isinstance(a, SpeechStopped)]
    assert sum(gap > 0.7 for gap in gaps) == 2


def test_a_frame_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="320"):
        VoiceActivity().feed(bytes(160))


@pytest.mark.parametrize(
    ("frame", "level"),
    [
        (bytes(320), -100.0),
        (b"", -100.0),
        (np.full(160, 3277, "<i2").tobytes(), -20.0),
        (np.full(160, -32768, "<i2").tobytes(), 0.0),
    ],
)
def test_levels_are_dbfs(frame: bytes, level: float) -> None:
    assert level_db(frame) == pytest.approx(level, abs=0.01)


def test_a_voice_that_was_heard_once_is_heard_for_the_rest_of_the_call() -> None:
    """The network grows deaf to this one over this line, if it is left to itself."""
    line, detector, times = Network(PRESETS["loud"], np.random.default_rng(1)), SpeechDetector(), 8
    phrase = np.concatenate((read_wav(CALLERS / "are_you_robot.wav"), np.zeros(int(1.2 * RATE))))
    frames = np.rint(np.tile(phrase, times) * 32767).astype(np.int16)
    heard: list[float] = []
    for index in range(len(frames) // 160):
        line.to_caller(np.zeros(160, np.int16))
        pcm = line.to_box(frames[index * 160 : (index + 1) * 160]).astype("<i2").tobytes()
        heard += [f.at for f in detector.frame(pcm, (index + 1) * FRAME_SECONDS) if isinstance(f, SpeechStarted)]
    spoken = {int(at * RATE / len(phrase)) for at in heard}
    assert spoken == set(range(times))
