"""The box beside a secretary made of pipecat: one run, the same line, caller audio, engines, models and prompts.

    grep -v '^protobuf\\|^soundfile\\|^soxr' constraints.txt > OURS  # of these pipecat wants older ones
    python3.11 -m venv VENV && VENV/bin/pip install -r tests/bench/peer_requirements.txt -c OURS
    python -m tests.bench.peer_pipecat --peer-python VENV/bin/python [--sides box default silence:0.2+0.8]
        [--questions 32] [--paused 15] [--passes 2] [--json FILE]

A side is `box` (this product), `default` (pipecat as it comes: Silero VAD and its end-of-turn model),
`smart:STOP+WAIT` (the same with VADParams.stop_secs and SmartTurnParams.stop_secs) or `silence:STOP+WAIT`
(VADParams.stop_secs and user_speech_timeout, no model). Nobody measures himself: the simulated
caller notes when his phrase ended and when he heard the first sound after it; the network's delay of both ways is
taken off. A phrase counts as cut off when that sound had left before the end of the phrase could have been heard.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import shutil
import statistics
import sys
import tempfile
import time
import tomllib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from hw.simulator.callers.phrases import Phrase
from hw.simulator.callers.render import speak
from hw.simulator.client import SimulatorClient
from hw.simulator.wav import WavWriter
from secretaryd.run.all import environment as simulated
from tests.bench.turns_corpus import PAUSES, PHRASES, VOICES, edges
from tests.fakes.box import ROOT, Journal, environment, free_port, running
from voice.errors import SpeechUnavailable
from voice.ports import RATE
from voice.speech.client import SpeechClient

QUESTIONS: Final = (
    "сколько ждать заказ",
    "скажите сколько ждать заказ",
    "сколько стоит привезти заказ",
    "когда привезут заказ",
    "здравствуйте сколько ждать заказ",
    "долго ждать заказ",
    "сколько времени ждать заказ",
    "сколько ждать доставку",
)
"""No FAQ entry of the demo persona fits them, a fact does, and the bundled recogniser knows their words: both sides
answer with the model, from the same facts."""
FAQ_QUESTIONS: Final = (
    "можно ли оплатить картой",
    "есть ли у вас парковка",
    "где поставить машину",
    "до скольки вы открыты",
    "какие у вас услуги",
    "какой у вас адрес",
)
TUNED: Final = ("--start-secs", "0.1", "--volume", "0.3")
"""With these `peer_pipecat_curve` misses no short answer and cuts off least; pipecat's defaults are 0.2 and 0.6."""
NETWORKS: Final = ("clean", "good")
SLACK: Final = 0.05
"""Sound that left so shortly before the end of the phrase cut nothing off: the edge of a sound is weak."""
PER_CALL: Final = {"question": 4, "faq": 3, "paused": 3}
READY_SECONDS: Final = 90.0
POLL_SECONDS: Final = 0.2
ANSWER_SECONDS: Final = 10.0
LEVEL: Final = 0.5


@dataclass(frozen=True, slots=True)
class Said:
    """A phrase as a file; `kind` is question, faq or paused."""

    kind: str
    text: str
    voice: str
    wav: Path


@dataclass(slots=True)
class Row:
    """One phrase of one call. `wait`: seconds from its last sound to the first sound of the answer, None where none
    came or it was cut off; `source`: what answered (the box tells; pipecat has the model alone)."""

    side: str
    network: str
    kind: str
    text: str
    wait: float | None
    cut: bool
    source: str = ""
    split: dict[str, Any] = field(default_factory=dict)


