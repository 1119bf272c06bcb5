"""Our own voice on the line: found where it is, at its delay and level, and kept from the ears; a caller is not."""

import copy
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from tests.voice.speech.sound import alaw, noisy, read_wav, to_pcm
from voice.echo import FORGOTTEN, SURE, EchoGuard, EchoMeter, GuardPolicy
from voice.echo_colour import ColourPolicy
from voice.ports import FRAME_BYTES, FRAME_SAMPLES, RATE
from voice.vad import level_db

Sound = npt.NDArray[np.float64]

CALLERS = Path(__file__).parents[2] / "hw" / "simulator" / "callers"
NOISE_DB = -60.0


def voice(*names: str, seconds: float) -> Sound:
    """Speech of so many seconds, some -22 dBFS."""
    sound = np.concatenate([read_wav(CALLERS / f"{name}.wav") for name in names]) * 0.6
    return np.resize(sound, int(seconds * RATE))


OURS = voice("long_story", "ask_price", "want_message", seconds=8.0)
HIS = voice("ask_hours", "ask_address", seconds=4.0)


def noticed(guard: EchoGuard, heard: Sound, said: Sound) -> list[bool]:
    """In which frames somebody was."""
    found = []
    for theirs, ours in zip(frames(heard), frames(said), strict=True):
        guard.frame(theirs, ours)
        found.append(guard.somebody)
    return found


def noise(length: int, db: float = NOISE_DB) -> Sound:
    return np.random.default_rng(3).standard_normal(length) * 10 ** (db / 20)


def echo(sound: Sound, delay: float, db: float) -> Sound:
    back = np.concatenate((np.zeros(int(delay * RATE)), sound))[: len(sound)]
    return back * 10 ** (db / 20)


def frames(sound: Sound) -> list[bytes]:
    pcm = to_pcm(sound)
    return [pcm[at : at + FRAME_BYTES] for at in range(0, len(pcm) - FRAME_BYTES + 1, FRAME_BYTES)]


def through(guard: EchoGuard, heard: Sound, said: Sound) -> list[bytes]:
    return [guard.frame(theirs, ours) for theirs, ours in zip(frames(heard), frames(said), strict=True)]


@pytest.mark.parametrize("colour", [lambda sound: sound, alaw, lambda sound: noisy(sound, 10.0)])
@pytest.mark.parametrize(("delay", "db"), [(0.0, -15.0), (0.2, -20.0), (0.5, -20.0), (0.6, -30.0), (0.9, -25.0)])
def test_an_echo_is_found_at_its_delay_and_level(delay: float, db: float, colour) -> None:
    guard = EchoGuard()
    through(guard, colour(echo(OURS, delay, db)) + noise(len(OURS)), OURS)
    assert guard.path is not None
    assert guard.path.delay == pytest.approx(delay, abs=0.002)
    assert db - 2.0 <= guard.path.gain_db <= db + 6.0, "noise may make it seem more, which only costs some caution"


def looked() -> EchoGuard:
    """A guard that knows that there is no echo."""
    guard = EchoGuard()
    through(guard, noise(len(OURS)), OURS)
    assert guard.path is None
    assert guard.measured >= GuardPolicy().looks
    return guard


def test_a_line_without_echo_is_looked_at_and_left_alone() -> None:
    heard = HIS * 0.05 + noise(len(HIS))
    assert through(looked(), heard, OURS[: len(HIS)]) == frames(heard)


def band(length: int, low: float, high: float, db: float) -> Sound:
    """Noise between two frequencies."""
    spectrum = np.fft.rfft(np.random.default_rng(5).standard_normal(length))
    hz = np.fft.rfftfreq(length, 1.0 / RATE)
    sound = np.fft.irfft(np.where((hz >= low) & (hz <= high), spectrum, 0.0), length)
    return np.asarray(sound / np.sqrt((sound * sound).mean()) * 10 ** (db / 20))


