"""Full garbage collections: one over everything holds the interpreter for a tenth of a second (a hundred thousand
objects), and the line's thread waits for it. So all that is there is looked at while nobody calls, and passed over
from then on: what a call makes are a few thousand objects, and over these a full collection takes a millisecond or
two. Without any, what a call leaves in cycles would grow with its length."""

import gc
from typing import Final

THRESHOLDS: Final = (700, 10, 1)
"""The first two as Python has them; the third brings a full collection every few minutes of a call."""


async def sweep() -> bool:
    """Collects everything and lets later collections pass over what is left. Nothing more is left to do."""
    gc.set_threshold(*THRESHOLDS)
    gc.unfreeze()  # what was frozen while it lived may be dead now
    gc.collect()
    gc.freeze()
    gc.collect()  # of nothing: it tells Python how little there is, by a share of which it waits with the next one
    return False
