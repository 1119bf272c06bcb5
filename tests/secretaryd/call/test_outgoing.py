"""Calls that the box makes: orders, counters, tasks, the owner's rule. Real storage, real policy, a scripted modem."""

import asyncio
from contextlib import asynccontextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hw.at.dial import Dial, DialPolicy, DialRefused, DialRules, Permit, Refusal
from hw.errors import CommandRefused, CommandTimeout
from hw.modem.events import CallAlerting, CallOver, CallUp, ModemInfo, ModemUp, Ringing
from secretaryd.bus import Bus
from secretaryd.call.call_backs import CallBacks, StandingCalls, StandingRule, due
from secretaryd.call.calls import Calls, LineBusy
from secretaryd.call.driver import CallDriver, Caller, CallSettings
from secretaryd.call.outgoing import MAX_ATTEMPTS, NoNetwork, Outgoing, TaskClosed
from secretaryd.call.report import Remark, Report
from secretaryd.config.hours import Hours
from secretaryd.control import protocol
from secretaryd.control.protocol import CallDialled, CallEnded, LineChanged, TaskChanged, TaskMade
from storage.errors import NotFound
from storage.outgoing.records import DONE, FAILED, OPEN, TaskRecord
from storage.records import CallRecord, MessageRecord
from storage.store import Storage

ZONE = ZoneInfo("Europe/Moscow")
NUMBER = "+79161234567"
OPEN_RULES = DialRules(enabled=True)
UP = ModemUp(ModemInfo("SIMCOM", "SIM7600G-H", "x", "1"))


class ScriptedModem:
    """Dials as told; what it is ordered is written down as the line that would go to the port."""

    def __init__(self) -> None:
        self.orders: list[str] = []
        self.refusal: Exception | None = None
        self.calls: Calls | None = None
        self.registered = True

    async def answer(self) -> None:
        self.orders.append("ATA")

    async def dial(self, permit: Permit) -> None:
        self.orders.append(Dial(permit).text)
        if self.refusal is not None:
            raise self.refusal

    async def hang_up(self) -> None:
        self.orders.append("AT+CHUP")
        assert self.calls is not None
        self.calls.fact(CallOver("VOICE CALL: END"))


class ScriptedTalk:
    """Waits for somebody as told, then talks until told to end."""

    def __init__(self) -> None:
        self.picks_up = asyncio.Event()
        self.busy = False
        self.end = asyncio.Event()
        self.gated = False
        self._picked_up = lambda: None

    def expect_answer(self, picked_up) -> None:
        self.gated, self._picked_up = True, picked_up

    async def run(self) -> str:
        assert self.gated, "a call of ours must wait for somebody before it speaks"
        await self.picks_up.wait()
        if self.busy:
            return "busy"
        self._picked_up()
        await self.end.wait()
        return "secretary"

    def digit(self, digit: str) -> None:
        raise AssertionError(digit)


class Scene:
    def __init__(self, storage: Storage, rules: DialRules, ring_seconds: float) -> None:
        self.bus, self.modem, self.storage = Bus(), ScriptedModem(), storage
        self.talks: list[ScriptedTalk] = []
        self.said: list[str] = []
        self.now = datetime(2026, 11, 24, 12, 0, tzinfo=ZONE).timestamp()
        settings = CallSettings("line1", ZONE, 600.0)

        def make_talk(record, report) -> ScriptedTalk:
            self.talks.append(ScriptedTalk())
            return self.talks[-1]

        def make_driver(outward, wanted) -> CallDriver:
            self.said.append(wanted.say)
            caller = Caller(outward.permit.number, "dialled")
            return CallDriver(settings, self.modem, storage, self.bus, make_talk, caller, Report(), outward=outward)

        def incoming(caller) -> CallDriver:
            return CallDriver(settings, self.modem, storage, self.bus, make_talk, caller, Report())

        self.rules = rules
        self.calls = Calls("line1", 1, incoming, storage, self.bus)
        self.modem.calls = self.calls
        self.outgoing = Outgoing(
            "line1", lambda: DialPolicy(self.rules), lambda: ring_seconds, ZONE, storage, self.calls, self.bus,
            make_driver, lambda: self.modem.registered, lambda: self.now,
        )  # fmt: skip
        self.call_backs = CallBacks(storage, self.bus)

    async def until(self, kind, where=lambda event: True):
        with self.bus.reader(after=0) as reader:
            async with asyncio.timeout(10):
                async for stamped in reader:
                    if isinstance(stamped.event, kind) and where(stamped.event):
                        return stamped.event
        raise AssertionError("the bus ended")

    async def talk(self) -> ScriptedTalk:
        await self.until(LineChanged, lambda event: event.state == "connecting")
        await self.settle()
        return self.talks[-1]

    async def settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def over(self) -> CallRecord:
        ended = await self.until(CallEnded)
        await self.calls.idle()
        return await self.storage.call(ended.call)

    async def task(self) -> TaskRecord:
        call = await self.storage.begin("line1", "in", NUMBER, "presented", self.now - 600)
        return await self.storage.outgoing.call_back(call.id, self.now - 500, "по поводу заказа")


