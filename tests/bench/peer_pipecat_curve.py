"""Latency against cut-offs of pipecat's end-of-turn strategies, replayed in no time at all on many phrases.

    VENV/bin/python -m tests.bench.peer_pipecat_curve [--rounds 4] [--stop-secs 0.2] [--start-secs 0.1] [--volume 0.3]
        [--falling] [--answer 0.1] [--json FILE]

Runs in the peer's virtual environment. Pipecat's own VAD and end-of-turn model hear the phrases frame by frame; time is
that of the sound. The end of a turn is judged as its strategies judge it, given a final transcript at once. `--answer`
is what follows until the first sound (taken from a run of `peer_pipecat`): speech that goes on before it silences it.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from loguru import logger
from pipecat.audio.turn.base_turn_analyzer import EndOfTurnState
from pipecat.audio.turn.smart_turn import base_smart_turn
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams, VADState

from tests.bench.peer_pipecat_clips import spoken
from tests.bench.turns_corpus import Clip
from voice.ports import FRAME_BYTES, FRAME_SECONDS, RATE

WAITS: Final = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2)
SMART_WAITS: Final = (0.6, 0.8, 1.0, 1.5, 3.0)
SLACK: Final = 0.05


class SoundClock:
    """Stands for the `time` module where pipecat asks it."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """Seconds of the clip."""
        return self.now

    perf_counter = monotonic


@dataclass(frozen=True, slots=True)
class Stop:
    """The VAD says that the caller stopped at `at`, and that he spoke again at `again` (inf: not any more)."""

    at: float
    again: float
    complete: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """A clip as pipecat heard it."""

    clip: Clip
    stops: tuple[Stop, ...]


def hear(clip: Clip, params: VADParams, smart: LocalSmartTurnAnalyzerV3, clock: SoundClock) -> Heard:
    """The VAD's stops, each with the end-of-turn model's word on it."""
    vad = SileroVADAnalyzer(params=params)
    vad.set_sample_rate(RATE)
    smart.set_sample_rate(RATE)
    smart.clear()
    smart.update_vad_start_secs(vad.params.start_secs)
    speaking, found = False, list[tuple[float, str, bool]]()
    for index in range(len(clip.pcm) // FRAME_BYTES):
        clock.now = (index + 1) * FRAME_SECONDS
        frame = clip.pcm[index * FRAME_BYTES :][:FRAME_BYTES]
        smart.append_audio(frame, speaking)
        state = vad._run_analyzer(frame)  # analyze_audio is this, on a thread
        if state is VADState.SPEAKING and not speaking:
            speaking = True
            found.append((clock.now, "start", False))
        elif state is VADState.QUIET and speaking:
            speaking = False
            verdict, _ = smart._process_speech_segment(smart._audio_buffer)  # as analyze_end_of_turn
            if verdict is EndOfTurnState.COMPLETE:
                smart.clear()
            found.append((clock.now, "stop", verdict is EndOfTurnState.COMPLETE))
    stops = []
    for number, (at, what, complete) in enumerate(found):
        if what == "stop":
            again = found[number + 1][0] if number + 1 < len(found) else float("inf")
            stops.append(Stop(at, again, complete))
    return Heard(clip, tuple(stops))


def outcome(heard: Heard, wait: Callable[[Stop], float], answer: float) -> tuple[bool, float | None]:
    """Whether the caller was cut off, and seconds from his last sound to the answer's first."""
    end = heard.clip.spans[-1][1]
    for stop in heard.stops:
        sound = stop.at + wait(stop) + answer
        if stop.again <= sound:
            continue  # he went on before the answer could be heard
        if sound < end - SLACK:
            return True, None
        return False, sound - end
    return False, None


def policies(stop_secs: float) -> Iterator[tuple[str, Callable[[Stop], float]]]:
    """Each strategy with each of its terms."""
    for seconds in WAITS:
        yield f"silence:{stop_secs:g}+{seconds:g}", lambda _, seconds=seconds: seconds
    for seconds in SMART_WAITS:
        rest = max(0.0, seconds - stop_secs)
        yield f"smart:{stop_secs:g}+{seconds:g}", lambda stop, rest=rest: 0.0 if stop.complete else rest


def figures(heard: list[Heard], stop_secs: float, answer: float) -> list[dict[str, Any]]:
    """A row a policy."""
    rows = []
    for name, wait in policies(stop_secs):
        paused = [outcome(one, wait, answer) for one in heard if one.clip.kind == "paused"]
        whole = [outcome(one, wait, answer) for one in heard if one.clip.kind != "paused"]
        waits = [seconds for cut, seconds in whole if not cut and seconds is not None]
        rows.append(
            {
                "policy": name,
                "paused": len(paused),
                "cut": sum(cut for cut, _ in paused),
                "whole": len(whole),
                "whole_cut": sum(cut for cut, _ in whole),
                "unanswered": sum(not cut and seconds is None for cut, seconds in paused + whole),
                "p50": round(float(np.quantile(waits, 0.5)), 3),
                "p95": round(float(np.quantile(waits, 0.95)), 3),
            }
        )
    return rows


def main() -> None:
    """Prints a line a policy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--stop-secs", type=float, default=0.2)
    parser.add_argument("--start-secs", type=float, default=0.2, help="VADParams.start_secs")
    parser.add_argument("--volume", type=float, default=0.6, help="VADParams.min_volume")
    parser.add_argument("--falling", action="store_true", help="before a pause the voice falls, as at a full stop")
    parser.add_argument("--answer", type=float, default=0.1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    logger.remove()
    clock = SoundClock()
    base_smart_turn.time = clock  # type: ignore[assignment]
    smart = LocalSmartTurnAnalyzerV3()
    params = VADParams(stop_secs=options.stop_secs, start_secs=options.start_secs, min_volume=options.volume)
    heard = [hear(clip, params, smart, clock) for clip in spoken(options.rounds, falling=options.falling)]
    rows = figures(heard, options.stop_secs, options.answer)
    for row in rows:
        print(
            "{policy:18} cut off {cut} of {paused} with pauses, {whole_cut} of {whole} others; "
            "answer p50 {p50:.2f} s p95 {p95:.2f} s; {unanswered} not noticed".format(**row)
        )
    if options.json:
        options.json.write_text(json.dumps({"answer": options.answer, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
