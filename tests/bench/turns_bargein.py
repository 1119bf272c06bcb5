"""A caller over our own speech, frame by frame on a clock of frames: the line's mouth, the coloured network with echo,
the echo guard, the VAD, Vosk and the barge-in policy are the real ones."""

import asyncio
import dataclasses
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from hw.audio.mouth import Mouth
from hw.simulator.callers.phrases import Phrase
from hw.simulator.callers.render import speak
from hw.simulator.network import FRAME_SECONDS, PRESETS, Network
from secretaryd.run.answers import ready_sounds
from tests.bench.turns_corpus import VOICES, Sound, edges
from tests.bench.turns_trace import RECOGNISER_SECONDS
from voice.bargein import Act, BargeIn
from voice.conversation import HUSH_MS
from voice.ears import NO_NOD_SECONDS
from voice.echo import EchoGuard
from voice.endpoint import Endpointer
from voice.ports import FRAME_SAMPLES, RATE
from voice.speech.engines.vosk import VoskEngine
from voice.turn import FADE_MS
from voice.vad import SpeechDetector, SpeechStarted, level_db

LEAD: Final = 4.0
TAIL: Final = 2.5
LISTENED: Final = 25
"""Frames before we speak, as the line's start takes."""
AUDIBLE_DB: Final = -60.0
CALLER_PEAK: Final = 0.4