@asynccontextmanager
async def scene(tmp_path, rules=OPEN_RULES, ring_seconds=50.0):
    storage = await Storage.open("sqlite:///" + str(tmp_path / "secretary.db"), tmp_path)
    subject = Scene(storage, rules, ring_seconds)
    running = asyncio.create_task(subject.calls.run())
    subject.calls.fact(UP)
    await subject.until(LineChanged)
    try:
        yield subject
        assert not running.done(), running.exception()
    finally:
        running.cancel()
        await asyncio.wait({running})
        await storage.close()


async def test_a_call_is_dialled_talked_and_kept_with_its_direction(tmp_path) -> None:
    async with scene(tmp_path) as s:
        assert await s.outgoing.dial("8 (916) 123-45-67", "Ваш заказ готов.") == NUMBER
        assert (await s.until(CallDialled)).number == NUMBER
        s.calls.fact(CallAlerting())
        s.calls.fact(CallUp())
        talk = await s.talk()
        await s.until(protocol.CallAlerting)
        talk.picks_up.set()
        await s.until(LineChanged, lambda event: event.state == "talking")
        talk.end.set()
        kept = await s.over()
        assert (kept.direction, kept.number, kept.outcome, kept.end_cause) == ("out", NUMBER, "answered", "secretary")
        assert s.modem.orders == [f"ATD{NUMBER};", "AT+CHUP"]
        assert s.said == ["Ваш заказ готов."]
        used = await s.outgoing.used()
        assert (used.calls, used.seconds) == (1, 1)


@pytest.mark.parametrize(
    ("word", "outcome", "cause"),
    [
        ("BUSY", "busy", "busy"),
        ("NO ANSWER", "no_answer", "no answer"),
        ("NO CARRIER", "failed", "unreachable"),
        ("port lost", "failed", "line lost"),
    ],
)
async def test_the_modems_word_on_a_call_that_nobody_took(tmp_path, word: str, outcome: str, cause: str) -> None:
    async with scene(tmp_path) as s:
        await s.outgoing.dial(NUMBER)
        await s.until(CallDialled)
        s.calls.fact(CallOver(word))
        kept = await s.over()
        assert (kept.outcome, kept.end_cause, kept.answered) == (outcome, cause, None)
        assert kept.summary in ("Занято.", "Никто не ответил.", "Дозвониться не удалось.")
        assert (await s.outgoing.used()).seconds == 0
        assert s.talks == []


async def test_a_busy_tone_after_begin_ends_the_call_and_nothing_was_said(tmp_path) -> None:
    async with scene(tmp_path) as s:
        await s.outgoing.dial(NUMBER)
        s.calls.fact(CallUp())
        talk = await s.talk()
        talk.busy = True
        talk.picks_up.set()
        kept = await s.over()
        assert (kept.outcome, kept.answered, s.modem.orders[-1]) == ("busy", None, "AT+CHUP")


@pytest.mark.parametrize("begin", [False, True])
async def test_who_does_not_answer_in_time_is_given_up(tmp_path, begin: bool, monkeypatch) -> None:
    monkeypatch.setattr("secretaryd.call.driver.CONNECT_SECONDS", 0.1)
    async with scene(tmp_path, ring_seconds=0.2) as s:
        await s.outgoing.dial(NUMBER)
        if begin:
            s.calls.fact(CallUp())
        kept = await s.over()
        assert (kept.outcome, kept.end_cause) == ("no_answer", "no answer")
        assert s.modem.orders[-1] == "AT+CHUP"


