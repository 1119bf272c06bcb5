"""A call of an hour on the virtual clock: what it leaves in memory. `python -m tests.bench.long_call [--json FILE]`.

The caller asks, repeats, interrupts, coughs, is silent and asks what nobody knows, over and over. Prints the memory
that Python has in use (tracemalloc) every ten minutes of the call.
"""

import argparse
import asyncio
import gc
import json
import sys
import tempfile
import tracemalloc
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from tests.fakes.caller_script import Expect, Script, Step
from tests.fakes.virtual_call import Theatre
from tests.fakes.virtual_loop import VirtualLoop

SECONDS: Final = 3600.0
LOOK_SECONDS: Final = 600.0
STEP_SECONDS: Final = 5.0
"""Less than any of the steps takes."""
ALLOWED_KB: Final = 1000
"""From the tenth minute to the last: less than a kilobyte for each of a thousand turns, which are told to the owner at
the end."""
STEPS: Final = (
    Step(say="какой у вас адрес"),
    Step(say="повторите пожалуйста"),
    Step(say="подскажите график работы"),
    Step(say="сколько стоит доставка", over=1.0),
    Step(noise=0.4, over=0.8),
    Step(say="скажите сколько ждать заказ"),
    Step(say="расскажите про гороскоп"),
    Step(silent=9.0),
)


async def measure(folder: Path) -> list[float]:
    """Kilobytes in use, every LOOK_SECONDS of the call."""
    theatre = await Theatre.open(folder)
    steps = tuple(islice(cycle(STEPS), int(SECONDS / STEP_SECONDS)))
    script = Script("an hour", "an hour", steps, Expect(), max_seconds=SECONDS)
    playing = asyncio.create_task(theatre.play(script), name="bench.call")
    used = []
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not playing.done() and loop.time() - began < SECONDS:
        await asyncio.wait({playing}, timeout=LOOK_SECONDS)
        gc.collect()
        used.append(tracemalloc.get_traced_memory()[0] / 1024)
        print(f"  after {(loop.time() - began) / 60:.0f} min: {used[-1]:.0f} kB", flush=True)
    played = await playing
    print(f"call of {played.seconds / 60:.1f} min, {len(played.turns)} turns, ended by {played.call.end_cause}")
    await theatre.close()
    return used


def main() -> int:
    """Exit code 1 where more is kept than is allowed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    tracemalloc.start()
    with tempfile.TemporaryDirectory() as folder, asyncio.Runner(loop_factory=VirtualLoop) as runner:
        used = runner.run(measure(Path(folder)))
    grown = used[-1] - used[0] if len(used) > 1 else 0.0
    print(f"kept from the first look to the last: {grown:.0f} kB (allowed {ALLOWED_KB})")
    if options.json:
        options.json.write_text(json.dumps({"kilobytes": used, "grown": grown}) + "\n", encoding="utf-8")
    return int(grown > ALLOWED_KB)


if __name__ == "__main__":
    sys.exit(main())
