"""What each control request does, on a real database."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from secretaryd.bus import Bus
from secretaryd.call.orders import LONGEST, Order, SayThis, TakeMessage
from secretaryd.config.schema import Box, Config, Llm, LlmNode
from secretaryd.control.protocol import (
    CountCalls,
    HandleMessage,
    HangUp,
    ListCalls,
    ListMessages,
    Request,
    ShowCall,
    ShowConfig,
    Status,
)
from secretaryd.control.protocol.calls import MessageChanged
from secretaryd.control.protocol.talking import SayNow, TakeMessageNow
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk import calls as module
from secretaryd.desk.box import BoxDesk
from secretaryd.desk.calls import CallsDesk
from secretaryd.desk.desk import Desk
from secretaryd.desk.talking import TalkingDesk
from storage.audit.records import AuditFilter
from storage.errors import StorageError
from storage.records import TurnRecord
from storage.store import Storage

PEER = Peer(0)


class Health:
    async def status(self) -> dict[str, Any]:
        return {"line": {"state": "idle"}}


class Calls:
    call_id = 7

    def __init__(self) -> None:
        self.busy = False
        self.by: list[str] = []
        self.orders: list[Order] = []

    def hang_up(self, by: str) -> bool:
        self.by.append(by)
        return self.busy

    @property
    def talking(self) -> int | None:
        return 7 if self.busy else None

    def order(self, order: Order) -> bool:
        self.orders.append(order)
        return len(self.orders) < 3


class Scene:
    def __init__(self, folder: Path, storage: Storage, language: str) -> None:
        self.storage, self.calls, self.bus = storage, Calls(), Bus()
        node = LlmNode("office", "http://10.0.0.2/v1")
        config = Config(box=Box(language=language, data_dir=folder), llm=Llm(node=(node,)))
        topics = (
            BoxDesk(SimpleNamespace(config=config), Health()),
            CallsDesk(self.calls, storage, self.bus, language),
            TalkingDesk(self.calls, storage, language),
        )  # type: ignore[arg-type]
        self.desk = Desk([topic.handlers() for topic in topics], language)

    async def ask(self, request: Request) -> Any:
        """As the other end sees it."""
        return msgspec.json.decode(msgspec.json.encode(await self.desk(request, PEER)))

    async def refused(self, request: Request) -> tuple[str, int]:
        with pytest.raises(DeskError) as caught:
            await self.desk(request, PEER)
        return caught.value.problem.code, caught.value.status

    async def call(self, *, message: str = "", recording: str | None = None) -> int:
        call = await self.storage.begin("line1", "in", "+79161234567", "presented", time.time())
        await self.storage.answered(call.id, time.time(), recording, "default@1")
        await self.storage.add_turn(call.id, TurnRecord("caller", "алло", 0.0, 1.0, "caller"))
        if message:
            await self.storage.add_message(call.id, time.time(), "Анна", "", message)
        await self.storage.finish(call.id, time.time(), "message" if message else "answered", "caller", "Итог.")
        return call.id


@asynccontextmanager
async def scene(folder: Path, language: str = "ru") -> AsyncIterator[Scene]:
    storage = await Storage.open(f"sqlite:///{folder / 'secretary.db'}", folder)
    try:
        yield Scene(folder, storage, language)
    finally:
        await storage.close()


async def test_no_request_has_two_handlers_and_what_has_none_is_known(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        calls = CallsDesk(s.calls, s.storage, s.bus, "ru").handlers()  # type: ignore[arg-type]
        assert {Status, ShowConfig} <= Desk([calls], "ru").missing
        assert not Desk([calls], "ru").missing & calls.keys()
        with pytest.raises(ValueError, match="handled twice"):
            Desk([calls, calls], "ru")


async def test_calls_are_listed_newest_first_and_paged(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        ids = [await s.call() for _ in range(5)]
        assert [call["id"] for call in (await s.ask(ListCalls(limit=2)))["calls"]] == [ids[4], ids[3]]
        assert [call["id"] for call in (await s.ask(ListCalls(limit=2, before=ids[3])))["calls"]] == [ids[2], ids[1]]
        assert (await s.ask(ListCalls(outcome="missed")))["calls"] == []
        assert len((await s.ask(ListCalls(outcome="answered")))["calls"]) == 5


HUGE = 10**30


@pytest.mark.parametrize(("limit", "count"), [(-5, 1), (0, 1), (3, 3), (HUGE, 4)])
async def test_a_page_has_at_least_one_row_and_at_most_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, count: int
) -> None:
    monkeypatch.setattr(module, "PAGE_LIMIT", 4)
    async with scene(tmp_path) as s:
        for _ in range(6):
            await s.call(message="вода")
        assert len((await s.ask(ListCalls(limit=limit)))["calls"]) == count
        assert len((await s.ask(ListMessages(limit=limit)))["messages"]) == count


@pytest.mark.parametrize("before", [-HUGE, -1, 0])
async def test_there_is_nothing_before_the_first(tmp_path: Path, before: int) -> None:
    async with scene(tmp_path) as s:
        await s.call()
        assert (await s.ask(ListCalls(before=before)))["calls"] == []


async def test_before_the_end_of_time_is_everything(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        await s.call()
        assert len((await s.ask(ListCalls(before=HUGE)))["calls"]) == 1


async def test_a_call_is_shown_with_its_turns_its_message_and_its_recording(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        other = await s.call(message="чужое")
        call = await s.call(message="вода", recording="recordings/x.wav")
        shown = await s.ask(ShowCall(id=call))
        assert shown["call"]["turns"][0]["text"] == "алло"
        assert [message["matter"] for message in shown["messages"]] == ["вода"]
        assert shown["call"]["recording_path"] == str(tmp_path / "recordings/x.wav")
        assert "recording_path" not in (await s.ask(ShowCall(id=other)))["call"]


async def test_an_old_call_still_has_its_messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE_LIMIT", 2)
    async with scene(tmp_path) as s:
        calls = [await s.call(message=str(number)) for number in range(7)]
        for number, call in enumerate(calls):
            shown = await s.ask(ShowCall(id=call))
            assert [message["matter"] for message in shown["messages"]] == [str(number)]


@pytest.mark.parametrize("call", [0, -1, 7, HUGE, -HUGE])
@pytest.mark.parametrize(("language", "words"), [("ru", "нет"), ("en", "no call")])
async def test_a_call_that_is_not_there(tmp_path: Path, call: int, language: str, words: str) -> None:
    async with scene(tmp_path, language) as s:
        with pytest.raises(DeskError) as caught:
            await s.desk(ShowCall(id=call), PEER)
        assert (caught.value.problem.code, caught.value.status) == ("not_found", 404)
        assert words in caught.value.problem.text
        assert caught.value.problem.remedy


async def test_hanging_up_needs_a_call(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        assert await s.refused(HangUp()) == ("no_call", 409)
        s.calls.busy = True
        assert await s.ask(HangUp()) == {"ended": True}
        assert s.calls.by == ["owner", "owner"]


async def test_the_configuration_is_plain(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        config = (await s.ask(ShowConfig()))["config"]
        assert config["box"]["data_dir"] == str(tmp_path)
        assert config["llm"]["node"][0]["name"] == "office"


async def test_the_status_comes_from_health(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        assert await s.ask(Status()) == {"line": {"state": "idle"}}


@pytest.mark.parametrize("request_", [ListCalls(), ListMessages(), ShowCall(id=1)], ids=lambda r: type(r).__name__)
async def test_a_database_that_does_not_answer_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: Request
) -> None:
    async def refuse(*_: object) -> None:
        raise StorageError("locked")

    async with scene(tmp_path) as s:
        for name in ("recent", "messages", "call"):
            monkeypatch.setattr(s.storage, name, refuse)
        assert await s.refused(request_) == ("storage", 503)


def test_both_languages_say_the_same_things() -> None:
    assert module.TEXTS["ru"].keys() == module.TEXTS["en"].keys()


async def test_calls_and_messages_are_counted_since_a_moment(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        await s.call()
        await s.call(message="вода")
        counts = (await s.ask(CountCalls()))["counts"]
        assert (counts["calls"], counts["answered"], counts["messages"], counts["unhandled"]) == (2, 2, 1, 1)
        assert (await s.ask(CountCalls(since=time.time() + 60)))["counts"]["calls"] == 0


async def test_a_message_is_dealt_with_and_opened_again_and_the_audit_knows(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        for matter in ("вода", "еда"):
            await s.call(message=matter)
        first = (await s.ask(ListMessages(limit=1)))["messages"][0]["id"]
        assert (await s.ask(HandleMessage(id=first)))["message"]["handled"]
        left = (await s.ask(ListMessages(handled=False)))["messages"]
        assert [message["matter"] for message in left] == ["вода"]
        assert [message["matter"] for message in (await s.ask(ListMessages(before=first)))["messages"]] == ["вода"]
        assert not (await s.ask(HandleMessage(id=first, handled=False)))["message"]["handled"]
        done = [(deed.who, deed.what) for deed in await s.storage.audit.list(AuditFilter())]
        assert done == [("uid 0", "message.reopened"), ("uid 0", "message.handled")]
        assert await s.refused(HandleMessage(id=HUGE)) == ("not_found", 404)
        with s.bus.reader(0) as reader:
            s.bus.close()
            told = [stamped.event async for stamped in reader]
        call = (await s.storage.message(first)).call_id
        assert told == [MessageChanged(message=first, call=call, handled=now) for now in (True, False)]


async def test_the_owners_hand_in_a_call_is_refused_without_one_and_written_down(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        assert await s.refused(SayNow(text="Алло.")) == ("no_talk", 409)
        s.calls.busy = True
        assert await s.ask(SayNow(text=" Хозяин\n сейчас подойдёт. ")) == {"call": 7}
        assert await s.ask(TakeMessageNow()) == {"call": 7}
        assert s.calls.orders == [SayThis("Хозяин сейчас подойдёт."), TakeMessage()]
        assert await s.refused(TakeMessageNow()) == ("busy", 409)
        assert await s.refused(SayNow(text=" \n")) == ("empty", 400)
        assert await s.refused(SayNow(text="а" * (LONGEST + 1))) == ("too_long", 400)
        deeds = await s.storage.audit.list(AuditFilter(kind="call"))
        assert [(deed.what, deed.target, deed.after) for deed in reversed(deeds)] == [
            ("call.said", "call:7", {"text": "Хозяин сейчас подойдёт."}),
            ("call.message_asked", "call:7", None),
        ]
