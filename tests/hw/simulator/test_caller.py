"""A caller, tick by tick: what it hears decides what it does."""

import numpy as np
import pytest

from hw.simulator.caller import Caller, SpeechDetector, tone
from hw.simulator.network import SILENCE
from hw.simulator.scenario import build

LOUD = np.full(160, 4000, np.int16)
TITLE = {"ru": "а", "en": "a"}


def caller(*steps, **top):
    one = Caller(build("test", {"title": TITLE, "step": list(steps), **top}))
    one.answered()
    one.take_events()
    return one


def hear(one, *parts):
    """parts = (frame, seconds); returns [(kind, t)] and all that was said."""
    events, said = [], []
    for frame, seconds in parts:
        for _ in range(round(seconds / 0.02)):
            said.append(one.tick(frame))
            events += one.take_events()
    return [(event.kind, event.t) for event in events], np.concatenate(said)


def times(events, kind):
    return [t for name, t in events if name == kind]


def test_it_waits_until_the_box_has_spoken_and_then_been_silent():
    one = caller({"wait": "silence", "seconds": 1.0}, {"say": "stop"})
    events, said = hear(one, (SILENCE, 3.0), (LOUD, 2.0), (SILENCE, 0.5), (LOUD, 1.0), (SILENCE, 3.0))
    assert times(events, "box_started") == [3.0]  # half a second of silence joins the two
    assert times(events, "says") == [7.5]
    assert np.abs(said[: int(7.4 * 8000)]).max() == 0
    assert np.abs(said).max() > 1000


def test_a_wait_gives_up_after_its_timeout():
    events, _ = hear(caller({"wait": "silence", "timeout": 2.0}, {"say": "stop"}), (SILENCE, 4.0))
    assert times(events, "wait_timed_out") == [2.0]
    assert times(events, "says") == [2.0]


def test_it_hangs_up_at_the_end_of_the_script():
    one = caller({"say": "stop"})
    events, _ = hear(one, (SILENCE, 2.0))
    assert one.hung_up == "end_of_script"
    assert len(times(events, "hang_up")) == 1


def test_it_hangs_up_in_the_middle_of_its_own_sentence():
    one = caller({"say": "long_story", "cut_after": 1.0}, {"hang_up": True})
    events, said = hear(one, (SILENCE, 3.0))
    assert one.hung_up == "script"
    assert 0.98 <= times(events, "hang_up")[0] <= 1.04
    assert np.abs(said[8400:]).max() == 0


def test_it_interrupts_after_a_second_of_speech():
    events, _ = hear(caller({"interrupt": "stop", "after": 1.0}), (SILENCE, 1.0), (LOUD, 5.0))
    assert 2.0 <= times(events, "interrupts")[0] <= 2.1


def test_digits_are_told_one_by_one_and_heard_as_tones():
    events, said = hear(caller({"digits": "5#"}), (SILENCE, 1.0))
    assert [t for kind, t in events if kind == "digit"] == [0.12, 0.36]
    spectrum = np.abs(np.fft.rfft(said[:960].astype(float), 8000))
    assert sorted(np.argsort(spectrum)[-2:]) == [770, 1336]


def test_no_call_outlasts_its_limit():
    one = caller({"silence": 500.0}, max_seconds=5.0)
    hear(one, (LOUD, 6.0))
    assert one.hung_up == "max_seconds"


@pytest.mark.parametrize("step", [{"digits": "1"}, {"pause": 0.0}])
def test_steps_are_repeated_until_the_limit(step):
    one = caller(step, repeat=True, max_seconds=2.0)
    events, _ = hear(one, (SILENCE, 3.0))
    assert one.hung_up == "max_seconds"
    assert len(times(events, "digit")) == (8 if "digits" in step else 0)


def test_it_gives_up_when_nobody_answers():
    one = Caller(build("test", {"title": TITLE, "give_up_after": 3.0, "step": [{"say": "stop"}]}))
    for _ in range(151):
        one.ring()
    assert one.hung_up == "no_answer"


def test_it_can_be_told_to_hang_up_and_to_press():
    one = caller({"silence": 60.0})
    one.press("1")
    hear(one, (SILENCE, 0.5))
    one.hang_up()
    assert one.hung_up == "asked"


def test_clicks_are_not_speech():
    detector = SpeechDetector()
    frames = [LOUD, LOUD, SILENCE] * 20
    assert [event for n, frame in enumerate(frames) if (event := detector.push(frame, n * 0.02))] == []


def test_speech_has_measured_edges():
    detector = SpeechDetector()
    frames = [SILENCE] * 50 + [LOUD] * 50 + [SILENCE] * 50
    events = [event for n, frame in enumerate(frames) if (event := detector.push(frame, n * 0.02))]
    assert [(event.kind, event.t) for event in events] == [("box_started", 1.0), ("box_stopped", 2.0)]


def test_all_sixteen_tones_differ():
    tones = {tone(digit, 100).tobytes() for digit in "0123456789*#ABCD"}
    assert len(tones) == 16
