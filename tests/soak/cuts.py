"""Many power cuts: `python -m tests.soak.cuts [--cuts 1000] [--seed N]`. Exit 1 where anything was lost.

The storage runs in a child whose every write, sync and rename is recorded; each cut is a moment of that record with
everything unsynced lost, torn or reordered at random (tests/fakes/power); then the box starts on what is left.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from pathlib import Path

from tests.fakes.power.cuts import build, many


def main() -> int:
    """Runs the cuts and prints a line for people and one of JSON."""
    parser = argparse.ArgumentParser(prog="tests.soak.cuts")
    parser.add_argument("--cuts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as aside:
        tally = asyncio.run(many(build(Path(aside)), options.cuts, options.seed))
    seconds = round(time.monotonic() - began, 1)
    print(f"power cuts (seed {options.seed}): {tally}; {seconds} s")
    for fault in tally.faults[:50]:
        print(f"  {fault}")
    figures = {"cuts": tally.cuts, "rows": tally.rows, "recordings": tally.recordings, "faults": len(tally.faults)}
    print(json.dumps({"soak": "cuts", "seed": options.seed, **figures, "seconds": seconds}))
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
