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

CALLS = ("opening_hours", "leave_message", "barge_in")
JUDGES: tuple[Callable[[Evidence], None], ...] = (judges.test_the_caller_gets_what_the_scenario_expects,)


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.__name__)
@pytest.mark.parametrize("evidence", [f"alsa:{name}" for name in CALLS], indirect=True, ids=str)
def test_a_call_over_a_sound_card(evidence: Evidence, judge: Callable[[Evidence], None]) -> None:
    judge(evidence)


@pytest.mark.parametrize("evidence", ["alsa:opening_hours"], indirect=True, ids=str)
def test_the_sound_went_over_the_card(evidence: Evidence) -> None:
    answered = [event for event in evidence.events if type(event).__name__ == "CallAnswered"]
    assert [event.sound for event in answered] == ["alsa"]  # type: ignore[union-attr]
    assert evidence.record["pcm"]["started_after"] < 0.2, "no AT+CPCMREG is waited for"
