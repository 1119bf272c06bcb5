"""A thread that hangs is seen from outside, in the two places where engines work."""

import asyncio
import threading
from pathlib import Path

import pytest

from tests.fakes.llm_engine import FakeEngine, ask
from voice.busy import Busy
from voice.llm.protocol import LlmSettings
from voice.llm.runner import ModelRunner
from voice.speech.host import EngineHost


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_nothing_under_way_takes_no_time() -> None:
    clock = Clock()
    busy = Busy(clock)
    assert busy.run(int, "7") == 7
    clock.now += 50
    assert busy.seconds == 0.0


def test_work_that_raises_is_over() -> None:
    busy = Busy(Clock())
    with pytest.raises(ValueError, match="seven"):
        busy.run(int, "seven")
    assert busy.seconds == 0.0


def test_the_longest_piece_counts() -> None:
    clock, leave = Clock(), threading.Event()
    busy = Busy(clock)
    threads = []
    for _ in range(2):
        entered = threading.Event()

        def hang(entered: threading.Event = entered) -> None:
            entered.set()
            leave.wait(5)

        threads.append(threading.Thread(target=busy.run, args=(hang,)))
        threads[-1].start()
        assert entered.wait(5)
        clock.now += 30
    assert busy.seconds == 60.0
    leave.set()
    for thread in threads:
        thread.join(5)
    assert busy.seconds == 0.0


async def test_a_speech_engine_that_hangs_is_seen_and_one_that_waits_its_turn_is_not() -> None:
    clock, entered, leave = Clock(), threading.Event(), threading.Event()
    busy = Busy(clock)
    host: EngineHost[object] = EngineHost("engine", "fake", object, busy)

    def hang() -> bool:
        entered.set()
        return leave.wait(5)

    hung = asyncio.create_task(host.run(hang))
    await asyncio.to_thread(entered.wait, 5)
    waits = asyncio.create_task(host.run(lambda: busy.seconds))
    clock.now += 121
    assert busy.seconds == 121
    leave.set()
    assert await hung
    assert await waits == 0.0, "time in the queue is nobody's fault"
    host.close()


async def test_a_model_that_hangs_in_an_evaluation_is_seen() -> None:
    clock, engine = Clock(), FakeEngine()
    busy = Busy(clock)
    settings = LlmSettings(Path("/nowhere"), Path("fake.gguf"))
    runner = ModelRunner(settings, load=lambda _settings, _given_up: engine, busy=busy)
    task = asyncio.create_task(runner.run())
    await runner.settled()
    engine.allow(0)
    handle = runner.submit(ask("привет"))
    await engine.blocked()
    clock.now += 121
    assert busy.seconds == 121
    engine.allow(None)
    assert "".join([piece async for piece in handle]) == "ПРИВЕТ"
    task.cancel()
    await asyncio.wait({task})
    assert busy.seconds == 0.0
