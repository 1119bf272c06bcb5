"""What the box writes to its card: an idle day, a hundred calls, a nightly backup.

    python -m tests.bench.wear [--json FILE] [--idle SECONDS] [--calls N]

Every write and sync of the processes is recorded as they ask for it (tests/fakes/power/shim.c), by kind of file. What
the file system adds (journal, whole pages) and what goes to the system's journal is not in it. The idle day is
measured over some seconds of a true core without a modem, and multiplied.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from secretaryd.control.client import ControlClient, NotRunning
from secretaryd.control.protocol import Status
from storage.backup.door import Backups
from storage.store import Storage
from tests.bench.search import fill, vocabulary
from tests.fakes.power.cuts import HERE, ROOT, build, run
from tests.fakes.power.disk import Op, parse

DAY: Final = 86_400
LIMIT_MB: Final = 300
"""A day, beside sound."""
NIGHT_CALLS: Final = 10_000


def by_kind(ops: Sequence[Op]) -> tuple[Counter[str], Counter[str]]:
    """Bytes and syncs: "sound", "database", "other"."""
    names: dict[int, str] = {}
    written: Counter[str] = Counter()
    syncs: Counter[str] = Counter()
    for op in ops:
        if op.kind == "C":
            names[op.inode] = op.data.decode()
        kind = _kind(names.get(op.inode, ""))
        if op.kind == "W":
            written[kind] += len(op.data)
        elif op.kind == "S":
            syncs[kind] += 1
        elif op.kind == "F":
            syncs["folders"] += 1
    return written, syncs


def _kind(name: str) -> str:
    if name.endswith(".wav"):
        return "sound"
    return "database" if name.startswith("secretary.db") else "other"


def hundred_calls(library: Path, count: int) -> dict[str, float]:
    """Calls as in the power cuts: one to four turns each."""
    with tempfile.TemporaryDirectory() as aside:
        data = Path(aside) / "data"
        data.mkdir()
        ops = run(library, data, str(HERE / "keeping.py"), str(data), "7", str(count))
    written, syncs = by_kind(ops)
    beside = sum(written.values()) - written["sound"]
    return {
        "calls": count,
        "written_beside_sound_kb": round(beside / 1000),
        "written_sound_kb": round(written["sound"] / 1000),
        "syncs_database": syncs["database"],
        "syncs_other": syncs["other"] + syncs["folders"],
    }


def idle_day(library: Path, seconds: int) -> dict[str, float]:
    """A true core that nobody calls."""
    with tempfile.TemporaryDirectory() as aside:
        folder = Path(aside)
        data, log, socket = folder / "data", folder / "log", folder / "run" / "control.sock"
        data.mkdir()
        log.touch()
        environ = {
            **os.environ,
            "LD_PRELOAD": str(library),
            "CUT_ROOT": str(data),
            "CUT_LOG": str(log),
            "SECRETARYD__BOX__DATA_DIR": str(data),
            "SECRETARYD__CONTROL__SOCKET": str(socket),
            "SECRETARYD__MODEM__AT_PORT": str(folder / "no-modem"),
            "SECRETARYD__BACKUP__NIGHTLY": "false",
            "SECRETARYD_CONFIG": str(folder / "box.toml"),
        }
        (folder / "box.toml").write_text("")
        command = [sys.executable, "-m", "secretaryd", "core"]
        core = subprocess.Popen(command, env=environ, cwd=ROOT, stderr=subprocess.DEVNULL)
        try:
            _wait(socket)
            time.sleep(5)  # what the start writes is no idling
            before = log.stat().st_size
            assert before, "the start wrote nothing: is anything recorded?"
            time.sleep(seconds)
            idle = log.read_bytes()[before:]
        finally:
            core.send_signal(signal.SIGTERM)
            core.wait(30)
    written, syncs = by_kind(tuple(parse(idle)))
    times = DAY / seconds
    return {
        "measured_seconds": seconds,
        "written_mb_a_day": round(sum(written.values()) * times / 1e6, 3),
        "syncs_a_day": round(sum(syncs.values()) * times),
    }


def _wait(socket: Path) -> None:
    for _ in range(600):
        try:
            ControlClient(socket).ask(Status())
        except NotRunning:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("the core did not come up")


async def backups(sizes: Sequence[int]) -> list[dict[str, float]]:
    """Backup and restore by number of calls, without recordings: seconds, and bytes to the card."""

    chance = random.Random(1)
    words, weights = vocabulary(chance)
    figures = []
    for size in sizes:
        folder = Path(tempfile.mkdtemp())
        try:
            store = await Storage.open("sqlite:///secretary.db", folder)
            await store.close()
            fill(folder / "secretary.db", size, chance, words, weights)
            door = Backups(folder, folder / "secretary.db", None, "0.1.0")
            began = time.perf_counter()
            made = await door.create("nightly", time.time(), _quiet, recordings=False)
            took = time.perf_counter() - began
            began = time.perf_counter()
            await door.stage(made["name"], "", _quiet)
            store = await Storage.open("sqlite:///secretary.db", folder)
            back = time.perf_counter() - began
            await store.close()
            database = (folder / "secretary.db").stat().st_size
            figures.append(
                {
                    "calls": size,
                    "database_mb": round(database / 1e6, 1),
                    "archive_mb": round(made["bytes"] / 1e6, 1),
                    "backup_seconds": round(took, 1),
                    "restore_seconds": round(back, 1),
                    "written_by_backup_mb": round((database + made["bytes"]) / 1e6, 1),
                }
            )
        finally:
            shutil.rmtree(folder)
    return figures


def _quiet(_: str, __: float) -> None:
    """Nobody follows."""


def main() -> int:
    """Prints the figures; exit 1 where a day writes more than it may."""
    parser = argparse.ArgumentParser(prog="tests.bench.wear")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--idle", type=int, default=60)
    parser.add_argument("--calls", type=int, default=100)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as aside:
        library = build(Path(aside))
        calls, idle = hundred_calls(library, options.calls), idle_day(library, options.idle)
    kept = asyncio.run(backups(options.sizes))
    night = max((each["written_by_backup_mb"] for each in kept if each["calls"] <= NIGHT_CALLS), default=0.0)
    day = idle["written_mb_a_day"] + calls["written_beside_sound_kb"] / 1000 * 100 / options.calls + night
    figures = {"calls": calls, "idle": idle, "backups": kept, "day_of_100_calls_mb": round(day, 1)}
    for name, value in {
        **{f"calls {k}": v for k, v in calls.items()},
        **{f"idle {k}": v for k, v in idle.items()},
    }.items():
        print(f"wear {name}: {value}")
    for each in kept:
        print("wear " + ", ".join(f"{name} {value}" for name, value in each.items()))
    print(f"wear of a day with 100 calls and a nightly backup, beside sound: {day:.1f} MB (limit {LIMIT_MB})")
    text = json.dumps(figures)
    print(text)
    if options.json:
        options.json.write_text(text + "\n")
    return 1 if day > LIMIT_MB else 0


if __name__ == "__main__":
    sys.exit(main())
