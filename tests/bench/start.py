"""Cold start to ready and what it is made of, memory (PSS) of every process with its engine loaded, CPU and wake-ups
when idle. The modem's own start-up, which no program of ours shortens, is told apart from ours; the seconds of CPU do
not depend on what else the machine does. Bytecode is there, as in an installed box: one start before makes it.

`python -m tests.bench.start [--runs 3] [--idle 20] [--json FILE]`. The box is the real one on the simulated modem, in
its default profile, whose answers take as long as a slow module's.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from secretaryd.control.client import ControlError
from tests.fakes.box import is_ready, start

OURS = {"control", "speech", "llm"}
"""What has to be there but for the modem: the core behind its socket, both engines with their models."""
TICK = os.sysconf("SC_CLK_TCK")


async def measure(folder: Path, idle: float) -> dict[str, Any]:
    """One start, one rest, one stop."""
    began = time.monotonic()
    box = await start(folder)
    spent: dict[str, float] = {}
    marks: dict[str, float] = {}
    while "ready" not in marks:
        try:
            status = await box.status()
        except ControlError:
            await asyncio.sleep(0.02)
            continue
        now = round(time.monotonic() - began, 2)
        for name in ("speech", "llm", "modem"):
            if status[name]["up"]:
                marks.setdefault(name, now)
        marks.setdefault("control", now)
        if marks.keys() >= OURS and "ours" not in marks:
            marks["ours"] = now
            spent = {name: round(cpu(pid), 2) for name, pid in box.pids().items()}
        if is_ready(status):
            marks["ready"] = now
        await asyncio.sleep(0.02)
    await asyncio.sleep(3)  # the warm-up of phrases is a part of the start, not of the rest
    pids = box.pids() | {"all": box.process.pid}
    before = {name: cpu(pid) for name, pid in pids.items()}
    switches = {name: wakeups(pid) for name, pid in pids.items()}
    await asyncio.sleep(idle)
    used = {name: 100 * (cpu(pid) - before[name]) / max(idle, 1.0) for name, pid in pids.items()}
    woken = {name: (wakeups(pid) - switches[name]) / max(idle, 1.0) for name, pid in pids.items()}
    memory = {name: pss(pid) for name, pid in pids.items()}
    stopped = await box.stop()
    await box.control.close()
    return {"marks": marks, "cpu_seconds": spent, "pss_mb": memory, "idle_cpu": used, "wakeups": woken, "stop": stopped}


def cpu(pid: int) -> float:
    """Seconds of CPU so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def wakeups(pid: int) -> int:
    """Voluntary context switches of all threads so far."""
    total = 0
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        for line in status.read_text().splitlines():
            if line.startswith("voluntary_ctxt_switches"):
                total += int(line.split()[1])
    return total


def pss(pid: int) -> float:
    """Proportional set size in MB (1e6 bytes)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return round(int(line.split()[1]) * 1024 / 1e6, 1)
    raise OSError(f"no PSS of {pid}")


async def main(runs: int, idle: float, file: Path | None) -> None:
    """Runs, and tells."""
    results: list[dict[str, Any]] = []
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as bytecode:
        os.environ["PYTHONPYCACHEPREFIX"] = bytecode
        for run in range(runs + 1):
            with tempfile.TemporaryDirectory() as folder:
                found = await measure(Path(folder), idle if run else 0.0)
            results += [found] if run else []
    show(results)
    if file:
        file.write_text(json.dumps(results, indent=1) + "\n")


def show(results: list[dict[str, Any]]) -> None:
    """A line a figure."""
    names = {
        "control": "control socket",
        "speech": "recogniser and voice loaded",
        "llm": "language model loaded",
        "ours": "all that is ours",
        "modem": "modem up",
        "ready": "ready for a call",
    }
    for mark, name in names.items():
        times = sorted(result["marks"][mark] for result in results)
        print(f"start to {name}: median {statistics.median(times):.2f} s, {times[0]:.2f} to {times[-1]:.2f}")
    waits = [result["marks"]["ready"] - result["marks"]["ours"] for result in results]
    print(f"of it waiting for the simulated modem's own start-up: median {statistics.median(waits):.2f} s")
    for name in ("core", "speech", "llm", "web"):
        seconds = statistics.median(result["cpu_seconds"].get(name, 0.0) for result in results)
        print(f"CPU of {name} by then: {seconds:.2f} s")
    last = results[-1]
    for name, megabytes in sorted(last["pss_mb"].items()):
        print(
            f"{name}: PSS {megabytes} MB, idle CPU {last['idle_cpu'][name]:.2f} % of a core, "
            f"{last['wakeups'][name]:.1f} wake-ups/s"
        )
    print(f"stop: {last['stop']:.2f} s")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--idle", type=float, default=20.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    asyncio.run(main(options.runs, options.idle, options.json))
