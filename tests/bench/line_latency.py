"""How promptly the line serves its PCM port: `python -m tests.bench.line_latency [--seconds 10] [--json FILE]`.

A child process plays the modem on a pseudo-terminal: 320 bytes every 20 ms, each frame carrying the time at which it
was written. Latency is from that write to `on_heard` in the event loop."""

import argparse
import asyncio
import contextlib
import json
import os
import struct
import sys
import time
import tty
from pathlib import Path
from typing import Any

from hw.audio.line import Line, LineCounters
from hw.audio.modem_pcm import open_modem_pcm

ROOT = Path(__file__).parents[2]
FRAME_BYTES = 320
FRAME_SECONDS = 0.02
WARM_UP_FRAMES = 10


def play_modem(master: int, seconds: float) -> None:
    """The child: writes time stamps, throws away what comes."""
    os.set_blocking(master, False)
    due = time.monotonic()
    end = due + seconds
    while due < end:
        time.sleep(max(0.0, due - time.monotonic()))
        os.write(master, struct.pack("<d", time.monotonic()).ljust(FRAME_BYTES, b"\0"))
        with contextlib.suppress(BlockingIOError):
            os.read(master, 65536)
        due += FRAME_SECONDS
    time.sleep(0.2)


async def measure(seconds: float) -> dict[str, Any]:
    """Runs a line for `seconds`; milliseconds and percent."""
    master, slave = os.openpty()
    tty.setraw(slave)
    latencies: list[float] = []
    line = Line(
        open_modem_pcm(os.ttyname(slave)),
        on_heard=lambda index, frame: latencies.append(time.monotonic() - struct.unpack_from("<d", frame)[0]),
        tap=None,
        on_failed=lambda error: print(error, file=sys.stderr),
        loop=asyncio.get_running_loop(),
    )
    line.start()
    command = [sys.executable, "-m", "tests.bench.line_latency", "--modem", str(master), "--seconds", str(seconds)]
    modem = await asyncio.create_subprocess_exec(*command, pass_fds=(master,), cwd=ROOT)
    began = time.monotonic()
    await modem.wait()
    counters = await line.stop()
    os.close(master)
    os.close(slave)
    return report([one for one in latencies[WARM_UP_FRAMES:] if one < 60], counters, time.monotonic() - began)


def report(latencies: list[float], counters: LineCounters, seconds: float) -> dict[str, Any]:
    """Percentiles of what was measured."""
    ordered = sorted(1000 * one for one in latencies)
    at = {f"p{p}_ms": round(ordered[min(len(ordered) - 1, len(ordered) * p // 100)], 2) for p in (50, 95, 99)}
    return {
        "bench": "line_latency",
        "frames": len(ordered),
        **at,
        "max_ms": round(ordered[-1], 2),
        "cpu_percent": round(100 * counters.cpu_seconds / seconds, 2),
        "scheduler": counters.scheduler,
        "late_frames": counters.late_frames,
        "missed_frames": counters.missed_frames,
        "max_late_ms": counters.max_late_ms,
        "jitter_ms": counters.jitter_ms,
        "stalls": counters.stalls,
    }


def main() -> None:
    """Prints a line of text and the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--modem", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.modem is not None:
        play_modem(options.modem, options.seconds)
        return
    result = asyncio.run(measure(options.seconds))
    print(
        "line latency over {frames} frames: p50 {p50_ms} ms p95 {p95_ms} ms p99 {p99_ms} ms max {max_ms} ms, "
        "cpu {cpu_percent} %, {scheduler}".format(**result)
    )
    print(json.dumps(result))
    if options.json:
        options.json.write_text(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
