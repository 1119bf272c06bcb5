"""An event loop whose time jumps to the next timer whenever nobody has anything to do, so that a minute takes no time.

Work on threads (storage, a recorder's last sync) is waited for in real time while the virtual clock stands still.
"""

import asyncio
import selectors
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

BEGINNING: Final = 1000.0
REAL_SECONDS: Final = 60.0
"""A thread that takes longer hangs."""
STRAY_SECONDS: Final = 5.0
"""For a thread that nobody counts, where there is nothing else to wait for."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Only for what needs no sockets: a loop with nothing but a socket to wait for would wait in vain."""

    def __init__(self) -> None:
        self._now = BEGINNING
        self._jobs = 0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        """Seconds; moves only when the loop is idle."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Called by the selector."""
        self._now += seconds

    @property
    def waits_for_threads(self) -> bool:
        """Whether something is under way that takes real time."""
        return self._jobs > 0

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":
        """As ever; counted."""
        future = super().run_in_executor(executor, func, *args)
        self._jobs += 1
        future.add_done_callback(self._done)
        return future

    async def shutdown_default_executor(self) -> None:
        """As ever; its thread is waited for."""
        self._jobs += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self._jobs -= 1

    def _done(self, _: "asyncio.Future[Any]") -> None:
        self._jobs -= 1


class InlineLoop(VirtualLoop):
    """What is given to threads is done on the loop's own, in its turn: nobody waits for a processor, which on a busy
    machine is most of what a run of many calls would do. Askers are still put off by a turn of the loop."""

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":
        """As ever, a little later."""
        future: asyncio.Future[Any] = self.create_future()
        self.call_soon(self._do, future, func, args)
        return future

    def _do(self, future: "asyncio.Future[Any]", func: Callable[..., Any], args: tuple[Any, ...]) -> None:
        try:
            result = func(*args)
        except Exception as error:  # noqa: BLE001 (the asker's)
            if not future.cancelled():
                future.set_exception(error)
        else:
            if not future.cancelled():
                future.set_result(result)


class _Jumping(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    """Looks at files without waiting, and lets the time that would have been waited go by at once."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # What threads hand over is put among the loop's ready callbacks by them: to poll is to look at the time only.
        if timeout is not None and timeout <= 0:
            return []
        if self._loop.waits_for_threads:
            ready = super().select(REAL_SECONDS)
            assert ready, f"a thread did not end within {REAL_SECONDS} s"
            return ready
        if timeout is None:
            ready = super().select(STRAY_SECONDS)
            assert ready, "everybody waits for somebody else: nothing will ever happen"
            return ready
        self._loop.advance(timeout)
        return []


@contextmanager
def machine_clock(wall: Callable[[], float]) -> Iterator[None]:
    """Within it the machine's clock (`time.time`) is `wall`, so that rows carry virtual time as well."""
    true, time.time = time.time, wall
    try:
        yield
    finally:
        time.time = true
