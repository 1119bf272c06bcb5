"""Where a call's sound goes: the modem's own PCM port, or a sound card wired to its analogue codec."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from hw.audio.alsa import open_alsa
from hw.audio.modem_pcm import open_modem_pcm
from hw.audio.ports import SoundDevice
from hw.errors import ModemError, SoundError
from hw.modem.sound import SoundOpened

log = logging.getLogger(__name__)

SETTLE_SECONDS: Final = 0.2
"""From our last sound to AT+CPCMREG=0: a modem whose port is freed in the middle of a write may keep it stuck."""


class SoundOrders(Protocol):
    """What the modem is asked about its sound."""

    @property
    def pcm_path(self) -> Path | None:
        """The PCM port in use."""

    async def open_sound(self) -> SoundOpened:
        """Raises ModemError."""

    async def close_sound(self) -> None:
        """Raises ModemError."""


class ModemSound:
    """Sound over the modem's PCM port."""

    def __init__(self, modem: SoundOrders, open_device: Callable[[str], SoundDevice] = open_modem_pcm) -> None:
        self._modem = modem
        self._open_device = open_device

    async def open(self) -> tuple[SoundDevice, str]:
        """The port is opened before the modem is told to use it, so that no sound is lost. Raises HardwareError."""
        path = self._modem.pcm_path
        if path is None:
            raise SoundError("the modem has no PCM port")
        device = self._open_device(str(path))
        try:
            opened = await self._modem.open_sound()
        except BaseException:
            device.close()
            raise
        if opened.tries > 1:
            log.warning("sound opened late", extra={"tries": opened.tries, "seconds": round(opened.seconds, 2)})
        return device, f"pcm, try {opened.tries}, {opened.seconds:.1f} s"

    async def close(self) -> None:
        """Frees the modem's port."""
        await asyncio.sleep(SETTLE_SECONDS)
        try:
            await self._modem.close_sound()
        except ModemError as error:
            log.warning("sound not closed", extra={"reason": str(error)})


class AlsaSound:
    """Sound over ALSA devices."""

    def __init__(self, capture: str, playback: str) -> None:
        self._capture = capture
        self._playback = playback

    async def open(self) -> tuple[SoundDevice, str]:
        """Raises SoundError."""
        return open_alsa(self._capture, self._playback), "alsa"

    async def close(self) -> None:
        """The line has closed the card."""
