"""The simulated SIM: what the network gave it, what the host sees of it, and what the ledger says."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.simulator import sms_pdu
from hw.simulator.modem_state import Noted
from hw.simulator.options import OptionError
from hw.sms import pdu
from hw.sms.segment import split

OK = b"\r\nOK\r\n"
SUBMIT = "0031000B919761214365F7000000" + "05E8329BFD06"
"""To +79161234567, with a report: "hello"."""
LENGTH = len(SUBMIT) // 2 - 1
WHEN = dt.datetime(2026, 11, 22, 8, 48, 0, tzinfo=dt.timezone(dt.timedelta(hours=3)))


def noted(desk, what):
    return [effect.data for effect in desk.effects() if isinstance(effect, Noted) and effect.what == what]


def send(desk, octets=SUBMIT, length=LENGTH, seconds=5.0):
    assert desk.say(f"AT+CMGS={length}") == b"\r\n> "
    desk.module.port.feed(octets.encode() + b"\x1a", desk.now)
    return desk.run(seconds)


@pytest.fixture
def desk(bench):
    return bench(sms_report_s=2.0).quiet("AT+CMGF=0", 'AT+CPMS="ME","ME","ME"', "AT+CNMI=2,1,0,2,0", "AT+CMEE=2")


def test_a_message_is_stored_told_read_and_deleted(desk):
    number = desk.module.messages.incoming("+79161234567", "Привет", desk.now)
    assert desk.run(1.0) == b'\r\n+CMTI: "ME",0\r\n'
    stored = desk.module.messages.memories["ME"].slots[0].pdu
    assert desk.say("AT+CMGR=0") == f"\r\n+CMGR: 0,,{len(stored) // 2 - 8}\r\n{stored}\r\n".encode() + OK
    assert desk.say("AT+CMGR=0").startswith(b"\r\n+CMGR: 1,,")
    assert desk.say("AT+CPMS?") == b'\r\n+CPMS: "ME",1,23,"ME",1,23,"ME",1,23\r\n' + OK
    assert desk.say("AT+CMGD=0") == OK
    assert desk.say("AT+CMGR=0") == OK
    events = [(effect.what, effect.data["id"]) for effect in desk.effects() if isinstance(effect, Noted)]
    assert events == [("sms_in", number), ("sms_stored", number), ("sms_deleted", number)]


def test_a_long_message_takes_a_slot_a_part(desk):
    desk.module.messages.incoming("Bank", "А" * 150, desk.now)
    assert desk.run(1.0).count(b"+CMTI") == 3
    listed = desk.say("AT+CMGL=4")
    parts = [pdu.decode(pdu.unhex(line.decode())) for line in listed.split(b"\r\n") if line.startswith(b"07")]
    assert [part.body.concat.part for part in parts] == [1, 2, 3]
    assert pdu.join([part.body.text for part in parts]) == "А" * 150
    assert {part.sender.text for part in parts} == {"Bank"}


def test_a_full_memory_says_so_and_the_network_waits_for_room(bench):
    desk = bench(sms_me_slots=2).quiet("AT+CNMI=2,1,0,2,0", 'AT+CPMS="ME","ME","ME"')
    for text in ("one", "two", "three"):
        desk.module.messages.incoming("+79161234567", text, desk.now)
    said = desk.run(5.0)
    assert said.count(b"+CMTI") == 2
    assert said.count(b"+SMS FULL") == 1
    assert desk.module.messages.status()["waiting"] == 1
    assert b'+CMTI: "ME",1' in desk.say("AT+CMGD=1", 3.0)
    assert desk.module.messages.status()["waiting"] == 0


def test_messages_outlive_a_restart_and_wait_for_the_network(desk):
    desk.module.messages.incoming("+79161234567", "before", desk.now)
    desk.run(1.0)
    desk.module.boot(desk.now)
    desk.faults.set("not_registered", {"stat": 2})
    desk.module.messages.incoming("+79161234567", "meanwhile", desk.now)
    desk.run(10.0)
    assert desk.module.messages.status()["waiting"] == 1
    desk.faults.clear("not_registered")
    desk.run(10.0)
    assert len(desk.module.messages.memories["ME"].slots) == 2


def test_what_the_host_sends_is_in_the_ledger_and_a_report_comes(desk):
    assert send(desk, seconds=1.0) == b"\r\n+CMGS: 1\r\n" + OK
    (sent,) = noted(desk, "sms_out")
    assert (sent["to"], sent["text"], sent["reference"]) == ("+79161234567", "hello", 1)
    assert desk.run(5.0) == b'\r\n+CDSI: "SR",0\r\n'
    desk.say('AT+CPMS="SR"')
    answer = desk.say("AT+CMGR=0").split(b"\r\n")[2].decode()
    report = pdu.decode(pdu.unhex(answer))
    assert (report.reference, report.to.text, report.delivered) == (1, "+79161234567", True)


def test_a_report_may_come_as_it_is(desk):
    desk.say("AT+CNMI=1,1,0,1,0")
    send(desk, seconds=1.0)
    assert desk.run(5.0).startswith(b"\r\n+CDS: 25\r\n0791")


@pytest.mark.parametrize(
    ("octets", "length"),
    [
        (SUBMIT, LENGTH + 1),
        (SUBMIT[:-2], LENGTH),
        ("xyz", 8),
        ("", 8),
        ("0004" + "00" * 10, 11),
        (SUBMIT[:-2], LENGTH - 1),
    ],
)
def test_what_is_no_message_is_refused_and_never_sent(desk, octets, length):
    assert send(desk, octets, length) == b"\r\n+CMS ERROR: Invalid PDU mode parameter\r\n"
    assert noted(desk, "sms_out") == []


def test_an_unanswered_message_was_taken_all_the_same(desk):
    desk.faults.set("sms_timeout", {"seconds": 20.0})
    desk.faults.set("sms_no_report", {})
    assert send(desk, seconds=10.0) == b""
    assert len(noted(desk, "sms_out")) == 1
    assert desk.say("AT") == OK
    assert desk.run(20.0).startswith(b"\r\n+CMGS: 1\r\n\r\nOK\r\n")


@pytest.mark.parametrize(
    ("fault", "options", "words"),
    [
        ("sms_refused", {"code": 42}, b"Congestion"),
        ("sms_memory_full", {}, b"Memory full"),
        ("not_registered", {}, b"no network service"),
    ],
)
def test_a_refusal_is_in_words_and_sends_nothing(desk, fault, options, words):
    desk.faults.set(fault, options)
    assert send(desk) == b"\r\n+CMS ERROR: " + words + b"\r\n"
    assert noted(desk, "sms_out") == []


def test_faults_of_the_memory(desk):
    desk.module.messages.incoming("+79161234567", "x", desk.now)
    desk.run(1.0)
    desk.faults.set("sms_unreadable", {})
    assert desk.say("AT+CMGR=0") == b"\r\n+CMS ERROR: Memory failure\r\n"
    assert desk.say("AT+CMGR=0").startswith(b"\r\n+CMGR")
    desk.faults.set("sms_delete_refused", {})
    assert desk.say("AT+CMGD=0") == b"\r\n+CMS ERROR: Unknown error\r\n"
    desk.module.messages.ghost("ME", 7)
    assert desk.run(0.1) == b'\r\n+CMTI: "ME",7\r\n'
    assert desk.say("AT+CMGR=99") == b"\r\n+CMS ERROR: Invalid memory index\r\n"


def test_messages_and_calls_are_not_mixed(bench):
    desk = bench(sms_in_call="error").quiet("AT+CMEE=2")
    desk.ring()
    assert b"+CMS ERROR: Unknown error" in desk.say("AT+CMGL=4")
    assert (desk.module.messages.counts.while_calling, desk.module.messages.counts.crossing) == (1, 0)


def test_a_command_that_was_on_its_way_when_the_call_came_is_counted_apart(bench):
    desk = bench(sms_in_call="error", latency_s=0.5).quiet("AT+CMEE=2")
    desk.module.port.feed(b"AT+CMGL=4\r", desk.now)
    assert b"+CMS ERROR: Unknown error" in desk.ring()
    assert (desk.module.messages.counts.while_calling, desk.module.messages.counts.crossing) == (0, 1)


def test_of_a_call_that_a_mute_module_did_not_tell_the_host_knows_nothing(bench):
    desk = bench(sms_in_call="error").quiet("AT+CMEE=2")
    desk.faults.set("mute", {})
    desk.ring()
    desk.say("AT+CMGL=4")
    assert (desk.module.messages.counts.while_calling, desk.module.messages.counts.crossing) == (0, 1)
    desk.faults.clear("mute")
    desk.run(6.5)
    desk.say("AT+CMGL=4")
    assert (desk.module.messages.counts.while_calling, desk.module.messages.counts.crossing) == (1, 1)


def test_without_cmti_the_message_is_there(desk):
    desk.faults.set("sms_no_cmti", {})
    desk.module.messages.incoming("+79161234567", "x", desk.now)
    assert desk.run(1.0) == b""
    assert b"+CMGL: 0,0,," in desk.say("AT+CMGL=4")


def test_text_mode_shows_text_in_the_chosen_characters(desk):
    desk.module.messages.incoming("+79161234567", "Hi", desk.now)
    desk.run(1.0)
    desk.say("AT+CMGF=1")
    assert b'+CMGR: "REC UNREAD","+79161234567","","26/11/22,08:48:00+12"\r\nHi\r\n' in desk.say("AT+CMGR=0")
    desk.say('AT+CSCS="UCS2"')
    assert b"\r\n00480069\r\n" in desk.say('AT+CMGL="ALL"')


@pytest.mark.parametrize("fields", [{}, {"sender": "+7916"}, {"sender": "Имя", "text": "x"}, {"pdu": "xyz"}])
def test_what_nobody_could_send_is_refused(desk, fields):
    with pytest.raises(OptionError):
        desk.module.messages.receive(desk.now, **fields)


@given(st.text(min_size=1, max_size=200), st.booleans())
def test_the_driver_reads_what_the_network_writes(text, wide):
    pieces = sms_pdu.pieces(text)
    read = []
    for number, piece in enumerate(pieces, 1):
        part = (9, len(pieces), number) if len(pieces) > 1 else None
        octets = sms_pdu.deliver("+79161234567", piece, WHEN, part=part, wide=wide)
        message = pdu.decode(pdu.unhex(octets))
        assert message.sent is not None
        assert message.sent.at == WHEN.timestamp()
        read.append(message.body.text)
    assert pdu.join(read) == text


@given(st.text(min_size=1, max_size=200))
def test_the_network_reads_what_the_driver_writes(text):
    read = []
    for body in split(text, 7):
        octets = pdu.encode_submit("+79161234567", body, report=True, validity=1440)
        sent = sms_pdu.submitted(octets.hex().upper())
        assert sent.to == "+79161234567"
        assert (sent.part is None) == (body.concat is None)
        read.append(sent.text)
    assert "".join(read) == text
