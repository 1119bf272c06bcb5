"""Scenarios are checked whole, and the bundled ones are sound."""

import pytest

from hw.simulator import scenario as s
from hw.simulator.callers.phrases import FOLDER, load_phrases
from hw.simulator.options import OptionError
from hw.simulator.wav import RATE, read_wav

TITLE = {"ru": "а", "en": "a"}
HELD_OUT = {"m5", "f4", "klatt4", "Annie", "Mike", "aunty", "Denis", "steph2"}
NEEDED = {"opening_hours", "leave_message", "model_question", "silent_caller", "hangs_up_midway", "dtmf", "barge_in"}


def test_the_promised_scenarios_are_there():
    assert set(s.names()) >= NEEDED


@pytest.mark.parametrize("name", s.names())
def test_a_bundled_scenario_loads_and_ends_within_75_seconds(name):
    scenario = s.find(name)
    assert scenario.max_seconds <= 70
    assert scenario.title["ru"] != scenario.title["en"]
    assert scenario.language == "ru"
    assert scenario.expect["answered"] is True


@pytest.mark.parametrize("phrase", load_phrases().values(), ids=lambda phrase: phrase.id)
def test_every_phrase_has_its_sound_in_a_voice_the_recogniser_never_heard(phrase):
    assert phrase.voice in HELD_OUT
    assert 0.3 < len(read_wav(phrase.path)) / RATE < 12


def test_the_sounds_stay_small_and_have_no_strays():
    files = {path.stem: path.stat().st_size for path in FOLDER.glob("*.wav")}
    assert set(files) == set(load_phrases())
    assert sum(files.values()) < 2_500_000


def test_every_error_is_listed():
    with pytest.raises(OptionError) as caught:
        s.build(
            "x",
            {
                "titel": {},
                "title": {"ru": "а"},
                "number": "abc",
                "max_seconds": 0,
                "step": [
                    {"say": "ask_hour"},
                    {"wait": "noise", "secnds": 1},
                    {"pause": 1.0, "say": "stop"},
                    {"digits": "12x"},
                    {"pause": -1.0},
                    "say",
                    {"say": "none.wav"},
                ],
                "expect": {"answred": True, "ended_by": "nobody"},
                "network": {"preset": "awful", "loss": 2.0, "colour": 1},
            },
        )
    text = "\n".join(caught.value.problems)
    for part in (
        "unknown key 'titel' (did you mean title?)",
        "title: needs ru and en",
        "number: must be",
        "max_seconds: must be 1 to 7200",
        "step 1.say: unknown phrase 'ask_hour' (did you mean ask_hours?)",
        "step 2: unknown key 'secnds' (did you mean seconds?)",
        "step 2.wait: must be one of silence, speech",
        "step 3: needs exactly one of",
        "step 4.digits: must be 1 to 40 of",
        "step 5.pause: must be 0 to 600",
        "step 6: must be a table",
        "step 7.say:",
        "expect: unknown key 'answred' (did you mean answered?)",
        "expect.ended_by: must be one of caller, box",
        "network.preset: must be one of",
        "network.loss: must be 0 to 0.3",
        "network.colour: unknown key",
    ):
        assert part in text


def test_no_steps_are_refused():
    with pytest.raises(OptionError, match="1 to 100 steps"):
        s.build("x", {"title": TITLE, "step": []})


def test_an_unknown_name_suggests_a_known_one():
    with pytest.raises(OptionError, match="did you mean opening_hours"):
        s.find("opening_hour")


def test_a_scenario_file_may_play_a_wav_beside_it(tmp_path):
    (tmp_path / "hello.wav").write_bytes(load_phrases()["stop"].path.read_bytes())
    (tmp_path / "mine.toml").write_text('[title]\nru = "а"\nen = "a"\n[[step]]\nsay = "hello.wav"\n')
    scenario = s.find(str(tmp_path / "mine.toml"))
    assert scenario.steps[0].sound is not None
    assert scenario.steps[0].sound.id == "hello.wav"


def test_top_keys_can_be_replaced_for_one_call():
    assert s.find("opening_hours", {"number": "+79990001122"}).number == "+79990001122"


def test_a_broken_recording_is_refused_before_the_phone_rings(tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"not a wav")
    with pytest.raises(OptionError, match=r"не файл WAV.*not a WAV"):
        s.from_wav(tmp_path / "bad.wav")


def test_a_recording_waits_for_the_greeting_then_plays(tmp_path):
    scenario = s.from_wav(load_phrases()["ask_price"].path)
    assert [step.verb for step in scenario.steps] == ["wait", "say", "wait", "hang_up"]
