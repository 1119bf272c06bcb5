"""The simulator as its users meet it: a process, two ports and a socket."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import pytest

from hw.simulator.__main__ import main
from hw.simulator.client import SimulatorClient, SimulatorError, SimulatorGone
from hw.simulator.wav import RATE, read_wav

pytestmark = pytest.mark.realtime

REPOSITORY = Path(__file__).parents[3]
SHORT = {
    "title": {"ru": "короткий", "en": "short"},
    "network": {"preset": "clean"},
    "step": [{"say": "stop"}, {"digits": "5"}, {"hang_up": True}],
}


class Host:
    """A crude host on the AT port: writes a line, reads until a word."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    async def until(self, word, seconds=5.0):
        got = b""
        async with asyncio.timeout(seconds):
            while word not in got:
                with contextlib.suppress(BlockingIOError):
                    got += os.read(self.fd, 4096)
                await asyncio.sleep(0.002)
        return got

    async def say(self, line):
        os.write(self.fd, line.encode() + b"\r")
        return await self.until(b"\r\nOK\r\n")


@pytest.fixture
async def simulator():
    """(process, folder, client) of a plain simulator; it must end well."""
    with tempfile.TemporaryDirectory(prefix="sim") as name:  # short, for the socket's path
        folder = Path(name)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hw.simulator", "--state-dir", name, "--profile", "plain"),
            cwd=REPOSITORY,
            stdout=asyncio.subprocess.PIPE,
        )
        ready = json.loads(await asyncio.wait_for(process.stdout.readline(), 20))
        assert ready["ready"] is True
        yield process, folder, SimulatorClient(ready["control"])
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        assert await asyncio.wait_for(process.wait(), 5) == 0
        assert time.monotonic() - began < 2.0
        assert sorted(path.name for path in folder.iterdir()) == ["calls", "ledger.jsonl", "simulator.lock"]


async def test_a_call_from_ring_to_ledger(simulator):
    _, folder, client = simulator
    host = Host(folder / "modem-at")
    await host.say("ATE0")
    await host.say("AT+CLIP=1")
    assert (await client.status())["host"]["prepared"] is True
    call = await client.call(inline=SHORT)
    with pytest.raises(SimulatorError) as caught:
        await client.call("opening_hours")
    assert caught.value.code == "busy"
    assert b'+CLIP: "+79161234567",145' in await host.until(b",,,,0\r\n")
    await host.say("ATA")
    rest = await host.until(b"NO CARRIER")
    assert b"+RXDTMF: 5" in rest
    record = await client.wait(call)
    assert (record["ended_by"], record["digits_sent"], record["rings"]) == ("caller", "5", 1)
    assert record["answered_after"] is not None
    said, heard = (read_wav(Path(record["recordings"][name])) for name in ("said", "heard"))
    assert len(said) == len(heard) == pytest.approx(record["seconds"] * RATE, abs=320)
    assert abs(said.astype(int)).max() > 1000
    assert not heard.any()
    rows = [json.loads(line) for line in (folder / "ledger.jsonl").read_text().splitlines()]
    assert [row["what"] for row in rows] == ["started", "call"]
    assert rows[1]["id"] == call
    kinds = []
    async for event in client.events(since=0):
        kinds.append(event["kind"])
        if event["kind"] == "call_ended":
            break
    assert [kind for kind in kinds if kind not in ("pcm_stopped",)] == [
        *("host_opened", "call_started", "ring", "answered", "says", "said", "digit", "hang_up", "call_ended")
    ]
    os.close(host.fd)


async def test_ports_vanish_and_return_with_rdy(simulator):
    _, folder, client = simulator
    host = Host(folder / "modem-at")
    await host.say("ATE0")
    await client.faults("port_loss", seconds=0.3)
    assert not (folder / "modem-at").is_symlink()
    with contextlib.suppress(OSError):
        assert os.read(host.fd, 100) == b""
    os.close(host.fd)
    async for event in client.events(since=0):
        if event["kind"] == "ports_back":
            break
    again = Host(folder / "modem-at")
    assert b"AT\r" in await again.say("AT")  # the echo is on again
    os.close(again.fd)


async def test_the_pcm_port_flows_at_16000_bytes_a_second_only_in_a_call(simulator):
    _, folder, client = simulator
    host = Host(folder / "modem-at")
    pcm = os.open(folder / "modem-pcm", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    await host.say("ATE0")
    call = await client.call(inline={**SHORT, "step": [{"silence": 30.0}]})
    await host.until(b"RING")
    await host.say("ATA")
    with pytest.raises(BlockingIOError):
        os.read(pcm, 1)
    await asyncio.sleep(0.15)  # the module needs a moment after the answer
    await host.say("AT+CPCMREG=1")
    got, began, first = 0, time.monotonic(), None
    while got < 16000:
        with contextlib.suppress(BlockingIOError):
            got += len(os.read(pcm, 4096))
            first = first or time.monotonic()
        await asyncio.sleep(0.001)
    assert 0.9 < time.monotonic() - first < 3.0, began
    await client.hang_up()
    record = await client.wait(call)
    assert record["pcm"]["rate"] == 8000
    assert record["pcm"]["down_bytes"] >= got
    os.close(pcm)
    os.close(host.fd)


async def test_wrong_requests_get_clear_answers(simulator):
    process, folder, client = simulator
    for arguments, code, part in [
        ({"scenario": "opening_hour"}, "bad_value", "did you mean opening_hours"),
        ({"wav": folder / "ledger.jsonl"}, "bad_value", "not a WAV"),
        ({"inline": {"step": []}}, "bad_value", "title"),
        ({}, "bad_request", "one of scenario, wav, inline"),
    ]:
        with pytest.raises(SimulatorError) as caught:
            await client.call(**arguments)
        assert caught.value.code == code
        assert part in caught.value.en
    with pytest.raises(SimulatorError, match="unknown fault"):
        await client.faults("gremlins")
    for do, code in [("sing", "unknown"), ("hang_up", "no_call")]:
        with pytest.raises(SimulatorError) as caught:
            await client.request(do)
        assert caught.value.code == code
    reader, writer = await asyncio.open_unix_connection(str(folder / "simulator.sock"))
    writer.write(b"this is no JSON\n")
    assert json.loads(await reader.readline())["error"]["code"] == "bad_request"
    writer.close()
    assert {one["name"] for one in await client.scenarios()} >= {"opening_hours", "dtmf"}
    await client.quit()
    assert await asyncio.wait_for(process.wait(), 5) == 0
    with pytest.raises(SimulatorGone):
        await client.status()


async def test_a_second_simulator_in_the_same_folder_is_refused(simulator, capsys):
    _, folder, _ = simulator
    assert main(["--state-dir", str(folder)]) == 3
    assert "уже работает другой симулятор" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--profile", "none.toml"], ["--set", "nosuch=1"], ["--set", "nonsense"]])
def test_a_bad_profile_ends_with_exit_code_2(tmp_path, arguments, capsys):
    assert main(["--state-dir", str(tmp_path), *arguments]) == 2
    assert "профиль / profile:" in capsys.readouterr().err


def test_nothing_of_the_driver_is_imported():
    import subprocess

    code = "import sys, hw.simulator.__main__; print([name for name in sys.modules if name.startswith('hw.')])"
    names = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout
    assert "hw.simulator.module" in names
    assert not any(
        part in names for part in ("'hw.at", "'hw.modem'", "'hw.modem.", "'hw.audio", "'hw.ports", "'hw.errors")
    )
