"""Every bundled call through real processes, judged from both ends of the line.

The simulator's record says what the network saw and the caller heard; the box's row, events and files say what the box
made of it. Neither shares code with the other.
"""

import json
import re
from dataclasses import dataclass
from itertools import pairwise

import pytest

from hw.simulator.scenario import find, names
from secretaryd.control.protocol import (
    CallAnswered,
    CallEnded,
    CallRang,
    DigitsPressed,
    LineChanged,
    MessageTaken,
    PartialHeard,
    PhraseHeard,
    SayingStarted,
    TurnSaid,
)
from tests.bench.wer import word_errors
from tests.fakes import sound
from tests.fakes.box import Evidence

pytestmark = pytest.mark.call

EVERY = [name for name in names() if not find(name).called]
"""Those in which the box is called; it calls in test_outgoing."""
BOX_TAIL = 2.6
"""Seconds of a call outside of its recording: the first sound is only counted (hw.audio.gate), and it is switched off
before the hang-up."""
GAP_SECONDS = 2.5
"""No longer silence while the box owes a reply."""
ROUND_TRIP = 0.5
"""The network's delay both ways, and what the caller's ear needs to be sure."""


@dataclass(frozen=True)
class Wanted:
    """What a call must come to."""

    outcome: str = "answered"
    cause: str = "secretary"
    number: str | None = ""
    sources: tuple[tuple[str, str], ...] = ()
    """(source, beginning of detail) of the secretary's turns, in this order, others between them allowed."""
    quiet: bool = False
    """The caller says nothing."""


WANTED = {
    "opening_hours": Wanted(number="+79161234567", sources=(("faq", "hours"),)),
    "ask_address": Wanted(number="+78125556677", sources=(("faq", "address"), ("faq", "repeat"))),
    "leave_message": Wanted("message", number="+79123456789", sources=(("phrase", "read_back"),)),
    "dictates_slowly": Wanted("message", number="+79123456789"),
    "model_question": Wanted(number="+79035550123", sources=(("model", ""),)),
    "silent_caller": Wanted(
        number=None,
        sources=(("flow", "reprompt_1"), ("flow", "reprompt_2"), ("flow", "leave_message"), ("flow", "goodbye")),
        quiet=True,
    ),
    "hangs_up_midway": Wanted(cause="caller", number="+79267654321"),
    "hangs_up_on_greeting": Wanted(cause="caller", number="+79267654321", quiet=True),
    "dtmf": Wanted(number="+79851112233"),
    "barge_in": Wanted(
        number="+79104445566",
        sources=(("faq", "services"), ("faq", "address")),
    ),
    "want_human": Wanted("message", number="+79161112233", sources=(("phrase", "cannot_transfer"),)),
}


def test_every_bundled_call_is_judged() -> None:
    assert set(WANTED) == set(EVERY)


def every(names: list[str] = EVERY) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("evidence", names, indirect=True, ids=str)


def one(name: str) -> pytest.MarkDecorator:
    return every([name])


def wanted(evidence: Evidence) -> Wanted:
    return WANTED[evidence.record["scenario"]]


# --- the caller's side ----------------------------------------------------------------------------------------------


@every()
def test_the_caller_gets_what_the_scenario_expects(evidence: Evidence) -> None:
    assert evidence.record["passed"], [check for check in evidence.record["checks"] if not check["ok"]]


@every()
def test_the_phone_is_answered_at_once_and_speaks_soon(evidence: Evidence) -> None:
    record = evidence.record
    assert record["rings"] == 1
    assert record["answered_after"] < 3.0
    assert record["box_speech"][0]["start"] < 4.0, "the modem's sound is there 1.2 s after the answer"


@every()
def test_the_caller_hears_words_that_were_said(evidence: Evidence) -> None:
    """The bundled recogniser listens at the caller's ear."""
    heard = sound.read(evidence.heard, 1)
    assert len(heard) / sound.RATE == pytest.approx(evidence.record["seconds"], abs=1.0)
    said = re.findall(r"\w+", " ".join(turn["text"] for turn in evidence.turns("secretary")).lower())
    text = sound.words(heard)
    understood = {word for word in text if len(word) >= 5} & set(said)
    assert len(understood) >= (1 if evidence.record["seconds"] < 10 else 2), (text, said)