def render(folder: Path, kind: str, texts: Sequence[str]) -> list[Said]:
    """Caller audio that starts and ends with sound, in the voices that nothing was tuned on; the same on every run."""
    espeak = shutil.which("espeak-ng")
    if espeak is None:
        raise SystemExit("espeak-ng is missing: apt-get install espeak-ng")
    lot, said, voices = random.Random(f"peer {kind}"), list[Said](), VOICES["held"]
    for number, text in enumerate(texts):
        voice = voices[(number + number // len(set(texts))) % len(voices)]
        phrase = Phrase(id="bench", parts=(text,), gap=0.0, voice=voice, rate=150, pitch=45)
        parts: list[Any] = []
        for part in text.replace(" |", ", |").split("|"):  # a comma: before a pause the voice does not fall
            if parts:
                parts.append(np.zeros(int(lot.uniform(*PAUSES) * RATE)))
            sound = speak(espeak, phrase, part.strip()).astype(np.float64) / 32768.0
            begins, ends = edges(sound)
            parts.append(sound[int(begins * RATE) : int(ends * RATE)])
        whole = np.concatenate(parts)
        file = folder / f"{kind}_{number:03}.wav"
        with file.open("wb") as raw, WavWriter(raw) as out:
            out.write(np.rint(whole * (LEVEL / np.abs(whole).max()) * 32767).astype(np.int16))
        said.append(Said(kind, text, voice, file))
    return said


def calls(said: list[Said]) -> list[tuple[str, list[Said]]]:
    """(network, phrases) of each call: phrases of one kind, over the networks in turn."""
    made: list[tuple[str, list[Said]]] = []
    for kind, size in PER_CALL.items():
        own = [one for one in said if one.kind == kind]
        for number, at in enumerate(range(0, len(own), size)):
            made.append((NETWORKS[number % len(NETWORKS)], own[at : at + size]))
    return made


def scenario(phrases: list[Said], network: str) -> dict[str, Any]:
    """What the simulator plays."""
    steps: list[dict[str, Any]] = [{"wait": "silence"}]
    for one in phrases:
        steps += [{"say": str(one.wav)}, {"wait": "silence", "timeout": ANSWER_SECONDS}]
    title = {"ru": "сравнение", "en": "comparison"}
    return {"title": title, "network": {"preset": network}, "max_seconds": 300.0, "step": steps}


def judge(side: str, network: str, phrases: list[Said], record: dict[str, Any]) -> list[Row]:
    """What the caller's own ear says; a phrase that could no longer be said (the box hung up) is left out."""
    delay = 2 * record["network"]["delay_ms"] / 1000
    events = record["events"]
    begun = [event["t"] for event in events if event["kind"] == "says"]
    ended = [event["t"] for event in events if event["kind"] == "said"]
    sounds = [event["t"] for event in events if event["kind"] == "box_started"]
    rows = []
    for number, end in enumerate(ended):
        until = begun[number + 1] if number + 1 < len(begun) else float("inf")
        gaps = [t - end - delay for t in sounds if begun[number] < t < until]
        cut = bool(gaps) and gaps[0] < -SLACK
        wait = None if cut or not gaps else round(gaps[0], 3)
        rows.append(Row(side, network, phrases[number].kind, phrases[number].text, wait, cut))
    return rows


async def box_side(folder: Path, made: list[tuple[str, list[Said]]]) -> list[Row]:
    """The product, as it is."""
    rows: list[Row] = []
    async with running(folder) as box:
        for network, phrases in made:
            evidence = await box.call(inline=scenario(phrases, network))
            new = judge("box", network, phrases, evidence.record)
            answers = [turn for turn in evidence.turns("secretary") if turn["latency"]]
            if len(answers) == len(new):  # otherwise it is not certain which answer belongs to which phrase
                for row, turn in zip(new, answers, strict=True):
                    row.source, row.split = turn["source"], {**turn["latency"], "said": turn["text"]}
            rows += new
            show(new)
    return rows


async def peer_side(folder: Path, made: list[tuple[str, list[Said]]], side: str, python: Path) -> list[Row]:
    """Pipecat in the place of the box's core."""
    rows: list[Row] = []
    async with peer(folder, side, python) as (simulator, told):
        for network, phrases in made:
            before = len(told.items)
            record = await simulator.wait(await simulator.call(inline=scenario(phrases, network)))
            await told.first(is_what("over"), since=before)
            new = judge(side, network, phrases, record)
            answers = [one for one in told.items[before:] if one["what"] == "answer"]
            if len(answers) == len(new):
                for row, answer in zip(new, answers, strict=True):
                    row.source, row.split = "model", answer
            rows += new
            show(new)
    return rows


def peer_options(side: str) -> list[str]:
    """The bot's arguments for a side."""
    if side == "default":
        return []
    turn, _, times = side.partition(":")
    stop, _, wait = times.partition("+")
    return ["--turn", turn, "--stop-secs", stop, "--wait", wait, *TUNED]


@asynccontextmanager
async def peer(folder: Path, side: str, python: Path) -> AsyncIterator[tuple[SimulatorClient, Journal[dict[str, Any]]]]:
    """Simulator, speech and llm processes as the box runs them, and the bot; what it tells is the list."""
    folder.mkdir(parents=True, exist_ok=True)
    links = folder / "simulator"
    own = environment(folder, free_port())
    environ = own | {key: value for key, value in simulated(links).items() if key.startswith("SECRETARYD__")}
    ours = [sys.executable, "-m"]
    commands = [
        [*ours, "hw.simulator", "--state-dir", str(links)],
        [*ours, "secretaryd", "speech"],
        [*ours, "secretaryd", "llm"],
    ]
    bot = [str(python), "-m", "tests.bench.peer_pipecat_bot", "--folder", str(folder), *peer_options(side)]
    told: Journal[dict[str, Any]] = Journal()
    async with AsyncExitStack() as stack:
        with (folder / "log").open("ab") as log:
            for command in commands:
                process = await asyncio.create_subprocess_exec(
                    *command, cwd=folder, env=environ, stdout=log, stderr=log
                )
                stack.push_async_callback(end, process)
            simulator = SimulatorClient(links / "simulator.sock")
            await simulator.ready(seconds=READY_SECONDS)
            await engines(folder)
            process = await asyncio.create_subprocess_exec(
                *bot, cwd=ROOT, env=environ, stdout=asyncio.subprocess.PIPE, stderr=log
            )
        stack.push_async_callback(end, process)
        reading = asyncio.create_task(read(process, told), name="peer.read")
        stack.push_async_callback(asyncio.wait, {reading})
        stack.callback(reading.cancel)
        await told.first(is_what("ready"), seconds=READY_SECONDS)
        yield simulator, told


async def read(process: asyncio.subprocess.Process, told: Journal[dict[str, Any]]) -> None:
    """The bot's JSON lines."""
    assert process.stdout is not None
    while line := await process.stdout.readline():
        await told.add(json.loads(line))


def is_what(what: str) -> Callable[[dict[str, Any]], bool]:
    """Whether the bot told this."""
    return lambda one: one["what"] == what


async def engines(folder: Path) -> None:
    """Waits until both engine processes answer with their models loaded."""
    speech = SpeechClient(folder / "speech.sock")
    async with asyncio.timeout(READY_SECONDS):
        while True:
            if await speech_ready(speech) and await llm_ready(folder / "llm.sock"):
                return
            await asyncio.sleep(POLL_SECONDS)


async def speech_ready(speech: SpeechClient) -> bool:
    """Recogniser and voice are there."""
    try:
        async with speech.listen(language="ru"):
            return [chunk async for chunk in speech.say("да", language="ru")] != []
    except SpeechUnavailable:
        return False


async def llm_ready(socket: Path) -> bool:
    """The model is there."""
    try:
        reader, writer = await asyncio.open_unix_connection(str(socket))
    except OSError:
        return False
    try:
        writer.write(b"GET /health HTTP/1.1\r\nHost: llm\r\nConnection: close\r\n\r\n")
        return b" 200 " in await reader.readline()
    finally:
        writer.close()


async def end(process: asyncio.subprocess.Process) -> None:
    """SIGTERM, then more."""
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 20.0)
        except TimeoutError:
            process.kill()
            await process.wait()


def show(rows: list[Row]) -> None:
    """A line a phrase."""
    for row in rows:
        result = "CUT OFF" if row.cut else "no answer" if row.wait is None else f"{row.wait:5.2f} s"
        print(f"{row.side:18} {row.network:6} {row.kind:8} {result:9} {row.source:7} {row.text}", flush=True)


def quantile(values: list[float], share: float) -> float:
    """Linear between the two nearest."""
    return round(float(np.quantile(values, share)), 3)


def summary(rows: list[Row]) -> list[dict[str, Any]]:
    """A figure a side and kind: answers by what answered them, and the phrases with pauses that were cut."""
    figures = []
    for side in dict.fromkeys(row.side for row in rows):
        own = [row for row in rows if row.side == side]
        groups = {
            "model": [row for row in own if row.kind == "question" and (side != "box" or row.source == "model")],
            "all questions": [row for row in own if row.kind == "question"],
            "faq": [row for row in own if row.kind == "faq"],
        }
        paused = [row for row in own if row.kind == "paused"]
        whole = [row for row in own if row.kind != "paused"]
        figure: dict[str, Any] = {
            "side": side,
            "paused": len(paused),
            "cut": sum(row.cut for row in paused),
            "cut_whole": sum(row.cut for row in whole),
            "unanswered": sum(row.wait is None and not row.cut for row in own),
        }
        for name, group in groups.items():
            waits = [row.wait for row in group if row.wait is not None]
            if waits:
                figure[name] = {
                    "n": len(waits),
                    "p50": quantile(waits, 0.5),
                    "p95": quantile(waits, 0.95),
                    "mean": round(statistics.fmean(waits), 3),
                }
        figures.append(figure)
    return figures


def print_summary(figures: list[dict[str, Any]]) -> None:
    """For people."""
    print(f"\n{'side':18} {'answers':14} {'n':>4} {'p50 s':>6} {'p95 s':>6}   cut off in mid-phrase")
    for figure in figures:
        cut = f"{figure['cut']} of {figure['paused']} with pauses, {figure['cut_whole']} of the others"
        for name in ("model", "all questions", "faq"):
            if name in figure:
                one = figure[name]
                print(f"{figure['side']:18} {name:14} {one['n']:4} {one['p50']:6.2f} {one['p95']:6.2f}   {cut}")
                cut = ""
        if figure["unanswered"]:
            print(f"{figure['side']:18} {figure['unanswered']} phrases without an answer")


def keep(file: Path, rows: list[Row]) -> None:
    """All that is known so far."""
    machine = {"at": time.time(), "cores": os.cpu_count(), "machine": platform.machine(), "load": os.getloadavg()}
    kept = {**machine, "figures": summary(rows), "rows": [asdict(row) for row in rows]}
    file.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


async def measure(options: argparse.Namespace) -> list[Row]:
    """Side after side, never two at a time."""
    rows: list[Row] = []
    table = tomllib.loads(PHRASES.read_text(encoding="utf-8"))["held"]
    with tempfile.TemporaryDirectory(prefix="peer") as name:
        folder = Path(name)
        said = [
            *render(folder, "question", (QUESTIONS * options.rounds)[: options.questions]),
            *render(folder, "faq", FAQ_QUESTIONS[: options.faq]),
            *render(folder, "paused", (table["paused"] * options.rounds)[: options.paused]),
        ]
        made = calls(said)
        for turn in range(options.passes):
            part = [call for number, call in enumerate(made) if number // len(NETWORKS) % options.passes == turn]
            for side in options.sides[:: -1 if turn % 2 else 1]:  # whatever else the machine does, both meet it
                print(f"== pass {turn + 1}, {side}, load {os.getloadavg()[0]:.1f}", flush=True)
                place = folder / f"{turn}{options.sides.index(side)}"
                if side == "box":
                    rows += await box_side(place, part)
                else:
                    own = [call for call in part if call[1][0].kind != "faq"]
                    rows += await peer_side(place, own, side, options.peer_python)
                if options.keep:
                    for file in place.glob("*log"):
                        shutil.copy(file, options.keep / f"{place.name}_{file.name}")
                if options.json:
                    keep(options.json, rows)
    return rows


def main() -> None:
    """Prints a line a phrase, then the figures; all of it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", type=Path, required=True)
    parser.add_argument("--sides", nargs="+", default=["box", "default", "silence:0.2+0.8"])
    parser.add_argument("--questions", type=int, default=32)
    parser.add_argument("--faq", type=int, default=6)
    parser.add_argument("--paused", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=4, help="how often a list may be repeated, in other voices")
    parser.add_argument("--passes", type=int, default=2, help="the sides take turns so often")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--keep", type=Path, help="a folder for the logs")
    options = parser.parse_args()
    rows = asyncio.run(measure(options))
    print_summary(summary(rows))


if __name__ == "__main__":
    main()
