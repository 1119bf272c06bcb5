"""The record of a call, and the file that keeps it."""

import json

from hw.simulator.caller import CallerEvent
from hw.simulator.ledger import CallRecord, Ledger
from hw.simulator.scenario import build


def record(**values):
    return CallRecord(
        "0001", "test", {"ru": "а", "en": "a"}, "+7", "presented", "2026-11-22T10:00:00.000+00:00", **values
    )


def test_events_become_what_was_said_heard_and_answered():
    one = record()
    for kind, t, data in [
        ("answered", 1.2, {"after_seconds": 1.2}),
        ("box_started", 0.5, {}),
        ("box_stopped", 3.0, {"started": 0.5}),
        ("says", 5.0, {"phrase": "ask_hours", "text": "график", "cut": False}),
        ("said", 6.0, {"phrase": "ask_hours"}),
        ("box_started", 6.8, {}),
        ("box_stopped", 8.0, {"started": 6.8}),
        ("box_started", 9.0, {}),
        ("digit", 9.5, {"digit": "4"}),
        ("digit", 9.9, {"digit": "#"}),
    ]:
        one.note(CallerEvent(kind, t, data))
    assert one.answered_after == 1.2
    assert one.said == [{"phrase": "ask_hours", "text": "график", "start": 5.0, "end": 6.0, "answered": 6.8}]
    assert one.box_speech == [{"start": 0.5, "end": 3.0}, {"start": 6.8, "end": 8.0}]
    assert one.responses == [{"after": "ask_hours", "gap": 0.8}]
    assert one.digits_sent == "4#"
    assert len(one.events) == 10


def test_expectations_are_judged_one_by_one():
    scenario = build(
        "x",
        {
            "title": {"ru": "а", "en": "a"},
            "step": [{"hang_up": True}],
            "expect": {
                "answered": True,
                "ended_by": "box",
                "min_seconds": 5.0,
                "max_seconds": 20.0,
                "box_speaks": 2,
                "first_speech_within": 2.0,
            },
        },
    )
    speech = [{"start": 0.5, "end": 3.0}, {"start": 6.8, "end": 8.0}]
    good = record(answered_after=1.0, ended_by="box", seconds=10.0, box_speech=speech)
    good.judge(scenario)
    assert good.passed
    bad = record(ended_by="caller", seconds=30.0)
    bad.judge(scenario)
    assert not bad.passed
    assert [check["what"] for check in bad.checks if not check["ok"]] == [
        "answered",
        "ended_by",
        "max_seconds",
        "box_speaks",
        "first_speech_within",
    ]


def test_the_file_survives_a_torn_last_line_and_ids_go_on(tmp_path):
    path = tmp_path / "ledger.jsonl"
    first = Ledger(path)
    assert first.next_call_id() == "0001"
    first.add_call(record())
    first.add("fault_set", fault="mute", options={})
    with path.open("a") as file:
        file.write('{"what": "call", "id": "00')
    again = Ledger(path)
    assert [row["what"] for row in again.rows()] == ["call", "fault_set"]
    assert again.next_call_id() == "0002"
    assert json.loads(path.read_text().splitlines()[0])["title"] == {"ru": "а", "en": "a"}
