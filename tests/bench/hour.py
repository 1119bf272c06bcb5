"""Frames lost or late in an hour's call, while a signed-in browser asks for pages and a benchmark loads the other core.

`python -m tests.bench.hour [--minutes 60] [--benchmark COMMAND] [--json FILE]`. One box of true processes in one call
in real time, whose caller asks, pauses, interrupts, coughs, nods and is silent without an end. Late is a frame that we
sent more than 10 ms later than we meant to. How late each of the machine's processors comes is measured beside it: a
process that a host lets wait cannot be punctual, so the moments at which a frame was late while no processor was are
told apart. Exit code 1 where a frame was lost or late, or the recording is not whole.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import re
import shlex
import shutil
import signal
import sys
import tempfile
import time
import wave
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx2

from secretaryd.control.protocol import CallEnded
from tests.bench.conversations_scene import CLEAN, HELD, noise_file, speech_file
from tests.bench.figures_calls import COUGHS, KNOWN, NODS, PAUSED, THOUGHT
from tests.bench.search import share
from tests.bench.start import pss
from tests.bench.web import invited
from tests.fakes.box import Box, Evidence, Ringing, running
from tests.fakes.caller_script import Step

PAGES: Final = ("/", "/live", "/calls", "/messages", "/contacts", "/faq", "/calls?q=доставка", "/settings")
PAGE_SECONDS: Final = 0.4
LOOK_SECONDS: Final = 60.0
MEMORY_LOOKS: Final = 10
"""Memory is noted at every tenth look."""
ROUND: Final = 8
"""Times that all kinds of steps come until they come again as they were."""
OVER_AFTER: Final = 0.7
UNKNOWN: Final = "расскажите про гороскоп"
SILENT_SECONDS: Final = 9.0
"""Longer than the box waits until it asks whether somebody is there."""
AROUND_SECONDS: Final = 120.0
LOST: Final = ("late", "missed", "dropped", "underruns", "overruns")
COUNTED: Final = ("frames_in", *LOST, "stalls", "max_late_ms", "max_gap_ms", "jitter_ms")
NEAR_SECONDS: Final = 0.03
"""A frame is late by a processor that stood until so shortly before: what had to run there first takes its time."""
WHOLE_SECONDS: Final = 0.1
EARLY_SECONDS: Final = 5.0
BENCHMARK: Final = f"{shlex.quote(sys.executable)} -m tests.bench.turns"


def scenario(seconds: float) -> dict[str, Any]:
    """The call: its steps are repeated until it has lasted so long."""
    lot = random.Random("an hour")
    steps: list[dict[str, Any]] = [_silence(1.2, 20.0)]
    for _ in range(ROUND):
        steps += [
            {"say": _spoken(lot.choice(KNOWN))}, _silence(1.0, 8.0),
            {"say": _spoken(_paused(lot, lot.choice(PAUSED)))},
            {"interrupt": str(noise_file(lot.choice(COUGHS))), "after": OVER_AFTER, "timeout": 6.0},
            {"interrupt": _spoken(lot.choice(KNOWN)), "after": OVER_AFTER, "timeout": 6.0}, _silence(1.0, 8.0),
            {"say": _spoken(lot.choice(THOUGHT))},
            {"interrupt": _spoken(lot.choice(NODS)), "after": OVER_AFTER, "timeout": 6.0}, _silence(1.0, 8.0),
        ]  # fmt: skip
    steps += [{"say": _spoken(UNKNOWN)}, _silence(1.0, 8.0), {"silence": SILENT_SECONDS}]
    return {
        "title": {"ru": "час", "en": "an hour"}, "number": "+79161234567", "presentation": "presented",
        "max_seconds": seconds, "repeat": True, "network": {"preset": CLEAN}, "step": steps,
    }  # fmt: skip


def _silence(seconds: float, timeout: float) -> dict[str, Any]:
    return {"wait": "silence", "seconds": seconds, "timeout": timeout}


def _spoken(text: str) -> str:
    return str(speech_file(Step(say=text), HELD[0]))


def _paused(lot: random.Random, text: str) -> str:
    return text.format(*(f"{lot.uniform(0.3, 0.9):.1f}" for _ in range(text.count("{}"))))


class Pages:
    """An owner who does not rest: what he asked for, and how long it took."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.failed = 0

    async def ask(self, browser: httpx2.AsyncClient) -> None:
        """For ever, a page every PAGE_SECONDS."""
        for path in itertools.cycle(PAGES):
            began = time.monotonic()
            try:
                answer = await browser.get(path)
                self.failed += answer.status_code != 200
            except httpx2.HTTPError:
                self.failed += 1
            self.taken.append(1000 * (time.monotonic() - began))
            await asyncio.sleep(max(0.0, began + PAGE_SECONDS - time.monotonic()))


