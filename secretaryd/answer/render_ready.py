"""Renders the ready phrases into ready/<language>/*.wav: what the box can say when nothing else of it works. Russian by
the bundled voice, English, which it cannot speak, by Debian's espeak-ng. Run by hand after a text changed:
``python -m secretaryd.answer.render_ready``."""

import asyncio
import io
import shutil
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np
import soxr

from secretaryd.call.english import TEXTS as ENGLISH
from secretaryd.run.answers import READY_FOLDER, ready_texts
from voice.models.catalogue import Kind
from voice.models.store import STARTER, resolve
from voice.ports import RATE
from voice.speakable.speaker import Speaker
from voice.speech.client import SpeechClient
from voice.speech.server import serve
from voice.speech.settings import SpeechSettings

LANGUAGE = "ru"  # the bundled voice speaks Russian only
ESPEAK_VOICE = ("-v", "en-gb+f3", "-s", "145")
EDGE = 800
"""Samples of silence kept on both sides."""
PEAK = 16000.0


def render_english() -> int:
    """Returns how many phrases were written; 0 without espeak-ng."""
    folder = Path(__file__).parent / READY_FOLDER / "en"
    if (espeak := shutil.which("espeak-ng")) is None:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    texts = ready_texts("en") | {str(key): text for key, text in ENGLISH.items()}
    for phrase_id, text in texts.items():
        spoken = Speaker("en").speak(text)
        whole = subprocess.run([espeak, *ESPEAK_VOICE, "--stdout", spoken], check=True, capture_output=True).stdout
        with wave.open(io.BytesIO(whole)) as sound:
            rate = sound.getframerate()
        raw = np.frombuffer(whole[44:], "<i2").astype(np.float64)  # the header has no length: it was written to a pipe
        samples = soxr.resample(raw, rate, RATE)
        loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
        trimmed = np.pad(samples[loud[0] : loud[-1] + 1], EDGE)
        _write(folder / f"{phrase_id}.wav", np.rint(trimmed * (PEAK / np.abs(trimmed).max())).astype("<i2").tobytes())
    return len(texts)


async def render() -> int:
    """Returns how many phrases were written; files of phrases that no longer exist are removed."""
    folder = Path(__file__).parent / READY_FOLDER / LANGUAGE
    folder.mkdir(parents=True, exist_ok=True)
    texts = ready_texts(LANGUAGE)
    speaker = Speaker(LANGUAGE)
    with tempfile.TemporaryDirectory() as scratch:
        socket = Path(scratch) / "speech.sock"
        models = Path(scratch)
        settings = SpeechSettings(
            socket, resolve(STARTER, Kind.STT, models).path, resolve(STARTER, Kind.TTS, models).path
        )
        up, stop = asyncio.Event(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(serve(settings, ready=up.set, stop=stop), name="speech")
            await up.wait()
            client = SpeechClient(socket)
            await client.reload()
            for phrase_id, text in texts.items():
                chunks = [chunk async for chunk in client.say(speaker.speak(text), language=LANGUAGE)]
                _write(folder / f"{phrase_id}.wav", b"".join(chunks))
            stop.set()
    for path in folder.glob("*.wav"):
        if path.stem not in texts:
            path.unlink()
    return len(texts)


def _write(path: Path, pcm: bytes) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(pcm)


if __name__ == "__main__":
    sys.stdout.write(f"{asyncio.run(render()) + render_english()} phrases\n")