@every()
def test_the_caller_hears_every_sentence_as_it_was_said(evidence: Evidence) -> None:
    """Through the modem and the network, by the likeness of the sound at both ends."""
    kept, heard = sound.read(evidence.recording, 2)[:, 1], sound.read(evidence.heard, 1)
    # The recording begins when the sound is switched on; the delay of the network comes on top.
    begins = evidence.record["pcm"]["started_after"]
    for turn in evidence.turns("secretary"):
        if turn["end"] - turn["start"] > 0.8:
            end = min(turn["end"], len(heard) / sound.RATE - begins - 1.0)
            like = sound.resemblance(kept, heard, turn["start"], end, (begins - 0.8, begins + 2.4))
            assert like > 0.8, (like, turn)


@every()
def test_no_reply_is_owed_for_longer_than_two_and_a_half_seconds(evidence: Evidence) -> None:
    slow = [reply for reply in evidence.record["responses"] if reply["gap"] > GAP_SECONDS + ROUND_TRIP]
    assert not slow


# --- the box's side -------------------------------------------------------------------------------------------------


@every()
def test_the_row_says_who_rang_and_what_came_of_it(evidence: Evidence) -> None:
    call, want = evidence.call, wanted(evidence)
    assert (call["outcome"], call["number"], call["direction"]) == (want.outcome, want.number, "in")
    assert call["presentation"] == evidence.record["presentation"]
    ended_by_box = evidence.record["ended_by"] == "box"
    if want.cause == "caller":
        assert (call["end_cause"], ended_by_box) == ("caller", False)
    elif ended_by_box:
        assert call["end_cause"] == "secretary"
    else:  # the caller's script ended while the box was freeing its sound to hang up: either was first
        assert call["end_cause"] in ("secretary", "caller")
    assert call["began"] <= call["answered"] <= call["ended"]
    assert call["ended"] - call["answered"] == pytest.approx(evidence.record["seconds"], abs=2.0)
    assert call["flow"] == "default@1"
    assert call["summary"]


@every()
def test_the_greeting_comes_first_and_the_announcement_of_recording_after_it(evidence: Evidence) -> None:
    said = evidence.turns("secretary")
    assert said[0]["detail"] == "greeting"
    assert said[0]["text"].startswith("Здравствуйте!")
    if evidence.record["scenario"] != "hangs_up_on_greeting":
        assert said[1]["text"] == "Разговор записывается."


@every()
def test_answers_come_from_the_source_that_knows_them(evidence: Evidence) -> None:
    said = iter([(turn["source"], turn["detail"]) for turn in evidence.turns("secretary")])
    for source, detail in wanted(evidence).sources:
        assert any(s == source and d.startswith(detail) for s, d in said), (source, detail, evidence.turns("secretary"))


@every([name for name in EVERY if not WANTED[name].quiet])
def test_what_the_caller_says_is_understood(evidence: Evidence) -> None:
    """Within the starter recogniser's means: at most a quarter of the words of whole phrases is wrong."""
    said = " ".join(phrase["text"] for phrase in evidence.record["said"]).split()
    heard = " ".join(turn["text"] for turn in evidence.turns("caller") if turn["source"] == "caller").split()
    if evidence.record["scenario"] == "hangs_up_midway":
        said = said[: len(heard)]  # cut off in the middle; how much must be there is judged below
    errors = word_errors(said, heard)
    assert heard
    assert errors / len(said) <= 0.25, (said, heard)


@every([name for name in EVERY if WANTED[name].quiet])
def test_who_says_nothing_is_not_heard_to_say_anything(evidence: Evidence) -> None:
    assert evidence.turns("caller") == []


@every()
def test_turns_lie_in_order_inside_the_recording(evidence: Evidence) -> None:
    turns = evidence.call["turns"]
    for turn in turns:
        assert 0 <= turn["start"] <= turn["end"] <= evidence.call["recorded_seconds"] + 0.5, turn
        assert turn["text"]
    for before, after in pairwise(evidence.turns("secretary")):
        assert before["end"] <= after["start"] + 0.05, (before, after)


