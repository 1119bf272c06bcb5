"""What goes in, in which state, and exactly which bytes come out."""

import pytest

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"

IDLE = [
    ("AT", OK),
    ("at", OK),
    ("ATE1", OK),
    ("AT+CGMI", b"\r\nSIMCOM INCORPORATED\r\n" + OK),
    ("AT+CGMM", b"\r\nSIMCOM_SIM7600G-H\r\n" + OK),
    ("AT+CGMR", b"\r\n+CGMR: LE20B03SIM7600M22\r\n" + OK),
    ("AT+CGSN", b"\r\n868822040000000\r\n" + OK),
    (
        "ATI",
        b"\r\nManufacturer: SIMCOM INCORPORATED\r\nModel: SIMCOM_SIM7600G-H\r\nRevision: SIM7600G_V2.0.2\r\n"
        b"IMEI: 868822040000000\r\n+GCAP: +CGSM\r\n" + OK,
    ),
    ("AT+CPIN?", b"\r\n+CPIN: READY\r\n" + OK),
    ("AT+SPIC", b"\r\n+SPIC: 3,10,0,10\r\n" + OK),
    ("AT+CSQ", b"\r\n+CSQ: 21,99\r\n" + OK),
    ("AT+CREG?", b"\r\n+CREG: 0,1\r\n" + OK),
    ("AT+CEREG?", b"\r\n+CEREG: 0,1\r\n" + OK),
    ("AT+CREG=2;+CREG?", b'\r\n+CREG: 2,1,"775C","06F95905"\r\n' + OK),
    ("AT+COPS?", b'\r\n+COPS: 0,0,"MTS RUS",2\r\n' + OK),
    ("AT+CCLK?", b'\r\n+CCLK: "26/11/22,08:48:00+12"\r\n' + OK),
    ("AT+CNUM", OK),
    ("AT+CLIP?", b"\r\n+CLIP: 0,1\r\n" + OK),
    ("AT+CLCC=?", b"\r\n+CLCC: (0-1)\r\n" + OK),
    ("AT+CLCC", OK),
    ("AT+CPCMREG?", b"\r\n+CPCMREG: 0\r\n" + OK),
    ("AT+CPCMREG=?", b"\r\n+CPCMREG: (0-1)\r\n" + OK),
    ("AT+CPCMREG=1", ERROR),
    ("AT+CPCMREG=0", OK),
    ("AT+CPCMREG=0,1", OK),
    ("AT+CPCMREG=2", ERROR),
    ("AT+CLVL=5", OK),
    ("AT+CLVL=100", ERROR),
    ("AT+CUSBAUDIO?", b"\r\n+CUSBAUDIO: 0\r\n" + OK),
    ("AT+CUSBPIDSWITCH?", b"\r\n+CUSBPIDSWITCH: 9001\r\n" + OK),
    ('AT+CPMS="ME","ME","ME"', b"\r\n+CPMS: 0,23,0,23,0,23\r\n" + OK),
    ("AT+CNMI=2,1,0,2,0", OK),
    ('AT+CSCS="IRA"', OK),
    ('AT+CSCS="KOI8"', ERROR),
    ("AT+CHUP", OK),
    ("ATH", OK),
    ("ATA", b"\r\nNO CARRIER\r\n"),
    ("AT+VTS=1", ERROR),
    ("AT+CMUT=1", ERROR),
    ("AT+CEVOLTE?", ERROR),
    ("AT+NOSUCH", ERROR),
    ("AT+", ERROR),
    ("AT+CSQ;+NOSUCH;+CSQ", b"\r\n+CSQ: 21,99\r\n" + ERROR),
    ("AT+CSQ;+CREG?", b"\r\n+CSQ: 21,99\r\n\r\n+CREG: 0,1\r\n" + OK),
    ("noise", b""),
    ("xxAT+CSQ", b"\r\n+CSQ: 21,99\r\n" + OK),
]


@pytest.mark.parametrize(("line", "answer"), IDLE, ids=[line for line, _ in IDLE])
def test_an_idle_module_answers_exactly(bench, line, answer):
    assert bench().quiet().say(line) == answer


