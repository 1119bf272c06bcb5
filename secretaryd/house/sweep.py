"""Full garbage collections: one over everything holds the interpreter for a tenth of a second (a hundred thousand
objects), and the line's thread waits for it. So all that is there is looked at while nobody calls, and passed over
from then on. What a call makes are a few thousand objects: a look at these takes a millisecond or two, and is taken
while it goes on, else what it leaves in rings (every connection of asyncio is one) would grow with its length."""

import gc
from typing import Final

YOUNG: Final = (700, 10)
"""As Python has them: some milliseconds at the most."""
NEVER: Final = 1_000_000_000
MOST: Final = 10_000
"""Objects: a look at more would take longer than the line's thread may wait."""


async def sweep() -> bool:
    """While nobody calls: collects everything and lets later collections pass over what is left; from the first time on
    no full one comes by itself. Nothing more is left to do."""
    gc.set_threshold(*YOUNG, NEVER)
    gc.unfreeze()  # what was frozen while it lived may be dead now
    gc.collect()
    gc.freeze()
    return False


async def tidy() -> bool:
    """At any time: collects what has come since the last sweep, where that is not much."""
    if len(gc.get_objects()) <= MOST:
        gc.collect()
    return False
