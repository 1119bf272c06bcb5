"""Profiles and option checks: every problem at once, unknown keys refused."""

import dataclasses

import pytest

from hw.simulator.options import OptionError
from hw.simulator.profile import NASTY, PLAIN, Profile, load_profile, parse_override, with_overrides


def test_the_default_is_the_nasty_one():
    assert Profile() == NASTY == load_profile("nasty")


def test_plain_differs_in_every_unsure_choice():
    same = {"name", "pcm_chunking", "chunking"}
    unsure = ("answer_order", "end_form", "end_time", "remote_end", "chup_order", "ddet", "cpcmfrm0", "number_form")
    assert all(getattr(PLAIN, name) != getattr(NASTY, name) for name in unsure if name not in same)


def test_a_toml_file_names_a_base_and_overrides(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('base = "plain"\nreset_s = 2\nremote_end = "end_only"\n')
    profile = load_profile(str(path))
    assert profile == dataclasses.replace(PLAIN, name="mine", reset_s=2.0, remote_end="end_only")


def test_all_problems_are_named_at_once():
    with pytest.raises(OptionError) as caught:
        with_overrides(
            NASTY, {"resets_s": 1, "answer_order": "sideways", "volte": 1, "pcm_ppm": 9999, "slow_every": True}
        )
    text = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 5
    assert "resets_s: unknown switch (did you mean reset_s?)" in text
    assert "answer_order: must be one of ok_first, begin_first, not 'sideways'" in text
    assert "volte: must be true or false, not 1" in text
    assert "pcm_ppm: must be -500 to 500" in text
    assert "slow_every: must be a whole number" in text


@pytest.mark.parametrize("content", ['base = "worse"', "latency_s = ", 'latency_s = "x"', "base = 3"])
def test_a_bad_file_is_refused(tmp_path, content):
    path = tmp_path / "bad.toml"
    path.write_text(content)
    with pytest.raises(OptionError):
        load_profile(str(path))


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("reset_s=1.5", ("reset_s", 1.5)),
        ("volte=false", ("volte", False)),
        ("remote_end=end_only", ("remote_end", "end_only")),
    ],
)
def test_the_command_line_sets_single_switches(text, pair):
    assert parse_override(text) == pair
