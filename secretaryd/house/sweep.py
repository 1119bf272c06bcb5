"""Full garbage collections, while nobody calls: one holds the interpreter for a tenth of a second (a hundred thousand
objects), and the line's thread waits for it."""

import gc
from typing import Final

YOUNG: Final = (700, 10)
"""As Python has them: some milliseconds at the most."""
NEVER: Final = 1_000_000_000


async def sweep() -> bool:
    """Collects everything and lets later collections pass over what is left; from the first time on no full one comes
    by itself. Nothing more is left to do."""
    gc.set_threshold(*YOUNG, NEVER)
    gc.unfreeze()  # what was frozen while it lived may be dead now
    gc.collect()
    gc.freeze()
    return False
