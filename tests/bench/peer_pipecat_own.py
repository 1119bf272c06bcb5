"""The box's own judgement of endings on the phrases of `peer_pipecat_curve`, replayed in no time at all.

    python -m tests.bench.peer_pipecat_own [--rounds 4] [--falling] [--answer 0.1] [--json FILE]

As there, `--answer` is what follows until the first sound. A decision in mid-phrase counts as a cut whether or not the
caller went on before the answer could be heard: stricter than what the curve counts for pipecat.
"""

import argparse
import json
from pathlib import Path
from typing import Any, Final

from secretaryd.config.schema import Config
from secretaryd.run.models import choose
from tests.bench.peer_pipecat_clips import spoken
from tests.bench.turns_endpoint import Outcome, quantile, replay
from tests.bench.turns_trace import trace
from voice.endpoint import Endpointer
from voice.models.catalogue import Kind
from voice.speech.engines.vosk import VoskEngine

NEVER: Final = 5.0


def figure(outcomes: list[Outcome], answer: float) -> dict[str, Any]:
    """The same fields as a row of the curve."""
    paused = [one for one in outcomes if one.kind == "paused"]
    whole = [one for one in outcomes if one.kind != "paused"]
    waits = [one.wait + answer for one in whole if not one.cut and one.wait < NEVER]
    return {
        "policy": "box",
        "paused": len(paused),
        "cut": sum(one.cut for one in paused),
        "whole": len(whole),
        "whole_cut": sum(one.cut for one in whole),
        "unanswered": sum(one.wait >= NEVER for one in outcomes),
        "p50": round(quantile(waits, 0.5), 3),
        "p95": round(quantile(waits, 0.95), 3),
    }


def main() -> None:
    """Prints a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--falling", action="store_true")
    parser.add_argument("--answer", type=float, default=0.1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    model = choose(Config())[Kind.STT].model
    assert model is not None, "a recogniser is always chosen: the bundled one stands in"
    engine = VoskEngine.load(model.path)
    outcomes = [
        replay(trace(clip, engine), lambda: Endpointer(language="ru"))
        for clip in spoken(options.rounds, falling=options.falling)
    ]
    row = figure(outcomes, options.answer)
    print(
        "{policy:18} cut off {cut} of {paused} with pauses, {whole_cut} of {whole} others; "
        "answer p50 {p50:.2f} s p95 {p95:.2f} s; {unanswered} not noticed".format(**row)
    )
    if options.json:
        options.json.write_text(json.dumps({"answer": options.answer, "rows": [row]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
