"""What follows from the board's button, and the ring in the room: a press hushes it, a hold tells the page's address,
aloud where there is a loudspeaker, else to the owner by SMS."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Final, NoReturn, Protocol

from hw.board.speaker import Speaker, ring
from hw.errors import HardwareError
from secretaryd.bus import Bus
from secretaryd.config.schema import Config
from secretaryd.control.protocol import ButtonUsed, LineChanged
from secretaryd.sms.courier import TextRefused
from secretaryd.sms.policy import NotAllowed
from secretaryd.sms.words import NOTICES, word
from storage.errors import StorageError
from storage.sms.records import SmsRecord
from voice.errors import VoiceError

log = logging.getLogger(__name__)

RINGING: Final = frozenset({"ringing", "answering"})
SPOKEN: Final = {
    "ru": ("Страница коробки по адресу: {}.", "точка", "порт", "Сети нет, страница недоступна."),
    "en": ("The page is at {}.", "dot", "port", "There is no network, the page cannot be reached."),
}


class Voice(Protocol):
    """Who speaks."""

    def say(self, text: str, *, language: str, pace: float = 1.0) -> AsyncIterator[bytes]:
        """PCM (8 kHz mono s16le). Raises VoiceError."""


class Writer(Protocol):
    """Who sends messages."""

    async def write(self, number: str, text: str, purpose: str) -> SmsRecord:
        """Raises NotAllowed, TextRefused, StorageError."""


class BoardDeeds:
    """Reads the bus. `speaker` is None where there is none."""

    def __init__(
        self, bus: Bus, config: Callable[[], Config], speaker: Speaker | None, voice: Voice, writer: Writer
    ) -> None:
        self._bus, self._config, self._speaker, self._voice, self._writer = bus, config, speaker, voice, writer
        self._ringing: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._rings = False

    async def run(self) -> NoReturn:
        """Until cancelled."""
        try:
            while True:
                with self._bus.reader() as reader:
                    async for stamped in reader:
                        await self._heard(stamped.event)
        finally:
            await self.hush()
            await _ended(self._telling)

    async def hush(self) -> None:
        """The room is quiet until the next call."""
        task, self._ringing = self._ringing, None
        await _ended(task)

    async def _heard(self, event: object) -> None:
        match event:
            case LineChanged(state=state):
                rings, before = state in RINGING, self._rings
                self._rings = rings
                if rings and not before and self._speaker is not None and self._config().board.ring:
                    self._ringing = asyncio.create_task(self._ring(self._speaker), name="board.ring")
                elif not rings:
                    await self.hush()
            case ButtonUsed(gesture="press"):
                await self.hush()
            case ButtonUsed(gesture="hold", address=address):
                if self._telling is None or self._telling.done():  # once is enough for whoever holds it again
                    self._telling = asyncio.create_task(self._tell(address), name="board.tell")

    async def _ring(self, speaker: Speaker) -> None:
        async def rings() -> AsyncIterator[bytes]:
            while True:
                yield ring()

        try:
            await speaker.play(rings())
        except HardwareError as error:
            log.warning("it does not ring in the room", extra={"reason": str(error)})

    async def _tell(self, address: str) -> None:
        language = self._config().box.language
        if self._speaker is not None:
            try:
                await self._speaker.play(self._voice.say(spoken(address, language), language=language))
                return
            except (HardwareError, VoiceError) as error:
                log.warning("the address cannot be said aloud", extra={"reason": str(error)})
        name = self._config().box.name
        text = word(NOTICES, "address" if address else "no address", language).format(name=name, address=address)
        for number in self._config().sms.owner:
            try:
                await self._writer.write(number, text, "address")
            except (NotAllowed, TextRefused, StorageError) as error:
                log.warning("the address was not written", extra={"reason": str(error)})


def spoken(address: str, language: str) -> str:
    """`http://192.168.1.7:8080/` as it is said: numbers one by one, the port named. Pure."""
    sentence, dot, port, none = SPOKEN[language]
    if not address:
        return none
    host, _, number = address.removeprefix("http://").removeprefix("https://").rstrip("/").partition(":")
    words = f" {dot} ".join(host.split("."))
    return sentence.format(f"{words}, {port} {number}" if number else words)


async def _ended(task: "asyncio.Task[None] | None") -> None:
    if task is not None:
        task.cancel()
        await asyncio.wait({task})
