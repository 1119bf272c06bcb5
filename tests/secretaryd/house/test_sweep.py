"""What is garbage goes between calls, also what was passed over while it lived; in a call no full collection comes."""

import gc
import sys
import weakref
from collections.abc import Iterator

import pytest

from secretaryd.config.schema import Config
from secretaryd.house.sweep import sweep
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
    generations: set[int] = set()
    gc.callbacks.append(lambda phase, info: generations.add(info["generation"]))
    try:
        kept = [Ring() for _ in range(300_000)]
    finally:
        del gc.callbacks[-1]
    assert len(kept) == 300_000
    assert generations == {0, 1}


def test_the_line_is_let_in_at_once() -> None:
    before = sys.getswitchinterval()
    try:
        make_sound(Config(), None)  # type: ignore[arg-type]  # it is kept for later
        assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
    finally:
        sys.setswitchinterval(before)
