"""Texts and order of everything about calls; both values of every unsure fact."""

import pytest

from hw.simulator import modem_state as m
from hw.simulator.profile import NASTY, choices

OK = b"\r\nOK\r\n"
RING = b"\r\nRING\r\n"


def test_ring_is_followed_by_clip_every_period(bench):
    desk = bench(ring_period_s=6.0).quiet("AT+CLIP=1")
    clip = b'\r\n+CLIP: "+79161234567",145,,,,0\r\n'
    assert desk.ring() == RING + clip
    assert desk.run(4.9) == b""
    assert desk.run(0.5) == RING + clip
    assert desk.effects() == [m.Rang(1), m.Rang(2)]


def test_without_clip_only_ring_is_said(bench):
    assert bench().quiet().ring() == RING


def test_crc_replaces_ring(bench):
    assert bench().quiet("AT+CRC=1").ring() == b"\r\n+CRING: VOICE\r\n"
    assert bench(doubled_cr=True).quiet("AT+CRC=1").ring() == b"\r\r\n+CRING: VOICE\r\r\n"


@pytest.mark.parametrize(
    ("switches", "clip"),
    [
        ({}, b'+CLIP: "+79161234567",145,,,,0'),
        ({"number_form": "plain7"}, b'+CLIP: "79161234567",129,,,,0'),
        ({"number_form": "national8"}, b'+CLIP: "89161234567",161,,,,0'),
        ({"clip_fields": "alpha"}, b'+CLIP: "+79161234567",145,,,"",0'),
        ({"clip_fields": "short"}, b'+CLIP: "+79161234567",145'),
    ],
)
def test_clip_is_written_as_the_profile_says(bench, switches, clip):
    assert bench(**switches).quiet("AT+CLIP=1").ring() == RING + b"\r\n" + clip + b"\r\n"


@pytest.mark.parametrize(
    ("form", "presentation", "clip"),
    [
        ("empty_128", "withheld", b'+CLIP: "",128,,,,1'),
        ("empty_128", "unavailable", b'+CLIP: "",128,,,,2'),
        ("empty_129", "withheld", b'+CLIP: "",129,"",,"",1'),
        ("no_validity", "withheld", b'+CLIP: "",128'),
    ],
)
def test_a_number_that_is_not_presented(bench, form, presentation, clip):
    desk = bench(withheld_form=form).quiet("AT+CLIP=1")
    assert desk.ring("+79161234567", presentation) == RING + b"\r\n" + clip + b"\r\n"


@pytest.mark.parametrize("first", [True, False])
def test_clcc_urc_comes_before_or_after_ring(bench, first):
    desk = bench(clcc_before_ring=first).quiet("AT+CLCC=1")
    row = b'\r\n+CLCC: 1,1,4,0,0,"+79161234567",145\r\n'
    assert desk.ring() == (row + RING if first else RING + row)


@pytest.mark.parametrize(
    ("order", "said"),
    [("ok_first", OK + b"\r\nVOICE CALL: BEGIN\r\n"), ("begin_first", b"\r\nVOICE CALL: BEGIN\r\n" + OK)],
)
def test_answering_in_either_order(bench, order, said):
    desk = bench(answer_order=order).quiet()
    desk.ring()
    desk.effects()
    assert desk.say("ATA") == said
    assert desk.effects() == [m.Answered()]
    assert desk.run(20.0) == b""  # no more rings


@pytest.mark.parametrize(
    ("form", "unit", "line"),
    [
        ("colon_space", "hhmmss", b"VOICE CALL: END: 000132"),
        ("colon_space", "seconds", b"VOICE CALL: END: 000092"),
        ("no_space", "hhmmss", b"VOICE CALL:END: 000132"),
        ("bare", "hhmmss", b"VOICE CALL: END"),
    ],
)
@pytest.mark.parametrize("order", choices("remote_end"))
def test_the_far_side_hangs_up_in_every_wording_and_order(bench, form, unit, line, order):
    desk = bench(end_form=form, end_time=unit, remote_end=order, answer_s=0.0).quiet()
    desk.ring()
    desk.say("ATA")
    desk.run(91.0)
    desk.module.calls.remote_hang_up(desk.now)
    end, carrier = b"\r\n" + line + b"\r\n", b"\r\nNO CARRIER\r\n"
    said = {
        "end_first": end + carrier,
        "no_carrier_first": carrier + end,
        "end_only": end,
        "no_carrier_only": carrier,
    }
    assert desk.run(5.0) == said[order]
    assert desk.say("AT+CLCC") == OK


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("no_carrier", b"\r\nNO CARRIER\r\n"),
        ("missed", b"\r\nMISSED_CALL: 08:48AM +79161234567\r\n"),
        ("both", b"\r\nNO CARRIER\r\n\r\nMISSED_CALL: 08:48AM +79161234567\r\n"),
        ("missed_first", b"\r\nMISSED_CALL: 08:48AM +79161234567\r\n\r\nNO CARRIER\r\n"),
    ],
)
def test_a_caller_who_gives_up_is_told_without_end(bench, form, said):
    desk = bench(missed_form=form).quiet()
    desk.ring()
    desk.module.calls.remote_hang_up(desk.now)
    assert desk.run(10.0) == said


