"""`make bench [BENCH=name] [KEEP=1]`: runs measurements, prints a line a figure, writes them as JSON into
tests/bench/out/, and tells what differs from the figures kept in git (tests.bench.kept)."""

import subprocess
import sys
from pathlib import Path

from tests.bench import kept

OUT = Path(__file__).parent / "out"
BENCHES = {
    "start": ("tests.bench.start", "cold start to ready, memory of every process, CPU when idle"),
    "calls": ("tests.bench.calls", "latency of the demo calls, at full speed and at the paces of a Pi"),
    "conversation": ("tests.bench.conversations", "whole conversations in real time (a quarter of an hour)"),
    "figures": ("tests.bench.figures", "the figures of a conversation, hundreds of turns each (half an hour)"),
    "hour": (
        "tests.bench.hour",
        "frames lost or late in a call of an hour beside web requests and a benchmark (an hour)",
    ),
    "memory": ("tests.bench.long_call", "what a call of an hour keeps in memory, on a virtual clock"),
    "line": ("tests.bench.line_latency", "how promptly the line serves its sound port"),
    "facts": ("tests.bench.facts", "are the facts that callers hear exact, and what is made up"),
    "wer": ("tests.bench.wer", "word error rate of the starter recogniser"),
    "turns": ("tests.bench.turns", "waiting for a caller's end, cutting him off, falling silent when spoken over"),
    "search": ("tests.bench.search", "searching and listing at 1,000, 10,000 and 100,000 calls, size, opening"),
    "web": (
        "tests.bench.web",
        "weight and time of the page at 100,000 calls; 50 windows with live events during a call",
    ),
    "wear": (
        "tests.bench.wear",
        "bytes written idle, by 100 calls and by a backup; backup and restore times",
    ),
    "storage": ("tests.bench.storage_write", "bytes and syncs a call costs the card"),
}
WITH_JSON = set(BENCHES) - {"storage"}


def main() -> int:
    """Exit code 2 for an unknown name, else the worst of the benches' own."""
    keeping = "--keep" in sys.argv[1:]
    names = [name for name in sys.argv[1:] if name and name != "--keep"] or list(BENCHES)
    if unknown := [name for name in names if name not in BENCHES]:
        known = "\n".join(f"  {name:8} {words}" for name, (_, words) in BENCHES.items())
        print(f"no bench {', '.join(unknown)}; there are:\n{known}", file=sys.stderr)
        return 2
    OUT.mkdir(exist_ok=True)
    worst = 0
    for name in names:
        module, words = BENCHES[name]
        print(f"== {name}: {words}", flush=True)
        command = [sys.executable, "-m", module]
        if name in WITH_JSON:
            command += ["--json", str(OUT / f"{name}.json")]
        done = subprocess.run(command, check=False).returncode
        worst = max(worst, done)
        if name in WITH_JSON:
            _tell(name, keeping and not done)
    return worst


def _tell(name: str, keeping: bool) -> None:
    """What is another figure now than the one kept; keeps the new ones where that is asked for."""
    for line in kept.compare(name, OUT / f"{name}.json"):
        print(f"   changed: {line}", flush=True)
    if keeping:
        print(f"   kept: {kept.keep(name, OUT / f'{name}.json')}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
