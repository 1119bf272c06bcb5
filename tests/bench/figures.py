"""The figures by which a conversation is judged, each from some hundreds of turns, in half an hour of real time: true
processes, true engines, callers' voices that nothing was tuned on, every other call through a coloured network.

`python -m tests.bench.figures [--boxes 2] [--minutes 26] [--turns 200] [--json FILE]`. In turn: answers that are known
beforehand and answers of the starter model, at full speed (with coughs and nods over the former, and messages dictated
with pauses between); then the model at the pace of a Pi 5 and of a Pi 4. Each part ends when it has its turns, or its
share of the minutes is over; what it has then is printed with its number. Who was cut off is counted in the same calls.
While all of this runs, each box's page is asked for twice a second.
"""

import argparse
import asyncio
import json
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Final

import httpx2

from tests.bench.conversations import PACED, PARTS, Results, figures, kind_of, measure, percentiles, row, show_rest
from tests.bench.conversations_scene import CLEAN, Scene
from tests.bench.figures_calls import CALL_SECONDS, messages, questions
from tests.bench.web import invited
from tests.fakes.box import Box, running

CALL_LIMIT: Final = CALL_SECONDS + 30.0
PAGE_SECONDS: Final = 0.5
PI_5: Final = "30/8"
PI_4: Final = "5/3"
APART: Final = 84
"""Calls between the parts' beginnings in the row: seven rounds of all networks, so that other voices meet them."""
COUNTERS: Final = ("late", "missed", "overruns", "dropped", "underruns")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the run. `share`: of all minutes; `wanted` counts the turns that it has."""

    name: str
    pace: str
    share: float
    calls: Callable[[], Iterator[Scene]]
    wanted: Callable[[Results], int]
    turns: int


@dataclass(slots=True)
class Measured:
    """What a part came to."""

    part: Part
    results: Results = field(default_factory=Results)
    line: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


def clocked(results: Results, *sources: str) -> int:
    """Answers from these sources to what was not said over us."""
    return sum(one.source in sources and not one.over for one in results.answers)


def known() -> Iterator[Scene]:
    """Questions, and a message for every two such calls."""
    asked, told = questions("known"), messages()
    return chain.from_iterable(zip(asked, asked, told, strict=True))


def thought(first: int) -> Callable[[], Iterator[Scene]]:
    """Questions for the model, in calls numbered from `first`: each part has its own."""
    return lambda: questions("thought", first)


def parts(turns: int) -> list[Part]:
    """In their order."""
    return [
        Part("known beforehand", "", 0.42, known, _of_each, turns),
        Part("by the model", "", 0.23, thought(0), lambda r: clocked(r, "model"), turns),
        Part("by the model as on a Pi 5", PI_5, 0.23, thought(APART), lambda r: clocked(r, "model", "fact"), turns),
        Part("by the model as on a Pi 4", PI_4, 0.12, thought(2 * APART), lambda r: clocked(r, "model", "fact"), turns),
    ]


def _of_each(results: Results) -> int:
    """The least of answers, sounds that should not stop us, and phrases with pauses."""
    noises = sum(not over.wanted for over in results.overs)
    paused = sum(phrase.pauses > 0 for phrase in results.phrases)
    return min(clocked(results, "faq", "fact"), noises, paused)


async def run_part(part: Part, folder: Path, boxes: int, seconds: float) -> Measured:
    """Several boxes at once on one row of calls."""
    found, calls, turn = Measured(part), part.calls(), asyncio.Lock()

    async def next_call() -> Scene:
        async with turn:  # a generator runs in one thread at a time
            return await asyncio.to_thread(next, calls)

    began = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number in range(boxes):
            work = _box(folder / f"b{number}", found, next_call, seconds)
            group.create_task(_whatever_comes(work, found.results), name=f"bench.box{number}")
    found.seconds = time.monotonic() - began
    return found


async def _whatever_comes(work: Coroutine[Any, Any, None], results: Results) -> None:
    """A box that fails is told of; half an hour of the others' figures is not thrown away for it."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - of whatever kind: it stands among the results
        results.broken.append(f"a box: {type(error).__name__}: {str(error).splitlines()[:1]}")
        print(f"  BROKEN box: {error!r}", flush=True)


async def _box(folder: Path, found: Measured, next_call: Callable[[], Awaitable[Scene]], seconds: float) -> None:
    async with running(folder, extra={"LLM__PACE": found.part.pace}) as box:
        async with aclosing(await invited(box, found.part.name.replace(" ", "-"), "127.0.0.1")) as browser:
            begins, until = len(box.log), time.monotonic() + seconds  # the start is not counted
            asking = asyncio.create_task(_ask_page(browser), name="bench.page")
            try:
                while time.monotonic() < until and found.part.wanted(found.results) < found.part.turns:
                    await _play(box, await next_call(), found.results)
            finally:
                asking.cancel()
                await asyncio.wait({asking})
        counts = (await box.status())["speculation"]
        found.results.speculation.update({key: value for key, value in counts.items() if isinstance(value, int)})
        found.line.update(line_counters(box.log[begins:]))