async def _benchmark(command: str) -> None:
    """A benchmark at ordinary niceness, over and over."""
    while True:
        process = await asyncio.create_subprocess_exec(
            *shlex.split(command), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            if await process.wait():
                raise RuntimeError(f"no load: {command} ended with {process.returncode}")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


@asynccontextmanager
async def loaded(browser: httpx2.AsyncClient, pages: Pages, benchmark: str) -> AsyncIterator[None]:
    """Pages are asked for and the benchmark runs; where that fails, all ends at once."""
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_benchmark(benchmark), name="bench.load"),
            group.create_task(pages.ask(browser), name="bench.pages"),
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


@asynccontextmanager
async def machine_watched(found: dict[str, Any]) -> AsyncIterator[None]:
    """How late the machine was is in `found` afterwards: of each processor, and of all together."""
    watches = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.machine_late", str(cpu), stdout=asyncio.subprocess.PIPE
        )
        for cpu in sorted(os.sched_getaffinity(0))
    ]
    try:
        yield
    finally:
        for watch in watches:
            watch.send_signal(signal.SIGTERM)
        told = [json.loads((await watch.communicate())[0]) for watch in watches]
        found["late"] = sum(one["late"] for one in told)
        found["worst_ms"] = max(one["worst_ms"] for one in told)
        found |= excuses(told)


def excuses(told: list[dict[str, Any]]) -> dict[str, Any]:
    """When a processor stood, which excuses what was late then. A watch that other programs make late excuses nothing:
    its lateness may be our own doing."""
    above_all = all(one["above_all"] for one in told)
    return {
        "above_all": above_all,
        "stood": [tuple(span) for one in told for span in one["stood"]] if above_all else [],
    }


def late_moments(log: str) -> list[float]:
    """When frames were late or missed in the last call of a log, the latest 256 times; CLOCK_MONOTONIC."""
    told = re.findall(r"late_at=\[([^\]]*)\]", log)
    return [float(at) for at in told[-1].split(",") if at] if told else []


def unexcused(moments: list[float], stood: list[tuple[float, float]]) -> list[float]:
    """Those at which no processor stood, or had just gone on."""
    return [at for at in moments if not any(begins <= at <= ends + NEAR_SECONDS for begins, ends in stood)]


def share_covered(stood: list[tuple[float, float]], seconds: float) -> float:
    """Of all time, what `unexcused` would excuse by mere chance, at the most."""
    return min(1.0, sum(ends - begins + NEAR_SECONDS for begins, ends in stood) / seconds)


