"""`make soak [CALLS=10000] [SEED=1] [FRESH=1]`: calls and mishaps in compressed time, judged by the network's ledger.

What is true: the modem driver, the call machine and its arbiter and drivers, the storage on a disk, the simulator's own
module. What is not: time (virtual), and what a call is made of between its answer and its end (recogniser, voice and
language model are scripted, and most calls have no frames). Broken off by Ctrl-C, it goes on where it was.

Processes: the core is killed (its tasks end, and its files are what was on the disk at that moment) or loses its power
(what was written and not synced is torn); speech and llm die as their clients see it (connections end, for 2 s nobody
serves), in calls that are talked frame by frame. The web process holds no call and no message; it and the others are
killed for true, in true calls, by `make test-all` (tests/e2e/test_faults.py).
"""

import argparse
import logging
import shutil
import sys
import time
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.soak.noise import flood
from tests.soak.run import soak
from tests.soak.tally import GROWTH, Tally

FOLDER: Final = Path("build/soak")
NOISE: Final = 10_000_000


def main() -> int:
    """0 when nothing is wrong, 1 when something is, 130 when broken off."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fresh", action="store_true", help="begin anew instead of going on")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    folder = options.folder.absolute() / f"seed-{options.seed}"  # a database is named relative to its data
    if options.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    try:
        tally = _with_bar(folder, options.seed, options.calls)
    except KeyboardInterrupt:
        print(f"broken off; goes on with: make soak CALLS={options.calls} SEED={options.seed}", file=sys.stderr)
        return 130
    for line in report(tally, time.monotonic() - began):
        print(line)
    noise = flood(NOISE, options.seed)
    print(
        f"{NOISE} random bytes to the AT parser and the trackers: nothing raised; {noise.lines} lines, {noise.facts} "
        f"facts of them, none of pure noise; at most {noise.held} bytes held; what followed was understood "
        f"{noise.checks} times of {noise.checks}"
    )
    return 1 if tally.verdict() else 0


def _with_bar(folder: Path, seed: int, calls: int) -> Tally:
    columns = (TextColumn("calls"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), refresh_per_second=2) as progress:
        task = progress.add_task("calls", total=calls)
        return soak(folder, seed, calls, lambda done: progress.update(task, completed=done))


def report(tally: Tally, seconds: float) -> list[str]:
    """What came of it, a line a figure."""
    hours = tally.seconds / 3600
    lines = [
        f"seed {tally.seed}: {tally.done} calls in {hours:.0f} hours of the modem's time (this part: {seconds:.0f} s)",
        f"offered {tally.calls}: answered {tally.answered}, gave up {tally.gave_up}, second callers {tally.waiting}, "
        f"while the modem was away {tally.away}",
        f"calls lost {tally.lost}; not answered by a box that could {tally.unanswered}; rows of nobody {tally.ghosts}; "
        f"rows left open {tally.open_rows}",
        f"talked frame by frame {tally.full}, the others without frames",
        f"rings until the answer, p99: {tally.rings_p99()}",
        f"stuck states {tally.stuck}",
        f"kills of the core {tally.kills}, power cuts {tally.power_cuts}, calls taken over afterwards "
        f"{tally.taken_over}",
        f"messages taken in calls {tally.messages}, lost {tally.messages_lost}",
        *_sms(tally.sms),
        f"SMS commands in a call that the box knew of {tally.sms_in_call}; on their way when it came "
        f"{tally.sms_crossing}",
        "rungs taken: " + ", ".join(f"{name} {times}" for name, times in sorted(tally.rungs.items())),
    ]
    for rung, each in sorted(tally.cured.items()):
        lines.append(f"cured by {rung}: {_times(each)}, from the first sign of trouble")
    for kind, each in sorted(tally.recoveries.items()):
        lines.append(f"back after {kind}: {_times(each)}")
    lines += _growth(tally)
    lines.append("mishaps: " + ", ".join(f"{name} {times}" for name, times in sorted(tally.faults.items())))
    lines += [f"  ! {text}" for text in tally.troubles]
    return [*lines, *(f"WRONG: {text}" for text in tally.verdict()), "" if tally.verdict() else "nothing is wrong"]


def _growth(tally: Tally) -> list[str]:
    shares = tally.growth()
    names = {"memory": (1 << 20, " MB"), "descriptors": (1, ""), "threads": (1, "")}
    lines = []
    for name, (unit, mark) in names.items():
        early, late = getattr(tally.early, name) / unit, getattr(tally.late, name) / unit
        judged = (
            f"{shares[name]:+.1%}, the limit is {GROWTH:+.0%}" if name in shares else "not judged over so few calls"
        )
        lines.append(f"{name}: {early:.0f}{mark}, and {late:.0f}{mark} {tally.calls_between} calls later: {judged}")
    return lines


def _times(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    middle, worst = ordered[len(ordered) // 2], ordered[-1]
    return f"{len(ordered)} times, p50 {middle:.1f} s, at most {worst:.1f} s"


def _sms(sms: dict[str, Any]) -> list[str]:
    if not sms:
        return ["SMS: not counted yet"]
    purposes = ", ".join(f"{purpose} {count}" for purpose, count in sorted(sms["by_purpose"].items()))
    return [
        f"SMS to the box {sms['came']}: lost {sms['came_lost']}, doubled {sms['came_doubled']}; offered again by the "
        f"modem and recognised {sms['copies']}",
        f"SMS of the owner's {sms['written']}: lost {sms['written_lost']}; all messages of the box: {purposes}",
        f"notices of messages {sms['notices']}: lost or too many {sms['notices_lost']}",
        f"parts believed sent that the network never had {sms['sent_lost']}; sent twice unflagged "
        f"{sms['sent_doubled']}, flagged after a crash or no answer {sms['flagged']}; "
        f"given up with a reason {sms['failed']}",
    ]


if __name__ == "__main__":
    raise SystemExit(main())
