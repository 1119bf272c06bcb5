"""Searching and listing at 1,000, 10,000 and 100,000 calls of ten turns, the database's size, and opening it.

    python -m tests.bench.search [--json FILE] [COUNT ...]

The calls are made up of the bundled questions' words and of invented ones, with a few words in most calls and many in
few, as in speech. They are written straight into the tables; the index is filled as the box fills it.
"""

import argparse
import asyncio
import json
import random
import re
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from storage.search.calls import Wanted
from storage.store import Storage

ROOT = Path(__file__).parents[2]
SIZES = (1_000, 10_000, 100_000)
TURNS = 10
RARE_WORDS = 60_000
SYLLABLES = re.findall("..", "бавегодужикалумонепораситафехочашущиэлян")
WINDOW = 90 * 86_400.0
START = 1_700_000_000.0
WORDS_JSON = json.dumps([["слово", 1.0, 1.5, 0.97]] * 9, ensure_ascii=False)
QUERIES = 40
"""Of each kind."""


def vocabulary(chance: random.Random) -> tuple[list[str], list[float]]:
    """Words with weights that fall as in a language (Zipf's law)."""
    text = (ROOT / "secretaryd/answer/questions/ru.toml").read_text("utf-8")
    text += (ROOT / "secretaryd/answer/topics/ru.toml").read_text("utf-8")
    common = sorted(set(re.findall(r"[а-яё]{3,}", text.lower())))
    chance.shuffle(common)
    rare = {"".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(RARE_WORDS)}
    words = common + sorted(rare)
    return words, [1.0 / (rank + 3) for rank in range(len(words))]


def fill(path: Path, count: int, chance: random.Random, words: list[str], weights: list[float]) -> None:
    """Calls and their turns, straight into the tables."""
    raw = sqlite3.connect(path)
    for first in range(1, count + 1, 1000):
        calls, turns = [], []
        for number in range(first, min(first + 1000, count + 1)):
            began = START + number * 1800.0
            caller = f"+79{chance.randrange(min(count, 8000)):09d}"
            said = chance.choices(words, weights, k=TURNS * 9)
            calls.append((number, caller, began, began + 3, began + 95, "Сказал: «" + " ".join(said[:12]) + "»."))
            turns += [
                (number, at, ("caller", "secretary")[at % 2], " ".join(said[at * 9 : at * 9 + 9]), at * 8.0, WORDS_JSON)
                for at in range(TURNS)
            ]
        with raw:
            raw.executemany(
                "INSERT INTO call (id, line, direction, number, presentation, began, answered, ended, outcome,"
                " end_cause, summary, recorded_seconds, flow) VALUES"
                " (?, 'line1', 'in', ?, 'shown', ?, ?, ?, 'answered', 'caller', ?, 92.0, 'default@1')",
                calls,
            )
            raw.executemany(
                "INSERT INTO turn (call_id, position, who, text, start, end, source, interrupted, detail, words)"
                " VALUES (?, ?, ?, ?, ?, 0.0, 'caller', 0, '', ?)",
                turns,
            )
    raw.close()


