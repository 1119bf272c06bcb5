"""What is garbage goes between calls, also what was passed over while it lived; in a call a full collection looks at
nothing but what the call made."""

import gc
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from secretaryd.config.schema import Config
from secretaryd.house.sweep import MOST, sweep, tidy
from secretaryd.run.line import SWITCH_SECONDS, make_sound


class Ring:
    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
async def test_what_was_frozen_alive_goes_when_it_is_dead() -> None:
    ring = Ring()
    seen = weakref.ref(ring)
    assert await sweep() is False
    assert gc.get_freeze_count() > 1000
    del ring
    gc.collect()
    assert seen() is not None, "a collection passes over it"
    await sweep()
    assert seen() is None


@pytest.mark.usefixtures("collector")
async def test_the_young_are_still_collected_by_themselves_and_the_old_are_not() -> None:
    await sweep()
    with collections_watched() as seen:
        kept = [Ring() for _ in range(300_000)]
    assert len(kept) == 300_000
    assert {generation for generation, _ in seen} == {0, 1}


@pytest.mark.usefixtures("collector")
async def test_what_dies_in_a_call_is_collected_without_a_look_at_what_was_there_before() -> None:
    await sweep()
    ring = Ring()
    seen = weakref.ref(ring)
    gc.collect(1)  # it is old now
    del ring
    with collections_watched() as collections:
        await tidy()
    assert seen() is None
    ((generation, looked_at),) = collections
    assert generation == 2
    assert looked_at < MOST < gc.get_freeze_count()


@pytest.mark.usefixtures("collector")
async def test_where_a_look_would_take_long_none_is_taken() -> None:
    await sweep()
    kept = [Ring() for _ in range(MOST)]
    with collections_watched() as collections:
        await tidy()
    assert len(kept) == MOST
    assert 2 not in {generation for generation, _ in collections}


@contextmanager
def collections_watched() -> Iterator[list[tuple[int, int]]]:
    """Generation of each collection, and how many objects there were to look at."""
    seen: list[tuple[int, int]] = []

    def watch(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            seen.append((info["generation"], len(gc.get_objects())))

    gc.callbacks.append(watch)
    try:
        yield seen
    finally:
        gc.callbacks.remove(watch)


def test_the_line_is_let_in_at_once() -> None:
    before = sys.getswitchinterval()
    try:
        make_sound(Config(), None)  # type: ignore[arg-type]  # it is kept for later
        assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
    finally:
        sys.setswitchinterval(before)
