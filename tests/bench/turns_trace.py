"""What the box's ears make of a clip, frame by frame, on a clock of frames: the network's probabilities, the levels and
the recogniser's hypotheses. The policies are replayed on this in no time at all."""

from dataclasses import dataclass
from typing import Final

from tests.bench.turns_corpus import Clip
from voice.ports import FRAME_BYTES, FRAME_SECONDS
from voice.speech.engines.vosk import VoskEngine
from voice.vad import VoiceActivity, level_db

RECOGNISER_SECONDS: Final = 0.03
"""From a frame to the hypothesis that it brings: the way to the speech process and back, and decoding."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One clip heard. `partials` are (seconds of the line when known, text); `frames` (probability, dBFS)."""

    clip: Clip
    frames: tuple[tuple[float, float], ...]
    partials: tuple[tuple[float, str], ...]
    final: str


def trace(clip: Clip, engine: VoskEngine) -> Trace:
    """Hears the clip through."""
    activity, stream = VoiceActivity(), engine.listen(8000)
    frames, partials = [], []
    for index in range(len(clip.pcm) // FRAME_BYTES):
        frame = clip.pcm[index * FRAME_BYTES :][:FRAME_BYTES]
        frames.append((activity.feed(frame), level_db(frame)))
        if (partial := stream.accept(frame)) is not None:
            partials.append(((index + 1) * FRAME_SECONDS + RECOGNISER_SECONDS, partial.text))
    return Trace(clip, tuple(frames), tuple(partials), stream.finish().text)
