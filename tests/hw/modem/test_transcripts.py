"""Transcripts per firmware: replayed whole, and cut into every size of read."""

import asyncio
import io
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.at.protocol import AtProtocol, Urc
from hw.errors import ModemError
from hw.modem.calls import CallTracker
from hw.modem.capture import capture
from hw.modem.events import (
    CallerKnown,
    CallMissed,
    CallOver,
    CallUp,
    DigitPressed,
    Fact,
    ModemUp,
    Presentation,
    Ringing,
    SimChanged,
    SimState,
)
from hw.modem.find import Ports
from hw.modem.keeper import ModemKeeper, ModemSettings
from hw.modem.network import NetworkTracker
from hw.modem.transcript import MAX_HELD, TranscriptWriter, mask_digits, mask_pin
from tests.fakes.modem_clock import run_virtual
from tests.fakes.modem_port import HEALTHY
from tests.fakes.modem_pty import PtyModem
from tests.fakes.modem_transcript import FOLDER, ReplayModem, load, parse

NUMBER = "+79161230000"
CLIP = CallerKnown(NUMBER, Presentation.PRESENTED, f'+CLIP: "{NUMBER}",145,,,,0')
BY_ROW = CallerKnown(NUMBER, Presentation.PRESENTED, NUMBER)
WITHHELD = CallerKnown(None, Presentation.WITHHELD, '+CLIP: "",128,,,,1')

FACTS: dict[str, list[Fact]] = {
    "le20b03sim7600m22-missed.txt": [Ringing(), CLIP, Ringing(), CallOver("NO CARRIER"), CallMissed(NUMBER)],
    "le20b05-m21-call.txt": [
        Ringing(),
        BY_ROW,
        CallUp(),
        DigitPressed("4"),
        DigitPressed("#"),
        CallOver("VOICE CALL: END"),
    ],
    "le20b04-volte-withheld.txt": [Ringing(), WITHHELD, CallUp(), CallOver("VOICE CALL: END")],
    "boot-sim-busy.txt": [],
}


def facts_of(name: str, size: int) -> list[Fact]:
    """The calls' facts of everything the modem says, read without knowing what was asked."""
    protocol, calls, facts = AtProtocol(), CallTracker(), list[Fact]()
    for chunk in load(name).chunks:
        if chunk.way == ">":
            continue
        for at in range(0, len(chunk.data), size):
            for line in protocol.feed(chunk.data[at : at + size]):
                if isinstance(line, Urc):
                    facts += calls.line(line.text, chunk.seconds)
    return facts


def test_every_transcript_has_a_source_and_expected_facts() -> None:
    names = {path.name for path in FOLDER.glob("*.txt")}
    assert names == set(FACTS)
    for name in names:
        assert {"model", "firmware", "source"} <= set(load(name).header)


@pytest.mark.parametrize("size", [1, 2, 3, 10_000])
@pytest.mark.parametrize("name", FACTS)
def test_a_transcript_gives_the_same_facts_however_it_is_read(name: str, size: int) -> None:
    assert facts_of(name, size) == FACTS[name]


@given(st.sampled_from(sorted(FACTS)), st.integers(0, 2**32))
def test_any_cutting_of_any_transcript_gives_the_same_facts(name: str, seed: int) -> None:
    chance, protocol, calls, facts = Random(seed), AtProtocol(), CallTracker(), list[Fact]()
    for chunk in load(name).chunks:
        data = b"" if chunk.way == ">" else chunk.data
        while data:
            size = chance.randint(1, 40)
            for line in protocol.feed(data[:size]):
                if isinstance(line, Urc):
                    facts += calls.line(line.text, chunk.seconds)
            data = data[size:]
    assert facts == FACTS[name]


@pytest.mark.parametrize("name", [name for name in FACTS if name.startswith("le")])
@pytest.mark.parametrize("chunk", [1, 3, 4096])
def test_the_driver_starts_on_every_firmware(name: str, chunk: int) -> None:
    facts: list[Fact] = []
    transcript = load(name)

    async def run() -> None:
        modem = ReplayModem(transcript, chunk=chunk)

        async def open_port(path: Path) -> ReplayModem:
            return modem

        up = asyncio.Event()
        keeper = ModemKeeper(
            ModemSettings(),
            lambda fact: (facts.append(fact), isinstance(fact, ModemUp) and up.set()),  # type: ignore[func-returns-value]
            find=lambda at, pcm: Ports(Path(at), None),
            open_port=open_port,
        )
        keeping = asyncio.create_task(keeper.run())
        await up.wait()
        assert keeper.status.registered
        assert keeper.status.info is not None
        assert keeper.status.info.firmware == transcript.header["firmware"]
        modem.play()
        await asyncio.sleep(1)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    run_virtual(run())
    assert Ringing() in facts


