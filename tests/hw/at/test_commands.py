"""Every command's text and what its answer means."""

import pytest

from hw.at import commands, commands_network
from hw.at.commands import AnswerUnreadable, CallRow, Setting
from hw.at.commands_network import Operator
from hw.at.grammar import COMMAND, split_fields

TEXTS = [
    (commands.Attention(), "AT"),
    (Setting("E", (0,)), "ATE0"),
    (Setting("+CMEE", (2,)), "AT+CMEE=2"),
    (Setting("+CPMS", ("ME", "ME", "ME")), 'AT+CPMS="ME","ME","ME"'),
    (Setting("+CNMI", (2, 1, 0, 2, 0)), "AT+CNMI=2,1,0,2,0"),
    (commands.Answer(), "ATA"),
    (commands.HangUp(), "AT+CHUP"),
    (commands.SetSound(on=True), "AT+CPCMREG=1"),
    (commands.SetSound(on=False), "AT+CPCMREG=0,1"),
    (commands_network.EnterPin("0042"), 'AT+CPIN="0042"'),
    (commands_network.ReadRegistration(lte=True), "AT+CEREG?"),
    (commands_network.ReadIdentity("imei"), "AT+CGSN"),
]

ANSWERS = [
    (commands.ReadSound(), ["+CPCMREG: 1"], True),
    (commands.ReadSound(), ["+CPCMREG: 0"], False),
    (commands_network.ReadSim(), ["+CPIN: SIM PIN"], "SIM PIN"),
    (commands_network.ReadPinTries(), ["+SPIC: 3,10,3,10"], 3),
    (commands_network.ReadSignal(), ["+CSQ: 20,99"], -73),
    (commands_network.ReadSignal(), ["+CSQ: 0,0"], -113),
    (commands_network.ReadSignal(), ["+CSQ: 31,0"], -51),
    (commands_network.ReadSignal(), ["+CSQ: 99,99"], None),
    (commands_network.ReadSignal(), ["+CSQ: 150,99"], -66),
    (commands_network.ReadSignal(), ["+CSQ: 199,99"], None),
    (commands_network.ReadSignal(), ["+CSQ: 12,0", "+CSQ: 20,99"], -73),
    (commands_network.ReadOperator(), ['+COPS: 0,0,"MTS RUS",7'], Operator("MTS RUS", 7)),
    (commands_network.ReadOperator(), ["+COPS: 0"], Operator("", None)),
    (commands_network.ReadOperator(), ['+COPS: 0,0,"Cell C  Cell C",2'], Operator("Cell C", 2)),
    (commands_network.ReadRegistration(lte=False), ["+CREG: 0,5"], 5),
    (commands_network.ReadRegistration(lte=True), ['+CEREG: 2,1,"775C","06F94B9D",7'], 1),
    (commands_network.ReadMode(), ["+CNSMOD: 1,8"], 8),
    (commands_network.ReadClock(), ['+CCLK: "26/11/22,14:30:00+12"'], "26/11/22,14:30:00+12"),
    (commands_network.ReadIdentity("firmware"), ["+CGMR: LE20B03SIM7600M22"], "LE20B03SIM7600M22"),
    (commands_network.ReadIdentity("model"), ["SIMCOM_SIM7600G-H"], "SIMCOM_SIM7600G-H"),
    (commands.ListCalls(), [], ()),
    (
        commands.ListCalls(),
        ['+CLCC: 1,1,0,0,0,"+79161234567",145,"Ann, Bob"', "+CLCC: 2,1,5,0,0"],
        (CallRow(1, True, 0, True, "+79161234567", "145"), CallRow(2, True, 5, True, "")),
    ),
]

UNREADABLE = [
    (commands.ReadSound(), []),
    (commands.ReadSound(), ["+CPCMREG:"]),
    (commands_network.ReadSignal(), ["+CSQ: x,y"]),
    (commands_network.ReadSignal(), []),
    (commands_network.ReadRegistration(lte=False), ["+CREG: 1"]),
    (commands.ListCalls(), ["+CLCC: 1,1"]),
    (commands.ListCalls(), ['+CLCC: "+7916",1,1,1']),
    (commands_network.ReadIdentity("model"), []),
]


@pytest.mark.parametrize(("command", "text"), TEXTS)
def test_a_command_writes_its_text(command: commands.Command[object], text: str) -> None:
    assert command.text == text
    assert COMMAND.fullmatch(text)


@pytest.mark.parametrize(("command", "lines", "expected"), ANSWERS)
def test_an_answer_is_typed(command: commands.Command[object], lines: list[str], expected: object) -> None:
    assert command.parse(lines) == expected


@pytest.mark.parametrize(("command", "lines"), UNREADABLE)
def test_an_unreadable_answer_is_an_error(command: commands.Command[object], lines: list[str]) -> None:
    with pytest.raises(AnswerUnreadable):
        command.parse(lines)


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "1234;", '1234"', "12 34", "١٢٣٤", "1234\r"])
def test_a_pin_is_only_digits(pin: str) -> None:
    with pytest.raises(ValueError):
        commands_network.EnterPin(pin)


def test_a_pin_is_never_shown() -> None:
    command = commands_network.EnterPin("4321")
    assert "4321" not in repr(command)
    assert "4321" not in command.shown


@pytest.mark.parametrize(
    ("name", "values"),
    [("D+7916", ()), ("+CLIP=1;", ()), ("+CSCS", ('IRA";+CPOF',)), ("+CSCS", ("IRA\r",)), ("", (1,))],
)
def test_a_setting_takes_only_numbers_and_plain_words(name: str, values: tuple[str | int, ...]) -> None:
    with pytest.raises(ValueError):
        Setting(name, values)


@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        ("", ("",)),
        ('"a,b",1,,"c"', ("a,b", "1", "", "c")),
        ('"open,1', ("open,1",)),
        (" 1 , 2 ", ("1", "2")),
        ('"+79",145,"",,"",0', ("+79", "145", "", "", "", "0")),
    ],
)
def test_fields_are_split_at_commas_outside_quotes(payload: str, fields: tuple[str, ...]) -> None:
    assert split_fields(payload) == fields
