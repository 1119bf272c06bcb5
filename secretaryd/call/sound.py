"""Where a call's sound goes: the modem's own PCM port, or a sound card wired to its analogue codec."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from hw.audio.alsa import open_alsa
from hw.audio.gate import GateReport, SoundGate, Stuck
from hw.audio.modem_pcm import open_modem_pcm
from hw.audio.ports import SoundDevice
from hw.errors import HardwareError, ModemError, SoundError
from hw.modem.recovery import Fault
from hw.modem.sound import SoundOpened

log = logging.getLogger(__name__)

SETTLE_SECONDS: Final = 0.2
"""From our last sound to AT+CPCMREG=0: a modem whose port is freed in the middle of a write may keep it stuck."""

FAULTS: Final[dict[Stuck, Fault]] = {Stuck.UPLINK: Fault.UPLINK_STUCK, Stuck.DOWNLINK: Fault.DOWNLINK_SILENT}


class SoundOrders(Protocol):
    """What the modem is asked and told about its sound."""

    @property
    def pcm_path(self) -> Path | None:
        """The PCM port in use."""

    async def open_sound(self) -> SoundOpened:
        """Raises ModemError."""

    async def close_sound(self) -> None:
        """Raises ModemError."""

    def sound_failed(self, fault: Fault) -> None:
        """Sound did not flow, though the modem said so."""

    def sound_well(self) -> None:
        """It flowed both ways."""


@dataclass(slots=True)
class SoundState:
    """How the sound of the calls did, for the health report."""

    way: str
    calls: int = 0
    """Whose sound was opened."""
    refused: int = 0
    """Calls for which it could not be."""
    tries: int = 0
    """Of AT+CPCMREG=1 in the last call; above 1 the endpoint wears out."""
    mended: int = 0
    """Times that a port was opened anew in mid-call."""
    last: GateReport = field(default_factory=GateReport)

    def plain(self) -> dict[str, Any]:
        """For the status tree; `state` is unused, good, worn, mended, silent or refused."""
        return {
            "way": self.way,
            "state": self._state(),
            "calls": self.calls,
            "refused": self.refused,
            "tries": self.tries,
            "mended": self.mended,
            "rate": self.last.rate,
            "bytes_per_second": self.last.bytes_per_second,
        }

    def _state(self) -> str:
        if self.refused and not self.tries:
            return "refused"
        if not self.calls:
            return "unused"
        if self.last.zeros or (self.last.stuck and len(self.last.stuck) > self.last.mended):
            return "silent"
        return "mended" if self.last.mended else "worn" if self.tries > 1 else "good"


class ModemSound:
    """Sound over the modem's PCM port."""

    def __init__(self, modem: SoundOrders, open_device: Callable[[str], SoundDevice] = open_modem_pcm) -> None:
        self._modem = modem
        self._open_device = open_device
        self._gate: SoundGate | None = None
        self._mending: asyncio.Task[None] | None = None
        self.state = SoundState("pcm")

    async def open(self) -> tuple[SoundDevice, str]:
        """The port is opened before the modem is told to use it, so that no sound is lost. Raises HardwareError."""
        try:
            device, opened = await self._open()
        except HardwareError:
            self.state.refused += 1
            self.state.tries = 0
            raise
        if opened.tries > 1:
            log.warning("sound opened late", extra={"tries": opened.tries, "seconds": round(opened.seconds, 2)})
        self.state.calls += 1
        self.state.tries = opened.tries
        loop = asyncio.get_running_loop()

        def tell(what: Stuck) -> None:
            loop.call_soon_threadsafe(self._stuck, what)

        self._gate = SoundGate(device, tell)
        return self._gate, f"pcm, try {opened.tries}, {opened.seconds:.1f} s"

    async def close(self) -> None:
        """Frees the modem's port."""
        if self._mending is not None:
            self._mending.cancel()
            await asyncio.wait({self._mending})
            self._mending = None
        self._judge()
        await asyncio.sleep(SETTLE_SECONDS)
        try:
            await self._modem.close_sound()
        except ModemError as error:
            log.warning("sound not closed", extra={"reason": str(error)})

    async def _open(self) -> tuple[SoundDevice, SoundOpened]:
        path = self._modem.pcm_path
        if path is None:
            raise SoundError("the modem has no PCM port")
        device = self._open_device(str(path))
        try:
            return device, await self._modem.open_sound()
        except BaseException:
            device.close()
            raise

    def _stuck(self, what: Stuck) -> None:
        log.error("the sound is stuck, its port is opened anew", extra={"what": str(what)})
        self._modem.sound_failed(FAULTS[what])
        self._mending = asyncio.create_task(self._mend(), name="call.sound.mend")

    async def _mend(self) -> None:
        """The AT side stays as it is: only the PCM port is given back and taken again."""
        gate = self._gate
        assert gate is not None, "nothing is stuck before it was opened"
        try:
            await self._modem.close_sound()
            device, opened = await self._open()
        except HardwareError as error:
            gate.give_up(SoundError(f"the sound is stuck, and its port cannot be opened anew: {error}"))
            return
        log.warning("the sound's port was opened anew", extra={"tries": opened.tries})
        gate.go_on(device)

    def _judge(self) -> None:
        """What this call's sound says of the modem."""
        gate, self._gate = self._gate, None
        if gate is None:
            return
        report = self.state.last = gate.report
        self.state.mended += report.mended
        log.info("sound", extra={"rate": report.rate, "bytes_per_second": report.bytes_per_second})
        if report.zeros:
            log.error("the caller's side was digital silence for the whole call")
            self._modem.sound_failed(Fault.DOWNLINK_SILENT)
        elif report.heard and report.taken and not report.stuck:
            self._modem.sound_well()


class AlsaSound:
    """Sound over ALSA devices."""

    def __init__(self, capture: str, playback: str, open_cards: Callable[[str, str], SoundDevice] = open_alsa) -> None:
        self._capture = capture
        self._playback = playback
        self._open_cards = open_cards
        self._gate: SoundGate | None = None
        self.state = SoundState("alsa")

    async def open(self) -> tuple[SoundDevice, str]:
        """Raises SoundError."""
        try:
            card = self._open_cards(self._capture, self._playback)
        except SoundError:
            self.state.refused += 1
            self.state.tries = 0
            raise
        self.state.calls += 1
        self.state.tries = 1
        self._gate = SoundGate(card, rate_known=True)
        return self._gate, "alsa"

    async def close(self) -> None:
        """The line has closed the card."""
        if self._gate is not None:
            self.state.last, self._gate = self._gate.report, None
