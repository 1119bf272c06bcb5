"""One stage for all calls: they take real time, so several boxes play at once while the tests wait for their results.

What is played is known from the collected tests: every test that takes `evidence` (a scenario's name) or `play` (a
coroutine function) by parametrisation. A scenario plays on any free box of a pool, a play builds its own.
"""

import asyncio
import concurrent.futures
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.box import Box, Evidence, running
from tests.fakes.virtual_card import virtual_card

BOXES = int(os.environ.get("SECRETARY_TEST_BOXES", "3"))
"""Boxes that run at once. Two cores carry three in real time, start-ups included; five starved each other into late
answers, and all calls together are over only half a minute sooner."""
LONGEST_FIRST = ("silent_caller", "dictates_slowly", "leave_message", "want_human")

ALSA = "alsa:"
"""Before a scenario's name: played on a sound card instead of the PCM port."""
Play = Callable[[Path], Coroutine[Any, Any, Any]]


class Stage:
    """Plays on a loop in a thread of its own."""

    def __init__(self, folder: Path, scenarios: list[str], plays: list[Play]) -> None:
        self._folder = folder
        self._numbers = count(1)
        self._idle: list[Box] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stage", daemon=True)
        self._thread.start()
        self._room = asyncio.Semaphore(BOXES)
        self._pool: list[AbstractAsyncContextManager[Box]] = []
        self._cards = contextlib.ExitStack()
        self._on_card = asyncio.Semaphore(1)
        """There is one card, and a box with it plays one call at a time."""
        self._card_box: Box | None = None
        scenarios = sorted(scenarios, key=lambda name: name not in LONGEST_FIRST)
        self._results: dict[Any, concurrent.futures.Future[Any]] = {}
        for name in scenarios:
            self._results[name] = self._submit(self._scenario(name))
        for play in plays:
            self._results[play] = self._submit(self._play(play))

    def result(self, key: Any) -> Any:
        """What came of it; raises what it raised."""
        return self._results[key].result()

    def close(self) -> None:
        """Ends the pool's boxes, asserting that each ends well."""
        for future in self._results.values():
            future.cancel()
        try:
            self._submit(self._close_pool()).result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._cards.close()

    def _submit(self, work: Coroutine[Any, Any, Any]) -> "concurrent.futures.Future[Any]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _fresh(self) -> Path:
        # Short: the path of a Unix socket has 107 characters at most.
        return self._folder / f"b{next(self._numbers)}"

    async def _scenario(self, name: str) -> Evidence:
        if name.startswith(ALSA):
            async with self._on_card, self._room:
                self._card_box = self._card_box or await self._new_card_box()
                return await self._card_box.call(name.removeprefix(ALSA))
        async with self._room, self._any_box() as box:
            return await box.call(name)

    async def _new_card_box(self) -> Box:
        """Its modem's sound is on a (virtual) sound card."""
        root = self._fresh()
        root.mkdir()
        machine = {**self._cards.enter_context(virtual_card(root)), "SIMULATOR_CARD": "caller_line"}
        keys = {"AUDIO": "alsa", "ALSA_CAPTURE": "modem_line", "ALSA_PLAYBACK": "modem_line"}
        context = running(self._fresh(), extra={f"MODEM__{key}": value for key, value in keys.items()}, machine=machine)
        box = await context.__aenter__()
        self._pool.append(context)
        return box

    async def _play(self, play: Play) -> Any:
        async with self._room:
            return await play(self._fresh())

    @asynccontextmanager
    async def _any_box(self) -> AsyncIterator[Box]:
        box = self._idle.pop() if self._idle else await self._new_box()
        try:
            yield box
        finally:
            self._idle.append(box)

    async def _new_box(self) -> Box:
        """It outlives the call that asked for it."""
        context = running(self._fresh())
        box = await context.__aenter__()
        self._pool.append(context)
        return box

    async def _close_pool(self) -> None:
        async with asyncio.TaskGroup() as group:
            for context in self._pool:
                group.create_task(_leave(context))


async def _leave(context: AbstractAsyncContextManager[Box]) -> None:
    await context.__aexit__(None, None, None)


@pytest.fixture(scope="session")
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    wanted: dict[str, list[Any]] = {"evidence": [], "play": []}
    for item in request.session.items:
        callspec = getattr(item, "callspec", None)
        for kind, found in wanted.items():
            if callspec is not None and kind in callspec.params and callspec.params[kind] not in found:
                found.append(callspec.params[kind])
    stage = Stage(tmp_path_factory.mktemp("stage"), wanted["evidence"], wanted["play"])
    yield stage
    stage.close()


@pytest.fixture
def evidence(stage: Stage, request: pytest.FixtureRequest) -> Evidence:
    """A bundled call that has been played."""
    evidence: Evidence = stage.result(request.param)
    return evidence
