"""A loudspeaker beside the box, over ALSA: a ring, a sentence to whoever stands there. Not the caller's line."""

import asyncio
import contextlib
import math
from array import array
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any, Final, Protocol

from hw.audio.alsa import REMEDY
from hw.audio.ports import FRAME_BYTES, FRAME_SAMPLES, RATE
from hw.errors import SoundError

PERIODS: Final = 8
"""The card's buffer is 160 ms: nobody talks back, so that it need not be short."""
LOOK_SECONDS: Final = 0.04
STUCK_SECONDS: Final = 3.0
"""A card that takes nothing for so long has failed."""

RING_TONES: Final = (660.0, 880.0)
"""Hz, in turn; the network's own tones are lower."""
TONE_SECONDS: Final = 0.1
RING_SECONDS: Final = 1.0
PAUSE_SECONDS: Final = 3.0
RING_LEVEL: Final = 0.25
"""Of full scale."""


class Speaker(Protocol):
    """Something that sounds in the room."""

    async def play(self, sound: AsyncIterator[bytes]) -> None:
        """Plays PCM (8 kHz mono s16le, pieces of any length) to its end; cancelled, it is silent at once. Raises
        SoundError, and what `sound` raises."""


class AlsaSpeaker:
    """See Speaker. The card is open only while something is played."""

    def __init__(self, device: str) -> None:
        """`device` as `aplay -L` lists it."""
        self._device = device
        self._turn = asyncio.Lock()

    async def play(self, sound: AsyncIterator[bytes]) -> None:
        """See Speaker; one sound after the other."""
        async with self._turn:
            card, alsa = self._open()
            try:
                rest = b""
                async for piece in sound:
                    rest = await self._write(card, alsa, rest + piece)
                await self._write(card, alsa, rest + bytes(-len(rest) % FRAME_BYTES))
                await asyncio.sleep(PERIODS * FRAME_SAMPLES / RATE)  # what is in the card's buffer
            finally:
                with contextlib.suppress(alsa.ALSAAudioError):
                    card.drop()
                card.close()

    def _open(self) -> tuple[Any, Any]:
        try:
            alsa = import_module("alsaaudio")
        except ImportError as error:
            raise SoundError(f"pyalsaaudio is missing: {REMEDY}") from error
        try:
            card = alsa.PCM(
                alsa.PCM_PLAYBACK,
                alsa.PCM_NONBLOCK,
                device=self._device,
                rate=RATE,
                channels=1,
                format=alsa.PCM_FORMAT_S16_LE,
                periodsize=FRAME_SAMPLES,
                periods=PERIODS,
            )
        except alsa.ALSAAudioError as error:
            raise SoundError(f"{self._device}: {error}") from error
        return card, alsa

    async def _write(self, card: Any, alsa: Any, data: bytes) -> bytes:
        """Whole frames; returns what is less than one."""
        loop = asyncio.get_running_loop()
        at, moved = 0, loop.time()
        while len(data) - at >= FRAME_BYTES:
            try:
                taken = int(card.write(data[at : at + FRAME_BYTES]))
            except alsa.ALSAAudioError as error:
                raise SoundError(f"{self._device}: {error}") from error
            if taken > 0:
                at, moved = at + 2 * taken, loop.time()
            elif loop.time() - moved > STUCK_SECONDS:
                raise SoundError(f"{self._device}: takes no sound")
            else:
                await asyncio.sleep(LOOK_SECONDS)
        return data[at:]


def ring() -> bytes:
    """One ring and the pause after it."""
    samples = array("h")
    for number in range(int(RING_SECONDS / TONE_SECONDS)):
        turn = 2 * math.pi * RING_TONES[number % len(RING_TONES)] / RATE
        count = int(TONE_SECONDS * RATE)
        for n in range(count):  # each tone swells and fades, else it clicks
            level = RING_LEVEL * 32767 * math.sin(math.pi * n / count)
            samples.append(int(level * math.sin(turn * n)))
    return samples.tobytes() + bytes(int(PAUSE_SECONDS * RATE) * 2)
