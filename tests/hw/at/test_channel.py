"""One command in flight, URCs in order beside it, and the way back after a timeout. In virtual time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pytest

from hw.at import commands, commands_network, commands_sms
from hw.at.channel import ESCAPE, MAX_WAITING, AtChannel, ModemSilent, refusal_code
from hw.errors import CommandRefused, CommandTimeout, ModemError, PortLost
from tests.fakes.modem_clock import run_virtual
from tests.fakes.modem_port import FakeModem, Reply

SIGNAL = commands_network.ReadSignal()
CLCC = commands.ListCalls()


def with_channel(
    story: Callable[[AtChannel, FakeModem, list[str]], Awaitable[None]],
    replies: dict[str, Reply] | None = None,
    **options: float,
) -> FakeModem:
    modem = FakeModem(replies, **options)  # type: ignore[arg-type]
    modem.echo = False
    heard: list[str] = []

    async def run() -> None:
        channel = AtChannel(modem, heard.append)
        serving = asyncio.create_task(channel.run())
        try:
            await story(channel, modem, heard)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    run_virtual(run())
    return modem


@pytest.mark.parametrize("chunk", [1, 2, 3, 4096])
def test_an_answer_comes_back_typed(chunk: int) -> None:
    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        assert await channel.send(SIGNAL) == -73
        assert await channel.send(commands_network.ReadIdentity("model")) == "SIMCOM_SIM7600G-H"
        assert heard == []

    with_channel(story, chunk=chunk)


def test_urcs_inside_an_answer_are_delivered_in_order() -> None:
    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        rows = await channel.send(CLCC)
        assert [row.call_id for row in rows] == [1]
        assert heard == ["RING", '+CLIP: "900",129', "+CREG: 2"]

    with_channel(story, {"AT+CLCC": 'RING|+CLCC: 1,1,4,0,0,"900",129|+CLIP: "900",129|+CREG: 2|OK'})


def test_the_answer_is_handed_over_before_a_urc_that_follows_it() -> None:
    order: list[object] = []

    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        await channel.send(CLCC, lambda rows: heard.append(f"{len(rows)} rows"))
        order.extend(heard)

    with_channel(story, {"AT+CLCC": "+CLCC: 1,1,4,0,0|OK|NO CARRIER"})
    assert order == ["1 rows", "NO CARRIER"]


def test_commands_wait_for_each_other() -> None:
    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        answers = await asyncio.gather(*(channel.send(SIGNAL) for _ in range(MAX_WAITING)))
        assert answers == [-73] * MAX_WAITING

    modem = with_channel(story, delay=0.2)
    gaps = [b - a for a, b in zip(modem.sent_at, modem.sent_at[1:], strict=False)]
    assert min(gaps) >= 0.2


def test_too_many_waiting_commands_are_refused_at_once() -> None:
    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        results = await asyncio.gather(*(channel.send(SIGNAL) for _ in range(MAX_WAITING + 5)), return_exceptions=True)
        assert [type(result) for result in results[MAX_WAITING:]] == [ModemError] * 5

    with_channel(story)


def test_a_refusal_carries_the_modems_words() -> None:
    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        with pytest.raises(CommandRefused) as caught:
            await channel.send(commands_network.ReadSim())
        assert caught.value.code == "SIM not inserted"
        assert channel.refused == 1

    with_channel(story, {"AT+CPIN?": "+CME ERROR: SIM not inserted"})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ERROR", "ERROR"),
        ("+CME ERROR: 10", "10"),
        ("+CMS ERROR: Memory full", "Memory full"),
        ("NO CARRIER", "NO CARRIER"),
    ],
)
def test_refusal_codes(text: str, code: str) -> None:
    assert refusal_code(text) == code


def test_a_late_ok_does_not_complete_the_next_command() -> None:
    """The modem answers everything 7 s late for a while, in order, as a busy module does."""

    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        modem.delay = 7.0
        with pytest.raises(CommandTimeout):
            await channel.send(commands.SetSound(on=True))
        modem.delay = 0.01
        modem.replies["AT+CREG?"] = "+CREG: 1,5|OK"
        assert await channel.send(commands_network.ReadRegistration(lte=False)) == 5
        with pytest.raises(CommandRefused):
            await channel.send(commands.HangUp())
        assert (channel.timeouts, channel.resyncs) == (1, 1)

    with_channel(story, {"AT+CHUP": "ERROR"})


def test_a_module_that_answers_in_turn_and_late_is_caught_up_with() -> None:
    """Each command takes the modem 4 s, and it starts the next only then: answers pile up behind a timeout."""
    free_at = 0.0

    def slowly(lines: str) -> Callable[[FakeModem], None]:
        def reply(modem: FakeModem) -> None:
            nonlocal free_at
            now = asyncio.get_running_loop().time()
            free_at = max(now, free_at) + 4.0
            modem.later(free_at - now, lines)

        return reply

    @dataclass(frozen=True, slots=True)
    class Hasty(commands.Order):
        timeout: ClassVar[float] = 1.0
        text: str = "AT+CVHU=0"

    replies: dict[str, Reply] = {
        "AT": slowly("OK"),
        "AT+CVHU=0": slowly("ERROR"),
        "AT+CGMR": slowly("+CGMR: X|OK"),
        "AT+CPCMREG?": slowly("+CPCMREG: 0|OK"),
        "AT+CSQ": slowly("+CSQ: 20,99|OK"),
    }

    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        for _ in range(3):
            with pytest.raises(CommandTimeout):
                await channel.send(Hasty())
            assert await channel.send(SIGNAL) == -73

    with_channel(story, replies)


def test_a_late_answer_that_looks_like_a_urc_is_not_told_as_one() -> None:
    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        with pytest.raises(CommandTimeout):
            await channel.send(commands_network.ReadRegistration(lte=False))
        modem.say("+CREG: 0,1|OK")
        assert await channel.send(SIGNAL) == -73
        assert heard == []

    with_channel(story, {"AT+CREG?": None})


def test_a_cancelled_command_poisons_the_channel_too() -> None:
    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        modem.delay = 1.0
        hasty = asyncio.create_task(channel.send(commands.HangUp()))
        await asyncio.sleep(0.5)
        hasty.cancel()
        await asyncio.gather(hasty, return_exceptions=True)
        assert await channel.send(SIGNAL) == -73
        assert channel.resyncs == 1

    modem = with_channel(story)
    assert modem.sent == ["AT+CHUP", "AT", "AT+CGMR", "AT+CSQ"]


def test_a_module_busy_with_what_was_cancelled_is_not_silent_before_its_time() -> None:
    """One that reads nothing before its final result: nothing is answered for 50 s, then all in turn."""
    free_at = 0.0

    def in_turn(lines: str) -> Callable[[FakeModem], None]:
        def reply(modem: FakeModem) -> None:
            nonlocal free_at
            now = asyncio.get_running_loop().time()
            free_at = max(now, free_at) + 0.02
            modem.later(free_at - now, lines)

        return reply

    @dataclass(frozen=True, slots=True)
    class Long(commands.Order):
        timeout: ClassVar[float] = 60.0
        text: str = "AT+CVHU=0"

    def long(modem: FakeModem) -> None:
        nonlocal free_at
        free_at = asyncio.get_running_loop().time() + 50.0
        modem.later(50.0, "OK")

    replies: dict[str, Reply] = {
        "AT": in_turn("OK"),
        "AT+CVHU=0": long,
        "AT+CGMR": in_turn("+CGMR: X|OK"),
        "AT+CSQ": in_turn("+CSQ: 20,99|OK"),
    }

    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        began = asyncio.get_running_loop().time()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await channel.send(Long())
        assert await channel.send(SIGNAL) == -73
        assert asyncio.get_running_loop().time() - began == pytest.approx(51.0, abs=1.0)
        assert channel.resyncs == 1

    with_channel(story, replies)


def test_one_that_answers_at_and_then_says_nothing_at_all_is_silent_after_two_questions() -> None:
    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        began = asyncio.get_running_loop().time()
        with pytest.raises(CommandTimeout):
            await channel.send(commands.HangUp())
        with pytest.raises(ModemSilent):
            await channel.send(SIGNAL)
        assert asyncio.get_running_loop().time() - began < commands.CALL_SECONDS + 22.0

    with_channel(story, {"AT+CHUP": None, "AT+CGMR": None, "AT+CPCMREG?": None})


def test_who_is_on_the_way_back_when_all_is_over_writes_nothing() -> None:
    async def run() -> None:
        modem = FakeModem({"AT+CMGS=20": None})
        channel = AtChannel(modem, lambda _: None)
        serving = asyncio.create_task(channel.run())
        given_up = asyncio.create_task(channel.send(commands_sms.SendMessage(bytes(21), 20)))
        waiting = asyncio.create_task(channel.send(SIGNAL))
        await asyncio.sleep(0.1)
        given_up.cancel()
        modem.say("RING")
        await asyncio.sleep(0.1)  # the line is being drained
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await modem.close()
        with pytest.raises(PortLost):
            await waiting

    run_virtual(run())


def test_the_wait_for_a_body_is_escaped_from_again_and_again() -> None:
    """A question that fails on the way back is not what it began with."""
    heard: list[bytes] = []

    class Prompting(FakeModem):
        async def write(self, data: bytes) -> None:
            heard.append(data)
            if data != ESCAPE:
                await super().write(data)

    async def run() -> None:
        modem = Prompting({"AT+CMGS=20": None, "AT": None})
        modem.echo = False
        channel = AtChannel(modem, lambda _: None)
        serving = asyncio.create_task(channel.run())
        with pytest.raises(CommandTimeout):
            await channel.send(commands_sms.SendMessage(bytes(21), 20))
        await asyncio.sleep(3.0)
        modem.replies["AT"] = "OK"
        assert await channel.send(SIGNAL) == -73
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    run_virtual(run())
    assert heard == [b"AT+CMGS=20\r", *([ESCAPE, b"AT\r"] * 3), b"AT+CGMR\r", b"AT+CSQ\r"]


def test_the_channel_comes_back_by_itself_before_anyone_asks() -> None:
    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        with pytest.raises(CommandTimeout):
            await channel.send(commands.HangUp())
        await asyncio.sleep(5)

    assert with_channel(story, {"AT+CHUP": None}).sent == ["AT+CHUP", "AT", "AT+CGMR"]


def test_no_carrier_to_ata_may_be_the_callers_and_the_answer_still_to_come() -> None:
    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        with pytest.raises(CommandRefused) as caught:
            await channel.send(commands.Answer())
        assert caught.value.code == "NO CARRIER"
        modem.later(0.05, "ERROR")
        await channel.send(commands.HangUp())

    with_channel(story, {"ATA": "NO CARRIER"})


def test_a_modem_that_falls_silent_fails_everyone() -> None:
    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        modem.replies = dict.fromkeys(modem.replies | {"AT": None}, None)
        results = await asyncio.gather(*(channel.send(SIGNAL) for _ in range(3)), return_exceptions=True)
        assert isinstance(results[0], CommandTimeout)
        assert {type(result) for result in results[1:]} == {ModemSilent}
        with pytest.raises(ModemSilent):
            await channel.send(SIGNAL)

    with_channel(story)


def test_a_lost_port_fails_the_waiting_commands_and_run() -> None:
    async def run() -> None:
        modem = FakeModem({"AT+CSQ": None})
        channel = AtChannel(modem, lambda _: None)
        serving = asyncio.create_task(channel.run())
        waiting = [asyncio.create_task(channel.send(SIGNAL)) for _ in range(3)]
        await asyncio.sleep(0.5)
        modem.unplug()
        results = await asyncio.gather(*waiting, serving, return_exceptions=True)
        assert [type(result) for result in results] == [PortLost] * 4
        with pytest.raises(PortLost):
            await channel.send(SIGNAL)

    run_virtual(run())


def test_an_endless_answer_is_cut() -> None:
    seen: list[int] = []

    class Greedy(commands.Command[int]):
        text = "AT+CLCC"
        answers = ("+CLCC",)

        def parse(self, lines: Sequence[str]) -> int:
            seen.append(len(lines))
            return len(lines)

    async def story(channel: AtChannel, modem: FakeModem, heard: list[str]) -> None:
        assert await channel.send(Greedy()) == 64

    with_channel(story, {"AT+CLCC": "|".join(["+CLCC: 1,1,4,0,0"] * 5000) + "|OK"})
    assert seen == [64]
