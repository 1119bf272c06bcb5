"""Records under a limit on the size of files, as on a disk that fills up; prints what came of it.
Usage: full_child.py DIRECTORY LIMIT_BYTES"""

import resource
import sys
import threading
from pathlib import Path

from storage.recordings import Recorder

limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
reasons: list[str] = []
told = threading.Event()


def failed(reason: str) -> None:
    reasons.append(reason)
    told.set()


recorder = Recorder(Path(sys.argv[1]) / "call.wav", on_failure=failed, sync_seconds=0.005)
frame = b"\x10\x00" * 160
for _ in range(500):
    recorder.write(frame, frame)
assert told.wait(10)
for _ in range(500):
    recorder.write(frame, frame)
summary = recorder.close()
print(summary.seconds, summary.dropped_frames, summary.failed, len(reasons), sep="|")
