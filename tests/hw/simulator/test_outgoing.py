"""Calls that the host makes: what the module tells, and what the far end does. On a bench, without ports."""

import numpy as np
import pytest

from hw.audio.progress import CallProgress, Verdict
from hw.simulator import modem_state as m
from hw.simulator import scenario as s
from hw.simulator.callee import Callee

OK = b"\r\nOK\r\n"
BEGIN = b"\r\nVOICE CALL: BEGIN\r\n"
ROW = '\r\n+CLCC: 1,0,{},0,0,"+79161234567",145\r\n'
DIAL = "ATD+79161234567;"


def row(stat: int) -> bytes:
    return ROW.format(stat).encode()


def dialling(bench, **switches):
    desk = bench(**switches).quiet("AT+CLCC=1")
    desk.module.outgoing.somebody_waits = True
    assert desk.say(DIAL) == OK + row(2)
    assert m.Dialled("+79161234567") in desk.effects()
    return desk


def test_nobody_takes_the_call_unless_somebody_waits(bench):
    desk = bench(dial_s=3.0).quiet()
    assert desk.say(DIAL) == OK
    assert b"NO CARRIER" in desk.run(4.0)


def test_the_documented_way_of_a_call(bench):
    desk = dialling(bench)
    desk.module.outgoing.far_alerts(desk.now)
    assert desk.run(1.0) == row(3)
    desk.module.outgoing.far_answers(desk.now)
    assert desk.run(1.0) == BEGIN + row(0)
    assert m.Answered() in desk.effects()
    assert desk.say("AT+CPCMREG=1") == OK


def test_begin_may_come_with_the_ringback_and_never_again(bench):
    desk = dialling(bench, begin_at_ringback=True, clcc_alerting=False)
    desk.module.outgoing.far_alerts(desk.now)
    assert desk.run(1.0) == BEGIN + row(0)
    desk.module.outgoing.far_answers(desk.now)
    assert desk.run(1.0) == b""


@pytest.mark.parametrize("word", ["BUSY", "NO CARRIER"])
def test_busy_is_told_by_a_word(bench, word):
    desk = dialling(bench, busy_word=word)
    desk.module.outgoing.far_busy(desk.now)
    assert desk.run(1.0) == row(6) + f"\r\n{word}\r\n".encode()
    assert desk.say("AT+CLCC") == OK


def test_busy_may_be_told_by_the_tone_alone(bench):
    desk = dialling(bench, busy_word="none", begin_at_ringback=True)
    desk.module.outgoing.far_busy(desk.now)
    assert desk.run(1.0) == BEGIN + row(0)
    desk.module.calls.remote_hang_up(desk.now)
    assert b"NO CARRIER" in desk.run(1.0)


def test_the_network_gives_up(bench):
    desk = dialling(bench)
    desk.module.outgoing.far_gone(desk.now)
    assert desk.run(1.0) == row(6) + b"\r\nNO CARRIER\r\n"


def test_the_host_gives_up(bench):
    desk = dialling(bench)
    assert OK in desk.say("AT+CHUP")
    assert desk.say("AT+CLCC") == OK


def test_words_about_a_call_that_is_no_more_are_nothing(bench):
    desk = bench().quiet()
    for word in ("far_alerts", "far_answers", "far_busy", "far_gone"):
        getattr(desk.module.outgoing, word)(desk.now)
    assert desk.run(1.0) == b""


def scenario(**callee):
    table = {"title": {"ru": "а", "en": "b"}, "step": [{"say": "yes"}, {"hang_up": True}], "callee": callee}
    return s.build("x", table)


def play(callee: Callee, seconds: float) -> tuple[list[tuple[str, float]], Verdict | None]:
    """(events with their times, what a listener on the line makes of it)."""
    events, verdict, progress = [], None, CallProgress()
    for number in range(round(seconds / 0.02)):
        heard = callee.tick(np.zeros(160, np.int16))
        verdict = verdict or progress.feed(heard.astype("<i2").tobytes())
        events += [(event.kind, round(number * 0.02, 1)) for event in callee.take_events()]
    return events, verdict


def test_somebody_answers_after_ringing():
    events, verdict = play(Callee(scenario(connect_seconds=2.0, ring_seconds=6.0)), 14.0)
    assert events[:3] == [("far_alerts", 2.0), ("far_answers", 8.0), ("answered", 8.0)]
    assert verdict is Verdict.ANSWERED


@pytest.mark.parametrize(
    ("does", "first", "end", "verdict"),
    [
        ("busy", "far_busy", ("hang_up", 27.0), Verdict.BUSY),
        ("rejects", "far_alerts", ("hang_up", 27.0), Verdict.BUSY),
        ("unreachable", "far_gone", ("hang_up", 2.0), None),
        ("rings_on", "far_alerts", ("hang_up", 62.0), None),
    ],
)
def test_nobody_answers(does, first, end, verdict):
    events, heard = play(Callee(scenario(does=does, connect_seconds=2.0)), 64.0)
    assert events[0] == (first, 2.0)
    assert events[-1] == end
    if does != "unreachable":
        assert heard is verdict


def test_a_callee_is_described_in_the_scenario():
    assert s.find("answers_call").callee == s.CalleeSettings("answers", 6.0, 1.5)
    with pytest.raises(s.OptionError) as error:
        s.build(
            "x", {"title": {"ru": "а", "en": "b"}, "step": [{"say": "yes"}], "callee": {"dose": 1, "does": "sings"}}
        )
    assert len(error.value.problems) == 2
