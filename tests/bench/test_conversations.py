"""What counts as silence in a conversation that is measured."""

from typing import Any

import numpy as np
import pytest

from hw.simulator.network import FRAME_SAMPLES, FRAME_SECONDS, PRESETS, Network
from tests.bench.conversations import line_delay, silences


def ours(start: float, end: float, total: float | None, *, source: str = "fact", cut: bool = False) -> dict[str, Any]:
    latency = None if total is None else {"total": 1000 * total}
    return {"who": "secretary", "start": start, "end": end, "source": source, "interrupted": cut, "latency": latency}


def caller(start: float, end: float) -> dict[str, Any]:
    return {"who": "caller", "start": start, "end": end, "source": "caller", "interrupted": False, "latency": None}


FILLER = ours(2.5, 4.0, 0.5, source="filler")


def test_silence_is_counted_behind_the_callers_last_sound_and_behind_a_filler() -> None:
    assert silences([ours(0.0, 1.0, None), caller(1.2, 2.0), ours(2.3, 4.0, 0.3)]) == [0.3]
    assert silences([caller(1.2, 2.0), FILLER, ours(5.6, 7.0, 3.6)]) == [0.5, 1.6]


def test_a_caller_who_speaks_behind_a_filler_keeps_nobody_waiting() -> None:
    """It is no silence while he speaks, and his new phrase is what is answered."""
    assert silences([caller(1.2, 2.0), FILLER, caller(4.1, 6.0), ours(6.4, 7.0, 0.4)]) == [0.5, 0.4]


def test_what_was_said_over_us_was_answered_in_no_silence() -> None:
    assert silences([ours(0.0, 3.0, None), caller(1.2, 2.0), ours(3.2, 4.0, 1.2)]) == []
    assert silences([caller(1.2, 2.0), {**FILLER, "interrupted": True}, ours(5.6, 7.0, 3.6)]) == [0.5]


@pytest.mark.parametrize("name", PRESETS)
def test_the_line_delays_by_what_the_bench_takes_off(name: str) -> None:
    network = Network(PRESETS[name], np.random.default_rng(0))
    tone = np.rint(12_000 * np.sin(2 * np.pi * np.arange(FRAME_SAMPLES) / 8)).astype(np.int16)
    first = [abs(network.to_box(tone)).max() > 1500 for _ in range(30)].index(True)
    frames = line_delay(PRESETS[name].delay_ms) / FRAME_SECONDS
    assert first == pytest.approx(frames), "in whole frames"
