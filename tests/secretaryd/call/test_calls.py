"""The arbiter and the driver with a real storage and a scripted modem: rings, caller ID, ends, faults."""

import asyncio
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

import pytest

from hw.errors import CommandRefused
from hw.modem.events import (
    CallerKnown,
    CallOver,
    CallUp,
    DigitPressed,
    DownReason,
    ModemDown,
    ModemInfo,
    ModemUp,
    Presentation,
    Recovered,
    Ringing,
    RungTaken,
    WaitingCall,
)
from hw.modem.recovery import Fault, Rung
from secretaryd.bus import Bus
from secretaryd.call.calls import Calls
from secretaryd.call.driver import CallDriver, CallSettings
from secretaryd.call.orders import Order, TakeMessage
from secretaryd.control.protocol import CallAnswered, CallEnded, CallerWaited, CallRang, LineChanged, ModemRecovered
from secretaryd.people.screening import Person, Verdict
from storage.errors import DiskFull
from storage.store import Storage

ZONE = ZoneInfo("Europe/Moscow")
KNOWN = CallerKnown("+79161234567", Presentation.PRESENTED, "")
UP = ModemUp(ModemInfo("SIMCOM", "SIM7600G-H", "x", "1"))


class ScriptedModem:
    """Asserts that orders come in a possible order; answers as told."""

    def __init__(self) -> None:
        self.orders: list[str] = []
        self.refuse_answer = False
        self.calls: Calls | None = None

    async def answer(self) -> None:
        assert "answer" not in self.orders, "answered twice"
        self.orders.append("answer")
        if self.refuse_answer:
            raise CommandRefused("ATA", "NO CARRIER")

    async def hang_up(self) -> None:
        self.orders.append("hang_up")
        assert self.calls is not None
        self.calls.fact(CallOver("VOICE CALL: END"))


class ScriptedTalk:
    """Talks until told to end; notes how it ended."""

    def __init__(self, bus: Bus, call: int) -> None:
        self.digits = ""
        self.orders: list[Order] = []
        self.end = asyncio.Event()
        self.stopped = False
        self.breaks = False
        bus.publish(CallAnswered(call=call))

    async def run(self) -> str:
        try:
            await self.end.wait()
            if self.breaks:
                raise RuntimeError("broken")
        finally:
            self.stopped = True
        return "secretary"

    def digit(self, digit: str) -> None:
        self.digits += digit

    def order(self, order: Order) -> bool:
        self.orders.append(order)
        return len(self.orders) < 2


class Scene:
    def __init__(self, storage: Storage, rings: int, max_seconds: float) -> None:
        self.bus, self.modem, self.storage = Bus(), ScriptedModem(), storage
        self.talks: list[ScriptedTalk] = []
        self.people: dict[str, Person] = {}
        self.screened: list[Verdict] = []
        settings = CallSettings("line1", ZONE, max_seconds)

        def make_talk(record, report) -> ScriptedTalk:
            self.screened.append(report.screened)
            self.talks.append(ScriptedTalk(self.bus, record.id))
            return self.talks[-1]

        self.calls = Calls(
            "line1",
            rings,
            lambda caller: CallDriver(
                settings,
                self.modem,
                storage,
                self.bus,
                make_talk,
                caller,
                find=lambda number: self.people.get(number or ""),
            ),
            storage,
            self.bus,
        )
        self.modem.calls = self.calls

    def facts(self, *facts) -> None:
        for fact in facts:
            self.calls.fact(fact)

    async def until(self, kind, where=lambda event: True):
        with self.bus.reader(after=0) as reader:
            async with asyncio.timeout(10):
                async for stamped in reader:
                    if isinstance(stamped.event, kind) and where(stamped.event):
                        return stamped.event
        raise AssertionError("the bus ended")


@asynccontextmanager
async def scene(tmp_path, rings=1, max_seconds=600.0):
    storage = await Storage.open("sqlite:///" + str(tmp_path / "secretary.db"), tmp_path)
    subject = Scene(storage, rings, max_seconds)
    running = asyncio.create_task(subject.calls.run())
    try:
        yield subject
        assert not running.done(), running.exception()
    finally:
        running.cancel()
        await asyncio.wait({running})
        await storage.close()