async def _play(box: Box, played: Scene, results: Results) -> None:
    name = f"{played.script.name} [{played.network}, {played.voice}]"
    try:
        evidence = await box.over(await box.ring(inline=played.inline), CALL_LIMIT)
    except TimeoutError as error:
        results.broken.append(f"{name}: {str(error).splitlines()[0]}")
        print(f"  BROKEN {name}", flush=True)
        return
    before = len(results.answers)
    try:
        measure(played, evidence, results)
    except (KeyError, IndexError, StopIteration) as error:
        results.broken.append(f"{name}: cannot be measured: {error!r}")
    print(f"  {name}: {len(results.answers) - before} answers", flush=True)


async def _ask_page(browser: httpx2.AsyncClient) -> None:
    """An owner who does not rest."""
    while True:
        with suppress(httpx2.HTTPError):
            await browser.get("/")
        await asyncio.sleep(PAGE_SECONDS)


def line_counters(log: str) -> Counter[str]:
    """Frames of all calls in a log, and those lost or late."""
    found: Counter[str] = Counter()
    for text in log.splitlines():
        if "frames_in" not in text:
            continue
        for key in ("frames_in", *COUNTERS):
            if match := re.search(rf'"?{key}"?[=:] ?(\d+)', text):
                found[key] += int(match[1])
    return found


def table(found: list[Measured]) -> dict[str, Any]:
    """The figures in short: each with its number, p50 and p95 (ms), by network."""
    everything = [(one, answer) for one in found for answer in one.results.answers if not answer.over]
    kinds = {
        f"{kind}{', as on a Pi 5' if pace == PI_5 else ', as on a Pi 4' if pace else ''}": [
            a for one, a in everything if one.part.pace == pace and kind_of(a) == kind
        ]
        for pace in ("", PI_5, PI_4)
        for kind in (("faq and facts", "ready phrases", *PACED) if not pace else PACED)
    }
    rows: dict[str, Any] = {}
    for name, some in kinds.items():
        rows[name] = {part: percentiles([a.latency[part] for a in some if part in a.latency]) for part in PARTS}
        for where, those in (
            ("clean", [a for a in some if a.network == CLEAN]),
            ("coloured", [a for a in some if a.network != CLEAN]),
        ):
            rows[name][where] = percentiles([a.latency["total"] for a in those])
    return rows


def together(found: list[Measured]) -> Results:
    """All parts as one."""
    whole = Results()
    for one in found:
        for name in ("answers", "fillers", "gaps", "phrases", "overs", "calls", "broken"):
            getattr(whole, name).extend(getattr(one.results, name))
        whole.speculation.update(one.results.speculation)
    return whole


def tell(found: list[Measured]) -> dict[str, Any]:
    """Prints everything; returns it."""
    rows, whole = table(found), figures(together(found), "")
    print(f"\n{'ms, p50/p95':40} {'n':>4} " + " ".join(f"{part:>14}" for part in (*PARTS, "clean", "coloured")))
    for name, split in rows.items():
        cells = [
            f"{split[part]['p50']:6.0f}/{split[part]['p95']:6.0f}" if split[part]["n"] else "-"
            for part in (*PARTS, "clean", "coloured")
        ]
        print(f"{name:40} {split['total']['n']:4} " + " ".join(f"{cell:>14}" for cell in cells))
    print()
    show_rest({key: value for key, value in whole.items() if key not in ("answers, ms", "calls as wanted")})
    gaps = {
        one.part.name: {**percentiles(one.results.gaps), "most": max(one.results.gaps, default=0.0)} for one in found
    }
    for name, gap in gaps.items():
        print(f"silent before an answer {name}: most {gap['most']:.2f} s, p95 {gap['p95']:.2f} s ({gap['n']})")
    line = sum((one.line for one in found), Counter())
    print(f"frames: {line['frames_in']} in ({line['frames_in'] / 50 / 3600:.2f} h of calls); "
          + ", ".join(f"{name} {line[name]}" for name in COUNTERS))  # fmt: skip
    for one in found:
        print(f"part {one.part.name}: {one.seconds / 60:.1f} min, {one.part.wanted(one.results)} of {one.part.turns}")
    return {
        "figures": rows,
        "turn-taking": whole,
        "gaps, s": gaps,
        "line": {**line, "hours": round(line["frames_in"] / 50 / 3600, 3)},
        "parts": {one.part.name: round(one.seconds, 1) for one in found},
    }


async def run(boxes: int, minutes: float, turns: int) -> list[Measured]:
    """All parts, one after the other; a box keeps its folder, so that its phrases are made only once."""
    found: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        for part in parts(turns):
            print(f"-- {part.name}", flush=True)
            found.append(await run_part(part, Path(folder), boxes, 60.0 * minutes * part.share))
    return found


def main() -> int:
    """Exit code 3 without espeak-ng, 1 if a call did not come to its end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boxes", type=int, default=2, help="so many at once")
    parser.add_argument("--minutes", type=float, default=26.0, help="beside the boxes' starts")
    parser.add_argument("--turns", type=int, default=200, help="for each figure")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if shutil.which("espeak-ng") is None:
        print("espeak-ng не найден: apt-get install espeak-ng / espeak-ng is missing", file=sys.stderr)
        return 3
    found = asyncio.run(run(options.boxes, options.minutes, options.turns))
    told = tell(found)
    if options.json:
        whole = together(found)
        rows = {
            **told,
            "answers": [{**row(one), "latency": one.latency} for one in whole.answers],
            "phrases": [row(one) for one in whole.phrases],
            "overs": [row(one) for one in whole.overs],
            "calls": whole.calls,
        }
        options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return int(any(one.results.broken for one in found))


if __name__ == "__main__":
    sys.exit(main())
