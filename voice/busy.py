"""How long an engine's thread has been at one piece of work. An event loop turns on while a library hangs on a thread
of its own; whoever watches the process has to see the thread."""

import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Result = TypeVar("Result")
Given = ParamSpec("Given")


class Busy:
    """Work under way, one piece a thread. `run` is called on the thread, `seconds` from anywhere."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: dict[int, float] = {}

    def run(self, work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """Does the work; what it raises is raised."""
        thread = threading.get_ident()
        self._began[thread] = self._clock()
        try:
            return work(*args, **kwargs)
        finally:
            del self._began[thread]

    @property
    def seconds(self) -> float:
        """How long the longest piece under way has taken so far; 0.0 when nothing is."""
        began = tuple(self._began.values())
        return self._clock() - min(began) if began else 0.0