IN_CALL = [
    ("AT+CLCC", b'\r\n+CLCC: 1,1,0,0,0,"+79161234567",145\r\n' + OK),
    ("ATA", b"\r\nNO CARRIER\r\n"),
    ("AT+CMUT=1", OK),
    ("AT+VTS=1", OK),
    ('AT+VTS="1,3,5"', OK),
    ("AT+VTS=13", ERROR),
    ("AT+VTS=x", ERROR),
    ("AT+CPCMREG=1", OK),
    ("ATH", OK),
    ("ATD+79001112233;", ERROR),
]


@pytest.mark.parametrize(("line", "answer"), IN_CALL, ids=[line for line, _ in IN_CALL])
def test_a_module_in_a_call_answers_exactly(bench, line, answer):
    desk = bench().quiet()
    desk.ring()
    desk.say("ATA")
    assert desk.say(line) == answer


def test_echo_is_the_raw_command_until_ate0(bench):
    desk = bench()
    desk.boot()
    assert desk.say("AT+CSQ") == b"AT+CSQ\r\r\n+CSQ: 21,99\r\n" + OK
    assert desk.say("ATE0") == b"ATE0\r" + OK
    assert desk.say("AT+CSQ") == b"\r\n+CSQ: 21,99\r\n" + OK


def test_boot_urcs_come_in_order(bench):
    assert bench().boot() == b"\r\nRDY\r\n\r\n+CPIN: READY\r\n\r\nSMS DONE\r\n\r\nPB DONE\r\n"


def test_boot_may_begin_with_undefined_bytes(bench):
    assert bench(boot_garbage=True).boot().startswith(b"\x00\xff\xfe\r\nRDY")


@pytest.mark.parametrize(
    ("level", "answer"),
    [(0, ERROR), (1, b"\r\n+CME ERROR: 10\r\n"), (2, b"\r\n+CME ERROR: SIM not inserted\r\n")],
)
def test_cme_errors_take_the_form_that_cmee_asks_for(bench, level, answer):
    desk = bench().quiet(f"AT+CMEE={level}")
    desk.faults.set("sim_absent", {})
    assert desk.say("AT+CPIN?") == answer


def test_sim_is_busy_just_after_start(bench):
    desk = bench(sim_busy_s=2.0)
    desk.module.boot(0.0)
    desk.run(0.5)
    desk.say("ATE0;+CMEE=2", 0.2)
    assert desk.say("AT+CPIN?", 0.2) == b"\r\n+CME ERROR: SIM busy\r\n"
    desk.run(2.0)
    assert desk.say("AT+CPIN?") == b"\r\n+CPIN: READY\r\n" + OK


def test_a_wrong_pin_costs_a_try_and_the_right_one_opens(bench):
    desk = bench()
    desk.faults.set("sim_pin", {"pin": "4321"})
    desk.quiet("AT+CMEE=2")
    assert desk.say("AT+CPIN?") == b"\r\n+CPIN: SIM PIN\r\n" + OK
    assert desk.say("AT+CREG?") == b"\r\n+CREG: 0,0\r\n" + OK
    assert desk.say("AT+CPIN=1111") == b"\r\n+CME ERROR: incorrect password\r\n"
    assert desk.say("AT+SPIC") == b"\r\n+SPIC: 2,10,0,10\r\n" + OK
    assert desk.say("AT+CPIN=4321").startswith(OK + b"\r\n+CPIN: READY\r\n")
    assert desk.say("AT+CREG?") == b"\r\n+CREG: 0,1\r\n" + OK


def test_three_wrong_pins_lock_the_sim(bench):
    desk = bench()
    desk.faults.set("sim_pin", {})
    desk.quiet()
    for _ in range(3):
        assert desk.say("AT+CPIN=9999") == ERROR
    assert desk.say("AT+CPIN?") == b"\r\n+CPIN: SIM PUK\r\n" + OK


