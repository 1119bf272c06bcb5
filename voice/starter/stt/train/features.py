"""From clean audio to what a telephone network makes of it, as log-mel frames with phone labels.

Augmentation: speed, echo, noise (white, coloured, hum, babble), telephone band, tilt, level, A-law. Frames are Kaldi's
(kaldi-native-fbank: 40 bands, 60..3800 Hz of 8 kHz, every 10 ms); labels are per 30 ms, one pair of numbers a phone.
"""

import pickle
from pathlib import Path

import kaldi_native_fbank as knf
import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt

from voice.starter.stt.train.espeak import Utterance
from voice.starter.stt.train.phones import INDEX
from voice.starter.stt.train.synthesise import HELD_OUT_RECORDINGS, festival_set, recordings

RATE, BANDS, SUBSAMPLING = 8000, 40, 3
LABEL_SECONDS, HALF_WINDOW = 0.03, 0.0125
SOURCES = {"espeak": 0, "festival": 1, "human": 2}
BABBLE = 60
NONSPEECH_HOURS = 0.6
FRAMES_PER_HOUR = 360_000

Segments = list[tuple[float, float, str]]


def fbank(wave: np.ndarray) -> np.ndarray:
    """Log-mel energies [frames, 40] of int16-scaled sound at 8 kHz, as Kaldi computes them."""
    options = knf.FbankOptions()
    options.frame_opts.samp_freq, options.frame_opts.dither = RATE, 0
    options.mel_opts.num_bins, options.mel_opts.low_freq, options.mel_opts.high_freq = BANDS, 60, -200
    options.use_energy = False
    computer = knf.OnlineFbank(options)
    computer.accept_waveform(RATE, wave.tolist())
    computer.input_finished()
    return np.stack([computer.get_frame(i) for i in range(computer.num_frames_ready)])


def to_8k(wave: np.ndarray, rate: int, speed: float = 1.0) -> np.ndarray:
    """Low-passed and resampled by interpolation; `speed` above 1 is faster and higher."""
    edge = min(3700.0 / speed, rate * 0.45) if speed <= 1.0 else 3700.0
    wave = sosfilt(butter(8, edge, fs=rate, output="sos"), wave.astype(np.float32))
    count = int(len(wave) / rate / speed * RATE)
    return np.interp(np.arange(count) * (rate * speed / RATE), np.arange(len(wave)), wave).astype(np.float32)


def alaw(wave: np.ndarray) -> np.ndarray:
    """A-law and back (ITU-T G.711), on -1..1."""
    a, sign, size = 87.6, np.sign(wave), np.abs(wave).clip(0, 1)
    bend = 1 + np.log(a)
    coded = np.where(size < 1 / a, a * size / bend, (1 + np.log(np.maximum(a * size, 1))) / bend)
    coded = np.round(coded * 127) / 127
    return sign * np.where(coded < 1 / bend, coded * bend / a, np.exp(coded * bend - 1) / a)


def labels(segments: Segments, count: int) -> np.ndarray:
    """One number per 30 ms: 2*phone for a phone's first frame, 2*phone+1 for the others; each phone gets at least one."""
    merged: list[list] = []
    for start, _, phone in segments:
        if merged and phone == "SIL" == merged[-1][1]:
            continue
        merged.append([start, phone])
    if not merged or merged[0][1] != "SIL":
        merged.insert(0, [0.0, "SIL"])
    if merged[-1][1] != "SIL":
        merged.append([segments[-1][1], "SIL"])
    starts = [round((start - HALF_WINDOW) / LABEL_SECONDS) for start, _ in merged]
    starts[0] = 0
    for i in range(1, len(starts)):
        starts[i] = max(starts[i], starts[i - 1] + 1)
    for i in range(len(starts) - 1, -1, -1):
        starts[i] = min(starts[i], count - (len(starts) - i))
    out = np.zeros(count, np.int16)
    for i, (_, phone) in enumerate(merged):
        begin, end = max(starts[i], 0), starts[i + 1] if i + 1 < len(starts) else count
        if end > begin:
            out[begin:end] = 2 * INDEX[phone] + 1
            out[begin] = 2 * INDEX[phone]
    return out


