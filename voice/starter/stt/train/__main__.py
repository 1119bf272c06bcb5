"""Builds the starter recogniser: python -m voice.starter.stt.train --work build/starter/stt --minutes 36

Each step leaves its files in the work folder and is skipped when they are there; delete the folder to begin anew.
Exit code 1 means that the model is worse than the shipped one by more than the evaluation allows.
"""

import argparse
import sys
import time
from pathlib import Path

from voice.starter.stt.train import evaluate, export, features, fit, synthesise, texts


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m voice.starter.stt.train", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for everything in between (1.5 GB)")
    parser.add_argument("--minutes", type=float, default=36, help="training time, all runs together")
    parser.add_argument("--share", type=float, default=1.0, help="part of the training texts, for a trial run")
    parser.add_argument("--only", help="one step by name")
    args = parser.parse_args()
    work: Path = args.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    steps = {
        "texts": (lambda: texts.write_texts(work, args.share), "texts_added.json"),
        "espeak": (lambda: synthesise.with_espeak(work), "espeak_test.pkl"),
        "festival": (lambda: synthesise.with_festival(work), "festival/added_00000.wav"),
        "copy0": (lambda: features.write_copy(work, 0), "features_0.npz"),
        "copy1": (lambda: features.write_copy(work, 1), "features_1.npz"),
        "nonspeech": (lambda: features.write_nonspeech(work, args.share), "features_nonspeech.npz"),
        "development": (lambda: features.write_development(work), "development_voices.npz"),
        "fit": (lambda: fit.fit(work, args.minutes), "final_prior.npy"),
        "export": (lambda: export.export(work, work / "final.pt", work / "model"), "model/graph/phones.txt"),
    }
    for name, (step, product) in steps.items():
        if args.only not in (None, name) or (args.only is None and (work / product).exists()):
            continue
        began = time.monotonic()
        print(f"--- {name}", flush=True)
        step()
        print(f"--- {name}: {time.monotonic() - began:.0f} s", flush=True)
    if args.only not in (None, "evaluate"):
        return 0
    return 0 if evaluate.evaluate(work, work / "model") else 1


if __name__ == "__main__":
    sys.exit(main())