async def test_a_call_is_answered_talked_and_kept(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.facts(UP, Ringing(), KNOWN, CallUp())
        await s.until(CallAnswered)
        s.facts(DigitPressed("5"))
        s.talks[0].end.set()
        ended = await s.until(CallEnded)
        assert s.modem.orders == ["answer", "hang_up"]
        assert s.talks[0].digits == "5"
        kept = await s.storage.call(ended.call)
    assert (kept.number, kept.outcome, kept.end_cause) == ("+79161234567", "answered", "secretary")


async def test_the_caller_hanging_up_stops_the_talk_before_the_call_is_kept(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.facts(Ringing(), KNOWN, CallUp())
        await s.until(CallAnswered)
        s.facts(CallOver("NO CARRIER"), CallOver("VOICE CALL: END"))
        ended = await s.until(CallEnded)
        assert s.talks[0].stopped
    assert ended.cause == "caller"
    assert s.modem.orders == ["answer"]


async def test_as_many_rings_as_the_owner_wants(tmp_path) -> None:
    async with scene(tmp_path, rings=3) as s:
        s.facts(Ringing(), KNOWN, Ringing())
        await s.until(CallRang)
        await asyncio.sleep(0)
        assert s.modem.orders == []
        s.facts(Ringing())
        await s.until(LineChanged, lambda e: e.state == "answering")


async def test_a_caller_that_gives_up_before_the_number_is_known_is_kept_as_missed(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.facts(Ringing(), CallOver("MISSED_CALL"))
        ended = await s.until(CallEnded)
    assert ended.outcome == "missed"


async def test_an_unknown_caller_is_answered_after_a_grace(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.facts(Ringing(), CallUp())
        rang = await s.until(CallRang)
        assert (rang.number, rang.presentation) == (None, "unavailable")
        s.facts(KNOWN)
        assert (await s.until(CallRang, lambda e: e.number is not None)).number == "+79161234567"


async def test_an_answer_refused_is_ended_and_kept(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.modem.refuse_answer = True
        s.facts(Ringing(), KNOWN)
        ended = await s.until(CallEnded)
        assert (ended.outcome, ended.cause) == ("missed", "answer failed")
        assert s.calls.driver is None or s.calls.driver.state == "over"


async def test_a_call_that_is_too_long_is_ended(tmp_path) -> None:
    async with scene(tmp_path, max_seconds=0.01) as s:
        s.facts(Ringing(), KNOWN, CallUp())
        ended = await s.until(CallEnded)
        assert ended.cause == "limit"
        assert s.talks[0].stopped


async def test_a_conversation_that_breaks_ends_the_call_and_says_why(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.facts(Ringing(), KNOWN, CallUp())
        await s.until(CallAnswered)
        s.talks[0].breaks = True
        s.talks[0].end.set()
        ended = await s.until(CallEnded)
    assert (ended.outcome, ended.cause) == ("failed", "failed")
    assert "broken" in ended.summary


async def test_a_second_caller_is_kept_as_missed_and_the_first_goes_on(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.facts(Ringing(), KNOWN, CallUp())
        await s.until(CallAnswered)
        s.facts(WaitingCall("+79990001122"))
        ended = await s.until(CallEnded)
        assert (ended.outcome, ended.cause) == ("missed", "waiting")
        knocked = await s.until(CallerWaited)
        assert (knocked.call, knocked.number, knocked.presentation) == (ended.call, "+79990001122", "presented")
        assert knocked.during not in (None, ended.call)
        assert not s.talks[0].stopped


async def test_what_is_done_about_the_modem_is_told(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.facts(RungTaken(Fault.SILENT, Rung.RESET, 2.0, 1), Recovered(Fault.SILENT, Rung.RESET, 31.24, 2))
        told = await s.until(ModemRecovered)
    assert (told.fault, told.rung, told.seconds, told.tries) == ("silent", "reset", 31.2, 2)


async def test_the_next_call_is_answered_after_the_first(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.facts(UP)
        for number in (1, 2):
            s.modem.orders.clear()
            s.facts(Ringing(), KNOWN, CallUp())
            await s.until(CallAnswered, lambda e, n=number: e.call == n)
            s.facts(CallOver("NO CARRIER"))
            await s.until(CallEnded, lambda e, n=number: e.call == n)
            await asyncio.wait_for(s.calls.idle(), 5)
        assert len(await s.storage.recent()) == 2


async def test_a_port_lost_in_a_call_ends_it_as_lost(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.facts(UP, Ringing(), KNOWN, CallUp())
        await s.until(CallAnswered)
        s.facts(CallOver("port lost"), ModemDown(DownReason.PORT_LOST, "EIO"))
        ended = await s.until(CallEnded)
        assert ended.cause == "line lost"
        await s.until(LineChanged, lambda e: e.state == "away")


async def test_a_full_disk_does_not_keep_us_from_answering(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with scene(tmp_path) as s:
        begin, failures = s.storage.begin, iter([DiskFull("full")])

        async def refusing(*arguments):
            for failure in failures:
                raise failure
            return await begin(*arguments)

        monkeypatch.setattr(s.storage, "begin", refusing)
        s.facts(Ringing(), KNOWN, CallUp())
        await s.until(CallAnswered)
        s.facts(CallOver("NO CARRIER"))
        ended = await s.until(CallEnded)
        assert (await s.storage.call(ended.call)).number == "+79161234567"


async def test_on_the_way_down_the_call_is_ended_politely_and_kept(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.facts(Ringing(), KNOWN, CallUp())
        await s.until(CallAnswered)
        await s.calls.finish(10)
        assert s.modem.orders[-1] == "hang_up"
        assert (await s.storage.recent())[0].end_cause == "shutdown"


async def test_a_ring_tells_the_contacts_name(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.people["+79161234567"] = Person(1, "Анна", "vip")
        s.facts(UP, Ringing(), KNOWN)
        ring = await s.until(CallRang)
        assert (ring.name, ring.group) == ("Анна", "vip")
        s.facts(CallOver("x"))
        await s.until(CallEnded)


@pytest.mark.parametrize("rings", [1, 3])
async def test_a_blocked_caller_is_declined_unanswered(tmp_path, rings: int) -> None:
    async with scene(tmp_path, rings=rings) as s:
        s.people["+79161234567"] = Person(1, "Реклама", "blocked")
        s.facts(UP, Ringing(), KNOWN, Ringing(), Ringing())
        ended = await s.until(CallEnded)
        assert s.modem.orders == ["hang_up"]
        assert s.talks == []
        assert (ended.outcome, ended.cause) == ("blocked", "blocked")
        (call,) = await s.storage.recent()
        assert (call.outcome, call.answered) == ("blocked", None)
        assert "отклонён" in call.summary


async def test_a_blocked_caller_may_be_told_goodbye_instead(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.people["+79161234567"] = Person(1, "Реклама", "blocked", "goodbye")
        s.facts(UP, Ringing(), KNOWN, CallUp())
        await s.until(CallAnswered)
        assert s.screened == [Verdict.GOODBYE]
        s.talks[0].end.set()
        ended = await s.until(CallEnded)
        assert ended.outcome == "blocked"
        assert s.modem.orders == ["answer", "hang_up"]


async def test_a_blocked_caller_whose_number_comes_late_is_sent_away_then(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.people["+79161234567"] = Person(1, "Реклама", "blocked")
        s.facts(UP, CallUp())
        await s.until(CallAnswered)
        s.facts(KNOWN)
        ended = await s.until(CallEnded)
        assert (ended.outcome, s.modem.orders) == ("blocked", ["hang_up"])
        assert s.talks[0].stopped


async def test_the_owners_orders_reach_only_a_conversation(tmp_path) -> None:
    async with scene(tmp_path, rings=3) as s:
        assert s.calls.talking is None
        assert not s.calls.order(TakeMessage())
        s.facts(UP, Ringing(), KNOWN)
        await s.until(CallRang)
        assert not s.calls.order(TakeMessage()), "it only rings"
        s.facts(CallUp())
        answered = await s.until(CallAnswered)
        assert s.calls.talking == answered.call
        assert [s.calls.order(TakeMessage()) for _ in range(2)] == [True, False]
        s.talks[0].end.set()
        await s.until(CallEnded)
        assert s.talks[0].orders == [TakeMessage()] * 2


@pytest.mark.parametrize("known", [True, False])
async def test_the_owner_has_a_call_answered_before_its_rings_are_over(tmp_path, known: bool) -> None:
    async with scene(tmp_path, rings=5) as s:
        assert not s.calls.answer()
        s.facts(UP, Ringing(), *((KNOWN,) if known else ()))
        if known:
            await s.until(LineChanged, lambda event: event.state == "ringing")
        else:
            while not s.calls._rings:  # noqa: ASYNC110 (nothing is told of a ring whose number is awaited)
                await asyncio.sleep(0)
        assert s.calls.answer()
        await s.until(LineChanged, lambda event: event.state == "answering")
        assert not s.calls.answer()
        s.facts(CallUp())
        await s.until(CallAnswered)
        assert s.modem.orders == ["answer"]


async def test_a_blocked_caller_is_not_answered_on_the_owners_word(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.people["+79161234567"] = Person(1, "Реклама", "blocked")
        s.facts(UP, Ringing(), KNOWN)
        await s.until(LineChanged, lambda event: event.state == "ringing")
        assert s.calls.answer()
        s.facts(CallOver("MISSED"))
        await s.until(CallEnded)
        assert s.modem.orders == []
