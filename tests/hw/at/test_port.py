"""The serial port on a real pseudo-terminal."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from hw.at import commands, commands_network
from hw.at.channel import AtChannel
from hw.at.port import PortBusy, SerialPort, open_serial
from hw.errors import CommandTimeout, PortLost
from tests.fakes.modem_pty import PtyModem

pytestmark = pytest.mark.realtime


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[SerialPort]:
    port = await open_serial(path)
    try:
        yield port
    finally:
        await port.close()


async def read_exactly(port: SerialPort, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += await port.read()
    return data


async def test_bytes_pass_both_ways_and_reads_take_what_waits() -> None:
    with PtyModem(lambda command: b"\r\nOK\r\n") as modem:
        async with opened(modem.path) as port:
            await port.write(b"AT\r")
            assert await read_exactly(port, 6) == b"\r\nOK\r\n"
            assert modem.sent == ["AT"]


async def test_a_cancelled_read_loses_nothing() -> None:
    with PtyModem(lambda command: None) as modem:
        async with opened(modem.path) as port:
            got = b""
            for _ in range(20):
                reading = asyncio.create_task(port.read())
                await asyncio.sleep(0)
                modem.say(b"RING\r\n")
                reading.cancel()
                (result,) = await asyncio.gather(reading, return_exceptions=True)
                got += result if isinstance(result, bytes) else b""
            got += await read_exactly(port, 120 - len(got))
            assert got == b"RING\r\n" * 20


async def test_closing_ends_a_blocked_read_quickly() -> None:
    with PtyModem(lambda command: None) as modem:
        port = await open_serial(modem.path)
        reading = asyncio.create_task(port.read())
        await asyncio.sleep(0.05)
        began = time.monotonic()
        await port.close()
        assert time.monotonic() - began < 0.5
        assert await reading == b""
        with pytest.raises(PortLost):
            await port.read()
        with pytest.raises(PortLost):
            await port.write(b"AT\r")


async def test_a_port_is_ours_alone() -> None:
    with PtyModem(lambda command: None) as modem:
        async with opened(modem.path):
            with pytest.raises(PortBusy):
                await open_serial(modem.path)
        async with opened(modem.path):
            pass


async def test_a_missing_port_is_lost_not_busy(tmp_path: Path) -> None:
    with pytest.raises(PortLost) as caught:
        await open_serial(tmp_path / "ttyUSB2")
    assert not isinstance(caught.value, PortBusy)


async def test_unplugging_ends_a_read_with_port_lost() -> None:
    with PtyModem(lambda command: None) as modem:
        async with opened(modem.path) as port:
            reading = asyncio.create_task(port.read())
            await asyncio.sleep(0.05)
            modem.unplug()
            with pytest.raises(PortLost):
                await reading
            with pytest.raises(PortLost):
                await port.write(b"AT\r")


async def test_a_line_that_takes_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hw.at.port.WRITE_SECONDS", 0.2)
    with PtyModem(lambda command: None) as modem:
        async with opened(modem.path) as port:
            asyncio.get_running_loop().remove_reader(modem._master)
            with pytest.raises(PortLost):
                await port.write(b"x" * 100_000)


@dataclass(frozen=True, slots=True)
class Hasty(commands.Order):
    """AT+CVHU=0 with little patience."""

    timeout: ClassVar[float] = 0.15
    text: str = "AT+CVHU=0"


async def test_a_late_ok_on_a_real_pty_does_not_complete_the_next_command() -> None:
    late = asyncio.Event()

    def reply(command: str) -> bytes | None:
        if command == "AT+CVHU=0":
            asyncio.get_running_loop().call_later(0.3, lambda: (modem.say(b"\r\nOK\r\n"), late.set()))
            return None
        if command == "AT+CSQ":
            return b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n"
        return b"\r\n+CGMR: X\r\n\r\nOK\r\n" if command == "AT+CGMR" else b"\r\nOK\r\n"

    with PtyModem(reply) as modem:
        async with opened(modem.path) as port:
            channel = AtChannel(port, lambda _: None)
            serving = asyncio.create_task(channel.run())
            with pytest.raises(CommandTimeout):
                await channel.send(Hasty())
            assert await channel.send(commands_network.ReadSignal()) == -73
            await late.wait()
            assert await channel.send(commands_network.ReadSignal()) == -73
            modem.unplug()
            with pytest.raises(PortLost):
                await serving
