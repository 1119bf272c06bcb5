"""Builds the starter voice: python -m voice.starter.tts.train --work build/starter/tts --minutes 21

Each step leaves its files in the work folder and is skipped when they are there; delete the folder to begin anew.
Exit code 1 means that the voice is understood worse than the evaluation allows.
"""

import argparse
import sys
import time
from pathlib import Path

from voice.starter.tts.train import align, analyse, compensate, evaluate, export, fit

JUDGE_SHARE = 5 / 21
"""The phone recogniser's training time, as a part of the voice's."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m voice.starter.tts.train", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for everything in between (0.3 GB)")
    parser.add_argument("--minutes", type=float, default=21, help="training time")
    parser.add_argument("--limit", type=int, help="so many recordings only, for a trial run")
    parser.add_argument("--only", help="one step by name")
    args = parser.parse_args()
    work: Path = args.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    voice = work / "voice" / f"{export.VOICE}.onnx"
    steps = {
        "analyse": (lambda: analyse.analyse(work, args.limit), ""),
        "align": (lambda: align.align_corpus(work, args.limit), "corpus.json"),
        "fit": (lambda: fit.fit(work, args.minutes), "model.pt"),
        "compensate": (lambda: compensate.compensate(work), "model_final.pt"),
        "export": (lambda: export.export(work / "model_final.pt", work / "voice"), f"voice/{export.VOICE}.onnx.json"),
    }
    for name, (step, product) in steps.items():
        # The analysis skips by itself what it has done, recording by recording.
        if args.only not in (None, name) or (args.only is None and product and (work / product).exists()):
            continue
        began = time.monotonic()
        print(f"--- {name}", flush=True)
        step()
        print(f"--- {name}: {time.monotonic() - began:.0f} s", flush=True)
    if args.only not in (None, "evaluate"):
        return 0
    return 0 if evaluate.evaluate(work, voice, args.minutes * JUDGE_SHARE) else 1


if __name__ == "__main__":
    sys.exit(main())
