"""How late a processor itself is, whatever a program does: a process above all others that wakes every 3 ms.

`python -m tests.bench.machine_late CPU` until SIGTERM; then a line of JSON. What comes late here is late by the kernel,
or by a host that runs other machines beside this one. `stood` are the times (CLOCK_MONOTONIC, seconds) from when it
should have run to when it did, where that was more than 5 ms; `above_all` is false where it might not rise above other
programs, so that they made it late too.
"""

import json
import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Final

PRIORITY: Final = 90
PERIOD: Final = 0.003
NOTED_SECONDS: Final = 0.005
LATE_SECONDS: Final = 0.01
"""As hw.audio.pacing has it."""


def main() -> int:
    """Always 0."""
    over = False

    def end(_: int, __: FrameType | None) -> None:
        nonlocal over
        over = True

    signal.signal(signal.SIGTERM, end)
    os.sched_setaffinity(0, {int(sys.argv[1])})
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(PRIORITY))
    above_all = os.sched_getscheduler(0) == os.SCHED_FIFO
    late, worst, stood = 0, 0.0, list[tuple[float, float]]()
    while not over:
        due = time.monotonic() + PERIOD
        time.sleep(PERIOD)
        by = (now := time.monotonic()) - due
        late += by > LATE_SECONDS
        if by > NOTED_SECONDS:
            stood.append((round(due, 3), round(now, 3)))
        worst = max(worst, by)
    print(json.dumps({"late": late, "worst_ms": round(1000 * worst, 1), "stood": stood, "above_all": above_all}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
