"""The modem's power key on a GPIO line: Waveshare's SIM7600 HAT has it on BCM 6 (jumper PWR-D6)."""

import asyncio
from importlib import import_module
from typing import Any

from hw.errors import HardwareError

REMEDY = "apt install python3-gpiozero python3-lgpio (or: pip install gpiozero lgpio), or set modem.power_gpio = 0"


class GpioPowerKey:
    """hw.ports.PowerKey over gpiozero, which is imported when the key is first pressed: no other machine has it."""

    def __init__(self, line: int) -> None:
        """`line` by Broadcom's count."""
        self._line = line

    async def press(self, seconds: float) -> None:
        """See PowerKey. The line is let go afterwards: the HAT's pull-down keeps it low."""
        key = self._open()
        try:
            key.on()
            await asyncio.sleep(seconds)
            key.off()
        finally:
            key.close()

    def _open(self) -> Any:
        try:
            return import_module("gpiozero").OutputDevice(self._line, initial_value=False)
        except ImportError as error:
            raise HardwareError(f"gpiozero is missing: {REMEDY}") from error
        except Exception as error:  # gpiozero's own errors are of its many pin factories
            raise HardwareError(f"GPIO {self._line}: {error}") from error
