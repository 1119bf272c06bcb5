"""What the owner asks about short messages, and how a refusal reads."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hw.ports import RawMessage
from hw.simulator import sms_pdu
from secretaryd.bus import Bus
from secretaryd.config.schema import Sms
from secretaryd.control.protocol.sms import CancelSms, ListSms, ListThreads, SendSms, ShowSms
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.sms import SmsDesk
from secretaryd.sms.courier import Courier
from storage.audit.records import AuditFilter
from storage.store import Storage

MSK = dt.timezone(dt.timedelta(hours=3))
NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=MSK)
NUMBER = "+79161234567"
PEER = Peer(0)


class Scene:
    def __init__(self, storage: Storage, language: str = "ru") -> None:
        self.storage = storage
        self.courier = Courier("line1", storage.sms, Bus(), Sms, MSK, NOON.timestamp)
        self.desk = SmsDesk(self.courier, storage.sms, language)

    async def ask(self, request: Any) -> Any:
        return await self.desk.handlers()[type(request)](request, PEER)

    async def refused(self, request: Any) -> tuple[int, str, str]:
        with pytest.raises(DeskError) as error:
            await self.ask(request)
        return error.value.status, error.value.problem.code, error.value.problem.text


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    storage = await Storage.open("sqlite:///secretary.db", tmp_path / "data")
    yield Scene(storage)
    await storage.close()


async def test_messages_are_listed_shown_and_threaded(scene: Scene) -> None:
    await scene.courier.keep(RawMessage(sms_pdu.deliver(NUMBER, "Привет", NOON)))
    await scene.courier.keep(RawMessage("FF00"))
    sent = (await scene.ask(SendSms(number="8 916 123-45-67", text="Ответ")))["sms"]
    assert (sent["number"], sent["state"], sent["reason_text"]) == (NUMBER, "queued", "")
    listed = (await scene.ask(ListSms()))["sms"]
    assert [(sms["direction"], sms["state"]) for sms in listed] == [
        ("out", "queued"),
        ("in", "unreadable"),
        ("in", "received"),
    ]
    assert [sms["text"] for sms in (await scene.ask(ListSms(number=NUMBER, direction="in")))["sms"]] == ["Привет"]
    threads = (await scene.ask(ListThreads()))["threads"]
    assert [(one["number"], one["count"], one["last"]["text"]) for one in threads] == [
        (NUMBER, 2, "Ответ"),
        ("", 1, ""),
    ]
    shown = (await scene.ask(ShowSms(id=listed[1]["id"])))["sms"]
    assert list(shown["pdus"]) == ["FF00"]


async def test_sending_and_cancelling_are_in_the_audit(scene: Scene) -> None:
    sent = (await scene.ask(SendSms(number=NUMBER, text="Ответ")))["sms"]
    cancelled = (await scene.ask(CancelSms(id=sent["id"])))["sms"]
    assert cancelled["state"] == "cancelled"
    entries = await scene.storage.audit.list(AuditFilter())
    assert [(entry.what, entry.who) for entry in entries] == [("sms.cancelled", "uid 0"), ("sms.sent", "uid 0")]
    assert entries[1].after == {"text": "Ответ"}


@pytest.mark.parametrize(
    ("request_", "meant"),
    [
        (SendSms(number="112", text="x"), (400, "emergency", "На экстренные номера SMS не отправляются.")),
        (SendSms(number="900", text="x"), (400, "short", "Короткие номера запрещены, пока их нет в sms.allow.")),
        (SendSms(number="+74951234567", text="x"), (400, "fixed", "На городской номер SMS не уйдёт.")),
        (SendSms(number="Bank", text="x"), (400, "no_number", "Это не номер телефона.")),
        (SendSms(number=NUMBER, text="\n"), (400, "empty", "Пустое сообщение.")),
        (SendSms(number=NUMBER, text="ы" * 1000), (400, "too_long", "Сообщение длиннее 10 частей.")),
        (ShowSms(id=99), (404, "not_found", "Сообщения SMS 99 нет.")),
        (ShowSms(id=10**30), (404, "not_found", f"Сообщения SMS {10**30} нет.")),
        (CancelSms(id=-1), (404, "not_found", "Сообщения SMS -1 нет.")),
    ],
)
async def test_a_refusal_says_what_is_so(scene: Scene, request_: Any, meant: tuple[int, str, str]) -> None:
    assert await scene.refused(request_) == meant


async def test_what_came_cannot_be_cancelled(scene: Scene) -> None:
    await scene.courier.keep(RawMessage(sms_pdu.deliver(NUMBER, "Привет", NOON)))
    assert await scene.refused(CancelSms(id=1)) == (409, "gone", "Сообщение 1 уже не отменить: received.")