@every()
def test_every_answer_has_a_latency_split_that_adds_up(evidence: Evidence) -> None:
    turns, answers, spoke_until = evidence.call["turns"], 0, 0.0
    for before, turn in pairwise(turns):
        if before["who"] == "secretary":
            spoke_until = before["end"]
        answers_it = turn["who"] == "secretary" and before["source"] == "caller"
        # What was said over us and taken up later is not clocked: nobody waited in silence.
        if answers_it and spoke_until <= before["end"] <= turn["start"]:
            split = turn["latency"]
            assert split is not None, turn
            parts = [split[name] for name in ("endpoint", "stt", "first_sentence", "first_audio", "queue")]
            assert all(part is not None and part >= 0 for part in parts), split
            assert split["total"] == pytest.approx(sum(parts), abs=5.0)
            assert split["total"] < GAP_SECONDS * 1000
            assert (split["first_token"] is not None) == (turn["source"] == "model"), turn
            answers += 1
    assert answers >= len(wanted(evidence).sources) - 4 * wanted(evidence).quiet
    total = [turn["latency"]["total"] for turn in turns if turn["latency"]]
    print(evidence.record["scenario"], "ms from the caller's last sound:", total)


@every()
def test_the_recording_is_stereo_with_each_side_in_its_channel(evidence: Evidence) -> None:
    both = sound.read(evidence.recording, 2)
    seconds = len(both) / sound.RATE
    assert seconds == pytest.approx(evidence.call["recorded_seconds"], abs=0.03)
    with_sound = evidence.record["seconds"] - evidence.record["pcm"]["started_after"]
    assert with_sound - BOX_TAIL <= seconds <= with_sound + 0.5
    channel = {"caller": both[:, 0], "secretary": both[:, 1]}
    for turn in evidence.call["turns"]:
        if turn["source"] != "keys":
            loudest = sound.loudest(channel[turn["who"]], turn["start"], turn["end"] + 0.1)
            assert loudest > sound.LOUD_DBFS, (turn, loudest)
    if wanted(evidence).quiet:
        assert sound.loud_seconds(channel["caller"]) == 0.0


@every()
def test_what_was_said_to_the_caller_is_what_the_caller_heard(evidence: Evidence) -> None:
    """As many seconds of sound at the caller's ear as in the box's own recording of itself."""
    kept = sound.loud_seconds(sound.read(evidence.recording, 2)[:, 1])
    heard = sound.loud_seconds(sound.read(evidence.heard, 1))
    assert heard == pytest.approx(kept, rel=0.15, abs=0.6)


@every()
def test_the_json_beside_the_recording_says_the_same_as_the_row(evidence: Evidence) -> None:
    kept = json.loads(evidence.recording.with_suffix(".json").read_text(encoding="utf-8"))
    call = evidence.call
    for key in ("outcome", "end_cause", "summary", "number", "presentation", "flow"):
        assert kept[key] == call[key], key
    assert kept["recording"] == evidence.recording.name
    assert [(turn["who"], turn["text"], turn["source"]) for turn in kept["turns"]] == [
        (turn["who"], turn["text"], turn["source"]) for turn in call["turns"]
    ]


@every()
def test_events_tell_the_call_in_order(evidence: Evidence) -> None:
    events = evidence.events
    kinds = [type(event) for event in events]
    ends = kinds.index(CallEnded)
    assert kinds.index(CallRang) < kinds.index(CallAnswered) < kinds.index(SayingStarted) < ends
    states = [event.state for event in events if isinstance(event, LineChanged)]
    assert "answering, talking" in ", ".join(states)
    said = [event.text for event in events if isinstance(event, TurnSaid) and event.text]
    assert said == [turn["text"] for turn in evidence.turns("secretary")]
    heard = [event.text for event in events if isinstance(event, PhraseHeard)]
    assert heard == [turn["text"] for turn in evidence.turns("caller") if turn["source"] == "caller"]
    if heard:
        assert kinds.index(PartialHeard) < kinds.index(PhraseHeard)
    ended = next(event for event in events if isinstance(event, CallEnded))
    assert (ended.outcome, ended.cause) == (evidence.call["outcome"], evidence.call["end_cause"])
    assert ended.recording == str(evidence.recording)
    assert ended.transcript == str(evidence.recording.with_suffix(".json"))


# --- one by one -----------------------------------------------------------------------------------------------------