def test_in_noise_a_murmur_that_fills_few_bands_is_somebody() -> None:
    """A soft "м" or "н": the whole is 1.5 dB louder."""
    found = []
    for policy in (ColourPolicy(), ColourPolicy(peaks_db=99.0)):
        guard, start = EchoGuard(colour=policy), 5 * RATE
        line = echo(OURS, 0.3, -34.0) + noise(len(OURS), -48.0)
        through(guard, line, OURS)
        line[start : start + RATE // 4] += band(RATE // 4, 300.0, 600.0, -51.0)
        somebody = noticed(guard, line, OURS)
        assert not any(somebody[: start // FRAME_SAMPLES])
        found.append(sum(somebody[start // FRAME_SAMPLES :][:12]))
    assert found[0] >= 6 > found[1]


def test_the_beginning_of_a_frame_tells_as_much_as_the_frame() -> None:
    guard, length = EchoGuard(), len(HIS)
    through(guard, echo(OURS, 0.3, -20.0) + noise(len(OURS)), OURS)
    both = echo(OURS, 0.3, -20.0)[:length] + noise(length)
    both[length // 2 :] += HIS[: length - length // 2] * 0.3
    heard, said = frames(both), frames(OURS[:length])
    found, agree = [], 0
    for at in range(len(heard) - 1):
        guard.frame(heard[at], said[at])
        whole = guard.begun(heard[at + 1], heard[at + 1])
        half = guard.begun(heard[at + 1][:160], heard[at][160:] + heard[at + 1][:160])
        found.append(half[0])
        guard_then = copy.deepcopy(guard)
        guard_then.frame(heard[at + 1], said[at + 1])
        agree += whole[0] == guard_then.somebody
    assert agree >= 0.98 * len(found), "but for the noise, which is learnt a frame later"
    before = length // 2 // FRAME_SAMPLES - 1
    assert sum(found[:before]) == 0, "our echo alone"
    assert sum(found[before:]) >= 25
    assert not EchoGuard().begun(heard[0], heard[0])[0], "nothing is known of the line yet"


def test_before_anything_is_known_only_what_is_louder_than_an_echo_may_be_passes() -> None:
    start = 2 * RATE
    for delay in (0.1, 0.5, 0.9):
        left = through(EchoGuard(), echo(OURS, delay, -20.0)[:start], OURS[:start])
        assert max(map(level_db, left)) < -45.0
    loud = np.resize(HIS, start) * 1.5
    passed = through(EchoGuard(), loud, OURS[:start])
    heard = [frame for frame in frames(loud) if level_db(frame) > -22.0]
    assert heard
    assert all(frame in passed for frame in heard)


def test_a_caller_who_talks_over_us_is_no_echo() -> None:
    guard = looked()
    heard = np.resize(HIS, len(OURS)) + noise(len(OURS))
    assert through(guard, heard, OURS) == frames(heard)
    assert guard.path is None


def test_a_caller_who_talks_over_us_does_not_raise_the_echo() -> None:
    guard = EchoGuard()
    through(guard, echo(OURS, 0.3, -20.0) + np.resize(HIS, len(OURS)) * 0.3 + noise(len(OURS)), OURS)
    assert guard.path is not None
    assert guard.path.delay == pytest.approx(0.3, abs=0.002)
    assert guard.path.gain_db <= -10.0


def test_nor_does_a_caller_who_talks_over_us_all_the_time() -> None:
    """Each measurement then has little of our echo in it, and many have none that can be told."""
    guard = EchoGuard()
    through(guard, echo(OURS, 0.5, -20.0) + noise(len(OURS)), OURS)
    said, his = np.tile(OURS, 4), np.tile(HIS, 8)
    through(guard, echo(said, 0.5, -20.0) + 0.8 * his + noise(len(said)), said)
    assert guard.path is None or guard.path.gain_db < -17.0
    through(guard, echo(OURS, 0.5, -20.0) + noise(len(OURS)), OURS)
    assert guard.path is not None
    assert -22.0 <= guard.path.gain_db < -17.0


def test_once_known_echo_is_replaced_by_noise_and_a_louder_caller_passes_untouched() -> None:
    guard = EchoGuard()
    through(guard, echo(OURS, 0.3, -20.0) + noise(len(OURS)), OURS)
    only_echo = echo(OURS, 0.3, -20.0) + noise(len(OURS))
    left = through(guard, only_echo, OURS)[50:]
    assert max(map(level_db, left)) < -45.0
    both = echo(OURS, 0.3, -20.0) + noise(len(OURS)) + np.resize(HIS, len(OURS))
    passed = through(guard, both, OURS)
    loud = [before for before in frames(both) if level_db(before) > -30.0]
    assert len(loud) > 50
    assert sum(frame in passed for frame in loud) / len(loud) > 0.95


def test_while_we_are_silent_everything_passes() -> None:
    guard = EchoGuard()
    through(guard, echo(OURS, 0.3, -20.0) + noise(len(OURS)), OURS)
    quiet = HIS * 0.02 + noise(len(HIS))
    silence = np.zeros(len(HIS))
    through(guard, silence[: RATE * 2], silence[: RATE * 2])
    assert through(guard, quiet, silence) == frames(quiet)


def test_an_echo_that_went_away_is_forgotten() -> None:
    guard = EchoGuard()
    through(guard, echo(OURS, 0.3, -20.0), OURS)
    assert guard.path is not None
    for _ in range(FORGOTTEN):
        through(guard, noise(len(OURS)), OURS)
    assert guard.path is None


@pytest.mark.parametrize(
    ("sent_db", "beside_db", "talking", "found"),
    [
        pytest.param(0.0, -55.0, False, True, id="alone"),
        pytest.param(0.0, -55.0, True, True, id="sure, though he talks"),
        pytest.param(0.0, -36.5, False, True, id="weak"),
        pytest.param(0.0, -36.5, True, False, id="weak, and he talks"),
        pytest.param(-12.0, -36.5, False, False, id="weak, and loud as a voice"),
        pytest.param(-12.0, -55.0, False, True, id="as loud, and sure"),
        pytest.param(-25.0, -55.0, False, False, id="louder than what we sent"),
    ],
)
def test_a_weak_likeness_while_the_caller_talks_is_no_echo(
    sent_db: float, beside_db: float, talking: bool, found: bool
) -> None:
    """Who asks the same over the same answer is each time as much like it, at the same delay."""
    meter = EchoMeter()
    heard, said = echo(OURS, 0.4, -20.0) + noise(len(OURS), beside_db), OURS * 10 ** (sent_db / 20)
    for theirs, ours in zip(frames(heard), frames(said), strict=True):
        meter.frame(theirs, ours, level_db(ours), talking=talking)
    assert meter.measured >= 3
    assert (meter.path is not None) is found


def test_silence_on_both_sides_measures_nothing() -> None:
    meter = EchoMeter()
    for _ in range(200):
        meter.frame(bytes(FRAME_BYTES), bytes(FRAME_BYTES), -100.0)
    assert (meter.measured, meter.path) == (0, None)


@pytest.mark.parametrize(("speaking", "whole"), [(True, True), (False, False)])
def test_the_soft_parts_of_what_is_said_over_us_pass_while_he_is_known_to_speak(speaking: bool, whole: bool) -> None:
    guard = EchoGuard()
    back = echo(OURS, 0.2, -20.0) + noise(len(OURS))
    through(guard, back, OURS)
    his = HIS.copy()
    his[RATE : RATE + RATE // 4] *= 0.02  # a quarter of a second as soft as our echo
    length = len(his)
    heard = frames(his + back[:length])
    given = [guard.frame(a, b, speaking=speaking) for a, b in zip(heard, frames(OURS[:length]), strict=True)]
    soft = slice(50 + 1, 50 + 12)
    assert (given[soft] == heard[soft]) is whole


def test_behind_a_cough_our_echo_is_kept_out_again_at_once() -> None:
    guard = EchoGuard()
    back = echo(OURS, 0.2, -20.0) + noise(len(OURS))
    through(guard, back, OURS)
    back[2 * RATE : 2 * RATE + 800] += noise(800, -12.0)  # 0.1 s
    heard = frames(back)
    given = [guard.frame(a, b) for a, b in zip(heard, frames(OURS), strict=True)]
    passed = [index for index, (a, b) in enumerate(zip(given, heard, strict=True)) if a == b and 98 <= index < 200]
    assert passed
    assert max(index for index in passed if index < 130) <= 112


def hiss(length: int, low: float, high: float, db: float) -> Sound:
    """Noise between two frequencies, Hz."""
    spectrum = np.fft.rfft(noise(length, 0.0))
    at = np.fft.rfftfreq(length, 1.0 / RATE)
    spectrum[(at < low) | (at > high)] = 0.0
    sound = np.fft.irfft(spectrum, length)
    return sound * 10 ** (db / 20) / np.sqrt((sound**2).mean())


@pytest.mark.parametrize(("db", "shows"), [(-45.0, True), (-80.0, False)])
def test_a_soft_consonant_shows_beside_a_louder_echo(db: float, shows: bool) -> None:
    """As loud as our echo is in the mean, but where our vowels have nothing."""
    guard = EchoGuard()
    back = echo(OURS, 0.3, -20.0) + noise(len(OURS), -70.0)
    through(guard, back, OURS)
    back[2 * RATE : 2 * RATE + RATE // 5] += hiss(RATE // 5, 2400.0, 3400.0, db)
    found = noticed(guard, back, OURS)
    assert any(found[100:103]) is shows
    assert not any(found[50:98])


def test_noise_behind_our_echo_is_as_loud_as_before_it() -> None:
    guard = EchoGuard()
    back = echo(OURS, 0.3, -20.0) + noise(len(OURS), -50.0)
    through(guard, noise(RATE, -50.0), np.zeros(RATE))
    through(guard, back, OURS)
    heard, given = frames(back), through(guard, back, OURS)
    replaced = [level_db(a) for a, b in zip(given, heard, strict=True) if a != b]
    assert len(replaced) > 100
    assert np.median(replaced) == pytest.approx(-50.0, abs=1.5)


def test_an_echo_that_noise_drowns_makes_nobody_deaf() -> None:
    guard = EchoGuard()
    through(guard, echo(OURS, 0.3, -34.0) + noise(len(OURS), -48.0), OURS)
    both = echo(OURS, 0.3, -34.0) + noise(len(OURS), -48.0) + np.resize(HIS, len(OURS)) * 0.25
    loud = [one for one, frame in zip(noticed(guard, both, OURS), frames(both), strict=True) if level_db(frame) > -40.0]
    assert len(loud) > 50
    assert np.mean(loud) > 0.9


HISS: Sound = np.random.default_rng(5).standard_normal(8 * RATE) * 0.1
"""Of ours, -20 dBFS: as loud in each frame as in the next."""


def drowned(ours: Sound) -> Sound:
    """What a line with noise makes of us: the echo is some 10 dB below it."""
    return echo(ours, 0.3, -37.0) + noise(len(ours), -47.0)


def test_over_an_echo_that_noise_drowns_a_soft_caller_passes() -> None:
    """By its likeness to us the echo might be as loud as -37 dB; it was never heard louder than the noise."""
    guard = EchoGuard()
    through(guard, drowned(HISS), HISS)
    assert guard.path is not None
    assert guard.path.correlation < SURE
    assert guard.path.gain_db + GuardPolicy().margin_db > -20.0
    murmur = 10 ** (-39.0 / 20) * np.sqrt(2) * np.sin(np.arange(RATE) / 8)
    both = drowned(HISS)[:RATE] + murmur
    assert through(guard, both, HISS[:RATE])[2:] == frames(both)[2:]
    left = through(guard, drowned(HISS), HISS)
    assert max(map(level_db, left[20:])) < -44.0


def test_a_drowned_echo_that_grows_loud_is_kept_out() -> None:
    guard = EchoGuard()
    through(guard, drowned(OURS), OURS)
    loud = echo(OURS, 0.3, -18.0) + noise(len(OURS), -47.0)
    through(guard, loud, OURS)
    assert max(map(level_db, through(guard, loud, OURS))) < -40.0


def test_one_sure_look_is_enough() -> None:
    guard = EchoGuard()
    through(guard, echo(OURS, 0.2, -20.0)[:RATE] + noise(RATE), OURS[:RATE])
    assert guard.path is not None
    assert guard.measured <= 2


def test_a_caller_so_loud_that_our_echo_is_lost_in_him_does_not_end_it() -> None:
    guard = EchoGuard()
    through(guard, echo(OURS, 0.3, -30.0) + noise(len(OURS), -70.0), OURS)
    known = guard.path
    assert known is not None
    said = np.tile(OURS, 3)
    through(guard, echo(said, 0.3, -30.0) + 2.0 * np.resize(HIS[::-1], len(said)), said)
    assert guard.measured > FORGOTTEN + 4
    assert guard.path is not None
    assert guard.path.delay == pytest.approx(known.delay, abs=0.002)


def test_the_beginnings_of_what_we_say_are_echo_too() -> None:
    """Phrases with silence between them; a hiss that opens one is louder in its bands than the vowels were."""
    guard = EchoGuard()
    phrases = [voice(name, seconds=2.0) for name in ("ask_price", "want_message", "ask_hours", "ask_address")]
    said = np.concatenate([part for one in phrases * 3 for part in (one, np.zeros(RATE))])
    found = noticed(guard, echo(said, 0.4, -20.0) + noise(len(said), -62.0), said)
    assert not any(found[200:])
