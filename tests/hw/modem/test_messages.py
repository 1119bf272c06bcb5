"""Messages between the keeper and the simulator's own module, in virtual time: none lost, whatever fails."""

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest

from hw.errors import CommandRefused, ModemError, NotKept, SendUncertain
from hw.modem.events import CallerKnown, CallOver, CallUp, Fact, MemoryChanged, ModemUp
from hw.modem.keeper import ModemKeeper, ModemSettings
from hw.modem.messages import LineBusy
from hw.ports import RawMessage
from hw.simulator.modem_state import Effect, Noted
from hw.simulator.profile import NASTY, PLAIN, Profile, with_overrides
from hw.sms import pdu
from hw.sms.segment import split
from tests.fakes.message_ledger import MessageLedger
from tests.fakes.modem_clock import run_virtual
from tests.fakes.virtual_modem import VirtualModem

Story = Callable[["Scene"], Awaitable[None]]
BOTH = pytest.mark.parametrize("profile", [PLAIN, NASTY], ids=["plain", "nasty"])


class Scene:
    """A keeper with an inbox, and its modem. The inbox looks into the ledger: what it is given must still be stored."""

    def __init__(self, profile: Profile) -> None:
        self.ledger = MessageLedger()
        self.modem = VirtualModem(profile, on_effect=self._note).start()
        self.facts: list[Fact] = []
        self.kept: list[RawMessage] = []
        self.refuse = 0
        self._news = asyncio.Event()
        self.keeper = ModemKeeper(
            ModemSettings(), self._hear, find=self.modem.find, open_port=self.modem.open_port, inbox=self
        )

    async def keep(self, message: RawMessage) -> None:
        if message.index is not None:
            assert (message.memory, message.index) in self.ledger.stored, "deleted before it was kept"
        await asyncio.sleep(0.01)
        if self.refuse:
            self.refuse -= 1
            raise NotKept("the disk is full")
        self.kept.append(message)
        self._news.set()

    def _note(self, effect: Effect) -> None:
        if isinstance(effect, Noted):
            self.ledger.take(effect.what, effect.data)
            self._news.set()

    def _hear(self, fact: Fact) -> None:
        if isinstance(fact, ModemUp):
            self.modem.mended()
        self.facts.append(fact)
        self._news.set()

    async def until(self, ready: Callable[[], bool], seconds: float = 900.0) -> None:
        async with asyncio.timeout(seconds):
            while not ready():
                self._news.clear()
                await self._news.wait()

    async def up(self) -> None:
        """Until messages may come and go: a little later than calls."""
        await self.until(lambda: any(isinstance(fact, ModemUp) for fact in self.facts))
        async with asyncio.timeout(900.0):
            while (session := self.keeper._session) is None or not session._beginning.done:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    def count(self, kind: type[Any]) -> int:
        return sum(isinstance(fact, kind) for fact in self.facts)

    async def empty(self, seconds: float = 1800.0) -> None:
        """Until nothing is left in the module or the network."""
        messages = self.modem.module.messages
        await self.until(lambda: not self.ledger.stored and not messages.status()["waiting"], seconds)

    async def talk(self) -> None:
        known = self.count(CallerKnown)
        self.modem.ring()
        await self.until(lambda: self.count(CallerKnown) > known)
        await self.keeper.answer()
        await self.until(lambda: self.count(CallUp) > self.count(CallOver))

    def texts(self) -> list[str]:
        return [pdu.decode(pdu.unhex(message.pdu)).body.text for message in self.kept]


def play(story: Story, profile: Profile = NASTY, **switches: Any) -> Scene:
    async def run() -> Scene:
        scene = Scene(with_overrides(profile, switches))
        keeping = asyncio.create_task(scene.keeper.run())
        try:
            await story(scene)
        finally:
            keeping.cancel()
            await asyncio.wait({keeping})
            scene.modem.stop()
        return scene

    return run_virtual(run())


def octets(text: str = "Спасибо", to: str = "+79161234567") -> tuple[bytes, int]:
    data = pdu.encode_submit(to, split(text)[0], report=True)
    return data, pdu.tpdu_length(data)


