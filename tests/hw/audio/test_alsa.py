import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hw.audio.alsa import open_alsa
from hw.errors import SoundError
from tests.fakes import virtual_card

SCRIPT = Path(__file__).with_name("alsa_call.py")
ROOT = Path(__file__).parents[3]


def call(env, *arguments):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        env={**os.environ, **env, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_missing_library_is_told_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "alsaaudio", None)
    with pytest.raises(SoundError, match="libasound2-dev"):
        open_alsa("default", "default")


@pytest.mark.sound
@pytest.mark.skipif(bool(virtual_card.missing()), reason=virtual_card.missing() or "-")
class TestOnAVirtualCard:
    def test_two_ends_hear_each_other_bit_for_bit_and_a_flush_is_soon_silent(self, tmp_path):
        with virtual_card.virtual_card(tmp_path) as env:
            told = call(env)
        assert told["box_heard"], told
        assert told["caller_heard"], told
        assert told["cut_after_frames"] <= 5, told
        assert 0 < told["cut_played"] < 16000
        assert told["frames_in"] >= 0.8 * told["seconds"] / 0.02
        assert told["dropped_out"] == 0
        assert told["rate"] == 8000
        assert 15000 < told["bytes_per_second"] < 17000
        assert told["cpu_seconds"] < 0.25 * told["seconds"]

    def test_a_sound_server_that_dies_is_reported(self, tmp_path):
        with virtual_card.virtual_card(tmp_path) as env:
            assert "Input/output error" in call(env, "--kill")["failure"]

    def test_a_card_that_is_not_there_is_refused(self, tmp_path):
        pytest.importorskip("alsaaudio")
        with pytest.raises(SoundError, match="no_such_card"):
            open_alsa("no_such_card", "no_such_card")
