"""The button's two meanings, and the ring in the room."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

import pytest
import pytest_asyncio

from hw.audio.ports import RATE
from hw.board.speaker import PAUSE_SECONDS, RING_SECONDS, ring
from hw.errors import SoundError
from secretaryd.board_deeds import BoardDeeds, spoken
from secretaryd.bus import Bus
from secretaryd.config.schema import Board, Config, Sms
from secretaryd.config.schema import Box as BoxSection
from secretaryd.control.protocol import ButtonUsed, LineChanged
from secretaryd.sms.policy import SendPolicy
from storage.sms.records import SmsRecord
from tests.fakes import virtual_card
from voice.errors import SpeechUnavailable

OWNER = "+79160000001"
ADDRESS = "http://192.168.1.7:8080/"
MISHEARD = 2
"""Words that the recogniser may mistake in the sound of a room's loudspeaker."""
HOLD, PRESS = ButtonUsed(gesture="hold", address=ADDRESS), ButtonUsed(gesture="press")


class Room:
    """Speaker, voice and writer at once; only one sound at a time."""

    def __init__(self) -> None:
        self.sounds = False
        self.rings = 0
        self.said: list[str] = []
        self.written: list[tuple[str, str]] = []
        self.broken = self.dumb = False

    async def play(self, sound: AsyncIterator[bytes]) -> None:
        assert not self.sounds, "two sounds at once"
        if self.broken:
            raise SoundError("no such card")
        self.sounds = True
        try:
            async for piece in sound:
                self.rings += piece == ring()
                await asyncio.sleep(0)
        finally:
            self.sounds = False

    async def say(self, text: str, *, language: str, pace: float = 1.0) -> AsyncIterator[bytes]:
        if self.dumb:
            raise SpeechUnavailable("no voice")
        self.said.append(text)
        yield bytes(320)

    async def write(self, number: str, text: str, purpose: str) -> SmsRecord:
        assert purpose == "address"
        self.written.append((SendPolicy().check(number), text))
        return SmsRecord(
            1, "line1", "out", number, False, 0.0, None, text, "queued", "", purpose, False, (), 1, 0, False
        )


class Scene:
    def __init__(self) -> None:
        self.bus, self.room = Bus(), Room()
        self.config = Config(
            box=BoxSection(name="Лидия"), board=Board(speaker="default", ring=True), sms=Sms(owner=(OWNER,))
        )
        self.deeds = BoardDeeds(self.bus, lambda: self.config, self.room, self.room, self.room)

    async def hear(self, *events: object) -> None:
        for event in events:
            self.bus.publish(event)  # type: ignore[arg-type]
            for _ in range(20):
                await asyncio.sleep(0)


@pytest_asyncio.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    running = asyncio.create_task(made.deeds.run())
    await asyncio.sleep(0)
    yield made
    running.cancel()
    await asyncio.wait({running})
    assert not made.room.sounds, "it is quiet at the end"


async def test_it_rings_in_the_room_until_the_call_is_answered(scene: Scene) -> None:
    await scene.hear(LineChanged(state="ringing"))
    assert scene.room.sounds
    await scene.hear(LineChanged(state="answering"))
    assert scene.room.sounds
    await scene.hear(LineChanged(state="talking"))
    assert not scene.room.sounds
    assert scene.room.rings > 0


async def test_a_press_hushes_this_call_and_not_the_next(scene: Scene) -> None:
    await scene.hear(LineChanged(state="ringing"), PRESS)
    assert not scene.room.sounds
    await scene.hear(LineChanged(state="answering"))
    assert not scene.room.sounds
    await scene.hear(LineChanged(state="idle"), LineChanged(state="ringing"))
    assert scene.room.sounds


async def test_it_does_not_ring_unless_the_owner_wants_it(scene: Scene) -> None:
    scene.config = replace(scene.config, board=replace(scene.config.board, ring=False))
    await scene.hear(LineChanged(state="ringing"), PRESS)
    assert scene.room.rings == 0


async def test_a_hold_says_the_address_aloud(scene: Scene) -> None:
    await scene.hear(HOLD)
    assert scene.room.said == ["Страница коробки по адресу: 192 точка 168 точка 1 точка 7, порт 8080."]
    assert scene.room.written == []


def broken_card(room: Room) -> None:
    room.broken = True


def dumb_voice(room: Room) -> None:
    room.dumb = True


@pytest.mark.parametrize("break_it", [broken_card, dumb_voice])
async def test_what_cannot_be_said_is_written_to_the_owner(scene: Scene, break_it: Callable[[Room], None]) -> None:
    break_it(scene.room)
    await scene.hear(HOLD)
    assert scene.room.written == [(OWNER, f"Лидия: страница по адресу {ADDRESS}")]


async def test_without_a_speaker_it_is_written_and_without_a_network_that_is_told() -> None:
    scene = Scene()
    scene.deeds = BoardDeeds(scene.bus, lambda: scene.config, None, scene.room, scene.room)
    running = asyncio.create_task(scene.deeds.run())
    await asyncio.sleep(0)
    await scene.hear(LineChanged(state="ringing"), ButtonUsed(gesture="hold"))
    running.cancel()
    await asyncio.wait({running})
    assert scene.room.written == [(OWNER, "Лидия: сети нет, страница недоступна.")]


@pytest.mark.parametrize(
    ("address", "language", "words"),
    [
        (ADDRESS, "en", "The page is at 192 dot 168 dot 1 dot 7, port 8080."),
        ("http://10.0.0.5/", "ru", "Страница коробки по адресу: 10 точка 0 точка 0 точка 5."),
        ("", "ru", "Сети нет, страница недоступна."),
    ],
)
def test_an_address_is_said_number_by_number(address: str, language: str, words: str) -> None:
    assert spoken(address, language) == words


def test_a_ring_is_loud_enough_not_too_loud_and_pauses() -> None:
    samples = memoryview(ring()).cast("h")
    sounding = int(RING_SECONDS * RATE)
    assert len(samples) == sounding + int(PAUSE_SECONDS * RATE)
    assert 6000 < max(samples[:sounding]) < 9000
    assert not any(samples[sounding:])


@pytest.mark.sound
@pytest.mark.skipif(bool(virtual_card.missing()), reason=virtual_card.missing() or "-")
def test_a_hold_is_heard_in_the_room_and_a_press_hushes_the_ring(tmp_path: Path) -> None:
    """The true voice over ALSA, heard at the other end of a virtual card."""
    script = Path(__file__).with_name("board_room.py")
    with virtual_card.virtual_card(tmp_path) as env:
        done = subprocess.run(
            [sys.executable, str(script)],
            env={**os.environ, **env, "PYTHONPATH": str(script.parents[2])},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["texts"] == [told["wanted"]]
    assert told["phrase_heard_whole"], told
    assert told["phrase_seconds"] > 5.0
    address = ["сто", "девяносто", "два", "точка", "сто", "шестьдесят", "восемь", "точка", "один", "точка", "семь"]
    alike = SequenceMatcher(None, address, told["words"], autojunk=False).get_matching_blocks()
    assert sum(block.size for block in alike) >= len(address) - MISHEARD, told
    assert told["ring_heard"], told
    assert told["quiet_after_press"] < 0.4, told
