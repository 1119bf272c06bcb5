"""Renders the ready phrases with the bundled voice into ready/<language>/*.wav: what the box can say when nothing else
of it works. Run by hand after a text changed: ``python -m secretaryd.answer.render_ready``."""

import asyncio
import sys
import tempfile
import wave
from pathlib import Path

from secretaryd.run.answers import READY_FOLDER, ready_texts
from voice.models.catalogue import Kind
from voice.models.store import STARTER, resolve
from voice.ports import RATE
from voice.speakable.speaker import Speaker
from voice.speech.client import SpeechClient
from voice.speech.server import serve
from voice.speech.settings import SpeechSettings

LANGUAGE = "ru"  # the bundled voice speaks Russian only


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
    sys.stdout.write(f"{asyncio.run(render())} phrases\n")
