"""The keeper with its true port on a real pseudo-terminal."""

import asyncio
from pathlib import Path

import pytest

from hw.modem.events import CallerKnown, CallOver, CallUp, Fact, ModemDown, ModemUp, Ringing
from hw.modem.keeper import ModemKeeper, ModemSettings
from tests.fakes.modem_port import HEALTHY
from tests.fakes.modem_pty import PtyModem

pytestmark = pytest.mark.realtime


async def test_a_call_on_a_real_pty_and_the_return_after_unplugging(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hw.at.channel.GAP_SECONDS", 0.0)
    monkeypatch.setattr("hw.modem.recovery.FIRST_SECONDS", 0.01)
    replies = dict(HEALTHY)

    def reply(command: str) -> bytes:
        lines = replies.get(command, "OK")
        assert isinstance(lines, str)
        return b"".join(b"\r\n" + line.encode() + b"\r\n" for line in lines.split("|"))

    facts: asyncio.Queue[Fact] = asyncio.Queue()

    async def until(kind: type[object]) -> Fact:
        async with asyncio.timeout(10):
            while not isinstance(fact := await facts.get(), kind):
                continue
        return fact

    link = tmp_path / "modem-at"
    keeper = ModemKeeper(ModemSettings(at_port=str(link), pcm_port=""), facts.put_nowait)
    with PtyModem(reply) as modem, PtyModem(reply) as second:
        link.symlink_to(modem.path)
        keeping = asyncio.create_task(keeper.run())
        await until(ModemUp)
        modem.say(b'\r\nRING\r\n\r\n+CLIP: "+79161234567",145,,,,0\r\n')
        await until(Ringing)
        await until(CallerKnown)
        replies |= {"ATA": "OK|VOICE CALL: BEGIN", "AT+CPCMREG?": "+CPCMREG: 1|OK"}
        await keeper.answer()
        await until(CallUp)
        assert (await keeper.open_sound()).tries == 1
        link.unlink()
        link.symlink_to(second.path)
        modem.unplug()
        assert await until(CallOver) == CallOver("port lost")
        await until(ModemDown)
        await until(ModemUp)
        await keeper.hang_up()
        assert second.sent[-1] == "AT+CHUP"
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
