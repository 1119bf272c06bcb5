"""Latency of the demo calls, measured at both ends, at full speed and with the language model paced as on a Pi.

`python -m tests.bench.calls [--paces "" 30/8 5/3] [--json FILE]`. A line an answer: what answered, and the split
from the caller's last sound to our first frame, as the box stored it; beside it the gap that the simulated caller
measured at his ear, less twice the network's delay.
"""

import argparse
import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from tests.fakes.box import Box, running

SCENARIOS = ("opening_hours", "model_question", "ask_address", "leave_message")
PARTS = ("endpoint", "stt", "first_token", "first_sentence", "first_audio", "queue")


async def one(box: Box, scenario: str, pace: str) -> list[dict[str, Any]]:
    """The answers of one call."""
    evidence = await box.call(scenario)
    delay = 2 * evidence.record["network"]["delay_ms"] / 1000
    rows = [
        {"pace": pace or "full", "scenario": scenario, **{k: turn[k] for k in ("source", "text", "latency")}}
        for turn in evidence.turns("secretary")
        if turn["latency"]
    ]
    for row, response in zip(rows, evidence.record["responses"], strict=False):
        row["at_the_ear"] = round(response["gap"] - delay, 2)
    return rows


async def main(paces: list[str], file: Path | None) -> None:
    """Prints a line an answer."""
    rows: list[dict[str, Any]] = []
    for pace in paces:
        with tempfile.TemporaryDirectory() as folder:
            async with running(Path(folder), extra={"LLM__PACE": pace}) as box:
                for scenario in SCENARIOS:
                    rows += await one(box, scenario, pace)
    for row in rows:
        latency = row["latency"]
        parts = " + ".join(f"{name} {latency[name]:.0f}" for name in PARTS if latency[name] is not None)
        ear = f", at the ear {row['at_the_ear']:.2f} s" if "at_the_ear" in row else ""
        print(
            f"{row['pace']:5} {row['scenario']:15} {row['source']:7} {latency['total'] / 1000:.2f} s{ear} = {parts} ms"
        )
    if file:
        file.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--paces", nargs="*", default=["", "30/8", "5/3"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    asyncio.run(main(options.paces, options.json))
