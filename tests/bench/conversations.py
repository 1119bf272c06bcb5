"""The conversations of tests/conversations in real time: true processes, true engines, callers' voices that nothing was
tuned on, every other call through a coloured mobile network.

`python -m tests.bench.conversations [--turns 200] [--boxes 2] [--only NAME ...] [--pace 30/8] [--json FILE]`. Plays
calls, in a fixed random order, until so many answers were measured. Prints p50/p95 of each part of the time from the
caller's last sound to the first sound of the answer, by what answered; how many phrases were cut in two; who was
stopped by what is no speech; how soon we fall silent; what speculation wasted; what was understood; what the calls came
to.
"""

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from hw.simulator.network import FRAME_SECONDS
from tests.bench.conversations_scene import CLEAN, Scene, scene, unplayable
from tests.bench.spoken_over import Over, by_network, left_to_say, show_networks
from tests.bench.turns_endpoint import quantile
from tests.bench.wer import word_errors
from tests.fakes.box import Box, Evidence, running
from tests.fakes.caller_script import Script, Step, scripts
from tests.fakes.conversation_judge import judge_outcome

PARTS: Final = ("endpoint", "stt", "first_token", "first_sentence", "first_audio", "queue", "total")
FILLER: Final = "filler"
MODEL: Final = "model"
KNOWN: Final = ("faq", "fact")
PCM_BYTES: Final = 16000
"""A second of the modem's sound."""
UNTRIED: Final = ("(no model)", "(ahead)")
KINDS: Final = ("faq and facts", "ready phrases", "model", "the model failed", "to what was said over us")
PACED: Final = ("model", "the model failed")
UNDERSTOOD: Final = 0.25
"""Share of a phrase's words that may be wrong for it to count as understood."""
CALL_SECONDS: Final = 330.0
LATE_SECONDS: Final = 2.2
"""A sound of the caller's may still stop us so long after its end, when its words are known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of ours and the split of its time, ms."""

    script: str
    network: str
    source: str
    detail: str
    latency: dict[str, float]
    over: bool = False
    """It answers what was said while we spoke, so that its time holds ours."""
    heard: str = ""
    """What was understood last, before it."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One phrase of the caller's and what became of it; `errors` of `words`."""

    script: str
    network: str
    said: str
    heard: tuple[str, ...]
    pauses: int
    errors: int
    words: int
    cut: bool
    spoken_into: bool


@dataclass(slots=True)
class Results:
    """Of a run."""

    answers: list[Answer] = field(default_factory=list)
    fillers: list[Answer] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    """Seconds of silence before each answer: behind the caller's last sound, or behind a filler."""
    phrases: list[Phrase] = field(default_factory=list)
    overs: list[Over] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    speculation: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


def measure(played: Scene, evidence: Evidence, results: Results) -> None:
    """Takes one call into the results."""
    record, script = evidence.record, played.script
    delay = line_delay(record["network"]["delay_ms"])
    shift = delay - recording_begins(record, evidence.call)  # the caller's clock to the recording's
    heard = ""
    for turn in evidence.call["turns"]:
        if turn["who"] == "caller":
            heard = turn["text"]
        elif turn["latency"]:
            split = {part: turn["latency"][part] for part in PARTS if turn["latency"].get(part) is not None}
            over = said_over(turn, evidence.call["turns"])
            answer = Answer(script.name, played.network, turn["source"], turn["detail"], split, over, heard)
            (results.fillers if turn["source"] == FILLER else results.answers).append(answer)
    results.gaps += silences(evidence.call["turns"])
    later = [said["start"] + shift for said in record["said"][1:]]
    leads = played.leads or (0.0,) * len(played.spoken)
    # A call that ended in mid-phrase leaves one without an end: it tells nothing.
    whole = [said for said in record["said"] if "end" in said]
    for step, said, until, lead in zip(played.spoken, whole, [*later, float("inf")], leads, strict=False):
        begins, ends = said["start"] + shift, said["end"] + shift
        if step.say and step.cut is None and step.stops is not False:  # a nod is no phrase, and is kept as none
            results.phrases.append(_phrase(played, step, evidence, begins, ends, said))
        if step.over is not None and step.stops is not None:
            results.overs.append(
                _over(played, step, evidence, begins, min(ends + LATE_SECONDS, until), said, delay, lead)
            )
    results.calls.append(_call(played, evidence))


