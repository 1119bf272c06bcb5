"""Bytes of the AT line in, classified lines out, however the bytes are cut."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.at import commands, commands_network
from hw.at.commands import Command
from hw.at.protocol import MAX_LINE, AtProtocol, CommandInFlight, Echo, Final, Info, Line, Prompt, Stray, Urc

ATTENTION = commands.Attention()
CREG = commands_network.ReadRegistration(lte=False)
CLCC = commands.ListCalls()
CLIP_ON = commands.Setting("+CLIP", (1,))
ATA = commands.Answer()
CHUP = commands.HangUp()
CGMM = commands_network.ReadIdentity("model")
CGMR = commands_network.ReadIdentity("firmware")
MARK = commands.Mark("+CGMR")

OK = Final("OK", accepted=True)

CASES: list[tuple[str, Command[object] | None, bytes, list[Line]]] = [
    ("a plain OK", ATTENTION, b"\r\nOK\r\n", [OK]),
    ("an echo before it", ATTENTION, b"AT\r\r\nOK\r\n", [Echo("AT"), OK]),
    (
        "an echo with nothing between",
        CREG,
        b"AT+CREG?\r+CREG: 0,1\r\nOK\r\n",
        [Echo("AT+CREG?"), Info("+CREG: 0,1"), OK],
    ),
    ("an answer", CREG, b"\r\n+CREG: 0,1\r\n\r\nOK\r\n", [Info("+CREG: 0,1"), OK]),
    (
        "the URC of the same name inside it",
        CREG,
        b"\r\n+CREG: 2\r\n\r\n+CREG: 0,1\r\n\r\nOK\r\n",
        [Urc("+CREG: 2"), Info("+CREG: 0,1"), OK],
    ),
    (
        "the URC with its cell inside it",
        CREG,
        b'\r\n+CREG: 1,"775C","06F94B9D"\r\n\r\n+CREG: 1,1\r\n\r\nOK\r\n',
        [Urc('+CREG: 1,"775C","06F94B9D"'), Info("+CREG: 1,1"), OK],
    ),
    ("an answer with its cell", CREG, b'+CREG: 2,1,"775C","A"\r\nOK\r\n', [Info('+CREG: 2,1,"775C","A"'), OK]),
    ("a URC while idle", None, b"\r\n+CREG: 1\r\n", [Urc("+CREG: 1")]),
    ("a late answer while idle is no URC", None, b"\r\n+CREG: 0,1\r\n\r\nOK\r\n", [Stray("+CREG: 0,1"), Stray("OK")]),
    ("a late refusal while idle", None, b"+CME ERROR: SIM busy\r\n", [Stray("+CME ERROR: SIM busy")]),
    (
        "a URC between echo and answer",
        CREG,
        b"AT+CREG?\r\r\nRING\r\n\r\n+CREG: 0,5\r\n\r\nOK\r\n",
        [Echo("AT+CREG?"), Urc("RING"), Info("+CREG: 0,5"), OK],
    ),
    ("doubled CR", None, b"\r\r\n+CRING: VOICE\r\r\n\r\r\n+RXDTMF: 8\r\r\n", [Urc("+CRING: VOICE"), Urc("+RXDTMF: 8")]),
    (
        "CLCC rows as an answer",
        CLCC,
        b'\r\n+CLCC: 1,1,4,0,0,"+79161234567",145\r\n\r\nOK\r\n',
        [Info('+CLCC: 1,1,4,0,0,"+79161234567",145'), OK],
    ),
    ("CLCC rows as a URC", None, b"+CLCC: 1,1,4,0,0\r\n", [Urc("+CLCC: 1,1,4,0,0")]),
    ("CLCC rows during another command", CREG, b"+CLCC: 1,1,4,0,0\r\nOK\r\n", [Urc("+CLCC: 1,1,4,0,0"), OK]),
    (
        "CLIP while CLIP is set",
        CLIP_ON,
        b'+CLIP: "+79161234567",145,,,,0\r\nOK\r\n',
        [Urc('+CLIP: "+79161234567",145,,,,0'), OK],
    ),
    ("NO CARRIER ends ATA", ATA, b"\r\nNO CARRIER\r\n", [Final("NO CARRIER", accepted=False)]),
    ("BUSY ends ATA", ATA, b"\r\nBUSY\r\n", [Final("BUSY", accepted=False)]),
    ("NO CARRIER is news to CHUP", CHUP, b"\r\nNO CARRIER\r\n\r\nOK\r\n", [Urc("NO CARRIER"), OK]),
    ("NO CARRIER while idle", None, b"\r\nNO CARRIER\r\n", [Urc("NO CARRIER")]),
    ("END before the OK of CHUP", CHUP, b"VOICE CALL: END: 000352\r\nOK\r\n", [Urc("VOICE CALL: END: 000352"), OK]),
    ("BEGIN before the OK of ATA", ATA, b"VOICE CALL: BEGIN\r\nOK\r\n", [Urc("VOICE CALL: BEGIN"), OK]),
    ("a bare answer", CGMM, b"SIMCOM_SIM7600G-H\r\nOK\r\n", [Info("SIMCOM_SIM7600G-H"), OK]),
    ("a RING in a bare answer", CGMM, b"RING\r\nSIMCOM\r\nOK\r\n", [Urc("RING"), Info("SIMCOM"), OK]),
    (
        "a missed call in a bare answer",
        CGMM,
        b"MISSED_CALL: 08:48AM +7916\r\nOK\r\n",
        [Urc("MISSED_CALL: 08:48AM +7916"), OK],
    ),
    ("an unknown URC in a bare answer", CGMM, b"+CTZV: 12\r\nX\r\nOK\r\n", [Urc("+CTZV: 12"), Info("X"), OK]),
    ("a prefixed answer to a bare question", CGMR, b"+CGMR: LE20\r\nOK\r\n", [Info("+CGMR: LE20"), OK]),
    (
        "a verbose refusal",
        CREG,
        b"+CME ERROR: SIM not inserted\r\n",
        [Final("+CME ERROR: SIM not inserted", accepted=False)],
    ),
    ("a numeric refusal", CREG, b"+CME ERROR: 10\r\n", [Final("+CME ERROR: 10", accepted=False)]),
    ("a plain refusal", CREG, b"ERROR\r\n", [Final("ERROR", accepted=False)]),
    (
        "words that only begin like a result",
        ATTENTION,
        b"OKAY then\r\nERROR in it\r\nOK\r\n",
        [Stray("OKAY then"), Stray("ERROR in it"), OK],
    ),
    ("noise", ATTENTION, b"\xff\x00\x13garbage\r\nOK\r\n", [Stray("\ufffd\x13garbage"), OK]),
    ("half a line before RDY", None, b"+CSQ: 2\x00\r\n\r\nRDY\r\n", [Urc("+CSQ: 2"), Urc("RDY")]),
    (
        "a mark does not take a late OK",
        MARK,
        b"OK\r\nERROR\r\n+CGMR: X\r\nOK\r\n",
        [Stray("OK"), Stray("ERROR"), Info("+CGMR: X"), OK],
    ),
    ("nothing but framing", ATTENTION, b"\r\n\r\n\r\r\n", []),
]


def replay(command: Command[object] | None, chunks: Iterator[bytes] | list[bytes]) -> list[Line]:
    protocol = AtProtocol()
    if command is not None:
        assert protocol.begin(command) == command.text.encode() + b"\r"
    return [line for chunk in chunks for line in protocol.feed(chunk)]


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 2, 3, 10_000])
@pytest.mark.parametrize(("command", "data", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_lines_are_told_apart(command: Command[object] | None, data: bytes, expected: list[Line], size: int) -> None:
    assert replay(command, cut(data, size)) == expected


@given(st.sampled_from(CASES), st.data())
def test_any_cutting_of_the_bytes_gives_the_same_lines(
    case: tuple[str, Command[object] | None, bytes, list[Line]], data: st.DataObject
) -> None:
    _, command, sent, expected = case
    cuts = sorted(data.draw(st.sets(st.integers(0, len(sent)))))
    edges = [0, *cuts, len(sent)]
    assert replay(command, [sent[a:b] for a, b in itertools.pairwise(edges)]) == expected


@given(st.lists(st.binary(max_size=3000), max_size=20), st.sampled_from([None, ATTENTION, CREG, CLCC, ATA, CGMM]))
def test_random_bytes_never_raise_and_memory_stays_bounded(
    chunks: list[bytes], command: Command[object] | None
) -> None:
    protocol = AtProtocol()
    if command is not None:
        protocol.begin(command)
    for chunk in chunks:
        protocol.feed(chunk)
        assert len(protocol._buffer) <= MAX_LINE
    protocol.feed(b"\n")
    protocol.abandon()
    assert protocol.feed(b"\r\nRING\r\n") == [Urc("RING")]


def test_a_flood_without_line_ends_is_dropped_up_to_the_next_line() -> None:
    protocol = AtProtocol()
    for _ in range(1000):
        assert protocol.feed(b"x" * 1000) == []
        assert len(protocol._buffer) <= MAX_LINE
    assert protocol.feed(b"tail\r\nRING\r\n") == [Urc("RING")]
    assert protocol.overlong == 1


def test_a_prompt_is_seen_without_a_line_end() -> None:
    class Body(commands.Order):
        prompts = True
        text = "AT+CMGS=20"

    protocol = AtProtocol()
    protocol.begin(Body())
    assert protocol.feed(b"\r\n>") == []
    assert protocol.feed(b" ") == [Prompt()]
    assert protocol.feed(b"\r\nOK\r\n") == [OK]


def test_only_one_command_is_in_flight() -> None:
    protocol = AtProtocol()
    protocol.begin(ATTENTION)
    with pytest.raises(CommandInFlight):
        protocol.begin(CREG)


@pytest.mark.parametrize("text", ["AT\r", "AT+X\x1a", "ATD\x1b", "ATÜ", "AT\nAT", "", "+CLIP", "AT" + "1" * 600])
def test_nothing_can_be_smuggled_into_a_command_line(text: str) -> None:
    class Bad(commands.Order):
        @property
        def text(self) -> str:
            return text

    protocol = AtProtocol()
    with pytest.raises(ValueError):
        protocol.begin(Bad())
    assert protocol.begin(ATTENTION) == b"AT\r"
