"""Builds the starter chat model: python -m voice.starter.llm.train --work build/starter/llm --minutes 60

Each step leaves its files in the work folder and is skipped when they are there; delete the folder to begin anew.
--start FILE.gguf goes on from a model of this kind instead of from nothing (the shipped one, to teach it more).
Exit code 1 means that the model is worse than the evaluation allows.
"""

import argparse
import sys
import time
from pathlib import Path

from voice.starter.llm.train import evaluate, export, fit, tokenizer

NAME = "secretary-starter-q8_0.gguf"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m voice.starter.llm.train", description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for everything in between (0.1 GB)")
    parser.add_argument("--minutes", type=float, default=60, help="training time")
    parser.add_argument("--start", type=Path, help="a GGUF to go on from")
    parser.add_argument("--only", help="one step by name")
    args = parser.parse_args()
    work: Path = args.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    steps = {
        "tokenizer": (lambda: _make_tokenizer(args.start, work / "tokenizer.json"), "tokenizer.json"),
        "fit": (
            lambda: fit.fit(work, args.minutes, export.read_weights(args.start) if args.start else None),
            "model.pt",
        ),
        "export": (
            lambda: export.write_gguf(
                export.load_checkpoint(work / "model.pt"), work / "tokenizer.json", work / NAME, "q8_0"
            ),
            NAME,
        ),
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
    return 0 if evaluate.evaluate(work / NAME) else 1


def _make_tokenizer(start: Path | None, path: Path) -> None:
    if start:
        tokenizer.rebuild_tokenizer(*export.read_tokenizer(start), path)
    else:
        tokenizer.train_tokenizer(path)


if __name__ == "__main__":
    sys.exit(main())