def line_delay(delay_ms: float) -> float:
    """Seconds each way: the simulator's network holds whole frames (150 ms are 160)."""
    return round(delay_ms / 1000 / FRAME_SECONDS) * FRAME_SECONDS


def recording_begins(record: dict[str, Any], call: dict[str, Any]) -> float:
    """The caller's clock at the recording's first sample: the sound of the first half second is in none of it, as the
    box counts the rate of what comes first. Both end together."""
    return float(record["pcm"]["started_after"] + record["pcm"]["down_bytes"] / PCM_BYTES - call["recorded_seconds"])


def silences(turns: Sequence[dict[str, Any]]) -> list[float]:
    """Seconds that a caller who was owed an answer heard nothing: behind his last sound, or behind a filler that he let
    us say to its end. What he says behind that is his own turn: it is answered, not the question before it."""
    found: list[float] = []
    for before, turn in pairwise([None, *turns]):
        if turn is None or turn["who"] == "caller" or not turn["latency"]:
            continue
        if before is not None and before["source"] == FILLER and not before["interrupted"]:
            found.append(round(turn["start"] - before["end"], 3))
        elif not said_over(turn, turns):
            found.append(round(turn["latency"]["total"] / 1000, 3))
    return found


def said_over(turn: dict[str, Any], turns: Sequence[dict[str, Any]]) -> bool:
    """Whether an answer is to a phrase that ended while we were saying something else."""
    last_sound = turn["start"] - turn["latency"]["total"] / 1000
    ours = (one for one in turns if one["who"] == "secretary")
    return any(one["start"] < turn["start"] and one["end"] > last_sound + 0.1 for one in ours)


def _phrase(played: Scene, step: Step, evidence: Evidence, begins: float, ends: float, said: dict[str, Any]) -> Phrase:
    heard = [
        turn["text"]
        for turn in evidence.turns("caller")
        if turn["source"] == "caller" and begins - 0.4 <= (turn["start"] + turn["end"]) / 2 <= ends + 0.6
    ]
    words = " ".join(part.text for part in step.parts).replace("ё", "е").replace("-", " ").split()
    got = " ".join(heard).replace("ё", "е").replace("-", " ").split()
    real = [word for word in words if word != "э"]
    inside = any(said["start"] + 0.4 < s["start"] < said["end"] - 0.3 for s in evidence.record["box_speech"])
    pauses = len(step.parts) - 1
    return Phrase(
        played.script.name, played.network, " ".join(words), tuple(heard), pauses, word_errors(real, got), len(real),
        cut=len(heard) > 1 or inside, spoken_into=inside,
    )  # fmt: skip


def _over(
    played: Scene,
    step: Step,
    evidence: Evidence,
    begins: float,
    until: float,
    said: dict[str, Any],
    delay: float,
    lead: float,
) -> Over:
    """`until`: who is stopped later was not stopped by this."""
    stopped = any(
        turn["interrupted"] and turn["start"] < until and begins - 0.2 < turn["end"] <= until
        for turn in evidence.turns("secretary")
    )
    end = next((s["end"] for s in evidence.record["box_speech"] if s["start"] < said["start"] < s["end"]), None)
    ear = None if end is None or not stopped else round(end - said["start"] - lead, 3)
    line = None if ear is None else round(ear - 2 * delay, 3)
    rest = None if stopped else left_to_say(evidence.call["turns"], begins + lead)
    return Over(played.script.name, played.network, bool(step.stops), stopped, ear, line, rest)