@pytest.mark.parametrize(
    ("error", "orders"),
    [(CommandRefused("ATD", "NO CARRIER"), 1), (CommandTimeout("ATD: no answer within 15 s"), 2)],
)
async def test_a_modem_that_does_not_dial(tmp_path, error: Exception, orders: int) -> None:
    async with scene(tmp_path) as s:
        s.modem.refusal = error
        await s.outgoing.dial(NUMBER)
        kept = await s.over()
        assert (kept.outcome, kept.end_cause) == ("failed", "not dialled")
        assert len(s.modem.orders) == orders  # a silent modem may be dialling after all: it is told to hang up


async def test_nothing_is_dialled_over_another_call_or_without_a_network(tmp_path) -> None:
    async with scene(tmp_path) as s:
        s.modem.registered = False
        with pytest.raises(NoNetwork):
            await s.outgoing.dial(NUMBER)
        s.modem.registered = True
        s.calls.fact(Ringing())
        await s.settle()
        with pytest.raises(LineBusy):
            await s.outgoing.dial(NUMBER)
        with pytest.raises(DialRefused):
            await s.outgoing.dial("112")
        assert await s.storage.outgoing.used(0.0) == (0, 0.0)
        s.calls.fact(CallOver("NO CARRIER"))
        await s.over()
        assert "ATD" not in "".join(s.modem.orders)


async def test_the_days_calls_are_counted_over_a_restart(tmp_path) -> None:
    for number in range(3):
        async with scene(tmp_path, DialRules(enabled=True, calls_a_day=2)) as s:
            if number < 2:
                await s.outgoing.dial(NUMBER)
                await s.until(CallDialled)
                s.calls.fact(CallOver("BUSY"))
                await s.over()
                continue
            with pytest.raises(DialRefused) as refused:
                await s.outgoing.dial(NUMBER)
            assert refused.value.why is Refusal.DAILY_CALLS
            s.now += 12 * 3600  # after midnight
            await s.outgoing.dial(NUMBER)
            await s.until(CallDialled)


async def test_two_orders_at_once_make_one_call(tmp_path) -> None:
    async with scene(tmp_path) as s:
        both = await asyncio.gather(s.outgoing.dial(NUMBER), s.outgoing.dial("+74951234567"), return_exceptions=True)
        assert sorted(type(each).__name__ for each in both) == ["LineBusy", "str"]
        await s.until(CallDialled)
        assert len(s.modem.orders) == 1
        assert (await s.outgoing.used()).calls == 1


# --- call-backs -------------------------------------------------------------------------------------------------------


def record(direction: str = "in", number: str | None = NUMBER) -> CallRecord:
    return CallRecord(1, "line1", direction, number, "presented" if number else "withheld", 100.0, ended=160.0)


@pytest.mark.parametrize(
    ("call", "remarks", "made"),
    [
        (record(), [Remark.CALL_BACK], True),
        (record(), [], False),
        (record(number=None), [Remark.CALL_BACK], False),
        (record("out"), [Remark.CALL_BACK], False),
    ],
)
async def test_a_wish_becomes_a_task_where_there_is_a_number(tmp_path, call, remarks, made: bool) -> None:
    async with scene(tmp_path) as s:
        kept = await s.storage.begin("line1", call.direction, call.number, call.presentation, 100.0)
        told = MessageRecord(1, kept.id, "line1", 150.0, "Анна", "+78091234567", "перезвонить на 8 809 123 45 67")
        await s.call_backs.after(call, Report(message=told, remarks=remarks))
        tasks = await s.storage.outgoing.tasks()
        assert len(tasks) == made
        if made:
            assert tasks[0].number == NUMBER, "never the number that was dictated"
            assert (await s.until(TaskMade)).number == NUMBER


