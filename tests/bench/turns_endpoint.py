"""Replays traces through the gate and the endpointer: how long is waited after the last sound, and who is cut off."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from tests.bench.turns_trace import Trace
from voice.endpoint import Endpointer
from voice.gate import SpeechGate
from voice.ports import FRAME_SECONDS

GREETING_FRAMES: Final = 200
SLACK: Final = 0.05
"""A decision so shortly before the last sound ends cuts nothing off: the sound's edge is weak."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One phrase; `wait` is seconds from its last sound to the decision, `cut` one that came while he went on."""

    kind: str
    text: str
    line: str
    heard: str
    judged: str
    wait: float
    cut: bool


def replay(trace: Trace, make: Callable[[], Endpointer]) -> Outcome:
    """The first decision on a clip."""
    endpointer, gate = make(), SpeechGate()
    quiet = trace.frames[: int(trace.clip.spans[0][0] / FRAME_SECONDS)]
    for index in range(-GREETING_FRAMES, 0):  # the gate learns the line's noise while we greet
        gate.feed(*quiet[index % len(quiet)], index * FRAME_SECONDS)
    partials, text = list(trace.partials), ""
    last = trace.clip.spans[-1][1]
    for index, (probability, level) in enumerate(trace.frames):
        now = (index + 1) * FRAME_SECONDS
        while partials and partials[0][0] <= now:
            known, text = partials.pop(0)
            endpointer.partial(text, known)
        for fact in gate.feed(probability, level, now):
            endpointer.vad(fact)
        endpointer.sound(gate.sounding, now, stirring=gate.stirring)
        if endpointer.tick(now):
            if not text and now < trace.clip.spans[0][0]:  # noise that was no phrase: nobody gets to know
                endpointer.reset()
                continue
            return _outcome(trace, text, str(endpointer.sounds), now - last)
    return _outcome(trace, text, "never", 9.9)


def _outcome(trace: Trace, text: str, judged: str, wait: float) -> Outcome:
    clip = trace.clip
    return Outcome(clip.kind, clip.text, clip.line, text, judged, round(wait, 3), wait < -SLACK)


def quantile(values: Iterable[float], share: float) -> float:
    """The nearest of the sorted values; 0.0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0