def test_messages_wait_until_the_modem_was_told_how_to_handle_them() -> None:
    async def story(scene: Scene) -> None:
        scene.modem.module.state.values["+CMGF"] = ("1",)
        await scene.until(lambda: any(isinstance(fact, ModemUp) for fact in scene.facts))
        assert scene.modem.module.state.value("+CMGF") == "1"
        with pytest.raises(LineBusy):
            await scene.keeper.send_message(*octets())
        await scene.up()
        assert await scene.keeper.send_message(*octets()) == 1

    play(story)


@BOTH
def test_a_message_is_kept_and_then_deleted(profile: Profile) -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        scene.modem.write("Привет")
        await scene.empty(20.0)
        assert scene.texts() == ["Привет"]

    play(story, profile)


@BOTH
def test_what_came_before_the_start_is_swept_up_from_every_memory(profile: Profile) -> None:
    async def story(scene: Scene) -> None:
        memories = scene.modem.module.messages.memories
        scene.modem.module.state.values["+CPMS"] = ("ME", "ME", "SM")
        for number in range(5):
            scene.modem.write(f"SIM {number}")
        await asyncio.sleep(2.0)
        assert len(memories["SM"].slots) == 5
        await scene.up()
        await scene.empty(60.0)
        assert sorted(scene.texts()) == [f"SIM {number}" for number in range(5)]

    play(story, profile)


def test_what_could_not_be_kept_is_not_deleted_and_offered_again() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        await asyncio.sleep(5.0)
        scene.refuse = 2
        scene.modem.write("Дважды")
        await scene.empty()
        assert scene.texts() == ["Дважды"]

    play(story)


def test_a_message_without_cmti_is_found_within_a_minute() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        await asyncio.sleep(5.0)
        scene.modem.fault("sms_no_cmti")
        scene.modem.write("Тихо")
        await scene.empty(75.0)
        assert scene.texts() == ["Тихо"]

    play(story)


def test_messages_wait_until_the_call_is_over() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        await asyncio.sleep(5.0)
        await scene.talk()
        scene.modem.write("В разговоре")
        await asyncio.sleep(200.0)
        assert scene.kept == []
        with pytest.raises(LineBusy):
            await scene.keeper.send_message(*octets())
        scene.modem.hang_up()
        await scene.empty(30.0)
        assert scene.texts() == ["В разговоре"]
        assert scene.modem.module.messages.counts.while_calling == 0

    play(story)


@BOTH
@pytest.mark.parametrize("empty", ["error", "ok"])
def test_a_told_index_with_nothing_in_it_is_passed_over(profile: Profile, empty: str) -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        await asyncio.sleep(5.0)
        scene.modem.fault("sms_ghost", memory="ME", index=7)
        scene.modem.fault("sms_ghost", memory="SM", index=3)
        scene.modem.write("Настоящее")
        await scene.empty(30.0)
        assert scene.texts() == ["Настоящее"]

    play(story, profile, cmgr_empty=empty)


def test_a_full_memory_is_emptied_and_what_waited_comes() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        await scene.talk()
        for number in range(12):
            scene.modem.write(f"№ {number}")
        await asyncio.sleep(10.0)
        assert scene.modem.module.messages.status()["waiting"] == 8
        scene.modem.hang_up()
        await scene.empty(120.0)
        assert sorted(scene.texts()) == sorted(f"№ {number}" for number in range(12))
        assert MemoryChanged("ME", 4, 4) in scene.facts

    play(story, sms_me_slots=4)


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("sms_unreadable", {"count": 2}),
        ("sms_delete_refused", {"count": 3}),
        ("sms_twice", {}),
        ("sms_parts_reversed", {}),
        ("duplicate_urcs", {}),
        ("late_ok", {"count": 2, "seconds": 12.0}),
        ("slow", {"seconds": 3.0}),
        ("garbage", {"every": 0.4}),
    ],
)
def test_a_fault_loses_nothing(fault: str, options: dict[str, Any]) -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        await asyncio.sleep(5.0)
        scene.modem.fault(fault, **options)
        scene.modem.write("Один")
        scene.modem.write("Длинное " * 20)
        await asyncio.sleep(60.0)
        scene.modem.clear()
        await scene.empty()
        assert set(scene.texts()) >= {"Один"}
        assert len({message.pdu for message in scene.kept}) == 4

    play(story)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_lost_in_hours_of_calls_faults_and_restarts(seed: int) -> None:
    async def story(scene: Scene) -> None:
        rng = Random(seed)
        await scene.up()
        for number in range(40):
            await asyncio.sleep(rng.uniform(0.0, 40.0))
            match rng.randrange(8):
                case 0:
                    scene.modem.reboot()
                case 1:
                    scene.modem.unplug(rng.uniform(1.0, 30.0), reset=rng.random() < 0.5)
                case 2:
                    scene.modem.ring(patience=rng.uniform(3.0, 30.0))
                case 3:
                    scene.modem.fault("sms_delete_refused", count=rng.randint(1, 3))
                case 4:
                    scene.modem.fault("sms_unreadable", count=rng.randint(1, 3))
                case 5:
                    scene.refuse = rng.randint(1, 3)
            scene.modem.write(f"{number} " + "а" * rng.choice((0, 0, 0, 80, 200)))
        scene.modem.clear()
        scene.refuse = 0
        await scene.empty(7200.0)
        assert {message.pdu for message in scene.kept} == set(scene.ledger.pdus)
        assert scene.modem.module.messages.counts.while_calling <= 3  # a ring that comes while a command is on its way

    play(story, sms_me_slots=6)