def _call(played: Scene, evidence: Evidence) -> dict[str, Any]:
    call = evidence.call
    said = " ".join(turn["text"] for turn in evidence.turns("secretary"))
    messages = [(one["name"], one["number"], one["matter"]) for one in evidence.messages]
    problems = judge_outcome(played.script.expect, call["outcome"], call["summary"], messages, said)
    turns = [f"{turn['who'][0]} {turn['start']:.1f} {turn['source']}: {turn['text']}" for turn in call["turns"]]
    return {
        "script": played.script.name, "network": played.network, "voice": played.voice,
        "seconds": evidence.record["seconds"], "problems": problems, "turns": turns,
    }  # fmt: skip


class Stage:
    """Boxes at work on one queue of calls."""

    def __init__(self, queue: Sequence[Script], turns: int, pace: str) -> None:
        self._queue = deque(enumerate(queue))
        self._turns, self._pace = turns, pace
        self.results = Results()

    async def work(self, boxes: int) -> None:
        """Until the queue is empty or enough was measured."""
        with tempfile.TemporaryDirectory() as folder:
            async with asyncio.TaskGroup() as group:
                for number in range(boxes):
                    group.create_task(self._box(Path(folder) / f"b{number}"), name=f"bench.box{number}")

    async def _box(self, folder: Path) -> None:
        async with running(folder, extra={"LLM__PACE": self._pace}) as box:
            while self._queue and len(self.results.answers) < self._turns:
                number, script = self._queue.popleft()
                await self._play(box, await asyncio.to_thread(scene, script, number))
            counts = (await box.status())["speculation"]
            self.results.speculation.update({key: value for key, value in counts.items() if isinstance(value, int)})

    async def _play(self, box: Box, played: Scene) -> None:
        name = f"{played.script.name} [{played.network}, {played.voice}]"
        try:
            evidence = await box.over(await box.ring(inline=played.inline), CALL_SECONDS)
        except TimeoutError as error:
            self.results.broken.append(f"{name}: {str(error).splitlines()[0]}")
            print(f"  BROKEN {name}", flush=True)
            return
        measure(played, evidence, self.results)
        problems = self.results.calls[-1]["problems"]
        print(f"  {name}: {'as wanted' if not problems else '; '.join(problems)}", flush=True)


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """p50 and p95 by the nearest rank, and how many."""
    return {"n": len(values), "p50": quantile(values, 0.5), "p95": quantile(values, 0.95)}


def kind_of(answer: Answer) -> str:
    """One of KINDS. Where the model was asked in vain, what was said then stands for the wait, not for itself."""
    if answer.over:
        return "to what was said over us"
    if answer.source == MODEL:
        return "model"
    if answer.detail.endswith(")") and not answer.detail.endswith(UNTRIED) and answer.source in ("fact", "phrase"):
        return "the model failed"
    return "faq and facts" if answer.source in KNOWN else "ready phrases"


def figures(results: Results, pace: str) -> dict[str, Any]:
    """Everything that is printed."""
    answers: dict[str, list[Answer]] = {kind: [] for kind in KINDS}
    for one in results.answers:
        answers[kind_of(one)].append(one)
    if pace:
        answers = {f"{kind}, paced {pace}" if kind in PACED else kind: some for kind, some in answers.items()}
    splits: dict[str, Any] = {}
    for kind, some in answers.items():
        networks = {"": some, ", clean": [a for a in some if a.network == CLEAN],
                    ", coloured": [a for a in some if a.network != CLEAN]}  # fmt: skip
        for where, those in networks.items():
            splits[kind + where] = {
                part: percentiles([one.latency[part] for one in those if part in one.latency]) for part in PARTS
            }
    paused = [phrase for phrase in results.phrases if phrase.pauses]
    plain = [phrase for phrase in results.phrases if not phrase.pauses]
    heard = [phrase for phrase in results.phrases if phrase.words]
    right = [phrase for phrase in heard if phrase.errors <= UNDERSTOOD * phrase.words]
    noises = [over for over in results.overs if not over.wanted]
    speech = [over for over in results.overs if over.wanted]
    return {
        "answers, ms": splits,
        "fillers, ms": percentiles([one.latency["total"] for one in results.fillers]),
        "silent before an answer, s": {**percentiles(results.gaps), "most": max(results.gaps, default=0.0)},
        "turns": len(results.answers),
        "cut, of phrases with pauses": share([phrase.cut for phrase in paused]),
        "cut, of phrases without": share([phrase.cut for phrase in plain]),
        "spoken into": share([phrase.spoken_into for phrase in results.phrases]),
        "stopped by what is no interruption": share([over.stopped for over in noises]),
        "stopped by an interruption": share([over.stopped for over in speech]),
        "silent after, on the line, s": percentiles([o.on_the_line for o in speech if o.on_the_line is not None]),
        "silent after, at the ear, s": percentiles([o.at_the_ear for o in speech if o.at_the_ear is not None]),
        "spoken over": by_network(results.overs),
        "speculation": dict(results.speculation),
        "phrases understood": share([phrase in right for phrase in heard]),
        "word error rate": round(sum(p.errors for p in heard) / max(1, sum(p.words for p in heard)), 3),
        "calls as wanted": share([not call["problems"] for call in results.calls]),
        "broken": results.broken,
    }