@every(["leave_message", "dictates_slowly", "want_human"])
def test_a_message_is_kept_with_its_fields(evidence: Evidence) -> None:
    (message,) = evidence.messages
    taken = next(event for event in evidence.events if isinstance(event, MessageTaken))
    assert (message["name"], message["number"], message["matter"]) == (taken.name, taken.number, taken.matter)
    assert message["number"] == evidence.record["number"], "dictated, or else the caller's own: here they are the same"
    assert message["number"] in evidence.call["summary"]
    if evidence.record["scenario"] == "leave_message":
        assert message["name"].lower() == "павел соколов"
        assert "ремонт" in message["matter"]


@one("dictates_slowly")
def test_the_box_does_not_cut_in_while_a_number_is_dictated(evidence: Evidence) -> None:
    (said,) = [phrase for phrase in evidence.record["said"] if phrase["phrase"] == "message_number_paused"]
    inside = [s for s in evidence.record["box_speech"] if said["start"] + 0.3 < s["start"] < said["end"] - 0.2]
    assert not inside


@one("ask_address")
def test_asked_to_repeat_the_box_says_the_same_again(evidence: Evidence) -> None:
    address, again = [turn for turn in evidence.turns("secretary") if turn["source"] == "faq"][:2]
    assert again["text"] == address["text"] == "Наш адрес: улица Ленина, дом 10."


@one("model_question")
def test_the_model_answers_from_the_facts(evidence: Evidence) -> None:
    (answer,) = [turn for turn in evidence.turns("secretary") if turn["source"] == "model"]
    assert "2 часов" in answer["text"]


@one("silent_caller")
def test_a_silent_caller_is_asked_twice_and_let_go(evidence: Evidence) -> None:
    assert evidence.record["ended_by"] == "box"
    assert sound.loud_seconds(sound.read(evidence.recording, 2)[:, 0]) == 0.0
    assert evidence.call["number"] is None
    assert "unknown" in evidence.recording.name


@one("hangs_up_midway")
def test_a_caller_who_hangs_up_in_mid_sentence_is_kept_to_the_last_sound(evidence: Evidence) -> None:
    assert evidence.call["end_cause"] == evidence.record["ended_by"] == "caller"
    (said,) = evidence.record["said"]
    both = sound.read(evidence.recording, 2)
    # Sound goes on up to the end of the file: nothing of what reached the box is missing.
    assert sound.loud_seconds(both[:, 0]) >= 0.7 * (said["end"] - said["start"] - 0.5)
    assert sound.loudest(both[:, 0], len(both) / sound.RATE - 1.0, len(both) / sound.RATE) > sound.LOUD_DBFS
    (begun,) = evidence.turns("caller")
    assert begun["text"].startswith("здравствуйте меня зовут")
    assert "здравствуйте меня зовут" in evidence.call["summary"]


@one("hangs_up_on_greeting")
def test_a_greeting_that_was_cut_off_is_kept_as_far_as_it_was_heard(evidence: Evidence) -> None:
    (greeting,) = evidence.turns("secretary")
    whole = "Здравствуйте! Компания «Ромашка», секретарь Гуля. Слушаю вас."
    assert whole.startswith(greeting["text"])
    assert greeting["text"] != whole
    assert greeting["interrupted"]


@one("dtmf")
def test_digits_pressed_in_silence_and_over_speech_are_told(evidence: Evidence) -> None:
    assert evidence.record["digits_sent"] == "1405#"
    pressed = [event.digits for event in evidence.events if isinstance(event, DigitsPressed)]
    assert "".join(pressed) == "1405"
    assert [turn["text"] for turn in evidence.turns("caller") if turn["source"] == "keys"] == pressed
    assert "1405" in evidence.call["summary"]


@one("barge_in")
def test_the_box_falls_silent_when_it_is_spoken_over(evidence: Evidence) -> None:
    cut = [turn for turn in evidence.turns("secretary") if turn["interrupted"]]
    assert [turn["detail"].split()[0] for turn in cut] == ["services"]
    assert "У нас цветы, букеты и подарки с доставкой.".startswith(cut[0]["text"])
    (spoken_over,) = [phrase for phrase in evidence.record["said"] if phrase["phrase"] == "interrupt_address"]
    stopped = [s["end"] for s in evidence.record["box_speech"] if s["start"] < spoken_over["start"] < s["end"]]
    assert len(stopped) == 1
    print("silent after", round(stopped[0] - spoken_over["start"], 2), "s at the caller's ear")
    assert stopped[0] - spoken_over["start"] < 1.5