async def test_a_task_is_dialled_and_done_once_somebody_was_there(tmp_path) -> None:
    async with scene(tmp_path) as s:
        task = await s.task()
        assert (await s.outgoing.dial_task(task.id)).state == "dialling"
        with pytest.raises(TaskClosed):
            await s.outgoing.dial_task(task.id)
        s.calls.fact(CallUp())
        talk = await s.talk()
        talk.picks_up.set()
        await s.until(LineChanged, lambda event: event.state == "talking")
        s.calls.fact(CallOver("NO CARRIER"))
        await s.until(TaskChanged, lambda event: event.state == DONE)
        done = await s.storage.outgoing.task(task.id)
        assert (done.state, done.result, done.attempts) == (DONE, "answered", 1)
        assert done.answered_by is not None
        assert (await s.storage.call(done.answered_by)).direction == "out"


async def test_a_task_is_tried_three_times_and_then_waits_for_the_owner(tmp_path) -> None:
    async with scene(tmp_path) as s:
        task = await s.task()
        for attempt in range(1, MAX_ATTEMPTS + 1):
            await s.outgoing.dial_task(task.id)
            await s.settle()
            s.calls.fact(CallOver("BUSY"))
            await s.calls.idle()
            tried = await s.storage.outgoing.task(task.id)
            assert (tried.attempts, tried.result) == (attempt, "busy")
            assert tried.state == (FAILED if attempt == MAX_ATTEMPTS else OPEN)
        with pytest.raises(NotFound):
            await s.outgoing.dial_task(99)


async def test_a_premium_number_is_not_called_back_even_when_the_network_presented_it(tmp_path) -> None:
    async with scene(tmp_path) as s:
        call = await s.storage.begin("line1", "in", "+78091234567", "presented", 100.0)
        task = await s.storage.outgoing.call_back(call.id, 110.0)
        with pytest.raises(DialRefused) as refused:
            await s.outgoing.dial_task(task.id)
        assert refused.value.why is Refusal.PREMIUM
        assert (await s.storage.outgoing.task(task.id)).state == OPEN
        assert s.modem.orders == []


def test_what_is_due_is_the_oldest_that_was_tried_least() -> None:
    def task(number: int, made: float, attempts: int = 0, tried: float | None = None, state: str = OPEN) -> TaskRecord:
        return TaskRecord(number, made, "line1", "call_back", NUMBER, 1, "", state, attempts, tried)

    assert due([], 1000.0) is None
    assert due([task(1, 970.0)], 1000.0) is None  # who has just hung up
    assert due([task(1, 900.0, 1, 500.0)], 1000.0) is None  # a quarter of an hour between attempts
    assert due([task(1, 900.0, state=FAILED)], 1000.0) is None
    chosen = due([task(3, 900.0), task(2, 100.0, 1, 20.0), task(1, 800.0)], 1000.0)
    assert chosen is not None
    assert chosen.id == 1


async def test_rules_that_are_edited_hold_for_the_next_call(tmp_path) -> None:
    async with scene(tmp_path, DialRules(enabled=True)) as s:
        s.rules = DialRules(enabled=False)
        with pytest.raises(DialRefused):
            await s.outgoing.dial(NUMBER)
        s.rules = DialRules(enabled=True, calls_a_day=7)
        assert (await s.outgoing.used()).calls_a_day == 7
        assert await s.outgoing.dial(NUMBER) == NUMBER
        none = StandingCalls(lambda: None, s.storage, s.outgoing, lambda: s.now)
        assert await none.look() is None


@pytest.mark.parametrize(("hour", "enabled", "dialled"), [(12, True, True), (23, True, False), (12, False, False)])
async def test_the_owners_rule_dials_within_its_hours(tmp_path, hour: int, enabled: bool, dialled: bool) -> None:
    async with scene(tmp_path, DialRules(enabled=enabled)) as s:
        task = await s.task()
        s.now = datetime(2026, 11, 24, hour, 0, tzinfo=ZONE).timestamp()
        rule = StandingRule(Hours.parse("09:00-20:00"), ZONE)
        standing = StandingCalls(lambda: rule, s.storage, s.outgoing, lambda: s.now)
        assert await standing.look() == (task.id if dialled else None)
        if dialled:
            await s.until(CallDialled)
            await s.settle()
        assert s.modem.orders == ([f"ATD{NUMBER};"] if dialled else [])
        assert await standing.look() is None, "one at a time"
