"""What the box writes by itself, and the owner's commands: to whom, what, and never because a caller said so."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from hw.sms.segment import count
from secretaryd.bus import Bus
from secretaryd.config.schema import Box, Config, Sms
from secretaryd.control.protocol import CallEnded, LineChanged, MessageTaken
from secretaryd.sms.policy import SendPolicy
from secretaryd.sms.ports import Letter
from secretaryd.sms.uses import NOTICE_PARTS, TAKEN_OVER_SECONDS, Uses
from storage.errors import NotFound
from storage.records import CallRecord, DayStats, MessageRecord
from storage.sms.records import FollowUp, SmsRecord

MSK = dt.timezone(dt.timedelta(hours=3))
NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=MSK).timestamp()
OWNER, CALLER = "+79160000001", "+79161234567"
EVERYTHING = Sms(
    owner=(OWNER,),
    commands=("8 916 000-00-01",),
    missed_text="{company}: мы перезвоним.",
    busy_text="Линия была занята.",
    broken_text="Связь прервалась, перезвоните.",
    confirm_text="Записали номер {number}.",
)


Written = tuple[str, str, str]
"""To whom, what, for what purpose."""


class Desk:
    """Writer and records at once; writes only what the policy lets through."""

    def __init__(self) -> None:
        self.written: list[tuple[str, str, str]] = []
        self.calls: dict[int, CallRecord] = {}
        self.messages: dict[int, MessageRecord] = {}
        self.last: dict[tuple[str, str], float] = {}
        self.debts: list[FollowUp] = []
        self.now = NOON

    def owes(self, kind: str, ref: int) -> None:
        """As the storage does with every message and every incoming call that ends."""
        self.debts.append(FollowUp(len(self.debts) + 1, kind, ref, self.now))

    async def owed(self) -> tuple[FollowUp, ...]:
        return tuple(self.debts)

    async def follow_up(self, owed: int, letters: Sequence[Letter]) -> None:
        (debt,) = [debt for debt in self.debts if debt.id == owed]
        for letter in letters:
            await self.write(letter.number, letter.text, letter.purpose)
        self.debts[self.debts.index(debt)] = FollowUp(0, "settled", 0, 0.0)
        self.debts = [debt for debt in self.debts if debt.kind != "settled"]

    async def message(self, message_id: int) -> MessageRecord:
        if message_id not in self.messages:
            raise NotFound(f"there is no message {message_id}")
        return self.messages[message_id]

    async def write(self, number: str, text: str, purpose: str) -> SmsRecord:
        to = SendPolicy().check(number)
        self.written.append((to, text, purpose))
        self.last[to, purpose] = self.now
        return sms(text, number=to)

    async def call(self, call_id: int) -> CallRecord:
        if call_id not in self.calls:
            raise NotFound(f"there is no call {call_id}")
        return self.calls[call_id]

    async def recent(self, limit: int) -> tuple[CallRecord, ...]:
        return tuple(sorted(self.calls.values(), key=lambda call: -call.id))[:limit]

    async def stats(self, since: float) -> DayStats:
        assert since == dt.datetime(2026, 11, 22, tzinfo=MSK).timestamp()
        return DayStats(calls=5, answered=3, missed=1, blocked=0, failed=0, messages=2, unhandled=1)

    async def last_sms(self, number: str, purpose: str) -> float | None:
        return self.last.get((number, purpose))

    async def call_back(self, call_id: int, made: float) -> int:
        assert self.calls[call_id].presentation == "presented"
        return 40 + call_id


class Scene:
    def __init__(self, settings: Sms) -> None:
        self.desk, self.bus = Desk(), Bus()
        self.config = Config(box=Box(name="Гуля", company="Ромашка"), sms=settings)
        self.recording: list[bool] = []
        self.breaks = False
        state = {"line": "idle", "operator": "MTS", "bars": "3"}
        self.uses = Uses(
            self.desk, self.desk, self.bus, lambda: self.config, lambda: state, self.record, MSK, lambda: self.desk.now
        )

    async def record(self, on: bool) -> None:
        if self.breaks:
            raise ValueError("диск полон")
        self.recording.append(on)

    def call(self, number: str | None = CALLER, presentation: str = "presented", direction: str = "in") -> int:
        place = len(self.desk.calls) + 1
        self.desk.calls[place] = CallRecord(place, "line1", direction, number, presentation, self.desk.now)
        return place

    async def missed(self, call: int, cause: str = "no answer", outcome: str = "missed") -> list[Written]:
        """That call ends so; what is written then."""
        if call in self.desk.calls:
            answered = None if outcome == "missed" else self.desk.now
            self.desk.calls[call] = replace(
                self.desk.calls[call], outcome=outcome, end_cause=cause, ended=self.desk.now, answered=answered
            )
        self.desk.owes("call", call)
        return await self.hear(CallEnded(call=call, outcome=outcome, cause=cause, summary="", seconds=0.0))

    async def taken(
        self, call: int, matter: str = "Перезвоните", number: str = CALLER, name: str = "Иван"
    ) -> list[Written]:
        """A message is left in that call; what is written then."""
        place = len(self.desk.messages) + 1
        self.desk.messages[place] = MessageRecord(place, call, "line1", self.desk.now, name, number, matter)
        self.desk.owes("message", place)
        return await self.hear(MessageTaken(call=call, name=name, number=number, matter=matter))

    async def hear(self, *events: Any) -> list[Written]:
        """Publishes these and waits until they were taken."""
        before = len(self.desk.written)
        for event in events:
            self.bus.publish(event)
        for _ in range(50):
            await asyncio.sleep(0)
        return self.desk.written[before:]


@pytest_asyncio.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene(EVERYTHING)
    running = asyncio.create_task(made.uses.run())
    await asyncio.sleep(0)
    yield made
    running.cancel()
    await asyncio.wait({running})


def sms(text: str, *, number: str = OWNER, sent: float = NOON - 60, **fields: Any) -> SmsRecord:
    given = {"state": "received", "named": False, **fields}
    return SmsRecord(
        id=1, line="line1", direction="in", number=number, at=sent, sent=sent, text=text, reason="", purpose="",
        flash=False, notes=(), total=1, have=1, doubtful=False, **given,
    )  # fmt: skip


async def test_the_owner_is_told_of_a_message_and_the_caller_that_it_was_taken(scene: Scene) -> None:
    assert await scene.taken(scene.call()) == [
        (OWNER, f"Сообщение (Иван, {CALLER}): Перезвоните", "notice"),
        (CALLER, f"Записали номер {CALLER}.", "confirm"),
    ]
    assert scene.desk.debts == []


@pytest.mark.parametrize("matter", ["а" * 5000, "x\r\n\x1b[31m\u202e" * 300, "😀" * 500, ""])
async def test_a_callers_words_are_one_short_line_whatever_they_are(scene: Scene, matter: str) -> None:
    scene.config = replace(scene.config, sms=replace(EVERYTHING, confirm_text=""))
    ((_, text, _),) = await scene.taken(scene.call(), matter)
    assert count(text) <= NOTICE_PARTS
    assert text.isprintable()


async def test_a_missed_and_a_busy_caller_get_the_owners_words(scene: Scene) -> None:
    assert await scene.missed(scene.call()) == [(CALLER, "Ромашка: мы перезвоним.", "missed")]
    other = scene.call("+79169999999")
    assert await scene.missed(other, "waiting") == [("+79169999999", "Линия была занята.", "busy")]


async def test_what_an_earlier_life_owed_is_written_at_the_start() -> None:
    scene = Scene(EVERYTHING)
    scene.desk.messages[7] = MessageRecord(7, scene.call(), "line1", NOON, "Иван", CALLER, "Перезвоните")
    scene.desk.owes("message", 7)
    running = asyncio.create_task(scene.uses.run())
    written = await scene.hear()
    running.cancel()
    await asyncio.wait({running})
    assert [to for to, _, _ in written] == [OWNER, CALLER]


@pytest.mark.parametrize(
    ("cause", "why"),
    [
        ("no sound", "модем не дал звука"),
        ("line lost", "пропала связь с модемом"),
        ("crash", "программа перезапустилась"),
    ],
)
async def test_a_call_that_broke_off_is_told_to_both_once_the_caller_is_not_back(
    scene: Scene, cause: str, why: str
) -> None:
    call = scene.call()
    assert await scene.missed(call, cause, "failed") == [], "he may still be in the modem"
    scene.desk.now += TAKEN_OVER_SECONDS
    assert await scene.hear(MessageTaken(call=0, name="", number="", matter="")) == [
        (OWNER, f"Звонок {CALLER} в 12:00 оборвался: {why}.", "notice"),
        (CALLER, "Связь прервалась, перезвоните.", "broken"),
    ]


async def test_a_caller_who_is_talked_to_again_is_not_written_to(scene: Scene) -> None:
    await scene.missed(scene.call(), "crash", "failed")
    again = scene.call()
    assert await scene.missed(again, "caller", "answered") == []
    scene.desk.now += TAKEN_OVER_SECONDS
    assert await scene.hear(MessageTaken(call=0, name="", number="", matter="")) == []
    assert scene.desk.debts == []


async def test_one_number_gets_one_answer_in_so_many_hours(scene: Scene) -> None:
    assert len(await scene.missed(scene.call())) == 1
    scene.desk.now = NOON + 11 * 3600
    assert await scene.missed(scene.call()) == []
    assert await scene.missed(scene.call(), "waiting") == []
    scene.desk.now = NOON + 13 * 3600
    assert len(await scene.missed(scene.call())) == 1


@pytest.mark.parametrize(
    ("number", "presentation", "direction"),
    [
        (None, "withheld", "in"),
        (CALLER, "withheld", "in"),
        (CALLER, "malformed", "in"),
        ("+74951234567", "presented", "in"),
        ("900", "presented", "in"),
        ("+375291234567", "presented", "in"),
        (CALLER, "presented", "out"),
    ],
)
async def test_only_a_mobile_number_that_the_network_presented_is_answered(
    scene: Scene, number: str | None, presentation: str, direction: str
) -> None:
    call = scene.call(number, presentation, direction)
    assert await scene.missed(call) == []
    assert await scene.missed(call, "waiting") == []
    assert {to for to, _, _ in await scene.taken(call, number="+79995554433")} == {OWNER}


async def test_a_dictated_number_is_confirmed_to_the_presented_one(scene: Scene) -> None:
    written = await scene.taken(scene.call(), number="+79995554433")
    assert written[1] == (CALLER, "Записали номер +79995554433.", "confirm")


async def test_everything_is_off_unless_the_owner_said_so(scene: Scene) -> None:
    scene.config = replace(scene.config, sms=Sms())
    assert await scene.missed(scene.call()) == []
    assert await scene.missed(scene.call(), "waiting") == []
    assert await scene.taken(scene.call()) == []
    assert await scene.hear(LineChanged(state="idle")) == []
    await scene.uses.received(sms("статус"))
    assert scene.desk.written == []
    assert scene.desk.debts == []


async def test_answered_calls_are_not_written_to(scene: Scene) -> None:
    call = scene.call()
    assert await scene.missed(call, outcome="answered") == []
    assert await scene.missed(call, outcome="blocked") == []
    assert scene.desk.debts == []


async def test_what_is_not_there_any_more_ends_nothing(scene: Scene) -> None:
    assert await scene.missed(99) == []
    scene.desk.owes("message", 99)
    assert len(await scene.missed(scene.call())) == 1
    assert scene.desk.debts == []


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Статус", "Гуля: idle. Сеть MTS 3/4. Сегодня звонков 5, сообщений 2, не разобрано 1."),
        ("выключи запись", "Запись звонков выключена."),
        ("Включи запись!", "Запись звонков включена."),
        ("перезвони", f"Задача 41: перезвонить {CALLER}. Набор по вашей команде."),
    ],
)
async def test_a_listed_number_commands(scene: Scene, text: str, answer: str) -> None:
    scene.call()
    scene.call(None, "withheld")
    await scene.uses.received(sms(text))
    assert scene.desk.written == [(OWNER, answer, "command")]


async def test_recording_is_switched_and_a_failure_is_told(scene: Scene) -> None:
    await scene.uses.received(sms("выключи запись"))
    assert scene.recording == [False]
    scene.breaks = True
    await scene.uses.received(sms("включи запись"))
    assert scene.desk.written[-1][1] == "Не получилось: диск полон."


async def test_there_may_be_nobody_to_call_back(scene: Scene) -> None:
    scene.call(None, "withheld")
    scene.call(direction="out")
    await scene.uses.received(sms("перезвони"))
    assert scene.desk.written[0][1].startswith("Перезванивать некому")


@pytest.mark.parametrize(
    "message",
    [
        sms("статус", number=CALLER),
        sms("статус", number=OWNER, named=True),
        sms("статус", state="incomplete"),
        sms("статус", state="draft"),
        sms("выключи запись", sent=NOON - 3 * 3600),
        sms("выключи запись", sent=NOON + 3600),
        sms("привет"),
        sms("перезвони +79995554433"),
        sms("статус; выключи запись"),
    ],
    ids=["stranger", "name", "incomplete", "draft", "old", "future", "no command", "with a number", "two"],
)
async def test_anything_else_commands_nothing(scene: Scene, message: SmsRecord) -> None:
    scene.call()
    await scene.uses.received(message)
    assert scene.desk.written == []
    assert scene.recording == []


async def test_a_flood_of_commands_is_not_answered_for_ever(scene: Scene) -> None:
    for _ in range(100):
        await scene.uses.received(sms("статус"))
    assert len(scene.desk.written) == 20


async def test_a_bus_that_is_closed_ends_the_listening_and_nothing_spins() -> None:
    scene = Scene(Sms())
    running = asyncio.create_task(scene.uses.run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    scene.bus.close()  # as the core does on its way down, before the cancellation has got through
    await asyncio.wait_for(asyncio.wait({running}), 5)
    assert running.cancelled()