@pytest.mark.parametrize(
    ("switches", "said"),
    [
        ({"chup_order": "end_first"}, b"\r\nVOICE CALL: END: 000002\r\n" + OK),
        ({"chup_order": "ok_first"}, OK + b"\r\nVOICE CALL: END: 000002\r\n"),
        (
            {"chup_order": "ok_first", "chup_no_carrier": True},
            OK + b"\r\nVOICE CALL: END: 000002\r\n\r\nNO CARRIER\r\n",
        ),
    ],
)
def test_hanging_up_says_end_before_or_after_ok(bench, switches, said):
    desk = bench(**switches).quiet()
    desk.ring()
    desk.say("ATA", 2.0)
    desk.effects()
    assert desk.say("AT+CHUP") == said
    assert desk.effects() == [m.HungUp()]


@pytest.mark.parametrize(("missed", "said"), [(False, OK), (True, OK + b"\r\nMISSED_CALL: 08:48AM +79161234567\r\n")])
def test_rejecting_a_ringing_call(bench, missed, said):
    desk = bench(reject_is_missed=missed).quiet()
    desk.ring()
    assert desk.say("AT+CHUP", 2.0) == said
    assert desk.run(20.0) == b""


@pytest.mark.parametrize(("cvhu", "ended"), [(0, True), (1, False)])
def test_ath_hangs_up_only_with_cvhu_0(bench, cvhu, ended):
    desk = bench().quiet(f"AT+CVHU={cvhu}")
    desk.ring()
    desk.say("ATA")
    desk.effects()
    assert desk.say("ATH").endswith(OK)
    assert desk.effects() == ([m.HungUp()] if ended else [])


def test_auto_answer_counts_rings(bench):
    desk = bench().quiet("ATS0=2")
    assert desk.ring() == RING
    assert desk.run(6.0) == RING + b"\r\nVOICE CALL: BEGIN\r\n"


def test_a_second_caller_knocks_without_ring(bench):
    desk = bench().quiet("AT+CCWA=1", "AT+CLCC=1")
    desk.ring()
    desk.say("ATA")
    desk.module.calls.waiting(m.Number("+79031112233"), 5.0, desk.now)
    assert desk.run(1.0) == b'\r\n+CCWA: "+79031112233",145,1\r\n\r\n+CLCC: 2,1,5,0,0,"+79031112233",145\r\n'
    assert b"MISSED_CALL" in desk.run(10.0)
    assert desk.say("AT+CLCC").count(b"+CLCC:") == 1


def test_dialling_is_accepted_at_once_and_fails_later(bench):
    desk = bench(dial_s=4.0).quiet()
    assert desk.say("ATD+79001112233;") == OK
    assert desk.run(5.0) == b"\r\nNO CARRIER\r\n"
    assert m.Dialled("+79001112233") in desk.effects()


def test_digits_are_told_only_in_a_call(bench):
    desk = bench().quiet()
    desk.module.calls.digit("5")
    assert desk.run(1.0) == b""
    desk.ring()
    desk.say("ATA")
    desk.module.calls.digit("5")
    assert desk.run(1.0) == b"\r\n+RXDTMF: 5\r\n"


@pytest.mark.parametrize(
    ("needed", "enabled", "told"), [(True, False, False), (True, True, True), (False, False, True)]
)
def test_ddet_may_or_may_not_be_needed(bench, needed, enabled, told):
    desk = bench(rxdtmf_needs_ddet=needed).quiet(*(["AT+DDET=1"] if enabled else []))
    desk.ring()
    desk.say("ATA")
    desk.module.calls.digit("#")
    assert (b"+RXDTMF: #" in desk.run(1.0)) is told


# --- sound -----------------------------------------------------------------------------------------------------------


def in_call(desk):
    desk.quiet()
    desk.ring()
    desk.say("ATA", 0.3)
    desk.effects()
    return desk


def test_pcm_starts_and_stops_in_a_call(bench):
    desk = in_call(bench())
    assert desk.say("AT+CPCMREG=1") == OK
    assert desk.effects() == [m.PcmStarted(8000)]
    assert desk.say("AT+CPCMREG?") == b"\r\n+CPCMREG: 1\r\n" + OK
    assert desk.say("AT+CPCMREG=0,1") == OK
    assert desk.effects() == [m.PcmStopped()]