SAID: Final[dict[str, tuple[str, ...]]] = {
    "interruption": (
        "подождите какой у вас адрес", "стоп", "нет не надо", "соедините с человеком", "сколько стоит доставка",
        "у меня другой вопрос", "подождите", "повторите пожалуйста", "спасибо до свидания", "хочу оставить сообщение",
    ),
    "nod": ("угу", "ага", "да да", "да", "понятно", "хорошо", "угу угу", "так", "да конечно", "ясно"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """What happens over our speech. `echo_ms` is the whole way there and back; None: no echo."""

    kind: str
    text: str
    line: str
    echo_db: float | None
    echo_ms: int
    sound: Sound


@dataclass(frozen=True, slots=True)
class Floor:
    """What came of it. Seconds from the caller's first sound at the box; None: never. `silent` is the end of our last
    audible frame before the first silence; `hushes` also counts those before he made a sound."""

    scene: str
    text: str
    line: str
    echo_db: float | None
    silent: float | None
    yielded: float | None
    resumed: float | None
    hushes: int
    early: int
    """Hushes before he made a sound at all."""


def scenes(split: str, rounds: int) -> Iterator[Scene]:
    """The same on every run."""
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        raise SystemExit("espeak-ng is missing: apt-get install espeak-ng")
    lot = random.Random(split)
    rng = np.random.default_rng(len(split))
    number = 0
    for _ in range(rounds):
        for kind in (*SAID, "cough", "noise"):
            for index in range(10):
                number += 1
                text = SAID[kind][index] if kind in SAID else ""
                if kind in SAID:
                    phrase = Phrase("bench", (text,), lot.choice(VOICES[split]), lot.choice((130, 150, 170)), 45)
                    sound = trimmed(speak(espeak, phrase, text).astype(np.float64) / 32768.0)
                else:
                    sound = cough(rng) if kind == "cough" else burst(rng)
                echo = -20.0 if number % 2 else None
                yield Scene(
                    kind, text, lot.choice(("good", "mobile", "clean")), echo, lot.randrange(200, 501, 20), sound
                )


def trimmed(sound: Sound) -> Sound:
    """Without silence around it, at CALLER_PEAK."""
    begins, ends = edges(sound)
    sound = sound[int(begins * RATE) : int(ends * RATE)]
    return np.asarray(sound * (CALLER_PEAK / np.abs(sound).max()))


def cough(rng: np.random.Generator) -> Sound:
    """One or two bursts of coloured noise, each with a hard beginning and a decay of 50 to 90 ms."""
    parts: list[Sound] = []
    for _ in range(int(rng.integers(1, 3))):
        length = int(rng.uniform(0.15, 0.35) * RATE)
        noise = np.convolve(rng.standard_normal(length), np.hanning(6), "same")
        parts += [noise * np.exp(-np.arange(length) / (rng.uniform(0.05, 0.09) * RATE)), np.zeros(int(0.12 * RATE))]
    whole = np.concatenate(parts[:-1])
    return np.asarray(whole * (CALLER_PEAK / np.abs(whole).max()))


def burst(rng: np.random.Generator) -> Sound:
    """The line itself: two seconds of hiss that comes and goes, or some clicks."""
    length = 2 * RATE
    if rng.random() < 0.5:
        swell = np.sin(np.linspace(0, np.pi, length)) ** 2
        return np.asarray(rng.standard_normal(length) * swell * rng.uniform(0.005, 0.03))
    clicks = np.zeros(length)
    for at in rng.integers(0, length - 40, 6):
        clicks[at : at + 24] = rng.standard_normal(24) * 0.4
    return clicks


def play(scene: Scene, ours: bytes, engine: VoskEngine) -> Floor:
    """One scene through."""
    return asyncio.run(_play(scene, ours, engine))


async def _play(scene: Scene, ours: bytes, engine: VoskEngine) -> Floor:
    settings = PRESETS[scene.line]
    around = max(0, scene.echo_ms - 2 * round(settings.delay_ms))
    network = Network(
        dataclasses.replace(settings, echo_db=scene.echo_db, echo_ms=float(around)), np.random.default_rng(4)
    )
    delay = round(settings.delay_ms / 1000 / FRAME_SECONDS) * FRAME_SECONDS
    whole = np.concatenate((np.zeros(int(LEAD * RATE)), scene.sound, np.zeros(int(TAIL * RATE))))
    caller = np.rint(whole[: len(whole) // FRAME_SAMPLES * FRAME_SAMPLES] * 32767).astype(np.int16)
    first = LEAD + delay
    clock = [0.0]
    mouth = Mouth(asyncio.get_running_loop(), lambda: clock[0])
    guard, detector, barge_in, stream = EchoGuard(), SpeechDetector(), BargeIn("ru"), engine.listen(RATE)
    endpointer = Endpointer()
    partials: list[tuple[float, str]] = []
    text, speaking, since = "", False, 0.0
    silent = yielded = resumed = None
    hushes = early = 0
    for index, sound in enumerate(caller.reshape(-1, FRAME_SAMPLES)):
        now = clock[0] = (index + 1) * FRAME_SECONDS
        if index == LISTENED:
            mouth.play(ours)
        frame = mouth.take()
        mouth.settle(left=True)
        said = frame or bytes(2 * FRAME_SAMPLES)
        if now > first and silent is None and hushes > early and level_db(said) < AUDIBLE_DB:
            silent = now - FRAME_SECONDS - first
        network.to_caller(np.frombuffer(said, "<i2"))
        heard = guard.frame(
            network.to_box(sound).astype("<i2").tobytes(), said, speaking=speaking and now - since >= NO_NOD_SECONDS
        )
        for fact in detector.frame(heard, now):
            speaking = isinstance(fact, SpeechStarted)
            since = fact.at if speaking else since
            endpointer.vad(fact)
        endpointer.sound(detector.sounding, now, stirring=detector.stirring)
        if (partial := stream.accept(heard)) is not None:
            partials.append((now + RECOGNISER_SECONDS, partial.text))
        while partials and partials[0][0] <= now:
            text = partials.pop(0)[1]
            endpointer.partial(text, now)
        sounds = index > LISTENED
        act = barge_in.frame(
            now,
            likely=sounds and detector.likely,
            stirring=sounds and (detector.stirring or guard.somebody),
            speaking=speaking,
            text=text,
        )
        if endpointer.tick(now):
            final, text = stream.finish().text, ""
            partials.clear()
            endpointer.reset()
            told = barge_in.final(final)
            act = act if told is Act.NOTHING else told
        if act is Act.HUSH:
            hushes += 1
            early += now <= first
            mouth.pause(HUSH_MS)
        elif act is Act.RESUME:
            resumed = now - first
            mouth.resume()
        elif act is Act.YIELD:
            yielded = now - first
            mouth.flush(FADE_MS)
    return Floor(
        scene.kind,
        scene.text,
        scene.line,
        scene.echo_db,
        _rounded(silent),
        _rounded(yielded),
        _rounded(resumed),
        hushes,
        early,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def our_speech() -> bytes:
    """What the box says in the starter's voice, without pauses longer than its own."""
    return b"".join(ready_sounds("ru").values())[: 30 * 2 * RATE]
