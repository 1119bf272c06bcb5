import itertools
import math
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.audio import pcm

SQUARE = array("h", [32767, -32768] * 80).tobytes()
SINE = array("h", [round(32767 * math.sin(2 * math.pi * 400 * i / 8000)) for i in range(160)]).tobytes()


@pytest.mark.parametrize(
    ("sound", "dbfs"),
    [(b"", -100.0), (bytes(320), -100.0), (SQUARE, 0.0), (SINE, -3.01), (array("h", [328] * 160).tobytes(), -40.0)],
    ids=["nothing", "silence", "square", "sine", "a hundredth"],
)
def test_level_is_rms_against_full_scale(sound, dbfs):
    assert pcm.level_dbfs(sound) == pytest.approx(dbfs, abs=0.02)


@pytest.mark.parametrize(("asked", "got"), [(-1, 0), (0, 0), (1, 160), (20, 160), (40, 320), (60, 480), (900, 480)])
def test_a_fade_lasts_20_to_60_ms_or_is_a_cut(asked, got):
    assert pcm.fade_samples(asked) == got


def test_a_fade_out_falls_to_nothing_and_a_fade_in_mirrors_it():
    flat = array("h", [1000] * 320).tobytes()
    falling = array("h", pcm.fade_out(flat))
    assert falling[0] > 990
    assert falling[-1] == 0
    assert all(a >= b for a, b in itertools.pairwise(falling))
    assert array("h", pcm.fade_in(flat)).tolist() == falling.tolist()[::-1]
    assert pcm.fade_out(b"") == pcm.fade_in(b"") == b""


def test_stereo_puts_the_caller_left_and_fills_the_shorter_side():
    left, right = array("h", [1, 2, 3]).tobytes(), array("h", [-1]).tobytes()
    assert array("h", pcm.stereo(left, right)).tolist() == [1, -1, 2, 0, 3, 0]


@given(st.lists(st.binary(max_size=1000), max_size=20), st.sampled_from([2, 320]))
def test_no_byte_is_lost_or_moved_however_it_arrives(chunks, size):
    reframer = pcm.Reframer(size)
    frames = [frame for chunk in chunks for frame in reframer.feed(chunk)]
    whole = b"".join(chunks)
    assert all(len(frame) == size for frame in frames)
    assert b"".join(frames) == whole[: len(whole) // size * size]
    assert reframer.begun == whole[len(whole) - len(whole) % size :]


def test_a_cleared_reframer_begins_anew():
    reframer = pcm.Reframer(4)
    reframer.feed(b"abc")
    reframer.clear()
    assert reframer.feed(b"1234") == [b"1234"]
