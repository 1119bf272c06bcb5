"""Questions to the operator: what the answer means, and what happens where none comes. In virtual time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.at.channel import AtChannel
from hw.at.commands_service import SendKeys, SendUssd
from hw.errors import CommandRefused
from hw.modem.ussd import ANSWER_SECONDS, Ussd, UssdAnswer, UssdBusy, UssdSilent, UssdStatus, is_begun, parse_ussd
from tests.fakes.modem_clock import run_virtual
from tests.fakes.modem_port import FakeModem, Reply

BALANCE = "Баланс: 152.30 руб."
WIDE = BALANCE.encode("utf-16-be").hex().upper()
ASK = 'AT+CUSD=1,"*100#",15'

ANSWERS = [
    (f'+CUSD: 0,"{WIDE}",72', UssdStatus.DONE, BALANCE),
    (f'+CUSD: 0,"{WIDE}"', UssdStatus.DONE, BALANCE),
    (f'+CUSD: 0, "{WIDE.lower()}", 72', UssdStatus.DONE, BALANCE),
    ('+CUSD: 0,"Balance: 152.30 RUB",15', UssdStatus.DONE, "Balance: 152.30 RUB"),
    ('+CUSD: 1,"1 Balance\n2 Tariff",15', UssdStatus.REPLY_WANTED, "1 Balance\n2 Tariff"),
    ('+CUSD: 0,"Tariff "Super" 5 GB, 100 min",15', UssdStatus.DONE, 'Tariff "Super" 5 GB, 100 min'),
    ("+CUSD: 2", UssdStatus.TERMINATED, ""),
    ("+CUSD:4", UssdStatus.UNSUPPORTED, ""),
    ("+CUSD: 5", UssdStatus.TIMEOUT, ""),
    ('+CUSD: 0,"00001234",15', UssdStatus.DONE, "00001234"),  # digits, though they could be hexadecimal
    ('+CUSD: 0,"041",72', UssdStatus.DONE, "041"),
    ('+CUSD: 0,"\x1b[31mred\x07",15', UssdStatus.DONE, "[31mred"),
]


@pytest.mark.parametrize(("line", "status", "text"), ANSWERS)
def test_what_the_operator_said(line: str, status: UssdStatus, text: str) -> None:
    assert parse_ussd(line) == UssdAnswer(status, text)


@pytest.mark.parametrize("line", ["+CUSD:", "+CUSD: 9", '+CUSD: 0,"begun', "+CUSD: x", "OK", ""])
def test_what_is_no_whole_answer(line: str) -> None:
    assert parse_ussd(line) is None
    assert is_begun(line) is ("begun" in line)


@given(st.text(max_size=200))
def test_nonsense_never_raises(text: str) -> None:
    parse_ussd(text)
    parse_ussd(f'+CUSD: 0,"{text}",72')
    is_begun(text)


@pytest.mark.parametrize("code", ["*100#", "*111*0887#", "#102#", "*105#", "*110*10#"])
def test_codes_for_the_operator(code: str) -> None:
    assert SendUssd(code).text == f'AT+CUSD=1,"{code}",15'


@pytest.mark.parametrize(
    "code",
    ["**21*+79161234567#", "*21*89161234567#", "##002#", "*#06#", "*31#", "**04*1234*0000*0000#", "*43#", "#21#",
     "*33*1234#", "100", "*100", "*100#;D112", '*100#"', "*１００#", "", "*100#\r", "+79161234567", "*#", "#" * 40],
)  # fmt: skip
def test_what_is_no_question_to_the_operator_is_not_sent(code: str) -> None:
    with pytest.raises(ValueError, match="not a code"):
        SendUssd(code)


@pytest.mark.parametrize(("keys", "text"), [("5", 'AT+VTS="5"'), ("12#", 'AT+VTS="1,2,#"'), ("*0A", 'AT+VTS="*,0,A"')])
def test_keys_for_the_far_side(keys: str, text: str) -> None:
    assert SendKeys(keys).text == text


@pytest.mark.parametrize("keys", ["", "x", "1;D112", '"', "1" * 30, "１", "1\r", "d"])
def test_what_are_no_keys(keys: str) -> None:
    with pytest.raises(ValueError, match="keys are"):
        SendKeys(keys)


def with_ussd(
    story: Callable[[Ussd, FakeModem], Awaitable[None]], replies: dict[str, Reply] | None = None, *, idle: bool = True
) -> FakeModem:
    modem = FakeModem(replies)
    modem.echo = False

    async def run() -> None:
        channel = AtChannel(modem, lambda text: ussd.line(text), on_stray=lambda text: ussd.stray(text))
        ussd = Ussd(channel, lambda: idle)
        serving = asyncio.create_task(channel.run())
        try:
            await story(ussd, modem)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    run_virtual(run())
    return modem


def test_an_answer_that_comes_late() -> None:
    async def story(ussd: Ussd, modem: FakeModem) -> None:
        modem.later(28.0, f'+CUSD: 0,"{WIDE}",72')
        assert await ussd.ask("*100#") == UssdAnswer(UssdStatus.DONE, BALANCE)

    assert with_ussd(story).sent == [ASK]


def test_a_text_of_several_lines_is_one_answer() -> None:
    async def story(ussd: Ussd, modem: FakeModem) -> None:
        modem.later(2.0, '+CUSD: 0,"Balance:|152.30 RUB|Bonus: 5",15')
        assert (await ussd.ask("*100#")).text == "Balance:\n152.30 RUB\nBonus: 5"

    with_ussd(story)


def test_a_dialogue_that_wants_a_reply_is_ended() -> None:
    async def story(ussd: Ussd, modem: FakeModem) -> None:
        modem.later(2.0, '+CUSD: 1,"1 Balance",15')
        assert (await ussd.ask("*100#")).status is UssdStatus.REPLY_WANTED

    assert with_ussd(story).sent == [ASK, "AT+CUSD=2"]


def test_no_answer_is_waited_for_only_so_long_and_the_next_question_is_possible() -> None:
    async def story(ussd: Ussd, modem: FakeModem) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(UssdSilent):
            await ussd.ask("*100#")
        assert loop.time() - began < ANSWER_SECONDS + 2
        modem.later(1.0, "+CUSD: 2")
        assert (await ussd.ask("*100#")).status is UssdStatus.TERMINATED

    assert with_ussd(story).sent == [ASK, "AT+CUSD=2", ASK]


def test_no_network_is_told_by_the_modem() -> None:
    async def story(ussd: Ussd, modem: FakeModem) -> None:
        with pytest.raises(CommandRefused) as refused:
            await ussd.ask("*100#")
        assert refused.value.code == "no network service"

    with_ussd(story, {ASK: "+CME ERROR: no network service"})


def test_one_question_at_a_time_and_none_in_a_call() -> None:
    async def story(ussd: Ussd, modem: FakeModem) -> None:
        modem.later(5.0, "+CUSD: 2")
        first = asyncio.create_task(ussd.ask("*100#"))
        await asyncio.sleep(0.1)
        with pytest.raises(UssdBusy):
            await ussd.ask("*102#")
        await first

    assert with_ussd(story).sent == [ASK]

    async def in_a_call(ussd: Ussd, modem: FakeModem) -> None:
        with pytest.raises(UssdBusy):
            await ussd.ask("*100#")

    assert with_ussd(in_a_call, idle=False).sent == []


def test_what_the_operator_says_unasked_is_not_the_next_answer() -> None:
    async def story(ussd: Ussd, modem: FakeModem) -> None:
        modem.say('+CUSD: 0,"advertising",15')
        await asyncio.sleep(0.1)
        modem.later(3.0, '+CUSD: 0,"152.30",15')
        assert (await ussd.ask("*100#")).text == "152.30"

    with_ussd(story)