class Telephone:
    """Random telephone lines, one after another."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self._babble: list[np.ndarray] = []

    def noise(self, count: int) -> np.ndarray:
        rng = self.rng
        kind, white = rng.integers(0, 4), rng.standard_normal(count).astype(np.float32)
        if kind == 1:
            return sosfilt(butter(1, rng.uniform(100, 800), fs=RATE, output="sos"), white).astype(np.float32)
        if kind == 2:
            hum = np.sin(2 * np.pi * 50 * rng.integers(1, 4) * np.arange(count) / RATE)
            return (hum + 0.3 * white).astype(np.float32)
        if kind == 0 or len(self._babble) < 8:
            return white
        out = np.zeros(count, np.float32)
        for _ in range(rng.integers(2, 5)):
            voice = self._babble[rng.integers(len(self._babble))]
            out += np.resize(np.roll(voice, rng.integers(len(voice))), count) / (voice.std() + 1)
        return out

    def call(self, utterance: Utterance) -> tuple[np.ndarray, Segments]:
        """The utterance as one random line delivers it (int16-scaled float), with its phone times moved along."""
        rng = self.rng
        speed = rng.uniform(0.9, 1.12) if utterance.source == "espeak" else rng.uniform(0.84, 1.22)
        wave = to_8k(utterance.wave, utterance.rate, speed)
        before, after = int(RATE * rng.uniform(0.08, 0.6)), int(RATE * rng.uniform(0.15, 0.7))
        segments = [(s / speed + before / RATE, e / speed + before / RATE, p) for s, e, p in utterance.segments]
        level = np.sqrt((wave**2).mean() + 1)
        if len(self._babble) < BABBLE:
            self._babble.append(wave.copy())
        wave = np.concatenate([np.zeros(before, np.float32), wave, np.zeros(after, np.float32)]) / level
        if rng.random() < 0.3:
            wave = self._echo(wave)
        if rng.random() < 0.85:
            wave = wave + self.noise(len(wave)) * 10 ** (-rng.uniform(8, 40) / 20)
        if rng.random() < 0.6:
            band = [rng.uniform(150, 400), rng.uniform(2900, 3700)]
            wave = sosfilt(butter(2, band, "band", fs=RATE, output="sos"), wave)
        if rng.random() < 0.5:
            wave = np.concatenate([wave[:1], wave[1:] + rng.uniform(-0.5, 0.5) * wave[:-1]])
        wave = wave * 10 ** (rng.uniform(-38, -14) / 20)
        if rng.random() < 0.4:
            wave = alaw(wave)
        return as_pcm(wave), segments

    def _echo(self, wave: np.ndarray) -> np.ndarray:
        rng = self.rng
        count = int(RATE * rng.uniform(0.05, 0.3))
        room = rng.standard_normal(count).astype(np.float32) * np.exp(-np.arange(count) / (count / 6.0))
        room *= rng.uniform(0.05, 0.35) / np.sqrt((room**2).sum())
        room[0] = 1
        return fftconvolve(wave, room)[: len(wave)].astype(np.float32)

    def nonspeech(self) -> np.ndarray:
        """Two to six seconds of what a line carries besides speech: tones, DTMF, music, clicks, noise, near silence."""
        rng = self.rng
        count, kind = int(RATE * rng.uniform(2, 6)), rng.integers(0, 8)
        if kind == 7:
            return np.round(rng.standard_normal(count) * rng.choice([0, 0, 1, 2])).astype(np.float32)
        makers = (self._ringing, self._dtmf, self._sit, self._music, self._clicks, self.noise, self._bursts)
        wave = makers[kind](count)
        wave = wave / (np.sqrt((wave**2).mean()) + 1e-6)
        if rng.random() < 0.6:
            wave = wave + rng.standard_normal(count) * 10 ** (-rng.uniform(10, 40) / 20)
        return as_pcm(wave * 10 ** (rng.uniform(-45, -12) / 20))

    def _ringing(self, count: int) -> np.ndarray:
        time = np.arange(count) / RATE
        on, off = [(1, 4), (0.35, 0.35), (0.5, 0.5), (0.25, 0.25), (2, 4), (10, 1)][self.rng.integers(6)]
        gate = (time + self.rng.uniform(0, on + off)) % (on + off) < on
        return np.sin(2 * np.pi * self.rng.choice([400, 425, 440, 450]) * time) * gate

    def _dtmf(self, count: int) -> np.ndarray:
        rng, time, wave, at = self.rng, np.arange(count) / RATE, np.zeros(count), 0
        while at < count:
            long, pause = int(RATE * rng.uniform(0.05, 0.4)), int(RATE * rng.uniform(0.05, 0.5))
            part = slice(at, min(at + long, count))
            for tones in ([697, 770, 852, 941], [1209, 1336, 1477, 1633]):
                wave[part] += np.sin(2 * np.pi * rng.choice(tones) * time[part])
            at += long + pause
        return wave

    def _sit(self, count: int) -> np.ndarray:
        """Special information tones (ITU-T E.180): 'the number you have dialled'."""
        time, wave = np.arange(count) / RATE, np.zeros(count)
        for at in range(0, count, int(RATE * 0.33)):
            part = slice(at, min(at + int(RATE * 0.33), count))
            wave[part] = np.sin(2 * np.pi * self.rng.choice([950, 1400, 1800]) * time[part])
        return wave

    def _music(self, count: int) -> np.ndarray:
        rng, wave, at = self.rng, np.zeros(count), 0
        while at < count:
            long = int(RATE * rng.uniform(0.12, 0.6))
            part = slice(at, min(at + long, count))
            time = np.arange(part.stop - part.start) / RATE
            for _ in range(rng.integers(1, 4)):
                pitch = 110 * 2 ** (rng.integers(0, 36) / 12)
                for harmonic in range(1, 5):
                    fade = np.exp(-time * rng.uniform(1, 6)) / harmonic
                    wave[part] += np.sin(2 * np.pi * pitch * harmonic * time + rng.uniform(0, 6)) * fade
            at += long
        return wave

    def _clicks(self, count: int) -> np.ndarray:
        rng, wave = self.rng, np.zeros(count)
        for _ in range(rng.integers(2, 25)):
            at, fade = rng.integers(0, count - 400), np.exp(-np.arange(400) / rng.uniform(5, 120))
            wave[at : at + 400] += rng.standard_normal(400) * fade * rng.uniform(0.3, 3)
        return wave

    def _bursts(self, count: int) -> np.ndarray:
        rng, wave = self.rng, np.zeros(count)
        for _ in range(rng.integers(1, 6)):
            begin = rng.integers(0, count - 800)
            end = min(count, begin + rng.integers(800, 12000))
            wave[begin:end] += self.noise(end - begin)
        return wave


def as_pcm(wave: np.ndarray) -> np.ndarray:
    return np.clip(np.round(wave * 32768), -32768, 32767).astype(np.float32)


def write_copy(work: Path, copy: int) -> None:
    """One augmented copy of all training audio: features_<copy>.npz (F frames, L labels, S sources)."""
    line = Telephone(1000 + copy)
    with (work / "espeak_train.pkl").open("rb") as file:
        espeak = pickle.load(file)  # our own file of the step before
    human = recordings()[:-HELD_OUT_RECORDINGS]
    utterances = espeak + festival_set(work, "train") + human
    frames, marks, sources = [], [], []
    for done, number in enumerate(line.rng.permutation(len(utterances))):
        utterance = utterances[number]
        for _ in range(2 if utterance.source == "human" else 1):
            _append(frames, marks, *line.call(utterance))
            sources.append(np.full(len(marks[-1]), SOURCES[utterance.source], np.int8))
        if done % 1000 == 0:
            print(f"copy {copy}: {done} of {len(utterances)}", flush=True)
    _save(work / f"features_{copy}.npz", frames, marks, np.concatenate(sources))


def write_nonspeech(work: Path, share: float = 1.0) -> None:
    """Without it a ring-back tone is heard as words. All of it is labelled silence."""
    line = Telephone(77)
    frames: list[np.ndarray] = []
    marks: list[np.ndarray] = []
    while sum(map(len, frames)) < FRAMES_PER_HOUR * NONSPEECH_HOURS * share:
        wave = line.nonspeech()
        _append(frames, marks, wave, [(0.0, len(wave) / RATE, "SIL")])
        marks[-1][:] = 2 * INDEX["SIL"] + 1
    _save(work / "features_nonspeech.npz", frames, marks, np.full(sum(map(len, marks)), 3, np.int8))


def write_development(work: Path) -> None:
    """Clean held-out sets for the training's own figures: people, and synthetic voices never trained on."""
    with (work / "espeak_test.pkl").open("rb") as file:
        tests = pickle.load(file)  # our own file of the step before
    for name, utterances in (("human", recordings()[-HELD_OUT_RECORDINGS:]), ("voices", tests["heldout_voice"])):
        frames: list[np.ndarray] = []
        marks: list[np.ndarray] = []
        for utterance in utterances:
            _append(frames, marks, np.round(to_8k(utterance.wave, utterance.rate)), utterance.segments)
        _save(work / f"development_{name}.npz", frames, marks, np.zeros(0, np.int8))


def _append(frames: list[np.ndarray], marks: list[np.ndarray], wave: np.ndarray, segments: Segments) -> None:
    mel = fbank(wave)
    count = len(mel) // SUBSAMPLING
    frames.append(mel[: count * SUBSAMPLING].astype(np.float16))
    marks.append(labels(segments, count))


def _save(path: Path, frames: list[np.ndarray], marks: list[np.ndarray], sources: np.ndarray) -> None:
    np.savez(path, F=np.concatenate(frames), L=np.concatenate(marks), S=sources)
    print(f"{path.name}: {sum(map(len, frames)) / FRAMES_PER_HOUR:.2f} h", flush=True)
