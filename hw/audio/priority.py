"""A thread's place in the kernel's queue."""

import os
from typing import Final

REALTIME_PRIORITY: Final = 20
"""Low among real-time threads (1..99): above every ordinary one, below the kernel's USB and interrupt threads (50)."""

NICE: Final = -11
"""Where sound servers run when they get no real-time slot."""


def rise() -> str:
    """Makes the calling thread as prompt as this user may: real-time, else niced. Returns what was got
    ("fifo:20", "nice:-11" or "other"); needs CAP_SYS_NICE, RLIMIT_RTPRIO or RLIMIT_NICE (LimitRTPRIO= of the unit)."""
    try:
        # In Linux pid 0 is the calling thread. Reset on fork: a child must not inherit real time.
        os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(REALTIME_PRIORITY))
    except PermissionError:
        pass
    else:
        return f"fifo:{REALTIME_PRIORITY}"
    try:
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    except PermissionError:
        return "other"
    return f"nice:{NICE}"
