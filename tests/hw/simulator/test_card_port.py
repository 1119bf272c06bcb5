"""The simulator's end of a sound card: sound in odd pieces stays whole samples, and none is lost. Whole calls over a
virtual card are in tests/e2e/test_alsa_calls.py."""

import sys
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hw.simulator.card_port import FRAME_BYTES, LEAST_FRAMES, CardPort


class Card:
    """What pyalsaaudio opens: takes whole samples only, and plays what it was given."""

    played = b""

    def __init__(self, direction: str, mode: str, **_: object) -> None:
        assert mode == "nonblock"

    def read(self) -> tuple[int, bytes]:
        return 0, b""

    def write(self, data: bytes) -> int:
        assert len(data) % 2 == 0, "half a sample"
        Card.played += data
        return len(data) // 2

    def close(self) -> None: ...


ALSA = SimpleNamespace(
    PCM=Card,
    PCM_CAPTURE="in",
    PCM_PLAYBACK="out",
    PCM_NONBLOCK="nonblock",
    PCM_FORMAT_S16_LE="s16",
    ALSAAudioError=OSError,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=50), max_size=30))
def test_all_that_is_written_is_taken_and_no_sample_is_shifted(
    monkeypatch: pytest.MonkeyPatch, pieces: list[bytes]
) -> None:
    monkeypatch.setitem(sys.modules, "alsaaudio", ALSA)
    Card.played = b""
    port = CardPort("caller_line")
    assert [port.write(piece) for piece in pieces] == [len(piece) for piece in pieces]
    sound = b"".join(pieces)
    assert Card.played[LEAST_FRAMES * FRAME_BYTES :] == sound[: len(sound) // 2 * 2]
