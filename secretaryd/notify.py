"""READY, STATUS and WATCHDOG to the service manager; silent where there is none."""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from typing import Final

log = logging.getLogger(__name__)

MICROSECONDS: Final = 1e6


def _sender() -> Callable[[str], object] | None:
    if "NOTIFY_SOCKET" not in os.environ:
        return None
    try:
        from systemd.daemon import notify
    except ImportError:
        log.warning("systemd asks for notifications, but systemd-python is not installed (extra: systemd)")
        return None
    return notify  # type: ignore[no-any-return]


class Notifier:
    """What the service manager is told."""

    def __init__(self, send: Callable[[str], object] | None = None, environ: Mapping[str, str] | None = None) -> None:
        self._send = send or _sender() or (lambda _: None)
        environ = os.environ if environ is None else environ
        self._interval = int(environ.get("WATCHDOG_USEC", "0")) / MICROSECONDS / 2

    def ready(self) -> None:
        """The process does its work now."""
        self._send("READY=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._send("STATUS=" + text.replace("\n", " "))

    def stopping(self) -> None:
        """The way down has begun."""
        self._send("STOPPING=1")

    async def watch(self, alive: Callable[[], str | None]) -> None:
        """Feeds the watchdog while `alive()` returns None, else logs its reason and lets the manager act."""
        if not self._interval:
            return
        while True:
            if (reason := alive()) is None:
                self._send("WATCHDOG=1")
            else:
                log.error("watchdog not fed", extra={"reason": reason})
            await asyncio.sleep(self._interval)
