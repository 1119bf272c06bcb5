"""The child that compresses: `python -m storage.audio.child SOURCE TARGET FORM`, last in line for the processor, gone
with its parent. On stdout one line of JSON: `{"seconds": …, "points": base64}` or `{"error": "…"}`. FORM "wav" outlines
only; FORM "caller" writes the caller's side to stdout instead, as PCM (8 kHz mono s16le), and ends with 1 where it
cannot.
"""

import base64
import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

import soundfile

from storage.audio.codec import NotFaithful, caller_side, outline, pack

NICE: Final = 19
PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


def main(arguments: list[str]) -> int:
    """One recording."""
    source, target, form = arguments
    if form == "caller":
        return _caller(Path(source))
    _humble()
    try:
        found = outline(Path(source)) if form == "wav" else pack(Path(source), Path(target), form)
    except (NotFaithful, OSError, soundfile.LibsndfileError) as error:
        _say({"error": str(error)})
        return 0
    _say({"seconds": found.seconds, "points": base64.b64encode(found.points).decode()})
    return 0


def _humble() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setpriority(os.PRIO_PROCESS, 0, NICE)  # the core's own is above the ordinary


def _caller(source: Path) -> int:
    _humble()
    try:
        for block in caller_side(source):
            sys.stdout.buffer.write(block)
    except BrokenPipeError:
        return 0
    except (NotFaithful, OSError, soundfile.LibsndfileError) as error:
        sys.stderr.write(f"{source.name}: {error}\n")
        return 1
    return 0


def _say(words: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
