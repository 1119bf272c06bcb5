"""Run by test_board_deeds.py in a process of its own (ALSA reads its configuration once a process): the board's button
and loudspeaker with the true voice, on a virtual sound card that is heard at its other end. Prints one JSON object."""

import asyncio
import json
import tempfile
import time
from array import array
from collections.abc import AsyncIterator
from importlib import import_module
from pathlib import Path

import numpy as np

from hw.board.blink import Mood
from hw.board.panel import Panel
from hw.board.speaker import AlsaSpeaker, ring
from secretaryd.board import PanelWatch
from secretaryd.board_deeds import BoardDeeds, spoken
from secretaryd.bus import Bus
from secretaryd.config.schema import Board, Config
from secretaryd.control.protocol import LineChanged
from secretaryd.troubles import Troubles
from tests.fakes import sound
from tests.voice.speech.conftest import running
from voice.speech.client import SpeechClient
from voice.speech.engines.piper import PiperEngine

MOUTH = Path(__file__).parents[2] / "voice" / "starter" / "tts" / "ru_RU-starter.onnx"
ADDRESS = "192.168.1.7"
QUIET_SECONDS = 1.0
"""No pause within a sentence is so long."""


class Room:
    """Hears the card's other end, second for second."""

    def __init__(self) -> None:
        alsa = import_module("alsaaudio")
        self._pcm = alsa.PCM(
            alsa.PCM_CAPTURE, alsa.PCM_NONBLOCK, device="caller_line", rate=8000, channels=1,
            format=alsa.PCM_FORMAT_S16_LE, periodsize=160, periods=50,
        )  # fmt: skip
        self.heard = bytearray()
        self.loud_at = 0.0
        """When something other than silence was heard last (monotonic)."""
        self.news = asyncio.Event()

    async def listen(self) -> None:
        while True:
            samples, data = self._pcm.read()
            assert samples >= 0, f"the room missed something: {samples}"
            self.heard += data
            if any(data):
                self.loud_at = time.monotonic()
                self.news.set()
            if not samples:
                await asyncio.sleep(0.01)

    async def sounds(self) -> None:
        """Until something is heard."""
        self.news.clear()
        await asyncio.wait_for(self.news.wait(), 20)

    async def quiet(self) -> None:
        """Until nothing has been heard for a while."""
        while (left := self.loud_at + QUIET_SECONDS - time.monotonic()) > 0:  # noqa: ASYNC110 (silence has no event)
            await asyncio.sleep(left)


class Voice:
    """The box's own, whose sound is kept."""

    def __init__(self, client: SpeechClient) -> None:
        self._client, self.said, self.texts = client, b"", list[str]()

    async def say(self, text: str, *, language: str, pace: float = 1.0) -> AsyncIterator[bytes]:
        self.texts.append(text)
        async for piece in self._client.say(text, language=language, pace=pace):
            self.said += piece
            yield piece


def no_light(_: object) -> Panel:
    raise AssertionError("nobody looks at the light")


class Hand:
    """A finger on the button."""

    def __init__(self, bus: Bus) -> None:
        self._now = 0.0
        self._watch = PanelWatch(
            no_light, lambda: Mood.READY, bus, Troubles(), ":8080/", address=lambda: ADDRESS, clock=lambda: self._now
        )

    def push(self, seconds: float) -> None:
        self._watch.edge(True)
        self._now += seconds
        self._watch.edge(False)


def sounding(pcm: bytes) -> list[int]:
    """The samples that are not silence: a card that runs dry may insert some, and nothing else."""
    return [sample for sample in array("h", pcm) if sample]


async def story(client: SpeechClient) -> dict[str, object]:
    bus, room, voice = Bus(), Room(), Voice(client)
    config = Config(board=Board(speaker="modem_line", ring=True))
    hand = Hand(bus)
    deeds = BoardDeeds(bus, lambda: config, AlsaSpeaker("modem_line"), voice, None)
    tasks = [asyncio.create_task(deeds.run()), asyncio.create_task(room.listen())]
    await asyncio.sleep(0.1)
    try:
        hand.push(3.0)
        await room.sounds()
        await room.quiet()
        told = bytes(room.heard)
        room.heard.clear()
        bus.publish(LineChanged(state="ringing"))
        await room.sounds()
        await asyncio.sleep(0.5)
        pressed = time.monotonic()
        hand.push(0.2)
        await room.quiet()
        rang = bytes(room.heard)
    finally:
        for task in tasks:
            task.cancel()
        done, _ = await asyncio.wait(tasks)
    for task in done:
        assert task.cancelled(), task.exception()
    wanted = sounding(ring())
    samples = np.frombuffer(told, "<i2")
    return {
        "texts": voice.texts,
        "wanted": spoken(f"http://{ADDRESS}:8080/", "ru"),
        "phrase_seconds": len(voice.said) / 16000,
        "phrase_heard_whole": sounding(told) == sounding(voice.said),
        "words": sound.words(samples),
        "loud_seconds": sound.loud_seconds(samples),
        "ring_seconds": len(sounding(rang)) / 8000,
        "ring_heard": len(sounding(rang)) > 1000 and sounding(rang) == wanted[: len(sounding(rang))],
        "quiet_after_press": room.loud_at - pressed,
    }


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sp") as folder:
        path = Path(folder) / "speech.sock"
        async with running(path, load_speaking=lambda: PiperEngine.load(MOUTH)) as speech:
            await speech.client.reload()
            print(json.dumps(await story(speech.client), ensure_ascii=False))


asyncio.run(main())
