"""What one call costs the card: bytes written and syncs, by the kernel's own count.

    python -m tests.bench.storage_write [SECONDS]

prints a line a figure and the same as JSON. Sound is written faster than real time, a second's worth a sync.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from datetime import UTC
from pathlib import Path

from storage.recordings import Recorder
from storage.records import Latency, TurnRecord
from storage.store import Storage

TURNS = 12


def written() -> int:
    """Bytes that this process caused to be written, from /proc/self/io."""
    fields = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(fields["write_bytes"])


async def one_call(store: Storage, seconds: int) -> tuple[list[float], int]:
    """Milliseconds of each acknowledged write, and the number of syncs of the recording."""
    syncs, took = 0, []

    def sync(fd: int) -> None:
        nonlocal syncs
        syncs += 1
        os.fdatasync(fd)

    async def timed(job: object) -> object:
        started = time.perf_counter()
        result = await job  # type: ignore[misc]
        took.append(1000 * (time.perf_counter() - started))
        return result

    recorder = Recorder(store.data_dir / "recordings" / "bench.wav", sync_seconds=0.001, sync=sync)
    call = await store.begin("line1", "in", "+79001234567", "shown", 0.0)
    await timed(store.answered(call.id, 0.0, recorder.path, "default@1"))
    turn = TurnRecord("caller", "до скольки вы работаете в субботу", 1, 2, "caller", 1.0, latency=Latency(total=400))
    frame = bytes(320)
    for second in range(seconds):
        for _ in range(50):
            recorder.write(frame, frame)
        while recorder.seconds < second + 1:  # noqa: ASYNC110 (the recorder knows no loop)
            await asyncio.sleep(0.001)
        if second % max(1, seconds // TURNS) == 0:
            await timed(store.add_turn(call.id, turn))
    summary = recorder.close()
    done = await timed(store.finish(call.id, 60.0, "answered", "caller", "", summary.seconds))
    await timed(store.write_sidecar(done, UTC))  # type: ignore[arg-type]
    return took, syncs


async def main(seconds: int) -> None:
    """Prints the figures."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        store = await Storage.open("sqlite:///secretary.db", Path(folder))
        before = written()
        took, syncs = await one_call(store, seconds)
        await store.close()
        total = written() - before
    took.sort()
    figures = {
        "call_seconds": seconds,
        "sound_bytes": seconds * 32_000,
        "written_bytes": total,
        "recording_syncs": syncs,
        "acknowledged_writes": len(took),
        "write_p50_ms": round(took[len(took) // 2], 2),
        "write_max_ms": round(took[-1], 2),
    }
    for name, value in figures.items():
        print(f"storage {name}: {value}")
    print(json.dumps(figures))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60))
