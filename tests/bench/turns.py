"""Turn-taking, replayed: how long the box waits after a caller's last sound, whom it cuts off, how soon it falls silent
when spoken over, and what stops it for good that should not.

    python -m tests.bench.turns [--rounds N] [--model DIRECTORY] [--tuning] [--json FILE]

Callers are espeak-ng's voices that the starter recogniser never heard, over the simulator's coloured lines; the VAD,
the recogniser, the policies and the line's mouth are the real ones on a clock of frames, so that an hour of calls takes
minutes and no figure depends on the machine. What a machine adds is to be seen in the bench of calls. The phrases by
which the policy's terms were chosen are kept apart: `--tuning` shows the trade-off on them instead.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from tests.bench.turns_bargein import Floor, our_speech, play, scenes
from tests.bench.turns_corpus import clips
from tests.bench.turns_endpoint import Outcome, quantile, replay
from tests.bench.turns_trace import Trace, trace
from voice.endpoint import Endpointer, EndpointPolicy
from voice.speech.engines.vosk import VoskEngine

STARTER: Final = Path(__file__).parents[2] / "voice" / "starter" / "stt" / "ru-starter"
COMPLETE: Final = ("question", "answer", "goodbye", "number")
CURVE: Final = (0.4, 0.5, 0.6, 0.7, 0.8, 0.95, 1.1)
MODEM_AHEAD_MS: Final = 40
"""What the modem may still have in hand when our last audible frame has been sent (hw.audio.pacing)."""


def endings(traces: Sequence[Trace], policy: EndpointPolicy) -> dict[str, Any]:
    """The figures of the endpointer."""
    outcomes = [replay(one, lambda: Endpointer(policy)) for one in traces]
    found: dict[str, Any] = {kind: waits([it for it in outcomes if it.kind == kind]) for kind in kinds(outcomes)}
    found["all complete"] = waits([it for it in outcomes if it.kind in COMPLETE])
    found["cut"] = [asdict(it) for it in outcomes if it.cut]
    return found


def kinds(outcomes: Sequence[Outcome]) -> list[str]:
    """In the corpus's order."""
    return list(dict.fromkeys(it.kind for it in outcomes))


def waits(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Seconds from the last sound to the decision, of those not cut off."""
    well = [it.wait for it in outcomes if not it.cut]
    return {
        "phrases": len(outcomes),
        "cut_off": len(outcomes) - len(well),
        "p50": quantile(well, 0.5),
        "p95": quantile(well, 0.95),
    }


def curve(traces: Sequence[Trace]) -> list[dict[str, Any]]:
    """Cut-offs against waiting, by the wait after words that say nothing about their end."""
    rows = []
    for normal in CURVE:
        found = endings(traces, replace(EndpointPolicy(), normal=normal))
        paused, statement = found["paused"], found["statement"]
        rows.append(
            {
                "normal": normal,
                "paused_cut_off": paused["cut_off"],
                "paused": paused["phrases"],
                "statement_p50": statement["p50"],
                "complete_p50": found["all complete"]["p50"],
            }
        )
    return rows


def floors(found: Sequence[Floor]) -> dict[str, Any]:
    """The figures of barge-in."""
    rows: dict[str, Any] = {}
    for kind in dict.fromkeys(it.scene for it in found):
        those = [it for it in found if it.scene == kind]
        silent = [it.silent for it in those if it.silent is not None]
        resumed = [it.resumed - (it.silent or 0.0) for it in those if it.resumed is not None and it.yielded is None]
        rows[kind] = {
            "scenes": len(those),
            "hushed": len(silent),
            "silent_ms_p50": round(1000 * quantile(silent, 0.5)),
            "silent_ms_p95": round(1000 * quantile(silent, 0.95)),
            "stopped_for_good": sum(it.yielded is not None for it in those),
            "paused_for_p50": round(quantile(resumed, 0.5), 2),
            "paused_for_p95": round(quantile(resumed, 0.95), 2),
            "hushed_by_echo_alone": sum(it.early for it in those),
            "wrong": [
                f"{it.text} ({it.line})" for it in those if (it.yielded is not None) is not (kind == "interruption")
            ],
        }
    return rows


def show(figures: dict[str, Any]) -> None:
    """A line a figure."""
    for kind, row in figures["endings"].items():
        if kind != "cut":
            print(
                f"turns {kind}: waited p50 {row['p50']:.2f} s, p95 {row['p95']:.2f} s; "
                f"{row['cut_off']} of {row['phrases']} cut off"
            )
    for cut in figures["endings"]["cut"]:
        print(f"    cut: {cut['text']} ({cut['line']}) at {cut['heard']!r}, {cut['judged']}")
    for row in figures.get("curve", ()):
        print(
            f"turns wait {row['normal']:.2f} s after words that say nothing: {row['paused_cut_off']} of "
            f"{row['paused']} paused phrases cut off, statements p50 {row['statement_p50']:.2f} s"
        )
    for kind, row in figures["barge_in"].items():
        print(
            f"turns over our speech, {kind}: silent p50 {row['silent_ms_p50']} ms, p95 {row['silent_ms_p95']} ms "
            f"(and up to {MODEM_AHEAD_MS} ms in the modem); {row['stopped_for_good']} of {row['scenes']} stopped us "
            f"for good, {row['hushed']} for a moment of {row['paused_for_p50']:.2f} s "
            f"(p95 {row['paused_for_p95']:.2f} s); {row['hushed_by_echo_alone']} hushes before any sound"
        )
        for wrong in row["wrong"]:
            print(f"    wrong: {wrong}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a line a figure, and the same as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", type=Path, default=STARTER)
    parser.add_argument("--rounds", type=int, default=2, help="every phrase in so many voices, over so many lines")
    parser.add_argument("--tuning", action="store_true", help="the tuning phrases instead of the held-out ones")
    parser.add_argument("--json", type=Path, help="write the figures here; printed otherwise")
    options = parser.parse_args(arguments)
    engine = VoskEngine.load(options.model)
    split = "tune" if options.tuning else "held"
    traces = [trace(clip, engine) for clip in clips(split, rounds=options.rounds)]
    ours = our_speech()
    figures: dict[str, Any] = {
        "model": options.model.name,
        "split": split,
        "endings": endings(traces, EndpointPolicy()),
        "curve": curve(traces),
        "barge_in": floors([play(scene, ours, engine) for scene in scenes(split, options.rounds)]),
    }
    show(figures)
    text = json.dumps(figures, ensure_ascii=False)
    if options.json is None:
        print(text)
    else:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
