"""An engine with its thread: loading, ready or failed with a reason, and never in the way of the other one."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, ParamSpec, TypeVar

from voice.busy import Busy
from voice.errors import VoiceError
from voice.speech.health import EngineHealth, EngineState

log = logging.getLogger(__name__)

Engine = TypeVar("Engine")
Result = TypeVar("Result")
Given = ParamSpec("Given")


class EngineNotReady(VoiceError):
    """The engine has no model yet, or none at all; `health` says which and why."""

    def __init__(self, health: EngineHealth) -> None:
        super().__init__(f"{health.name}: {health.reason or health.state}")
        self.health = health


class EngineHost(Generic[Engine]):
    """Owns one engine. All its work runs on one named thread, in the order of asking, a few milliseconds a piece."""

    def __init__(self, thread: str, name: str, load: Callable[[], Engine], busy: Busy | None = None) -> None:
        self._thread = thread
        self._busy = busy or Busy()
        self._name = name
        self._load = load
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=thread)
        self._engine: Engine | None = None
        self._state = EngineState.LOADING
        self._reason = ""
        self._loading = asyncio.Lock()

    @property
    def health(self) -> EngineHealth:
        """How it stands now."""
        return EngineHealth(self._name, self._state, self._reason, starter="starter" in self._name)

    @property
    def engine(self) -> Engine:
        """The engine; raises EngineNotReady."""
        if self._engine is None:
            raise EngineNotReady(self.health)
        return self._engine

    async def load(self, *, force: bool = False) -> None:
        """Loads the model unless there is one already; a failure is kept as the reason, not raised. With `force` a
        model that works stays in use until its successor does, and after the successor's failure."""
        async with self._loading:
            if self._engine is not None and not force:
                return
            if self._engine is None:
                self._state, self._reason = EngineState.LOADING, ""
            try:
                self._engine = await _in_daemon_thread(f"{self._thread}-load", self._load)
            except Exception as error:  # noqa: BLE001 - whatever a library or a broken file raises is our reason
                self._reason = str(error) or type(error).__name__
                if self._engine is None:
                    self._state = EngineState.FAILED
                log.warning("speech engine not loaded", extra={"engine": self._name, "reason": self._reason})
                return
            self._state, self._reason = EngineState.READY, ""
            log.info("speech engine ready", extra={"engine": self._name})

    async def run(self, work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """Runs blocking work on the engine's thread. Cancelling leaves a piece already begun to end by itself."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, lambda: self._busy.run(work, *args, **kwargs)
        )

    def close(self) -> None:
        """Drops what waits for the thread."""
        self._pool.shutdown(wait=False, cancel_futures=True)


async def _in_daemon_thread(name: str, work: Callable[[], Result]) -> Result:
    """A big model takes half a minute to load. Not on the engine's thread, which a reload must not stop, and not in an
    executor, whose threads Python joins at exit: the process has to end when told to."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(set_it: Callable[[Any], None], value: Any) -> None:
        if not done.done():
            set_it(value)

    def body() -> None:
        try:
            outcome: tuple[Callable[[Any], None], Any] = (done.set_result, work())
        except Exception as error:  # noqa: BLE001 - handed over to the awaiting side, which decides
            outcome = (done.set_exception, error)
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=body, name=name, daemon=True).start()
    return await done
