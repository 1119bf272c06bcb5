"""The phrases on which both sides' judgement of endings is replayed."""

import shutil
from collections.abc import Iterator
from itertools import pairwise

from tests.bench.turns_corpus import Clip, clips, make


def spoken(rounds: int, *, falling: bool = False) -> Iterator[Clip]:
    """The held-out phrases, each part but the last with the intonation of a clause that goes on: espeak-ng gives it to
    what ends with a comma. `falling`: each part sounds like a whole sentence, which misleads a model of prosody."""
    espeak = shutil.which("espeak-ng") or "espeak-ng"
    for clip in clips("held", rounds=rounds):
        if falling or "|" not in clip.text:
            yield clip
            continue
        gaps = [after[0] - before[1] for before, after in pairwise(clip.spans)]
        text = clip.text.replace(" |", ", |")
        yield make(espeak, text, clip.kind, clip.split, clip.voice, clip.line, gaps)
