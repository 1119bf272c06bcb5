"""The same calls, judged by the same eyes, where the modem's sound is on a sound card instead of its PCM port."""

from collections.abc import Callable

import pytest

from tests.e2e import test_scenarios as judges
from tests.fakes import virtual_card
from tests.fakes.box import Evidence

pytestmark = [
    pytest.mark.sound,
    pytest.mark.skipif(bool(virtual_card.missing()), reason=virtual_card.missing() or "-"),
]

CALLS = ("opening_hours", "leave_message", "barge_in", "dtmf", "hangs_up_midway", "silent_caller")
JUDGES: tuple[Callable[[Evidence], None], ...] = (
    judges.test_the_caller_gets_what_the_scenario_expects,
    judges.test_the_phone_is_answered_at_once_and_speaks_soon,
    judges.test_the_caller_hears_words_that_were_said,
    judges.test_the_caller_hears_every_sentence_as_it_was_said,
    judges.test_no_reply_is_owed_for_longer_than_two_and_a_half_seconds,
    judges.test_the_row_says_who_rang_and_what_came_of_it,
    judges.test_answers_come_from_the_source_that_knows_them,
    judges.test_turns_lie_in_order_inside_the_recording,
    judges.test_the_recording_is_stereo_with_each_side_in_its_channel,
)
"""Not those that want every frame: the threads by which PulseAudio's plugin serves both ends have no priority, as a
card's own clock would, and a busy machine holds them up for whole tenths of a second."""


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.__name__)
@pytest.mark.parametrize("evidence", [f"alsa:{name}" for name in CALLS], indirect=True, ids=str)
def test_a_call_over_a_sound_card(evidence: Evidence, judge: Callable[[Evidence], None]) -> None:
    judge(evidence)


@pytest.mark.parametrize("evidence", ["alsa:opening_hours"], indirect=True, ids=str)
def test_the_sound_went_over_the_card(evidence: Evidence) -> None:
    answered = [event for event in evidence.events if type(event).__name__ == "CallAnswered"]
    assert [event.sound for event in answered] == ["alsa"]  # type: ignore[union-attr]
    assert evidence.record["pcm"]["started_after"] < 0.2, "no AT+CPCMREG is waited for"
