"""The table of faults: each does what it says, and nothing else is accepted."""

import pytest

from hw.simulator.call_desk import MALFORMED
from hw.simulator.faults import TABLE, FaultBoard
from hw.simulator.options import OptionError

OK = b"\r\nOK\r\n"


def test_unknown_faults_and_options_are_refused():
    board = FaultBoard()
    with pytest.raises(OptionError, match="did you mean sim_absent"):
        board.set("sim_absnt", {})
    with pytest.raises(OptionError) as caught:
        board.set("pcm_error", {"count": "many", "coutn": 1})
    assert len(caught.value.problems) == 2
    assert board.all() == {}


@pytest.mark.parametrize("name", [name for name, fault in TABLE.items() if not fault.instant])
def test_every_standing_fault_can_be_set_and_cleared_on_a_running_module(bench, name):
    desk = bench().quiet()
    options = desk.faults.set(name, {})
    desk.module.fault_changed(name, desk.now, on=True)
    desk.run(1.0)
    assert desk.faults.all() == {name: options}
    desk.faults.clear(name)
    desk.module.fault_changed(name, desk.now, on=False)
    desk.run(10.0)
    assert desk.say("AT").endswith(OK)


@pytest.mark.parametrize(
    ("fault", "options", "command", "answer"),
    [
        ("sim_absent", {}, "AT+CPIN?", b"\r\n+CME ERROR: SIM not inserted\r\n"),
        ("sim_failure", {}, "AT+CPIN?", b"\r\n+CME ERROR: SIM failure\r\n"),
        ("sim_puk", {}, "AT+CPIN?", b"\r\n+CPIN: SIM PUK\r\n" + OK),
        ("not_registered", {"stat": 3}, "AT+CREG?", b"\r\n+CREG: 0,3\r\n" + OK),
        ("not_registered", {}, "AT+COPS?", b"\r\n+COPS: 0\r\n" + OK),
        ("not_registered", {}, "AT+CPSI?", b"\r\n+CPSI: NO SERVICE, Online\r\n" + OK),
        ("lte_only", {}, "AT+CREG?;+CEREG?", b"\r\n+CREG: 0,3\r\n\r\n+CEREG: 0,1\r\n" + OK),
        ("no_signal", {}, "AT+CSQ", b"\r\n+CSQ: 99,99\r\n" + OK),
        ("clock_unset", {}, "AT+CCLK?", b'\r\n+CCLK: "80/01/06,07:09:04"\r\n' + OK),
        ("mute", {}, "AT", b""),
        ("slow", {"seconds": 3.0}, "AT", b""),
        ("late_ok", {"seconds": 3.0}, "AT+CSQ", b"\r\n+CSQ: 21,99\r\n"),
    ],
)
def test_what_a_command_says_under_a_fault(bench, fault, options, command, answer):
    desk = bench().quiet("AT+CMEE=2")
    desk.faults.set(fault, options)
    assert desk.say(command) == answer


def test_a_late_ok_comes_after_all(bench):
    desk = bench().quiet()
    desk.faults.set("late_ok", {"seconds": 8.0})
    assert desk.say("AT", 7.0) == b""
    assert desk.run(2.0) == OK
    assert desk.say("AT") == OK


def test_removing_the_sim_is_told(bench):
    desk = bench().quiet("AT+CREG=1")
    desk.faults.set("sim_absent", {})
    desk.module.fault_changed("sim_absent", desk.now, on=True)
    assert desk.run(1.0) == b"\r\n+CPIN: SIM REMOVED\r\n\r\n+CREG: 0\r\n"


@pytest.mark.parametrize("fault", ["clip_missing", "clip_malformed", "clip_withheld", "clip_unavailable"])
def test_a_number_hidden_by_a_fault_is_in_no_row_either(bench, fault):
    desk = bench().quiet("AT+CLIP=1", "AT+CLCC=1")
    desk.faults.set(fault, {})
    assert b"79161234567" not in desk.ring() + desk.say("AT+CLCC")


def test_one_stop_is_enough_for_many_errors(bench):
    desk = bench(pcm_error_needs_stop=True).quiet()
    desk.ring()
    desk.say("ATA")
    desk.faults.set("pcm_error", {"count": 3})
    desk.say("AT+CPCMREG=1")
    desk.say("AT+CPCMREG=0,1")
    assert [desk.say("AT+CPCMREG=1") for _ in range(3)] == [b"\r\nERROR\r\n"] * 2 + [OK]


@pytest.mark.parametrize("form", range(len(MALFORMED)))
def test_malformed_caller_ids(bench, form):
    desk = bench().quiet("AT+CLIP=1")
    desk.faults.set("clip_malformed", {"form": form})
    assert MALFORMED[form].encode("latin-1", "replace") in desk.ring()


@pytest.mark.parametrize(
    ("fault", "present", "absent"),
    [
        ("no_end", b"NO CARRIER", b"END"),
        ("no_no_carrier", b"VOICE CALL: END", b"NO CARRIER"),
        ("silent_end", b"", b"\r\n"),
    ],
)
def test_ends_that_are_half_told(bench, fault, present, absent):
    desk = bench().quiet()
    desk.ring()
    desk.say("ATA")
    desk.faults.set(fault, {})
    desk.module.calls.remote_hang_up(desk.now)
    said = desk.run(5.0)
    assert present in said
    assert absent not in said
    assert desk.say("AT+CLCC") == OK


def test_cpcmreg_fails_as_often_as_told(bench):
    desk = bench().quiet()
    desk.ring()
    desk.say("ATA")
    desk.faults.set("pcm_error", {"count": 3})
    answers = [desk.say("AT+CPCMREG=1") for _ in range(4)]
    assert answers == [b"\r\nERROR\r\n"] * 3 + [OK]


def test_a_worn_endpoint_fails_first_from_the_second_call_on(bench):
    desk = bench().quiet()
    desk.faults.set("pcm_degraded", {})
    for call in range(2):
        desk.ring()
        desk.say("ATA")
        assert desk.say("AT+CPCMREG=1") == (OK if call == 0 else b"\r\nERROR\r\n")
        desk.say("AT+CPCMREG=0,1")
        assert desk.say("AT+CPCMREG=1") == OK
        desk.say("AT+CHUP")


def test_garbage_comes_and_goes(bench):
    desk = bench().quiet()
    desk.faults.set("garbage", {"every": 0.1})
    desk.module.fault_changed("garbage", desk.now, on=True)
    assert len(desk.run(5.0)) > 50
    desk.faults.clear("garbage")
    desk.run(0.2)
    assert desk.run(5.0) == b""


def test_no_rxdtmf_leaves_only_the_tones(bench):
    desk = bench().quiet()
    desk.ring()
    desk.say("ATA")
    desk.faults.set("no_rxdtmf", {})
    desk.module.calls.digit("7")
    assert desk.run(1.0) == b""


def test_the_readme_names_every_scenario_step_and_control_request():
    from pathlib import Path

    import hw.simulator
    from hw.simulator.scenario import EXPECTATIONS, VERBS

    text = (Path(hw.simulator.__file__).parent / "README.md").read_text(encoding="utf-8")
    assert [verb for verb in [*VERBS, *EXPECTATIONS] if f"`{verb}" not in text] == []
