"""READY, STATUS and WATCHDOG to the service manager; silent where there is none."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Mapping
from typing import Final

log = logging.getLogger(__name__)

MICROSECONDS: Final = 1e6
HANGING_SECONDS: Final = 120.0
"""Longest time for one piece of an engine's work (a batch of 32 tokens, a sentence) on the slowest machine that is of
any use; beyond it the engine hangs."""


def hanging(busy_seconds: float) -> str | None:
    """Why the watchdog should not be fed, from how long an engine has been at one piece of work."""
    return f"an engine has been at it for {busy_seconds:.0f} s" if busy_seconds > HANGING_SECONDS else None


def _sender(environ: Mapping[str, str]) -> Callable[[str], object] | None:
    """By sd_notify(3): a datagram to a socket. Without a library for it: a service of Type=notify that cannot say
    READY is killed, and systemd-python may be missing where it cannot be built."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return None
    if address.startswith("@"):  # an abstract name
        address = "\0" + address[1:]

    def send(message: str) -> None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
                out.sendto(message.encode(), address)
        except OSError as error:
            log.warning("the service manager was not told", extra={"told": message, "reason": str(error)})

    return send


class Notifier:
    """What the service manager is told."""

    def __init__(self, send: Callable[[str], object] | None = None, environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        self._send = send or _sender(environ) or (lambda _: None)
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
