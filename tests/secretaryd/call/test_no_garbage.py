"""What a call is done with goes at once: nothing of it waits for a collection of garbage."""

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Final

import pytest

from tests.fakes.caller_script import Expect, Script, Step
from tests.fakes.virtual_call import Theatre
from tests.fakes.virtual_loop import VirtualLoop

OURS: Final = ("hw.", "voice.", "storage.", "secretaryd.")
SECONDS: Final = 90.0
STEPS: Final = (
    Step(say="какой у вас адрес"),
    Step(say="сколько стоит доставка", over=1.0),
    Step(noise=0.4, over=0.8),
    Step(say="расскажите про гороскоп"),
)


@pytest.fixture
def all_garbage_kept() -> Iterator[None]:
    gc.collect()
    gc.freeze()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()
    gc.unfreeze()


async def left_by_a_call(folder: Path) -> Counter[str]:
    """Kinds of our objects that are garbage while the call goes on."""
    theatre = await Theatre.open(folder)
    steps = tuple(islice(cycle(STEPS), int(SECONDS)))
    playing = asyncio.create_task(theatre.play(Script("x", "x", steps, Expect(), max_seconds=SECONDS)))
    await asyncio.wait({playing}, timeout=SECONDS - 10.0)
    assert not playing.done()
    gc.collect()
    kinds = (type(one) for one in gc.garbage)
    found = Counter(kind.__qualname__ for kind in kinds if f"{kind.__module__}.".startswith(OURS))
    await playing
    await theatre.close()
    return found


@pytest.mark.usefixtures("all_garbage_kept")
def test_turns_that_were_cut_off_and_guesses_thrown_away_leave_nothing(tmp_path: Path) -> None:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(left_by_a_call(tmp_path)) == Counter()
