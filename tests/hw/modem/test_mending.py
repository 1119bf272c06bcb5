"""The keeper with the simulator's own module, in virtual time: every way of losing the modem, and the way back."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from hw.modem.events import CallerKnown, CallOver, CallUp, Fact, ModemDown, ModemUp, Recovered, Ringing, RungTaken
from hw.modem.keeper import ModemKeeper, ModemSettings
from hw.modem.recovery import Fault, Rung
from hw.simulator.profile import NASTY, PLAIN, Profile, with_overrides
from tests.fakes.modem_clock import run_virtual
from tests.fakes.virtual_modem import VirtualModem

Story = Callable[["Scene"], Awaitable[None]]


class Scene:
    """A keeper and its modem."""

    def __init__(self, profile: Profile, *, power: bool) -> None:
        self.modem = VirtualModem(profile).start()
        self.facts: list[Fact] = []
        self._news = asyncio.Event()
        self.keeper = ModemKeeper(
            ModemSettings(),
            self._hear,
            find=self.modem.find,
            open_port=self.modem.open_port,
            power_key=self.modem if power else None,
        )

    def reborn(self, state: Path) -> "asyncio.Task[NoReturn]":
        """A keeper of the next process, with what the one before left in that folder."""
        self.keeper = ModemKeeper(
            ModemSettings(state_dir=state),
            self._hear,
            find=self.modem.find,
            open_port=self.modem.open_port,
            power_key=self.modem,
        )
        return asyncio.create_task(self.keeper.run())

    def _hear(self, fact: Fact) -> None:
        if isinstance(fact, ModemUp):
            self.modem.mended()
        self.facts.append(fact)
        self._news.set()

    async def until(self, kind: type[Any], count: int = 1, seconds: float = 900.0) -> Any:
        while sum(isinstance(fact, kind) for fact in self.facts) < count:
            self._news.clear()
            async with asyncio.timeout(seconds):
                await self._news.wait()
        return [fact for fact in self.facts if isinstance(fact, kind)][-1]

    @property
    def rungs(self) -> list[Rung]:
        return [fact.rung for fact in self.facts if isinstance(fact, RungTaken)]

    async def talk(self) -> None:
        ups = sum(isinstance(fact, CallUp) for fact in self.facts)
        await self.until(ModemUp)
        self.modem.ring()
        await self.until(CallerKnown, ups + 1)
        await self.keeper.answer()
        await self.until(CallUp, ups + 1)


def play(story: Story, profile: Profile = NASTY, *, power: bool = False) -> Scene:
    async def run() -> Scene:
        scene = Scene(profile, power=power)
        keeping = asyncio.create_task(scene.keeper.run())
        try:
            await story(scene)
        finally:
            keeping.cancel()
            await asyncio.wait({keeping})
            scene.modem.stop()
        return scene

    return run_virtual(run())


@pytest.mark.parametrize("profile", [PLAIN, NASTY], ids=["plain", "nasty"])
def test_a_call_goes_through_on_the_simulators_own_module(profile: Profile) -> None:
    async def story(scene: Scene) -> None:
        await scene.talk()
        opened = await scene.keeper.open_sound()
        assert opened.tries == 1
        await scene.keeper.close_sound()
        await scene.keeper.hang_up()
        await scene.until(CallOver)

    scene = play(story, profile)
    assert scene.rungs == []
    (call,) = scene.modem.calls
    assert (call.by, call.sound) == ("box", True)


@pytest.mark.parametrize("command", ["AT+CPCMREG=1", "AT+CSQ", "AT+CHLD=7"])
def test_answers_owed_to_a_process_that_was_killed_are_not_taken_for_those_of_the_next(command: str) -> None:
    async def story(scene: Scene) -> None:
        scene.modem.fault("slow", seconds=3.5)
        scene.modem.heard(f"{command}\r".encode())  # and killed before the answer
        info = (await scene.until(ModemUp)).info
        assert (info.manufacturer, info.model, info.firmware) == (
            "SIMCOM INCORPORATED",
            "SIMCOM_SIM7600G-H",
            "LE20B03SIM7600M22",
        )

    play(story, with_overrides(NASTY, {"slow_every": 0}))


def test_a_caller_left_over_is_taken_over_soon_by_a_module_that_takes_seconds_for_a_command() -> None:
    async def story(scene: Scene) -> None:
        await scene.talk()
        scene.modem.fault("slow", seconds=3.5)
        scene.modem.unplug(5.0, reset=False)
        assert (await scene.until(CallUp, 2)).found
        (outage,) = scene.modem.outages
        assert outage.possible is not None
        assert scene.modem.now - outage.possible < 50.0
        assert scene.modem.module.state.value("+CMGF") == "0"
        scene.modem.module.state.values["+CMGF"] = ("1",)
        scene.modem.clear()
        scene.modem.hang_up()
        await scene.until(CallOver, 2)
        await asyncio.sleep(120.0)
        assert scene.modem.module.state.value("+CMGF") == "0", "the rest follows after the call"
        assert scene.keeper.status.info is not None
        assert scene.keeper.status.info.model == "SIMCOM_SIM7600G-H"

    play(story)


def test_who_rings_while_a_slow_module_is_told_the_rest_is_answered_at_once() -> None:
    async def story(scene: Scene) -> None:
        scene.modem.fault("slow", seconds=3.5)
        await asyncio.sleep(50.0)
        assert not any(isinstance(fact, ModemUp) for fact in scene.facts)
        scene.modem.ring(patience=40.0)
        await scene.until(CallerKnown)
        await scene.keeper.answer()
        await scene.until(CallUp)
        assert scene.modem.calls[0].answered is not None
        assert scene.modem.calls[0].answered - scene.modem.calls[0].at < 12.0

    play(story)


@pytest.mark.parametrize("away", [3.0, 23.0, 240.0])
@pytest.mark.parametrize("reset", [True, False])
def test_a_modem_replugged_works_within_15_seconds(away: float, reset: bool) -> None:
    async def story(scene: Scene) -> None:
        await scene.until(ModemUp)
        await asyncio.sleep(60)
        scene.modem.unplug(away, reset=reset)
        await scene.until(ModemUp, 2)

    scene = play(story)
    (outage,) = scene.modem.outages
    assert outage.possible is not None
    assert outage.mended is not None
    assert outage.mended - outage.possible <= 15.0
    assert set(scene.rungs) == {Rung.REOPEN}
    assert isinstance(scene.facts[-1], ModemUp)


def test_a_hung_modem_is_switched_off_and_on_and_works_within_60_seconds() -> None:
    async def story(scene: Scene) -> None:
        await scene.until(ModemUp)
        await asyncio.sleep(101)
        scene.modem.hang()
        await scene.until(ModemUp, 2)

    scene = play(story, power=True)
    assert scene.rungs[:2] == [Rung.RESET, Rung.POWER]
    assert scene.modem.presses == [3.0, 2.0]
    outage = scene.modem.outages[0]
    assert outage.mended is not None
    assert outage.mended - outage.began <= 60.0


def test_a_modem_that_hears_but_does_not_speak_is_reset() -> None:
    async def story(scene: Scene) -> None:
        await scene.until(ModemUp)
        await asyncio.sleep(60)
        scene.modem.fault("mute")
        await scene.until(RungTaken)
        await asyncio.sleep(4)
        scene.modem.clear("mute")
        await scene.until(ModemUp, 2)

    scene = play(story)
    assert scene.rungs[0] is Rung.RESET
    assert scene.modem.generation == 2


def test_without_a_power_key_a_hung_modem_is_tried_for_ever() -> None:
    async def story(scene: Scene) -> None:
        await scene.until(ModemUp)
        scene.modem.hang()
        await asyncio.sleep(3600)
        scene.modem.clear("hung")
        scene.modem.reboot()
        await scene.until(ModemUp, 2, seconds=120)

    scene = play(story)
    assert Rung.POWER not in scene.rungs
    assert len(scene.rungs) > 30


def test_a_modem_that_was_switched_off_is_switched_on() -> None:
    async def story(scene: Scene) -> None:
        await scene.until(ModemUp)
        scene.modem._switch_off()  # by a brown-out
        await scene.until(ModemUp, 2)

    scene = play(story, power=True)
    assert scene.modem.presses == [2.0]


@pytest.mark.parametrize("killed_after", [0.1, 1.0, 2.1])
def test_a_process_that_dies_with_the_modem_off_leaves_word_to_switch_it_on(
    tmp_path: Path, killed_after: float
) -> None:
    async def run() -> None:
        scene = Scene(NASTY, power=True)
        first = scene.reborn(tmp_path)
        await scene.until(ModemUp)
        scene.modem.hang()
        await scene.until(RungTaken, 2)
        assert scene.rungs == [Rung.RESET, Rung.POWER]
        await asyncio.sleep(3.0 + killed_after)  # in the middle of the cure
        first.cancel()
        await asyncio.wait({first})
        began = asyncio.get_running_loop().time()
        second = scene.reborn(tmp_path)
        await scene.until(ModemUp, 2)
        assert asyncio.get_running_loop().time() - began < 45.0
        assert not list(tmp_path.iterdir())
        second.cancel()
        await asyncio.wait({second})
        scene.modem.stop()

    run_virtual(run())


def test_a_reboot_in_mid_call_is_noticed_at_once_and_everything_is_set_again() -> None:
    async def story(scene: Scene) -> None:
        await scene.talk()
        began = asyncio.get_running_loop().time()
        scene.modem.reboot()
        await scene.until(CallOver)
        assert asyncio.get_running_loop().time() - began < 1.0
        await scene.until(ModemUp, 2)
        await asyncio.sleep(8.0)
        values = scene.modem.module.state.values
        assert (values["+CLIP"], values["+CCWA"], values["+CPCMBANDWIDTH"]) == (("1",), ("1",), ("1", "1"))
        assert not scene.modem.module.port.echo
        await scene.talk()

    play(story)


@pytest.mark.parametrize("ignored", [1, 2, 3, 9])
def test_a_call_that_the_modem_does_not_let_go_is_ended_by_ever_harder_means(ignored: int) -> None:
    async def story(scene: Scene) -> None:
        await scene.talk()
        scene.modem.fault("chup_ignored", count=ignored)
        await scene.keeper.hang_up()
        await scene.until(CallOver)
        await scene.until(Recovered)

    scene = play(story)
    assert scene.rungs[: ignored - 1] == [Rung.HANG_UP] * min(2, ignored - 1) + [Rung.RADIO] * (ignored > 3)
    assert scene.modem.call is None


def test_a_call_right_after_one_that_was_hung_up_is_not_taken_for_it() -> None:
    async def story(scene: Scene) -> None:
        await scene.talk()
        await scene.keeper.hang_up()
        await scene.until(CallOver)
        await scene.talk()
        await asyncio.sleep(60)
        assert scene.modem.call is not None
        assert scene.modem.call.ended is None

    assert play(story).rungs == []


def test_a_worn_sound_endpoint_is_cured_by_a_reset_when_the_line_is_free() -> None:
    async def story(scene: Scene) -> None:
        scene.modem.fault("pcm_degraded")
        tries = []
        for _ in range(3):
            await scene.talk()
            tries.append((await scene.keeper.open_sound()).tries)
            assert Rung.RESET not in scene.rungs or len(tries) > 2
            await asyncio.sleep(30)
            await scene.keeper.close_sound()
            await scene.keeper.hang_up()
            await scene.until(CallOver, len(tries))
            await asyncio.sleep(40)
        assert tries == [1, 2, 1]

    scene = play(story)
    assert scene.rungs.count(Rung.RESET) == 1
    assert Fault.SOUND_WORN not in scene.keeper.status.troubles


def test_without_a_network_it_looks_often_and_switches_the_radio_seldom() -> None:
    async def story(scene: Scene) -> None:
        await scene.until(ModemUp)
        scene.modem.fault("not_registered", stat=2)
        await asyncio.sleep(500)
        assert scene.keeper.status.up
        assert scene.keeper.status.troubles == ("unregistered",)
        scene.modem.clear("not_registered")
        recovered = await scene.until(Recovered)
        assert recovered.fault is Fault.UNREGISTERED

    scene = play(story)
    assert set(scene.rungs) == {Rung.RE_READ, Rung.RADIO}
    assert scene.rungs.count(Rung.RADIO) == 1
    assert 8 <= len(scene.rungs) <= 20


def test_a_ring_that_came_while_the_port_was_away_is_told_when_it_is_back() -> None:
    async def story(scene: Scene) -> None:
        await scene.until(ModemUp)
        scene.modem.unplug(4.0, reset=False)
        await scene.until(ModemDown)
        call = scene.modem.ring(patience=60.0)
        await scene.until(Ringing)
        await scene.keeper.answer()
        await scene.until(CallUp)
        assert call.answered is not None

    play(story)