def kinds(chance: random.Random, words: list[str], count: int) -> dict[str, Callable[[], Wanted]]:
    """Questions as an owner asks them."""
    end = START + count * 1800.0

    def since() -> float:
        return chance.uniform(START, max(START, end - WINDOW))

    def of(ranks: int) -> str:
        return chance.choice(words[:ranks])

    def in_window(text: str) -> Wanted:
        first = since()
        return Wanted(text=text, since=first, until=first + WINDOW)

    return {
        "a common word": lambda: Wanted(text=of(100)),
        "a rare word": lambda: Wanted(text=words[-chance.randrange(1, len(words) // 2)]),
        "two words": lambda: Wanted(text=f"{of(100)} {of(1000)}"),
        "three words": lambda: Wanted(text=f"{of(50)} {of(200)} {of(2000)}"),
        "a phrase": lambda: Wanted(text=f'"{of(20)} {of(20)}"'),
        "a beginning": lambda: Wanted(text=of(1000)[:3] + "*"),
        "a word less another": lambda: Wanted(text=f"{of(300)} -{of(20)}"),
        "a word in three months": lambda: in_window(of(300)),
        "a number": lambda: Wanted(number=f"+79{chance.randrange(min(count, 8000)):09d}"),
        "the end of a number": lambda: Wanted(number=f"{chance.randrange(10_000):04d}"),
        "a word of a number": lambda: Wanted(text=of(100), number=f"+79{chance.randrange(min(count, 8000)):09d}"),
    }


async def timed(job: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    await job()
    return 1000 * (time.perf_counter() - started)


def share(values: list[float], part: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(part * len(values)))], 2)


async def measure(count: int) -> dict[str, float]:
    """The figures of one size."""
    chance = random.Random(count)
    words, weights = vocabulary(chance)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        path = Path(folder) / "secretary.db"
        await (await Storage.open("sqlite:///secretary.db", Path(folder))).close()
        fill(path, count, chance, words, weights)
        bare = path.stat().st_size
        store = await Storage.open("sqlite:///secretary.db", Path(folder))
        steps = []
        more = True
        while more:
            started = time.perf_counter()
            more = await store.search.step()
            steps.append(1000 * (time.perf_counter() - started))
        figures = await questions(store, chance, words, count)
        await store.close()
        opened = []
        for _ in range(3):
            began = time.perf_counter()
            store = await Storage.open("sqlite:///secretary.db", Path(folder))
            opened.append(1000 * (time.perf_counter() - began))
            await store.close()
        figures |= {
            "index_step_p95_ms": share(steps, 0.95),
            "index_step_max_ms": round(max(steps), 1),
            "index_seconds": round(sum(steps) / 1000, 1),
            "database_mb": round(path.stat().st_size / 1e6, 1),
            "index_mb": round((path.stat().st_size - bare) / 1e6, 1),
            "open_ms": round(min(opened), 1),
        }
    return figures


async def questions(store: Storage, chance: random.Random, words: list[str], count: int) -> dict[str, float]:
    """Searching and listing, and the worst kind of question by name."""
    took: dict[str, list[float]] = {}
    for kind, make in kinds(chance, words, count).items():
        took[kind] = [await timed(lambda make=make: store.search.find(make())) for _ in range(QUERIES)]  # type: ignore[misc]
    for kind, values in took.items():
        print(f"  {kind}: p50 {share(values, 0.5):.1f} ms p95 {share(values, 0.95):.1f} ms", flush=True)
    every = [value for values in took.values() for value in values]
    listed = [await timed(lambda: store.recent(50, chance.randrange(1, count + 2))) for _ in range(QUERIES)]
    shown = [await timed(lambda: store.call(chance.randrange(1, count + 1))) for _ in range(QUERIES)]
    return {
        "search_p50_ms": share(every, 0.5),
        "search_p95_ms": share(every, 0.95),
        "search_worst_kind_p95_ms": max(share(values, 0.95) for values in took.values()),
        "list_p95_ms": share(listed, 0.95),
        "show_p95_ms": share(shown, 0.95),
    }


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path)
    parser.add_argument("counts", type=int, nargs="*", default=SIZES)
    options = parser.parse_args()
    found = {}
    for count in options.counts:
        figures = asyncio.run(measure(count))
        found[str(count)] = figures
        print(
            f"search at {count} calls: p50 {figures['search_p50_ms']:.1f} ms p95 {figures['search_p95_ms']:.1f} ms;"
            f" list p95 {figures['list_p95_ms']:.1f} ms; database {figures['database_mb']:.0f} MB, of it the index"
            f" {figures['index_mb']:.0f} MB; opened in {figures['open_ms']:.0f} ms; indexed in"
            f" {figures['index_seconds']:.0f} s, a step p95 {figures['index_step_p95_ms']:.0f} ms"
            f" max {figures['index_step_max_ms']:.0f} ms",
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
