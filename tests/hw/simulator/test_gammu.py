"""The simulator before a client that is not ours: Debian's gammu, which knows nothing of the box. What it found when it
was first tried: AT+CGATT? was refused, AT+COPS=3,2 did not change how the operator is named, and a USSD code in the
terminal's own character set (UCS2, which gammu uses throughout) was taken for none."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from hw.simulator.profile import BUILT_IN
from hw.simulator.simulator import Simulator

pytestmark = [
    pytest.mark.gammu,
    pytest.mark.skipif(shutil.which("gammu") is None, reason="needs Debian's gammu"),
]

LONG = " ".join(["длинное сообщение"] * 10)


@dataclass
class Client:
    """gammu on the AT port of a simulator that runs here."""

    simulator: Simulator
    settings: Path

    async def run(self, *words: str, say: str = "") -> str:
        """What it prints. It must end well."""
        process = await asyncio.create_subprocess_exec(
            *("gammu", "-c", str(self.settings), *words),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": str(self.settings.parent)},
        )
        out, _ = await asyncio.wait_for(process.communicate(say.encode()), 60.0)
        assert process.returncode == 0, out.decode()
        return out.decode()


@pytest_asyncio.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    simulator = Simulator(tmp_path / "simulator", BUILT_IN["plain"])
    (tmp_path / "simulator").mkdir()
    simulator.open()
    running = asyncio.create_task(simulator.run())
    settings = tmp_path / "gammurc"
    settings.write_text(f"[gammu]\ndevice = {tmp_path}/simulator/modem-at\nconnection = at115200\n")
    yield Client(simulator, settings)
    running.cancel()
    await asyncio.wait({running})


async def test_it_knows_the_module_and_its_network(client: Client) -> None:
    assert "SIMCOM INCORPORATED" in await client.run("identify")
    network = await client.run("networkinfo")
    assert "home network" in network
    assert "250 01" in network
    assert "Signal strength" in await client.run("monitor", "1")


async def test_the_operator_answers_it(client: Client) -> None:
    # It ends by itself only on a terminal's Ctrl-C where no answer comes.
    assert "Баланс" in await client.run("getussd", "*100#")


async def test_messages_go_both_ways_whole(client: Client) -> None:
    await client.run("sendsms", "TEXT", "+79161234567", "-unicode", "-len", "400", say=LONG)
    sent = [row for row in client.simulator.ledger.rows() if row["what"] == "sms_out"]
    assert [row["part"][1:] for row in sent] == [[3, 1], [3, 2], [3, 3]]
    assert "".join(row["text"] for row in sent).strip() == LONG
    for text in ("Привет", "Plain {text} with € and [brackets]", LONG):
        client.simulator.message(sender="+79161234567", text=text)
    await asyncio.sleep(0)
    shown = await client.run("geteachsms")
    assert all(text in shown for text in ("Привет", "Plain {text} with € and [brackets]", LONG)), shown
    await client.run("deleteallsms", "3")
    assert "0 SMS parts" in await client.run("geteachsms")
