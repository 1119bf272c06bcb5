"""What is done to a modem that does not answer any more: a reset said into the dark, and the power key."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hw.errors import HardwareError, PortLost
from hw.ports import BytePort, PowerKey

logger = logging.getLogger(__name__)

BLIND_SECONDS: Final = 2.0
"""A module that heard the reset has left the bus by then."""
OFF_SECONDS: Final = 3.0
ON_SECONDS: Final = 2.0
"""How long the key is held (Waveshare's demo for its SIM7600 HAT)."""
GOING_SECONDS: Final = 18.0
COMING_SECONDS: Final = 25.0
"""The module leaves the bus, and comes back to it, within that (same source: 18 and 20 s)."""
LOOK_SECONDS: Final = 0.5
MARK: Final = "modem-switched-off"
"""The file that says so, from the one press of the key to the other."""


async def reset_blindly(port: BytePort) -> bool:
    """AT+CRESET to a modem whose answers do not come: some hear and cannot speak. True when the port went away."""
    loop = asyncio.get_running_loop()
    end = loop.time() + BLIND_SECONDS
    try:
        await port.write(b"AT+CRESET\r")
        while loop.time() < end:
            async with asyncio.timeout_at(end):
                await port.read()
    except TimeoutError:
        return False
    except PortLost:
        return True
    return False


class PowerSwitch:
    """Off and on again by a key that toggles: so it looks first whether the module is there. A process that dies
    between the two leaves a mark, and the next one ends what was begun instead of taking the module for unplugged."""

    def __init__(self, key: PowerKey, are_there: Callable[[], bool], folder: Path | None = None) -> None:
        """`folder` is where the mark is left; None leaves none."""
        self._key = key
        self._are_there = are_there
        self._mark = folder / MARK if folder is not None else None
        self._in_vain = 0

    async def resume(self) -> bool:
        """At the start of a process: on again, where an earlier one had switched it off. Returns whether it had."""
        if self._mark is None or not self._mark.exists():
            return False
        logger.warning("the modem was being switched off and on when the process ended")
        try:
            if await self._until(False, GOING_SECONDS):
                await self._on()
                return True
        except HardwareError as error:
            logger.error("the power key cannot be pressed", extra={"error": str(error)})
        self._note(off=False)
        return False

    async def cycle(self) -> bool:
        """Returns whether the ports came back in time. Never raises for the hardware's sake."""
        try:
            # A module that is away is most likely off, so that one press brings it. Where that was in vain it may be
            # on and hanging off the bus: then off first.
            if self._are_there() or self._in_vain % 2:
                await self._key.press(OFF_SECONDS)
                self._note(off=True)
                await self._until(False, GOING_SECONDS)
            came = await self._on()
        except HardwareError as error:
            logger.error("the power key cannot be pressed", extra={"error": str(error)})
            return False
        self._in_vain = 0 if came else self._in_vain + 1
        logger.warning("power was switched", extra={"came_back": came})
        return came

    async def _on(self) -> bool:
        await self._key.press(ON_SECONDS)
        self._note(off=False)
        return await self._until(True, COMING_SECONDS)

    def _note(self, *, off: bool) -> None:
        """A mark that cannot be left costs a minute after a crash at the wrong moment, and nothing else."""
        if self._mark is None:
            return
        try:
            if off:
                self._mark.touch()
            else:
                self._mark.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("no mark of the modem's power", extra={"error": str(error)})

    async def _until(self, there: bool, seconds: float) -> bool:
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while self._are_there() is not there:
            if loop.time() >= end:
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return True