def test_ok_may_come_before_the_sound(bench):
    desk = in_call(bench(pcm_switch_s=2.0))
    assert desk.say("AT+CPCMREG=1", 0.5) == OK
    assert desk.say("AT+CPCMREG?", 0.5) == b"\r\n+CPCMREG: 0\r\n" + OK
    assert desk.effects() == []
    desk.run(2.0)
    assert desk.effects() == [m.PcmStarted(8000)]


def test_too_early_is_an_error_or_hangs(bench):
    early = in_call(bench(pcm_ready_after_s=5.0))
    assert early.say("AT+CPCMREG=1") == b"\r\nERROR\r\n"
    hanging = in_call(bench(pcm_hang_before_s=5.0, pcm_hang_s=4.0))
    assert hanging.say("AT+CPCMREG=1", 3.5) == b""
    assert hanging.run(1.0) == b"\r\nERROR\r\n"


@pytest.mark.parametrize("needed", [True, False])
def test_after_an_error_a_stop_may_be_needed(bench, needed):
    desk = in_call(bench(pcm_error_needs_stop=needed))
    desk.faults.set("pcm_error", {"count": 1})
    assert desk.say("AT+CPCMREG=1") == b"\r\nERROR\r\n"
    assert desk.say("AT+CPCMREG=1") == (b"\r\nERROR\r\n" if needed else OK)
    desk.say("AT+CPCMREG=0,1")
    assert desk.say("AT+CPCMREG=1") == OK


@pytest.mark.parametrize("survives", [True, False])
def test_the_registration_may_outlive_the_call(bench, survives):
    desk = in_call(bench(pcm_survives_call=survives))
    desk.say("AT+CPCMREG=1")
    desk.module.calls.remote_hang_up(desk.now)
    desk.run(1.0)
    assert desk.effects() == [m.PcmStarted(8000), m.PcmStopped()]
    desk.ring()
    desk.say("ATA")
    assert desk.say("AT+CPCMREG=1") == (b"\r\nERROR\r\n" if survives else OK)


@pytest.mark.parametrize(
    ("volte", "setting", "rate"),
    [(True, "0,1", 16000), (True, "1,1", 8000), (False, "0,1", 8000), (False, "1,0", 16000)],
)
def test_the_rate_follows_bandwidth_and_network(bench, volte, setting, rate):
    desk = bench(volte=volte).quiet(f"AT+CPCMBANDWIDTH={setting}")
    desk.ring()
    desk.say("ATA")
    desk.effects()
    desk.say("AT+CPCMREG=1")
    assert desk.effects() == [m.PcmStarted(rate)]


def test_16_khz_has_no_way_back(bench):
    desk = bench().quiet("AT+CPCMFRM=0", "AT+CPCMFRM=1")
    assert desk.say("AT+CPCMFRM=0") == b"\r\nERROR\r\n"
    assert bench(cpcmfrm0="error").quiet().say("AT+CPCMFRM=0") == b"\r\nERROR\r\n"


# --- URCs and answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", [True, False])
def test_urcs_come_inside_an_answer_or_wait_for_its_end(bench, inside):
    desk = bench(urcs_inside_answers=inside, latency_s=1.0, line_gap_s=0.5).quiet()
    desk.module.port.feed(b"ATI\r", desk.now)
    desk.run(1.7)
    desk.module.calls.incoming(m.Number("+79161234567"), desk.now)
    rest = desk.run(4.0)
    assert (rest.index(b"RING") < rest.index(b"OK")) is inside


def test_catr_sends_urcs_to_another_port(bench):
    assert bench().quiet("AT+CATR=2").ring() == b""
    assert bench().quiet("AT+CATR=3").ring() == RING


def test_the_default_profile_still_answers_every_command_of_a_call(bench):
    desk = bench(NASTY)
    desk.boot()
    init = ("ATE0", "AT+CMEE=2", "AT+CLIP=1", "AT+CRC=1", "AT+CLCC=1", "AT+AUTOCSQ=1,1", "AT+CPCMBANDWIDTH=1,1")
    for line in init:
        assert b"\r\nOK\r\n" in desk.say(line, 3.0)
    said = desk.ring()
    assert said.index(b"+CRING: VOICE") < said.index(b"+CLIP:")
    assert b"\r\nOK\r\n" in desk.say("ATA", 3.0)
    assert b"\r\nOK\r\n" in desk.say("AT+CPCMREG=1", 3.0)
    assert m.PcmStarted(8000) in desk.effects()
