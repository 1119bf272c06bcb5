"""Between modem and storage: exactly once, both ways, with a true database and a modem that fails in every way."""

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hw.errors import CommandRefused, ModemError, NotKept, SendUncertain
from hw.modem.messages import LineBusy
from hw.ports import RawMessage
from hw.simulator import sms_pdu
from secretaryd.bus import Bus
from secretaryd.config.schema import Sms
from secretaryd.control.protocol.sms import SmsChanged, SmsReceived
from secretaryd.sms.courier import Courier, TextRefused
from secretaryd.sms.policy import NotAllowed
from storage.sms.records import SmsRecord
from storage.store import Storage

MSK = dt.timezone(dt.timedelta(hours=3))
NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=MSK).timestamp()
NIGHT = dt.datetime(2026, 11, 22, 23, 0, tzinfo=MSK).timestamp()
NUMBER = "+79161234567"


class FakeModem:
    """Answers as told, one result a message; then the next reference. It reads what it is given."""

    def __init__(self) -> None:
        self.results: list[ModemError] = []
        self.taken: list[tuple[str, str]] = []
        self.busy = False

    async def send_message(self, pdu: bytes, length: int) -> int:
        assert not self.busy, "two messages at once"
        self.busy = True
        await asyncio.sleep(0)
        self.busy = False
        sent = sms_pdu.submitted(pdu.hex().upper())
        assert sms_pdu.length_of(pdu.hex()) == length
        if self.results and (error := self.results.pop(0)) is not None:
            if isinstance(error, SendUncertain):
                self.taken.append((sent.to, sent.text))
            raise error
        self.taken.append((sent.to, sent.text))
        return len(self.taken)


class FakeLine:
    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.free.set()

    async def idle(self) -> None:
        await self.free.wait()


