"""The child in which archives are made and read: last in line for processor and memory, gone with its parent.

A job as JSON on stdin; on stdout a line of JSON for each step (`{"step": "pack", "part": 0.4}`), then `{"done": {...}}`
or `{"error": "BadArchive", "text": "{name} is missing in it", "values": {...}}`. Keys travel on stdin only.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from storage.backup.jobs import run
from storage.errors import StorageError

MEMORY_BYTES: Final = 1 << 30
TOLD_SECONDS: Final = 0.3
PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
NICE: Final = 19


def main() -> int:
    """One job."""
    _humble()
    told = 0.0

    def progress(step: str, part: float) -> None:
        nonlocal told
        now = time.monotonic()
        if now - told >= TOLD_SECONDS:
            told = now
            _say({"step": step, "part": round(part, 3)})

    try:
        _say({"done": run(json.load(sys.stdin), progress)})
    except StorageError as error:
        _say({"error": type(error).__name__, "text": error.sentence, "values": error.values})
    except MemoryError:
        _say({"error": "BadArchive", "text": "it wants more memory than a backup may", "values": {}})
    return 0


def _say(words: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(words, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _humble() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setpriority(os.PRIO_PROCESS, 0, NICE)  # the core's own is above the ordinary
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError):  # not there, or not allowed: then memory is shared as elsewhere
        Path("/proc/self/oom_score_adj").write_text("800")


if __name__ == "__main__":
    sys.exit(main())
