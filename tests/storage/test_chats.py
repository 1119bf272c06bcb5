"""Chats with the model: whose they are, what is found, what goes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.audit.records import AuditFilter, By
from storage.chat import rows as module
from storage.errors import NotFound, WrongState
from storage.store import Storage

BY = By("anna", "control")
FIELDS = {"name": "Новая беседа", "persona": "", "prompt": "", "node": ""}
WEEK = 7 * 86400.0


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    found = await Storage.open(f"sqlite:///{tmp_path / 'secretary.db'}", tmp_path)
    yield found
    await found.close()


async def chat(storage: Storage, user: str = "anna", at: float = 1.0, **fields: str) -> int:
    return (await storage.chats.create(user, FIELDS | fields, at, BY)).id


async def test_each_sees_his_own_and_the_console_all(storage: Storage) -> None:
    hers, his = await chat(storage), await chat(storage, "boris", 2.0)
    assert [hit.chat.id for hit in await storage.chats.find("anna")] == [hers]
    assert [hit.chat.id for hit in await storage.chats.find(None)] == [his, hers]
    for what in (
        storage.chats.get("anna", his),
        storage.chats.change("anna", his, {"name": "x"}, 3.0, BY),
        storage.chats.delete("anna", his, 3.0, BY),
    ):
        with pytest.raises(NotFound):
            await what


FOUND = [
    ("БУКЕТ", True, "почём букет роз"),
    ("роз", True, "почём букет роз"),
    ("беседа", True, None),
    ("роза", False, None),
    ("%", False, None),
    ("", True, None),
]


@pytest.mark.parametrize(("text", "hit", "where"), FOUND)
async def test_words_are_found_in_messages_and_names_whatever_their_case(
    storage: Storage, text: str, hit: bool, where: str | None
) -> None:
    number = await chat(storage)
    await storage.chats.add(number, "user", "почём букет роз", 2.0)
    await storage.chats.add(number, "assistant", "от тысячи", 3.0)
    found = await storage.chats.find("anna", text)
    assert bool(found) is hit
    if found:
        assert (found[0].message.text if found[0].message else None) == where


async def test_the_newest_comes_first_and_pages_go_back(storage: Storage) -> None:
    first, second = await chat(storage, at=1.0), await chat(storage, at=2.0)
    await storage.chats.add(first, "user", "ещё", 3.0)
    assert [hit.chat.id for hit in await storage.chats.find("anna", limit=1)] == [first]
    assert [hit.chat.id for hit in await storage.chats.find("anna", before=3.0)] == [second]


async def test_what_is_deleted_comes_back_within_a_week_and_then_is_gone(storage: Storage) -> None:
    number = await chat(storage)
    await storage.chats.delete("anna", number, 10.0, BY)
    with pytest.raises(NotFound):
        await storage.chats.get("anna", number)
    with pytest.raises(NotFound):
        await storage.chats.add(number, "assistant", "поздно", 11.0)
    await storage.chats.restore("anna", number, BY)
    with pytest.raises(NotFound):
        await storage.chats.restore("anna", number, BY)
    await storage.chats.delete("anna", number, 10.0, BY)
    await chat(storage, at=11.0 + WEEK)
    with pytest.raises(NotFound):
        await storage.chats.restore("anna", number, BY)


async def test_only_an_answer_is_taken_back(storage: Storage) -> None:
    number = await chat(storage)
    assert not await storage.chats.forget_answer(number)
    await storage.chats.add(number, "user", "вопрос", 2.0)
    assert not await storage.chats.forget_answer(number)
    await storage.chats.add(number, "assistant", "ответ", 3.0)
    assert await storage.chats.forget_answer(number)
    assert [message.text for message in await storage.chats.messages(number)] == ["вопрос"]


async def test_messages_page_back_oldest_first(storage: Storage) -> None:
    number = await chat(storage)
    ids = [(await storage.chats.add(number, "user", str(n), float(n))).id for n in range(5)]
    assert [message.id for message in await storage.chats.messages(number, 2)] == ids[3:]
    assert [message.id for message in await storage.chats.messages(number, 2, ids[3])] == ids[1:3]


async def test_neither_chats_nor_messages_are_without_number(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHATS", 2)
    monkeypatch.setattr(module, "MAX_MESSAGES", 1)
    number = await chat(storage)
    await storage.chats.add(number, "user", "раз", 1.0)
    with pytest.raises(WrongState):
        await storage.chats.add(number, "user", "два", 2.0)
    await chat(storage)
    with pytest.raises(WrongState):
        await chat(storage)
    await chat(storage, "boris")


async def test_the_audit_knows_of_chats_and_not_of_what_is_said(storage: Storage) -> None:
    number = await chat(storage)
    await storage.chats.add(number, "user", "тайна", 2.0)
    await storage.chats.change("anna", number, {"name": "Розы"}, 3.0, BY)
    await storage.chats.change("anna", number, {"name": "Розы"}, 4.0, BY)
    await storage.chats.delete("anna", number, 5.0, BY)
    told = await storage.audit.list(AuditFilter(kind="chat"))
    assert [entry.what for entry in told] == ["chat.deleted", "chat.changed", "chat.created"]
    assert "тайна" not in str(told)


async def test_an_erased_number_is_masked_in_what_was_said(storage: Storage) -> None:
    call = await storage.begin("line1", "in", "+79161234567", "presented", 1.0)
    await storage.finish(call.id, 2.0, "answered", "caller")
    number = await chat(storage)
    await storage.chats.add(number, "user", "кто такой 9161234567?", 2.0)
    await storage.privacy.erase("+79161234567", BY)
    await storage.privacy.finish()
    (message,) = await storage.chats.messages(number)
    assert message.text == "кто такой •••?"
    assert not await storage.chats.find("anna", "9161234567")
