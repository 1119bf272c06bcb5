"""The light and the button on GPIO lines, over gpiozero, imported when they are opened: no other machine has it."""

import asyncio
import contextlib
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from hw.board.power import REMEDY
from hw.errors import HardwareError


class Panel(Protocol):
    """A light and a button."""

    def light(self, on: bool) -> None:
        """Raises HardwareError."""

    def close(self) -> None:
        """Dark, and let go; never raises."""


class GpioPanel:
    """`led` and `button` by Broadcom's count, 0 for none; the button closes to ground. Edges come on the event loop."""

    def __init__(self, led: int, button: int, edge: Callable[[bool], None]) -> None:
        """Raises HardwareError."""
        loop = asyncio.get_running_loop()
        self._parts: list[Any] = []
        self._led: Any = None

        def told(down: bool) -> Callable[[], None]:
            def tell() -> None:  # called by a thread of gpiozero's
                loop.call_soon_threadsafe(edge, down)

            return tell

        try:
            gpiozero = import_module("gpiozero")
            if led:
                self._led = gpiozero.LED(led)
                self._parts.append(self._led)
            if button:
                contact = gpiozero.Button(button, pull_up=True)
                contact.when_pressed, contact.when_released = told(True), told(False)
                self._parts.append(contact)
        except ImportError as error:
            raise HardwareError(f"gpiozero is missing: {REMEDY}") from error
        except Exception as error:  # gpiozero's own errors are of its many pin factories
            self.close()
            raise HardwareError(f"GPIO {led}, {button}: {error}") from error

    def light(self, on: bool) -> None:
        """See Panel."""
        if self._led is None:
            return
        try:
            (self._led.on if on else self._led.off)()
        except Exception as error:  # as above
            raise HardwareError(f"the light: {error}") from error

    def close(self) -> None:
        """See Panel."""
        for part in self._parts:
            with contextlib.suppress(Exception):
                part.close()
