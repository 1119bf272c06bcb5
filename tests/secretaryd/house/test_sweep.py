"""What is garbage goes between calls, also what was passed over while it lived; in a call a full collection looks at
nothing but what the call made."""

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
async def test_what_grows_old_in_a_call_and_dies_is_collected_without_a_look_at_all_the_rest() -> None:
    await sweep()
    ring = Ring()
    seen = weakref.ref(ring)
    gc.collect(0)
    gc.collect(1)  # it is old now
    del ring
    looked_at: list[int] = []

    def watch(phase: str, info: dict[str, int]) -> None:
        if phase == "start" and info["generation"] == 2:
            looked_at.append(sum(len(gc.get_objects(generation=which)) for which in range(3)))

    gc.callbacks.append(watch)
    try:
        kept = [Ring() for _ in range(40_000)]
    finally:
        gc.callbacks.remove(watch)
    assert seen() is None
    assert looked_at
    assert max(looked_at) < len(kept) + 1000
    assert gc.get_freeze_count() > 10_000, "the rest"


def test_the_line_is_let_in_at_once() -> None:
    before = sys.getswitchinterval()
    try:
        make_sound(Config(), None)  # type: ignore[arg-type]  # it is kept for later
        assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
    finally:
        sys.setswitchinterval(before)