def share(which: Sequence[bool]) -> dict[str, float]:
    """How many of how many."""
    return {"n": len(which), "count": sum(which), "share": round(sum(which) / len(which), 3) if which else 0.0}


def show(found: dict[str, Any]) -> None:
    """A line a figure."""
    print(f"{'ms, p50/p95':34} {'n':>4} " + " ".join(f"{part:>14}" for part in PARTS))
    for kind, split in found["answers, ms"].items():
        cells = [f"{split[p]['p50']:6.0f}/{split[p]['p95']:6.0f}" if split[p]["n"] else "-" for p in PARTS]
        print(f"{kind:34} {split['total']['n']:4} " + " ".join(f"{cell:>14}" for cell in cells))
    show_rest({name: value for name, value in found.items() if name != "answers, ms"})


def show_rest(found: dict[str, Any]) -> None:
    """... for all but the answers."""
    show_networks(found["spoken over"])
    for name, value in found.items():
        if name == "spoken over":
            continue
        if isinstance(value, dict) and "share" in value:
            print(f"{name:36} {value['count']} of {value['n']} ({100 * value['share']:.1f} %)")
        elif isinstance(value, dict) and "p50" in value:
            print(f"{name:36} p50 {value['p50']:.2f}, p95 {value['p95']:.2f} ({value['n']})")
        else:
            print(f"{name:36} {value}")


def main() -> int:
    """Exit code 3 without espeak-ng, 2 for an unknown name, 1 if a call did not come to its end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--boxes", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--pace", default="", help="tokens a second read and written by the model, such as 30/8")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if shutil.which("espeak-ng") is None:
        print("espeak-ng не найден: apt-get install espeak-ng / espeak-ng is missing", file=sys.stderr)
        return 3
    every = scripts()
    names = {script.name for script in every} | {script.name.split(":")[0] for script in every}
    if unknown := set(options.only) - names:
        print(f"no conversation {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    chosen = [s for s in every if not options.only or {s.name, s.name.split(":")[0]} & set(options.only)]
    left_out = Counter(why for script in chosen if (why := unplayable(script)))
    playable = [script for script in chosen if not unplayable(script)]
    random.Random(1).shuffle(playable)
    print(f"{len(playable)} conversations; left out: {dict(left_out) or 'none'}", flush=True)
    stage = Stage(playable, options.turns, options.pace)
    asyncio.run(stage.work(min(options.boxes, max(1, len(playable)))))
    found = figures(stage.results, options.pace)
    show(found)
    if options.json:
        results = stage.results
        rows = {
            "figures": found,
            "answers": [{**row(one), "latency": one.latency} for one in results.answers],
            "phrases": [row(one) for one in results.phrases],
            "overs": [row(one) for one in results.overs],
            "calls": results.calls,
        }
        options.json.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return int(bool(stage.results.broken))


def row(one: Answer | Phrase | Over) -> dict[str, Any]:
    """For JSON."""
    return {name: getattr(one, name) for name in one.__slots__}


if __name__ == "__main__":
    sys.exit(main())
