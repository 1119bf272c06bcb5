"""What the modem writes about messages, and what is sent to it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.at import commands_sms as sms
from hw.at.commands import AnswerUnreadable, Attention, Command
from hw.at.protocol import AtProtocol, Final, Info, Line, Urc

PDU = "07919761989901F0040B919761214365F700006211228084002103C8329B"
OTHER = "07919761989901F0040B919761214365F700006211228084002103C8329C"

ANSWERS: list[tuple[str, Command[Any], list[str], Any]] = [
    ("memory", sms.SelectMemory("SM"), ["+CPMS: 3,15,0,23,0,23"], sms.Room(3, 15)),
    ("a message", sms.ReadMessage(3), ["+CMGR: 0,,23", PDU], sms.StoredPdu(3, 0, 23, PDU)),
    ("a message with a name", sms.ReadMessage(3), ['+CMGR: 1,"Bank, the",23', PDU], sms.StoredPdu(3, 1, 23, PDU)),
    ("small letters", sms.ReadMessage(3), ["+CMGR: 1,,23", PDU.lower()], sms.StoredPdu(3, 1, 23, PDU)),
    ("an empty place", sms.ReadMessage(3), [], None),
    ("noise before it", sms.ReadMessage(3), ["00FF", "+CMGR: 0,,23", PDU], sms.StoredPdu(3, 0, 23, PDU)),
    ("an empty list", sms.ListMessages(), [], ()),
    (
        "a list",
        sms.ListMessages(),
        ["+CMGL: 0,1,,23", PDU, "+CMGL: 7,0,,23", OTHER],
        (sms.StoredPdu(0, 1, 23, PDU), sms.StoredPdu(7, 0, 23, OTHER)),
    ),
    (
        "a list with a line lost",
        sms.ListMessages(),
        ["+CMGL: 0,1,,23", "+CMGL: x", "+CMGL: 7,0,,23", OTHER],
        (sms.StoredPdu(0, 1, 23, ""), sms.StoredPdu(7, 0, 23, OTHER)),
    ),
    ("a reference", sms.SendMessage(b"\0" * 20, 19), ["+CMGS: 214"], 214),
    ("a reference with a time", sms.SendMessage(b"\0" * 20, 19), ['+CMGS: 7,"26/11/22"'], 7),
]


@pytest.mark.parametrize(("command", "lines", "meant"), [case[1:] for case in ANSWERS], ids=[c[0] for c in ANSWERS])
def test_an_answer_is_understood(command: Command[Any], lines: list[str], meant: Any) -> None:
    assert command.parse(lines) == meant


@pytest.mark.parametrize(
    ("command", "lines"),
    [
        (sms.SelectMemory("SM"), []),
        (sms.SelectMemory("SM"), ["+CPMS: ?"]),
        (sms.ReadMessage(3), ["+CMGR: 0,,23"]),
        (sms.ReadMessage(3), ["+CMGR: 0,,23", "no pdu"]),
        (sms.SendMessage(b"\0" * 20, 19), []),
        (sms.SendMessage(b"\0" * 20, 19), ["+CMGS:"]),
    ],
)
def test_an_answer_that_makes_no_sense_says_so(command: Command[Any], lines: list[str]) -> None:
    with pytest.raises(AnswerUnreadable):
        command.parse(lines)


def test_the_body_is_hexadecimal_and_ends_in_control_z() -> None:
    command = sms.SendMessage(bytes.fromhex("0011FF") + bytes(8), 10)
    assert command.text == "AT+CMGS=10"
    assert command.body == b"0011FF0000000000000000\x1a"


@pytest.mark.parametrize(
    "make",
    [
        lambda: sms.SelectMemory('ME";D112;'),
        lambda: sms.ReadMessage(-1),
        lambda: sms.DeleteMessage(1000),
        lambda: sms.SendMessage(b"\0", 1),
        lambda: sms.SendMessage(bytes(300), 200),
    ],
)
def test_what_may_not_reach_the_line_is_refused(make: Any) -> None:
    with pytest.raises(ValueError):
        make()


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('+CMTI: "SM",3', ("SM", 3)),
        ('+CMTI: "MT",0', ("ME", 0)),
        ('+CDSI: "SR",12', ("SR", 12)),
        ("+CMTI: ME,4", ("ME", 4)),
        ('+CMTI: "BM",3', None),
        ('+CMTI: "ME"', None),
        ('+CMTI: "ME",-1', None),
        ('+CMTI: "ME",99999', None),
        ('+CMTI: "ME",٣', None),
        ("+CMTI:", None),
    ],
)
def test_where_a_message_lies_is_read_from_its_urc(line: str, place: tuple[str, int] | None) -> None:
    assert sms.place_of(line) == place


OK = Final("OK", accepted=True)
CARRIED: list[tuple[str, Command[Any] | None, bytes, list[Line]]] = [
    ("a report while idle", None, b"\r\n+CDS: 25\r\n" + PDU.encode() + b"\r\n", [Urc(f"+CDS: 25\n{PDU}")]),
    ("a message while idle", None, b"\r\n+CMT: ,25\r\n" + PDU.encode() + b"\r\n", [Urc(f"+CMT: ,25\n{PDU}")]),
    (
        "a report inside an answer of hexadecimal lines",
        sms.ReadMessage(1),
        f"\r\n+CMGR: 0,,23\r\n\r\n+CDS: 25\r\n{OTHER}\r\n{PDU}\r\n\r\nOK\r\n".encode(),
        [Info("+CMGR: 0,,23"), Urc(f"+CDS: 25\n{OTHER}"), Info(PDU), OK],
    ),
    (
        "a ring between the two lines",
        None,
        f"\r\n+CDS: 25\r\n\r\nRING\r\n\r\n{PDU}\r\n".encode(),
        [Urc("RING"), Urc(f"+CDS: 25\n{PDU}")],
    ),
    (
        "a PDU that never comes",
        None,
        b"\r\n+CDS: 25\r\nRING\r\nRING\r\nRING\r\n",
        [Urc("RING"), Urc("RING"), Urc("+CDS: 25"), Urc("RING")],
    ),
    (
        "+CMTI inside an answer",
        Attention(),
        b'\r\n+CMTI: "ME",1\r\n\r\nOK\r\n',
        [Urc('+CMTI: "ME",1'), OK],
    ),
    ("a late reference", None, b"\r\n+CMGS: 3\r\n\r\nOK\r\n", [Urc("+CMGS: 3")]),
]


@pytest.mark.parametrize("chunk", [1, 2, 3, 4096])
@pytest.mark.parametrize(("command", "data", "lines"), [case[1:] for case in CARRIED], ids=[c[0] for c in CARRIED])
def test_a_urc_of_two_lines_is_one(command: Command[Any] | None, data: bytes, lines: list[Line], chunk: int) -> None:
    protocol = AtProtocol()
    if command is not None:
        protocol.begin(command)
    found = [line for at in range(0, len(data), chunk) for line in protocol.feed(data[at : at + chunk])]
    assert found[: len(lines)] == lines


@given(st.lists(st.text(max_size=60), max_size=6))
def test_any_lines_are_an_answer_or_unreadable(lines: list[str]) -> None:
    for command in (sms.SelectMemory("ME"), sms.ReadMessage(1), sms.ListMessages(), sms.SendMessage(bytes(20), 19)):
        try:
            command.parse(lines)
        except AnswerUnreadable:
            continue