def test_a_reset_loses_volatile_settings_and_keeps_the_others(bench):
    desk = bench().quiet("AT+CLIP=1", "AT+CMEE=2", "AT+CLVL=2")
    desk.module.boot(desk.now)
    desk.run(3.0)
    assert desk.say("AT+CLIP?") == b"AT+CLIP?\r\r\n+CLIP: 0,1\r\n" + OK
    assert desk.say("AT+CLVL?") == b"AT+CLVL?\r\r\n+CLVL: 2\r\n" + OK
    assert desk.say("AT+NOSUCH") == b"AT+NOSUCH\r" + ERROR


def test_559_characters_or_39_commands_are_the_limit(bench):
    desk = bench().quiet()
    assert desk.say("AT" + ";".join(["+CMEE=2"] * 39)) == OK
    assert desk.say("AT" + ";".join(["+CMEE=0"] * 40)) == ERROR
    assert desk.say("AT+CMEE?") == b"\r\n+CMEE: 2\r\n" + OK  # nothing of the long line was executed
    assert desk.say('AT+CSCS="' + "A" * 560 + '"') == ERROR


def test_a_slash_repeats_the_last_line_without_a_cr(bench):
    desk = bench().quiet()
    desk.say("AT+CSQ")
    desk.module.port.feed(b"A/", desk.now)
    assert desk.run(1.0) == b"\r\n+CSQ: 21,99\r\n" + OK


def test_the_next_command_waits_for_the_final_result(bench):
    desk = bench().quiet()
    desk.module.port.feed(b"AT+CSQ\rAT+CREG?\r", desk.now)
    assert desk.run(1.0) == b"\r\n+CSQ: 21,99\r\n" + OK + b"\r\n+CREG: 0,1\r\n" + OK


def test_a_flood_of_input_is_bounded(bench):
    desk = bench().quiet()
    desk.module.port.feed(b"x" * 1_000_000, desk.now)
    desk.module.port.feed(b"\r", desk.now)
    desk.run(1.0)
    assert desk.say("AT") == OK


def test_an_operator_scan_is_aborted_by_any_character(bench):
    desk = bench().quiet()
    desk.module.port.feed(b"AT+COPS=?\r", desk.now)
    assert desk.run(5.0).startswith(b"\r\n+COPS: (2,")
    desk.module.port.feed(b"A", desk.now)
    assert desk.run(1.0) == OK
    assert desk.run(60.0) == b""


def test_a_message_prompt_has_no_line_end_and_escape_answers_ok(bench):
    desk = bench().quiet("AT+CMGF=0")
    assert desk.say("AT+CMGS=18") == b"\r\n> "
    desk.module.port.feed(b"0011\x1b", desk.now)
    assert desk.run(1.0) == OK
    desk.say("AT+CMGS=23")
    desk.module.port.feed(b"0011000B916407281553F80000AA0AE8329BFD4697D9EC37\x1a", desk.now)
    assert desk.run(3.0) == b"\r\n+CMGS: 1\r\n" + OK


def test_ussd_goes_in_the_terminals_character_set(bench):
    desk = bench(ussd_answer="Balance: 5", ussd_ucs2=False, ussd_s=2.0).quiet("AT+CMEE=2", 'AT+CSCS="UCS2"')
    assert b"+CME ERROR" in desk.say('AT+CUSD=1,"*100#",15')
    assert desk.say('AT+CUSD=1,"002A0031003000300023",15') == OK
    assert desk.run(3.0) == b'\r\n+CUSD: 0,"00420061006C0061006E00630065003A00200035",15\r\n'


def test_the_operator_is_named_in_the_form_that_was_asked_for(bench):
    desk = bench().quiet("AT+COPS=3,2")
    assert desk.say("AT+COPS?") == b'\r\n+COPS: 0,2,"25001",2\r\n' + OK
    assert desk.say("AT+COPS=3,0") == OK
    assert desk.say("AT+COPS?") == b'\r\n+COPS: 0,0,"MTS RUS",2\r\n' + OK


def test_ussd_answers_later_in_ucs2(bench):
    desk = bench(ussd_answer="Баланс", ussd_s=2.0).quiet()
    assert desk.say('AT+CUSD=1,"*100#",15') == OK
    assert desk.run(3.0) == b'\r\n+CUSD: 0,"04110430043B0430043D0441",72\r\n'
