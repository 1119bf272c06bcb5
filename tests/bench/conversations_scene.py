"""Conversation files as calls in real time: the caller's words spoken by espeak-ng in voices that nothing was tuned on,
and the steps as a scenario of the simulator."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from hw.simulator.callers.phrases import Phrase
from hw.simulator.callers.render import PEAK, speak
from hw.simulator.wav import RATE, Samples, write_wav
from tests.bench.turns_corpus import VOICES
from tests.fakes.caller_script import Script, Step

CACHE: Final = Path(__file__).parent / "out" / "callers"
HELD: Final = VOICES["held"]
COLOURED: Final = ("mobile", "good", "loud", "bad")
CLEAN: Final = "clean"
RATE_WORDS: Final = 150
GREETING_SECONDS: Final = 1.2
"""The announcement follows the greeting after less."""
PAUSE_SECONDS: Final = 1.1
"""A voice pauses for less within a sentence."""
CALL_SECONDS: Final = 300.0
LAST_SECONDS: Final = 9.0
"""Longer than the box waits for a caller who says nothing, so that it is heard what it does then."""
VERSION: Final = b"1"


@dataclass(frozen=True, slots=True)
class Scene:
    """A call to be made: `spoken` are the steps with sound, in the order of the simulator's `said`."""

    script: Script
    inline: dict[str, Any]
    spoken: tuple[Step, ...]
    network: str
    voice: str
    leads: tuple[float, ...] = ()
    """Seconds of silence at the beginning of each sound, where that is known."""


def unplayable(script: Script) -> str:
    """Why a conversation has no place in real time; empty where it has."""
    if not script.bench:
        return "bench = false"
    if script.known_gap:
        return "a known gap"
    if script.model != "none" and script.model != "starter":
        return "needs a scripted model"
    if script.language != "ru" or script.persona != "Гуля" or not script.record:
        return "needs a box set up otherwise"
    if any(step.heard is not None for step in script.steps if step.say):
        return "needs a certain mishearing"
    return ""


def scene(script: Script, number: int) -> Scene:
    """The call number `number` of a run: voices by turns, every other call through a coloured network. Needs
    espeak-ng."""
    voice = script.voice or HELD[number % len(HELD)]
    network = script.network or (COLOURED[number // 2 % len(COLOURED)] if number % 2 else CLEAN)
    steps: list[dict[str, Any]] = [{"wait": "silence", "seconds": GREETING_SECONDS, "timeout": 20.0}]
    before: Step | None = None
    for step in script.steps:
        if before is not None and step.over is None:
            steps.append(_floor(step, before))
        steps += _steps(step, voice)
        before = step
    if script.steps[0].over is not None:
        del steps[0]
    if script.expect.end == "caller":
        steps.append({"wait": "silence", "seconds": 1.5, "timeout": 15.0})
    else:
        steps.append({"wait": "silence", "seconds": LAST_SECONDS, "timeout": 60.0})
    inline = {
        "title": {"ru": script.title, "en": script.name},
        "number": script.number,
        "presentation": "presented" if script.number else "withheld",
        "max_seconds": CALL_SECONDS,
        "network": {"preset": network},
        "step": steps,
    }
    return Scene(script, inline, tuple(step for step in script.steps if step.say or step.noise), network, voice)


def _floor(step: Step, before: Step) -> dict[str, Any]:
    if before.quiet or before.silent or before.hang_up:
        return {"pause": step.after}
    return {
        "wait": "silence",
        "seconds": max(step.after, PAUSE_SECONDS if before.over is None else 1.8),
        "timeout": 20.0,
    }


def _steps(step: Step, voice: str) -> list[dict[str, Any]]:
    if step.silent:
        return [{"silence": step.silent}]
    doing: dict[str, Any]
    if step.press:
        doing = {"digits": step.press}
    elif step.hang_up:
        doing = {"hang_up": True}
    else:
        path = str(noise_file(step.noise) if step.noise else speech_file(step, voice))
        if step.over is not None:
            return [{"interrupt": path, "after": step.over}]
        doing = {"say": path} | ({"cut_after": step.cut} if step.cut is not None else {})
    over = [{"wait": "speech"}, {"pause": step.over}] if step.over is not None else []
    return [*over, doing, *([{"hang_up": True}] if step.cut is not None else [])]


def speech_file(step: Step, voice: str) -> Path:
    """What a step says, spoken by that voice; made once."""
    key = hashlib.blake2b(b"\0".join((VERSION, voice.encode(), step.say.encode())), digest_size=10).hexdigest()
    path = CACHE / f"{key}.wav"
    if not path.exists():
        espeak = shutil.which("espeak-ng")
        assert espeak is not None, "looked for at the start"
        phrase = Phrase(id=key, parts=(step.say,), voice=voice, rate=RATE_WORDS, pitch=45)
        parts: list[Samples] = []
        for part in step.parts:
            parts += [np.zeros(int(part.pause * RATE), np.int16), speak(espeak, phrase, _speakable(part.text))]
        _keep(path, np.concatenate(parts))
    return path


def _speakable(text: str) -> str:
    """A drawn-out "э" is spelled so that espeak-ng draws it out."""
    return " ".join("ээээ" if word == "э" else word for word in text.split())


def noise_file(seconds: float) -> Path:
    """A cough: noise of the mouth's colour that begins at once and dies away; longer ones are steady."""
    path = CACHE / f"noise_{seconds:g}.wav"
    if not path.exists():
        rng = np.random.default_rng(7)
        count = int(seconds * RATE)
        white = rng.standard_normal(count + 8)
        shaped = np.convolve(white, np.hanning(9), "valid")[:count]
        fall = np.exp(-np.arange(count) / (0.12 * RATE)) if seconds < 1 else np.ones(count)
        _keep(path, shaped * fall)
    return path


def _keep(path: Path, samples: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = np.asarray(samples, np.float64)
    fresh = path.with_suffix(".new")
    write_wav(fresh, np.asarray(np.rint(whole * (PEAK / np.abs(whole).max())), np.int16))
    fresh.replace(path)