@BOTH
def test_a_message_is_sent_and_its_report_comes_back(profile: Profile) -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        reference = await scene.keeper.send_message(*octets("Мы перезвоним."))
        assert scene.ledger.sent == [("+79161234567", "Мы перезвоним.")]
        await scene.empty(60.0)
        (report,) = [pdu.decode(pdu.unhex(message.pdu)) for message in scene.kept]
        assert isinstance(report, pdu.Report)
        assert (report.reference, report.delivered) == (reference, True)

    play(story, profile)


@pytest.mark.parametrize(
    ("fault", "options", "words"), [("sms_refused", {"code": 42}, "Congestion"), ("sms_memory_full", {}, "Memory full")]
)
def test_a_refused_message_was_not_sent(fault: str, options: dict[str, Any], words: str) -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        scene.modem.fault(fault, **options)
        with pytest.raises(CommandRefused) as refused:
            await scene.keeper.send_message(*octets())
        assert refused.value.code == words
        assert scene.ledger.sent == []

    play(story)


def test_an_answer_that_comes_late_still_counts() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        scene.modem.fault("sms_timeout", seconds=80.0)
        assert await scene.keeper.send_message(*octets()) == 1
        assert len(scene.ledger.sent) == 1

    play(story)


def test_without_an_answer_nobody_knows_and_the_line_works_on() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        scene.modem.fault("sms_timeout", late=False)
        with pytest.raises(SendUncertain):
            await scene.keeper.send_message(*octets("Первое"))
        assert await scene.keeper.send_message(*octets("Второе")) == 2
        assert [text for _, text in scene.ledger.sent] == ["Первое", "Второе"]

    play(story)


async def answered_after(scene: Scene, patience: float = 60.0) -> float:
    """Somebody rings and is answered as the box answers; seconds from the first ring to ATA's OK."""
    known, began = scene.count(CallerKnown), scene.modem.now
    scene.modem.ring(patience=patience)
    await scene.until(lambda: scene.count(CallerKnown) > known)
    await scene.keeper.answer()
    await scene.until(lambda: scene.count(CallUp) > scene.count(CallOver))
    return scene.modem.now - began


@BOTH
@pytest.mark.parametrize("late", [True, False])
def test_a_call_is_answered_at_once_while_a_message_waits_for_its_answer(profile: Profile, late: bool) -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        await asyncio.sleep(5.0)
        scene.modem.fault("sms_timeout", late=late)
        sending = asyncio.create_task(scene.keeper.send_message(*octets()))
        await scene.until(lambda: bool(scene.ledger.sent))
        await asyncio.sleep(10.0)
        assert await answered_after(scene) < 2.0
        scene.modem.hang_up()
        if late:
            assert await sending == 1
        else:
            with pytest.raises(SendUncertain):
                await sending
        assert len(scene.ledger.sent) == 1
        assert await scene.keeper.send_message(*octets("Второе")) == 2

    play(story, profile)


def test_an_answer_in_the_same_moment_as_the_ring_counts() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        await asyncio.sleep(5.0)
        sending = asyncio.create_task(scene.keeper.send_message(*octets()))
        await scene.until(lambda: bool(scene.ledger.sent))
        await asyncio.sleep(0.7)
        assert await answered_after(scene) < 2.5
        assert await sending == 1
        assert scene.keeper.status.counters.timeouts == 0

    play(story, sms_send_s=1.0)