def test_the_boot_lines_tell_the_sim() -> None:
    tracker, protocol = NetworkTracker(), AtProtocol()
    lines = protocol.feed(load("boot-sim-busy.txt").from_modem)
    facts = [fact for line in lines if isinstance(line, Urc) for fact in tracker.line(line.text)]
    assert facts[0] == SimChanged(SimState.READY)
    assert Urc("RDY") in lines


CHUNKS = st.lists(st.tuples(st.floats(0, 9e5), st.sampled_from("<>"), st.binary(min_size=1, max_size=40)), max_size=30)


@given(CHUNKS)
def test_what_is_written_is_read_back(chunks: list[tuple[float, str, bytes]]) -> None:
    out = io.StringIO()
    writer = TranscriptWriter(out, mask=False)
    for seconds, way, data in chunks:
        writer.chunk(seconds, way, data)
    writer.flush()
    read = [(chunk.way, chunk.data) for chunk in parse(out.getvalue()).chunks]
    assert read == [(way, mask_pin(data)) for _, way, data in chunks]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12))
def test_a_number_cut_in_pieces_is_masked_whole(sizes: list[int]) -> None:
    data = b'\r\n+CLIP: "+79161234567",145,,,,0\r\n'
    out = io.StringIO()
    writer = TranscriptWriter(out, mask=True)
    at = 0
    for number, size in enumerate([*sizes, len(data)]):
        writer.chunk(number / 10, "<", data[at : at + size])
        writer.chunk(number / 10, ">", b"AT\r")
        at += size
    writer.flush()
    assert parse(out.getvalue()).from_modem == b'\r\n+CLIP: "+79160000000",145,,,,0\r\n'


def test_a_flood_of_digits_is_not_held_for_ever() -> None:
    out = io.StringIO()
    writer = TranscriptWriter(out, mask=True)
    for number in range(MAX_HELD * 3):
        writer.chunk(float(number), "<", b"1")
        assert len(writer._held) < MAX_HELD
    assert out.getvalue()


@pytest.mark.parametrize(
    ("data", "masked"),
    [
        (b"867584030000123", b"867500000000000"),
        (b"+CGMR: LE20B03SIM7600M22", b"+CGMR: LE20B03SIM7600M22"),
        (b"+CREG: 1,1", b"+CREG: 1,1"),
        (b"07919761989901F0", b"0791000000000000"),
    ],
)
def test_digits_are_masked(data: bytes, masked: bytes) -> None:
    assert mask_digits(data) == masked


def test_an_entered_pin_is_never_written() -> None:
    out = io.StringIO()
    TranscriptWriter(out, mask=False).chunk(0.0, ">", b'AT+CPIN="4321"\r')
    assert "4321" not in out.getvalue()
    assert "****" in out.getvalue()


def answer(command: str) -> bytes:
    reply = HEALTHY.get(command, "OK")
    assert isinstance(reply, str)
    return b"".join(b"\r\n" + line.encode() + b"\r\n" for line in reply.split("|"))


async def test_a_capture_on_a_real_pty_can_be_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hw.at.channel.GAP_SECONDS", 0.0)
    file = tmp_path / "capture.txt"
    with PtyModem(answer) as modem:

        def hear(fact: Fact) -> None:
            if isinstance(fact, ModemUp):
                modem.say(b'\r\nRING\r\n\r\n+CLIP: "+79161234567",145,,,,0\r\n')
            if isinstance(fact, CallerKnown):
                asyncio.get_running_loop().call_later(0.05, modem.unplug)

        with pytest.raises(ModemError):
            await capture(modem.path, file, seconds=10, on_fact=hear)
    text = file.read_text()
    assert "1234567" not in text
    transcript = parse(text)
    assert transcript.header["firmware"] == "LE20B03SIM7600M22"
    assert b"+79160000000" in transcript.from_modem
    assert [chunk.data for chunk in transcript.chunks if chunk.way == ">"][:2] == [b"AT\r", b"ATE0\r"]


async def test_a_capture_overwrites_nothing(tmp_path: Path) -> None:
    file = tmp_path / "capture.txt"
    file.write_text("precious")
    with PtyModem(answer) as modem, pytest.raises(FileExistsError):
        await capture(modem.path, file, seconds=10)
    assert file.read_text() == "precious"
