"""The moment in a call of ours at which somebody is there."""

import asyncio
from collections.abc import Callable

from hw.audio.progress import CallProgress, Verdict


class Gate:
    """One call's. `verdict` is set once, by the sound."""

    def __init__(self, loop: asyncio.AbstractEventLoop, picked_up: Callable[[], None]) -> None:
        self.verdict: asyncio.Future[Verdict] = loop.create_future()
        self.picked_up = picked_up
        self._progress = CallProgress()

    def frame(self, pcm: bytes) -> None:
        """20 ms of the far side, on the loop."""
        if self.verdict.done():
            return
        if (verdict := self._progress.feed(pcm)) is not None:
            self.verdict.set_result(verdict)