class Scene:
    """A courier at work. Time stands until it is set."""

    def __init__(self, storage: Storage) -> None:
        self.storage, self.bus, self.modem, self.line = storage, Bus(), FakeModem(), FakeLine()
        self.settings, self.time = Sms(), NOON
        self.followed: list[SmsRecord] = []
        self.courier = Courier("line1", storage.sms, self.bus, lambda: self.settings, MSK, lambda: self.time)
        self.events: list[Any] = []
        self._news = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.courier.follow(self._follow))
            group.create_task(self.courier.deliver(self.modem, self.line))
            group.create_task(self._listen())

    async def _follow(self, sms: SmsRecord) -> None:
        self.followed.append(sms)
        self._news.set()

    async def _listen(self) -> None:
        with self.bus.reader(after=0) as reader:
            async for stamped in reader:
                self.events.append(stamped.event)
                self._news.set()

    async def until(self, ready: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not ready():
                self._news.clear()
                await self._news.wait()

    async def state(self, sms: int, state: str, reason: str = "") -> SmsRecord:
        def there() -> bool:
            changes = [event for event in self.events if isinstance(event, SmsChanged) and event.sms == sms]
            return bool(changes) and (changes[-1].state, changes[-1].reason) == (state, reason)

        await self.until(there)
        return await self.storage.sms.get(sms)

    def at(self, moment: float) -> None:
        self.time = moment
        self.courier.wake()


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    storage = await Storage.open("sqlite:///secretary.db", tmp_path / "data")
    made = Scene(storage)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.wait({running})
    await storage.close()


def raw(text: str, **fields: Any) -> RawMessage:
    when = dt.datetime.fromtimestamp(NOON - 60, MSK)
    return RawMessage(sms_pdu.deliver(NUMBER, text, when, **fields), "ME", 0)


async def test_a_message_is_durable_when_keep_returns_and_is_told_once(scene: Scene) -> None:
    await scene.courier.keep(raw("Привет"))
    await scene.courier.keep(raw("Привет"))
    await scene.until(lambda: bool(scene.events))
    await scene.courier.keep(raw("Второе"))
    await scene.until(lambda: len(scene.events) == 2)
    told = [event.text for event in scene.events if isinstance(event, SmsReceived)]
    assert told == ["Привет", "Второе"]
    assert [sms.text for sms in await scene.storage.sms.list()] == ["Второе", "Привет"]


async def test_a_storage_that_fails_leaves_the_message_in_the_modem(scene: Scene) -> None:
    await scene.storage.run(lambda: scene.storage._db.execute_sql("DROP TABLE sms_pdu"))  # type: ignore[no-untyped-call]
    with pytest.raises(NotKept):
        await scene.courier.keep(raw("Привет"))


async def test_what_came_in_an_earlier_life_is_followed_up(tmp_path: Path) -> None:
    storage = await Storage.open("sqlite:///secretary.db", tmp_path / "data")
    first = Scene(storage)
    await first.courier.keep(raw("Привет"))  # and then it died
    second = Scene(storage)
    running = asyncio.create_task(second.run())
    await second.until(lambda: bool(second.followed))
    running.cancel()
    await asyncio.wait({running})
    assert [sms.text for sms in second.followed] == ["Привет"]
    await storage.close()


async def test_a_long_text_goes_in_parts_and_its_reports_make_it_delivered(scene: Scene) -> None:
    text = "Здравствуйте! " * 12
    sms = await scene.courier.write("8 916 123-45-67", text, "owner")
    await scene.state(sms.id, "sent")
    assert [to for to, _ in scene.modem.taken] == [NUMBER] * 3
    assert "".join(part for _, part in scene.modem.taken) == text
    when = dt.datetime.fromtimestamp(NOON, MSK)
    for reference in (1, 2, 3):
        await scene.courier.keep(RawMessage(sms_pdu.report(reference, NUMBER, when, when), "SR", reference))
    await scene.state(sms.id, "delivered")


async def test_messages_wait_for_the_end_of_the_call(scene: Scene) -> None:
    scene.line.free.clear()
    sms = await scene.courier.write(NUMBER, "Позже", "owner")
    await scene.state(sms.id, "queued")
    assert scene.modem.taken == []
    scene.line.free.set()
    await scene.state(sms.id, "sent")


async def test_what_is_refused_for_now_is_tried_again_later(scene: Scene) -> None:
    scene.modem.results = [CommandRefused("AT+CMGS", "Congestion"), ModemError("no modem")]
    sms = await scene.courier.write(NUMBER, "Раз", "owner")
    await scene.state(sms.id, "queued", "congestion")
    scene.at(NOON + 29)
    assert scene.modem.taken == []
    scene.at(NOON + 31)
    await scene.state(sms.id, "queued", "no_modem")
    scene.at(NOON + 100)
    assert (await scene.state(sms.id, "sent")).parts[0].attempts == 2
    assert scene.modem.taken == [(NUMBER, "Раз")]


async def test_what_is_refused_for_good_fails_with_its_reason(scene: Scene) -> None:
    scene.modem.results = [CommandRefused("AT+CMGS", "28")]
    sms = await scene.courier.write(NUMBER, "Раз", "owner")
    await scene.state(sms.id, "failed", "not_existing")
    assert scene.modem.taken == []


async def test_without_an_answer_it_goes_once_more_flagged_and_never_a_third_time(scene: Scene) -> None:
    scene.modem.results = [SendUncertain("no answer"), SendUncertain("no answer")]
    sms = await scene.courier.write(NUMBER, "Раз", "owner")
    assert (await scene.state(sms.id, "queued", "uncertain")).doubtful
    scene.at(NOON + 61)
    await scene.state(sms.id, "failed", "uncertain")
    scene.at(NOON + 9999)
    other = await scene.courier.write(NUMBER, "Два", "owner")
    await scene.state(other.id, "sent")
    assert [text for _, text in scene.modem.taken] == ["Раз", "Раз", "Два"]


async def test_what_never_reached_the_network_is_no_attempt_and_not_tried_at_once_again(scene: Scene) -> None:
    scene.settings = replace(Sms(), daily_cap=1)
    scene.modem.results = [LineBusy("a call is there"), ModemError("no modem")]
    sms = await scene.courier.write(NUMBER, "Раз", "owner")
    await scene.until(lambda: [event.state for event in scene.events] == ["queued", "sending", "queued"])
    assert (await scene.storage.sms.get(sms.id)).next_try > NOON
    scene.at(NOON + 3)
    await scene.state(sms.id, "queued", "no_modem")
    scene.at(NOON + 60)
    sent = await scene.state(sms.id, "sent")
    assert sent.parts[0].attempts == 1, "else a modem that is away for a while uses up the day"


async def test_a_wait_for_the_modem_is_told_once_however_many_messages_wait(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "secretaryd.sms.courier")
    scene.modem.results = [ModemError("no modem: port_lost")] * 6
    queued = [await scene.courier.write(NUMBER, f"Письмо {number}", "owner") for number in range(3)]
    for moment in (NOON, NOON + 31.0):
        for sms in queued:
            await scene.state(sms.id, "queued", "no_modem")
        scene.events.clear()
        scene.at(moment + 31.0)
    await scene.until(lambda: len(scene.modem.taken) == 3)
    told = [(record.getMessage(), getattr(record, "waited", None)) for record in caplog.records]
    assert told == [("messages wait for the modem", None), ("messages go again", 3)]


async def test_the_daily_cap_holds_until_midnight(scene: Scene) -> None:
    scene.settings = replace(Sms(), daily_cap=2)
    sent = [(await scene.courier.write(NUMBER, f"{number}", "owner")).id for number in range(3)]
    await scene.state(sent[2], "queued", "daily_cap")
    assert len(scene.modem.taken) == 2
    scene.at(NOON + 12 * 3600 + 1)
    await scene.state(sent[2], "sent")


@pytest.mark.parametrize(
    ("purpose", "waits"), [("missed", True), ("notice", True), ("owner", False), ("command", False)]
)
async def test_quiet_hours_are_for_what_the_box_writes_by_itself(scene: Scene, purpose: str, waits: bool) -> None:
    scene.time = NIGHT
    sms = await scene.courier.write(NUMBER, "Ночью", purpose)
    if waits:
        await scene.state(sms.id, "queued", "quiet_hours")
        assert scene.modem.taken == []
        scene.at(NIGHT + 9 * 3600 + 1)
    await scene.state(sms.id, "sent")


async def test_while_it_is_off_nothing_goes(scene: Scene) -> None:
    scene.settings = replace(Sms(), enabled=False)
    sms = await scene.courier.write(NUMBER, "Раз", "owner")
    await scene.state(sms.id, "queued", "off")
    assert scene.modem.taken == []


async def test_what_was_refused_for_a_day_is_given_up(scene: Scene) -> None:
    scene.modem.results = [ModemError("no modem")]
    sms = await scene.courier.write(NUMBER, "Раз", "owner")
    await scene.state(sms.id, "queued", "no_modem")
    scene.at(NOON + 25 * 3600)
    await scene.state(sms.id, "failed", "too_late")


@pytest.mark.parametrize(
    ("number", "text", "error"),
    [
        ("112", "Раз", NotAllowed),
        ("900", "Раз", NotAllowed),
        (NUMBER, " \n ", TextRefused),
        (NUMBER, "а" * 671, TextRefused),
        (NUMBER, "а" * 99999, TextRefused),
    ],
)
async def test_what_is_not_sent_is_not_queued(scene: Scene, number: str, text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await scene.courier.write(number, text, "owner")
    assert await scene.storage.sms.list() == ()
