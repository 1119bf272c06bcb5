"""The way of a call's sound: a stuck port is opened anew with the AT side alive, and the modem is told how it did."""

import asyncio
from pathlib import Path

import pytest

from hw.audio.gate import SoundGate
from hw.audio.ports import SILENCE
from hw.errors import CommandRefused, ModemError, SoundError
from hw.modem.recovery import Fault
from hw.modem.sound import SoundOpened
from secretaryd.call import sound as module
from secretaryd.call.sound import AlsaSound, ModemSound

FRAME = b"\x10\x00" * 160


class Modem:
    """What is asked and told of it, in order."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.tries = 1
        self.refuses: ModemError | None = None
        self.path: Path | None = Path("/dev/pcm")

    @property
    def pcm_path(self) -> Path | None:
        return self.path

    async def open_sound(self) -> SoundOpened:
        self.said.append("open")
        if self.refuses is not None:
            raise self.refuses
        return SoundOpened(self.tries, 1.2)

    async def close_sound(self) -> None:
        self.said.append("close")
        if self.refuses is not None:
            raise self.refuses

    def sound_failed(self, fault: Fault) -> None:
        self.said.append(str(fault))

    def sound_well(self) -> None:
        self.said.append("well")


class Port:
    name = "port"

    def __init__(self) -> None:
        self.takes, self.sound, self.closed = True, FRAME, 0

    def start(self) -> None:
        assert not self.closed

    def wait(self, timeout: float) -> bool:
        return bool(self.sound)

    def read(self) -> bytes:
        return self.sound

    def write(self, frame: bytes) -> bool:
        assert not self.closed
        return self.takes

    def queued(self) -> int:
        return 0

    def close(self) -> None:
        self.closed += 1


class Scene:
    def __init__(self) -> None:
        self.modem = Modem()
        self.ports: list[Port] = []
        self.sound = ModemSound(self.modem, self._open)

    def _open(self, path: str) -> Port:
        assert path == "/dev/pcm"
        assert all(port.closed for port in self.ports), "one port at a time"
        self.ports.append(Port())
        return self.ports[-1]

    async def gate(self) -> SoundGate:
        gate, _ = await self.sound.open()
        assert isinstance(gate, SoundGate)
        return gate


@pytest.fixture
def scene(monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(module, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr("hw.audio.gate.UPLINK_SECONDS", 0.0)
    monkeypatch.setattr("hw.audio.gate.COUNT_SECONDS", 0.0)
    return Scene()


async def until(condition: object) -> None:
    async with asyncio.timeout(5):
        while not condition():  # type: ignore[operator]  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_a_good_call_says_that_all_is_well(scene: Scene) -> None:
    gate = await scene.gate()
    gate.start()
    assert gate.read() == FRAME
    assert gate.write(SILENCE)
    gate.close()
    await scene.sound.close()
    assert scene.modem.said == ["open", "well", "close"]
    assert scene.sound.state.plain()["state"] == "good"


async def test_a_stuck_port_is_given_back_and_taken_again(scene: Scene) -> None:
    gate = await scene.gate()
    gate.start()
    gate.read()
    scene.ports[0].takes = False
    assert not gate.write(SILENCE)
    await until(lambda: len(scene.ports) == 2)
    await until(lambda: gate.wait(0.0))
    assert gate.write(SILENCE)
    assert scene.ports[0].closed == 1
    gate.close()
    await scene.sound.close()
    assert scene.modem.said == ["open", "uplink_stuck", "close", "open", "close"]
    state = scene.sound.state.plain()
    assert (state["state"], state["mended"]) == ("mended", 1)


async def test_a_port_that_the_modem_does_not_open_again_ends_the_line(scene: Scene) -> None:
    gate = await scene.gate()
    gate.start()
    scene.ports[0].takes = False
    gate.write(SILENCE)
    scene.modem.refuses = CommandRefused("AT+CPCMREG=1", "ERROR")

    def fails() -> bool:
        try:
            gate.wait(0.0)
        except SoundError as error:
            return "cannot be opened anew" in str(error)
        return False

    await until(fails)
    gate.close()
    await scene.sound.close()


async def test_a_call_that_ends_while_its_port_is_mended_leaves_nothing_behind(scene: Scene) -> None:
    gate = await scene.gate()
    gate.start()
    scene.ports[0].takes = False
    gate.write(SILENCE)
    await asyncio.sleep(0)  # the line's news comes to the loop
    gate.close()
    await scene.sound.close()
    assert all(port.closed for port in scene.ports)
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "call.sound.mend"]


@pytest.mark.parametrize("why", ["refused", "no port"])
async def test_sound_that_cannot_be_had_is_counted_and_costs_no_port(scene: Scene, why: str) -> None:
    if why == "refused":
        scene.modem.refuses = CommandRefused("AT+CPCMREG=1", "ERROR")
    else:
        scene.modem.path = None
    with pytest.raises((ModemError, SoundError)):
        await scene.sound.open()
    assert all(port.closed for port in scene.ports)
    assert scene.sound.state.plain()["state"] == "refused"


async def test_an_endpoint_that_wears_out_is_seen(scene: Scene) -> None:
    scene.modem.tries = 3
    gate = await scene.gate()
    gate.start()
    gate.close()
    await scene.sound.close()
    assert scene.sound.state.plain()["state"] == "worn"


async def test_a_caller_of_nothing_but_zeros_is_told_to_the_modem(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hw.audio.gate.ZERO_SECONDS", 0.01)
    gate = await scene.gate()
    gate.start()
    scene.ports[0].sound = SILENCE
    gate.read()
    gate.close()
    await scene.sound.close()
    assert scene.modem.said == ["open", "downlink_silent", "close"]
    assert scene.sound.state.plain()["state"] == "silent"


async def test_a_sound_card_has_the_same_gate() -> None:
    card = Port()
    sound = AlsaSound("c", "p", lambda capture, playback: card)
    device, how = await sound.open()
    assert (isinstance(device, SoundGate), how) == (True, "alsa")
    await sound.close()
    assert sound.state.plain()["way"] == "alsa"