def test_a_module_that_is_busy_with_a_message_answers_the_call_after_it_and_is_not_reset() -> None:
    """A strict module reads no command before the final result of the one before."""

    async def story(scene: Scene) -> None:
        await scene.up()
        await asyncio.sleep(5.0)
        sending = asyncio.create_task(scene.keeper.send_message(*octets()))
        await scene.until(lambda: bool(scene.ledger.sent))
        assert await answered_after(scene) == pytest.approx(30.0, abs=4.0)
        assert await sending == 1
        assert len(scene.ledger.sent) == 1
        assert scene.modem.outages == []

    play(story, sms_send_s=30.0)


def test_a_message_without_its_prompt_is_called_off_for_a_call_and_nothing_is_sent() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        await asyncio.sleep(5.0)
        scene.modem.fault("slow", seconds=3.0)
        sending = asyncio.create_task(scene.keeper.send_message(*octets()))
        await asyncio.sleep(1.0)
        scene.modem.ring(patience=60.0)
        with pytest.raises(LineBusy):
            await sending
        await scene.until(lambda: scene.count(CallerKnown) == 1)
        await scene.keeper.answer()
        await scene.until(lambda: scene.count(CallUp) == 1)
        assert scene.ledger.sent == []
        scene.modem.clear()
        scene.modem.hang_up()
        await scene.until(lambda: scene.count(CallOver) == 1)
        await asyncio.sleep(5.0)
        assert await scene.keeper.send_message(*octets()) == 1

    play(story)


def test_a_reading_whose_answer_was_lost_keeps_no_caller_waiting_and_loses_no_message() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        await asyncio.sleep(5.0)
        scene.modem.write("Привет")
        await asyncio.sleep(0.02)
        scene.modem.fault("mute")
        await asyncio.sleep(1.0)
        scene.modem.clear()
        assert await answered_after(scene) < 2.5
        scene.modem.hang_up()
        await scene.empty(60.0)
        assert scene.texts() == ["Привет"]

    play(story, slow_every=0)


def test_a_command_that_waits_for_its_turn_when_a_call_comes_does_not_go_out() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        await asyncio.sleep(5.0)
        scene.modem.fault("slow", seconds=3.0)
        status = asyncio.create_task(scene.keeper.hang_up())  # no call: an order that keeps the channel for a while
        await asyncio.sleep(0.5)
        sending = asyncio.create_task(scene.keeper.send_message(*octets()))
        scene.modem.write("Привет")
        await asyncio.sleep(0.5)
        scene.modem.ring(patience=60.0)
        with pytest.raises(LineBusy):
            await sending
        await status
        await asyncio.sleep(20.0)
        assert scene.modem.module.messages.counts.while_calling == 0

    play(story)


def test_losing_the_port_in_the_middle_is_uncertain_too() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        scene.modem.fault("sms_timeout", late=False)
        sending = asyncio.create_task(scene.keeper.send_message(*octets()))
        await scene.until(lambda: bool(scene.ledger.sent))
        scene.modem.unplug(5.0, reset=True)
        with pytest.raises(SendUncertain):
            await sending

    play(story)


def test_losing_the_port_ends_the_wait_for_a_late_answer() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        scene.modem.fault("sms_timeout", late=False)
        sending = asyncio.create_task(scene.keeper.send_message(*octets()))
        await asyncio.sleep(80.0)
        assert not sending.done()
        scene.modem.unplug(5.0, reset=True)
        async with asyncio.timeout(2.0):
            with pytest.raises(SendUncertain):
                await sending

    play(story)


def test_a_modem_that_gives_no_prompt_sends_nothing() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        await asyncio.sleep(10.0)
        scene.modem.fault("mute")
        with pytest.raises(ModemError) as failed:
            await scene.keeper.send_message(*octets())
        assert not isinstance(failed.value, SendUncertain)
        scene.modem.clear()
        await asyncio.sleep(120.0)
        assert scene.ledger.sent == []
        await scene.keeper.send_message(*octets("Теперь"))
        assert [text for _, text in scene.ledger.sent] == ["Теперь"]

    play(story)


def test_without_a_modem_nothing_is_sent() -> None:
    async def story(scene: Scene) -> None:
        await scene.up()
        scene.modem.unplug(60.0, reset=True)
        await asyncio.sleep(5.0)
        with pytest.raises(ModemError):
            await scene.keeper.send_message(*octets())

    play(story)