def memory_of(pid: int) -> dict[str, float]:
    """In MB (1e6 bytes): the proportional set size; all that is resident; and of that what is the process's own, which
    is no part of a file and so does not change with who else has it open."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = {name: re.search(rf"^{name}:\s+(\d+) kB", status, re.MULTILINE) for name in ("VmRSS", "RssAnon")}
    rss, own = (round(int(one[1]) * 1024 / 1e6, 1) for one in found.values() if one is not None)
    return {"pss": pss(pid), "rss": rss, "own": own}


async def _look(box: Box, ringing: Ringing, pages: Pages, memory: list[dict[str, Any]]) -> None:
    """Shows how it goes and notes the memory of the core, for ever."""
    core, began = box.pids()["core"], time.monotonic()
    for number in itertools.count():
        minutes = round((time.monotonic() - began) / 60, 1)
        size = {"at": f"{minutes:g} min", **memory_of(core)}
        if number % MEMORY_LOOKS == 0:
            memory.append(size)
        told = Counter(type(one.event).__name__ for one in box.told.items[ringing.told :])
        print(
            f"  {minutes:g} min: {told['SayingStarted']} times said something, {len(pages.taken)} pages,"
            f" core {size['pss']} MB, {size['own']} MB its own",
            flush=True,
        )
        await asyncio.sleep(LOOK_SECONDS)


def counters(log: str) -> dict[str, float | str]:
    """What the line counted, of the last call in a log."""
    line = [text for text in log.splitlines() if "frames_in" in text][-1]
    found: dict[str, float | str] = {}
    for key in COUNTED:
        if match := re.search(rf'"?{key}"?[=:] ?([0-9.]+)', line):
            found[key] = float(match[1])
    if match := re.search(r'scheduler"?[=:] ?"?([\w:-]+)', line):
        found["scheduler"] = match[1]
    return found


def recording(evidence: Evidence, line: dict[str, float | str]) -> dict[str, float]:
    """Seconds that were kept, that the line heard, and that the network counted."""
    with wave.open(str(evidence.recording)) as file:
        kept = file.getnframes() / file.getframerate()
    return {
        "kept_s": round(kept, 2),
        "line_s": round(float(line["frames_in"]) * 0.02, 2),
        "network_s": evidence.record["seconds"],
    }


def is_whole(kept: Mapping[str, float]) -> bool:
    """Whether all that was heard was kept, and no more than the call lasted: from the caller's hanging up until we hear
    of it nothing comes, and the recording has silence."""
    return kept["line_s"] - WHOLE_SECONDS <= kept["kept_s"] <= kept["network_s"] + WHOLE_SECONDS


async def measure(minutes: float, benchmark: str) -> dict[str, Any]:
    """The whole call."""
    seconds = 60 * minutes
    pages, memory, machine = Pages(), list[dict[str, Any]](), dict[str, Any]()
    inline = await asyncio.to_thread(scenario, seconds)
    with tempfile.TemporaryDirectory() as folder:
        extra = {"CALL__MAX_SECONDS": str(int(seconds + AROUND_SECONDS))}
        async with running(Path(folder), extra=extra) as box, aclosing(await invited(box, "owner", "127.0.0.1")) as web:
            async with machine_watched(machine), loaded(web, pages, benchmark):
                ringing = await box.ring(inline=inline)
                looking = asyncio.create_task(_look(box, ringing, pages, memory), name="bench.look")
                try:
                    await box.event(ringing, CallEnded, seconds + AROUND_SECONDS)
                finally:
                    looking.cancel()
                    await asyncio.wait({looking})
                core = box.pids()["core"]
                memory.append({"at": "the end", **memory_of(core)})
            evidence = await box.over(ringing, AROUND_SECONDS)
            line = counters(box.log)
            moments = late_moments(box.log)
            stood = machine.pop("stood")
        return {
            "minutes": minutes,
            "benchmark": benchmark,
            "line": line,
            "frames_lost_or_late": sum(int(line[key]) for key in LOST),
            "machine": {**machine, "stood": len(stood), "stood_s": round(sum(to - since for since, to in stood), 2)},
            "late_moments": len(moments),
            "late_while_no_processor_was": len(unexcused(moments, stood)),
            "by_chance": round(share_covered(stood, seconds), 4),
            "recording": recording(evidence, line),
            "turns": len(evidence.turns("caller")),
            "ended": evidence.call["end_cause"],
            "pages": {
                "asked": len(pages.taken),
                "failed": pages.failed,
                "p50_ms": share(pages.taken, 0.5),
                "p95_ms": share(pages.taken, 0.95),
            },
            "memory_mb": memory,
        }


def tell(found: dict[str, Any]) -> bool:
    """Prints the figures; whether they are as wanted."""
    line, kept, pages, machine = found["line"], found["recording"], found["pages"], found["machine"]
    told = ", ".join(f"{key} {line[key]:g}" for key in COUNTED)
    print(f"a call of {kept['network_s'] / 60:.1f} min, {found['turns']} turns of the caller, ended: {found['ended']}")
    print(f"frames lost or late: {found['frames_lost_or_late']} ({told}; {line.get('scheduler')})")
    print(
        f"the machine's processors late by more than 10 ms: {machine['late']} times; at most {machine['worst_ms']} ms; "
        f"by more than 5 ms {machine['stood']} times, {machine['stood_s']} s in all"
        f"{'' if machine['above_all'] else ' (the watch had no priority, so nothing is excused)'}"
    )
    print(
        f"frames were late or missed at {found['late_moments']} moments (the latest 256 are known),"
        f" at {found['late_while_no_processor_was']} of them while no processor was late (chance would excuse"
        f" {100 * found['by_chance']:.1f} %)"
    )
    whole = is_whole(kept)
    print(f"recording {'whole' if whole else 'NOT WHOLE'}: {kept['kept_s']} s of {kept['line_s']} s heard")
    print(f"pages: {pages['asked']}, failed {pages['failed']}, p50 {pages['p50_ms']} ms, p95 {pages['p95_ms']} ms")
    for one in found["memory_mb"]:
        print(f"core at {one['at']}: PSS {one['pss']} MB, RSS {one['rss']} MB, its own {one['own']} MB")
    lasted = kept["network_s"] >= 60 * found["minutes"] - EARLY_SECONDS
    if not lasted:
        print("the call ended EARLY")
    return whole and lasted and not found["frames_lost_or_late"]


def main() -> int:
    """Exit code 3 without espeak-ng."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60.0, help="of the call")
    parser.add_argument("--benchmark", default=BENCHMARK, help="command that loads the other core")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if shutil.which("espeak-ng") is None:
        print("espeak-ng не найден: apt-get install espeak-ng / espeak-ng is missing", file=sys.stderr)
        return 3
    found = asyncio.run(measure(options.minutes, options.benchmark))
    well = tell(found)
    if options.json:
        options.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return int(not well)


if __name__ == "__main__":
    sys.exit(main())
