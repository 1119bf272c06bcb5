"""Chats with the model through the desk, on a real database: asked, followed, stopped, made anew."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from secretaryd.answer.errors import BadContent
from secretaryd.answer.explain import Explanation, Score
from secretaryd.answer.persona import Persona
from secretaryd.chat.prompt import MAX_CHARS, messages_for, name_of, usual_prompt
from secretaryd.chat.room import MAX_AT_ONCE, ChatRoom
from secretaryd.control.protocol.chat import (
    AnswerChat,
    CreateChat,
    DeleteChat,
    EditChat,
    FollowChat,
    ListChats,
    ShowChat,
    ShowChatPrompt,
    StopChat,
    UndeleteChat,
)
from secretaryd.control.protocol.stream import ChatBegan, ChatDelta, ChatEnded
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.chat import MAX_TEXT, ChatDesk
from secretaryd.desk.desk import Desk
from secretaryd.nodes.ports import NodeHealth, NodeState
from storage.chat.records import ChatMessageRecord
from storage.store import Storage
from voice.errors import ModelUnavailable
from voice.llm.protocol import ChatMessage, Priority

ANNA, BORIS, CONSOLE = Peer(1, "anna"), Peer(1, "boris"), Peer(0)
GULYA = Persona("gulya", "ru", "Гуля", "Ромашка", "Коротко.", "Здравствуйте!")
LIDIA = Persona("lidia", "ru", "Лидия", "Мастерская", "Вежливо.", "Здравствуйте!")


class Model:
    """The pool of nodes: says what it is told to, a word at each `go`. Asserts what a pool may be asked."""

    def __init__(self) -> None:
        self.words: Sequence[str] = ("Добрый ", "день.")
        self.failure = ""
        self.go = asyncio.Semaphore(1000)
        self.asked: list[tuple[tuple[ChatMessage, ...], str]] = []

    async def stream(
        self,
        messages: Sequence[ChatMessage],
        *,
        session: str,
        priority: Priority,
        max_tokens: int,
        first_token_s: float,
        only: str,
        answering: Callable[[NodeHealth], None],
    ) -> AsyncGenerator[str, None]:
        assert priority is Priority.OWNER, "a call goes first"
        assert messages[0].role == "system"
        assert messages[-1].role == "user"
        assert 0 < max_tokens <= 512
        assert session.startswith("chat-")
        assert first_token_s > 0
        self.asked.append((tuple(messages), only))
        for word in self.words:
            await self.go.acquire()
            answering(NodeHealth("local", NodeState.READY, "qwen"))
            yield word
        if self.failure:
            raise ModelUnavailable(self.failure)

    async def release(self, session: str) -> None: ...

    async def health(self) -> tuple[NodeHealth, ...]:
        return (NodeHealth("local", NodeState.READY, "qwen"), NodeHealth("office", NodeState.AWAY, reason="off"))


class Scene:
    def __init__(self, storage: Storage) -> None:
        self.storage, self.model = storage, Model()
        self.ready = ""
        self.room = ChatRoom(self.model, storage.chats, lambda: 5.0)
        desk = ChatDesk(self.room, storage.chats, self.model, self.persona, self.explained, "ru", lambda: 4.0)
        self.desk = Desk([desk.handlers()], "ru")

    @staticmethod
    def persona(ident: str) -> Persona:
        if ident not in ("", "lidia"):
            raise BadContent((ident,))
        return LIDIA if ident else GULYA

    def explained(self, text: str) -> Explanation:
        facts = (Score("hours", 0.5), Score("address", 0.0))
        return Explanation("hours", "fuzzy", 91.0, self.ready, "faq hours", (Score("hours", 91.0),), facts)

    async def ask(self, request: Any, peer: Peer = ANNA) -> Any:
        return await self.desk(request, peer)

    async def refused(self, request: Any, peer: Peer = ANNA) -> tuple[str, int]:
        with pytest.raises(DeskError) as caught:
            await self.desk(request, peer)
        return caught.value.problem.code, caught.value.status

    async def heard(self, request: Any, peer: Peer = ANNA) -> list[Any]:
        return [piece async for piece in await self.desk(request, peer)]

    async def chat(self, **fields: str) -> int:
        return int((await self.ask(CreateChat(**fields)))["chat"]["id"])

    async def said(self, number: int) -> list[tuple[str, str, str]]:
        messages = (await self.ask(ShowChat(id=number)))["messages"]
        return [(message["role"], message["text"], message["state"]) for message in messages]


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    storage = await Storage.open(f"sqlite:///{folder / 'secretary.db'}", folder)
    s = Scene(storage)
    try:
        yield s
    finally:
        await s.room.close()
        await storage.close()


async def test_an_answer_comes_in_pieces_and_is_kept(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        number = await s.chat()
        began, *deltas, ended = await s.heard(AnswerChat(id=number, text=" Как вас найти? "))
        assert isinstance(began, ChatBegan)
        assert began.message is not None
        assert began.message["text"] == "Как вас найти?"
        assert "".join(delta.text for delta in deltas) == "Добрый день."
        assert isinstance(ended, ChatEnded)
        assert ended.message is not None
        assert (ended.message["text"], ended.code) == ("Добрый день.", "")
        assert await s.said(number) == [("user", "Как вас найти?", "done"), ("assistant", "Добрый день.", "done")]
        assert (await s.ask(ShowChat(id=number)))["chat"]["name"] == "Как вас найти?"


async def test_the_model_is_told_the_prompt_and_what_was_said(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        number = await s.chat(persona="lidia", node="local")
        await s.heard(AnswerChat(id=number, text="раз"))
        await s.ask(EditChat(id=number, prompt="Ты — попугай.", node=""))
        await s.heard(AnswerChat(id=number, text="два"))
        (first, only), (second, anybody) = s.model.asked
        assert (only, anybody) == ("local", "")
        assert "Лидия" in first[0].content
        assert [(m.role, m.content) for m in second] == [
            ("system", "Ты — попугай."),
            ("user", "раз"),
            ("assistant", "Добрый день."),
            ("user", "два"),
        ]


async def test_an_answer_is_kept_with_what_it_rests_on(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        s.ready = "С девяти до шести."
        number = await s.chat()
        ended = (await s.heard(AnswerChat(id=number, text="Когда вы работаете?")))[-1]
        why = (await s.ask(ShowChat(id=number)))["messages"][-1]["why"]
        assert why == ended.message["why"]
        assert why.pop("first") >= 0 <= why.pop("seconds")
        assert why == {
            "how": "fuzzy", "entry": {"id": "hours", "score": 91.0}, "facts": [{"id": "hours", "score": 0.5}],
            "ready": "С девяти до шести.", "source": "faq hours", "node": "local", "model": "qwen",
        }  # fmt: skip
        asked = s.model.asked[-1][0][-1].content
        assert asked.startswith("Когда вы работаете?\n")
        assert "С девяти до шести." in asked
        await s.heard(AnswerChat(id=number, text="А ещё?"))
        assert s.model.asked[-1][0][1].content == "Когда вы работаете?", "what was evaluated before stays so"


async def test_who_plays_another_part_is_told_no_ready_answers(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        s.ready = "С девяти до шести."
        for fields in ({"prompt": "Ты — попугай."}, {"persona": "lidia"}):
            ended = (await s.heard(AnswerChat(id=await s.chat(**fields), text="Когда?")))[-1]
            assert s.model.asked[-1][0][-1].content == "Когда?"
            assert "entry" not in ended.message["why"]


async def test_answering_again_replaces_the_answer(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        number = await s.chat()
        await s.heard(AnswerChat(id=number, text="вопрос"))
        s.model.words = ("Иначе.",)
        began, *_, ended = await s.heard(AnswerChat(id=number, again=True))
        assert began.message is None
        assert ended.message["text"] == "Иначе."
        assert [text for _, text, _ in await s.said(number)] == ["вопрос", "Иначе."]


async def test_it_goes_on_when_nobody_listens_and_can_be_followed_from_its_beginning(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        number = await s.chat()
        s.model.go = asyncio.Semaphore(1)
        pieces = await s.ask(AnswerChat(id=number, text="вопрос"))
        assert isinstance(await anext(pieces), ChatBegan)
        assert await anext(pieces) == ChatDelta(text="Добрый ")
        await pieces.aclose()
        assert (await s.ask(ShowChat(id=number)))["answering"]
        assert await s.refused(AnswerChat(id=number, text="ещё")) == ("busy", 409)
        following = asyncio.create_task(s.heard(FollowChat(id=number)))
        s.model.go.release()
        pieces = await following
        assert "".join(piece.text for piece in pieces[1:-1]) == "Добрый день."
        assert pieces[-1].message["state"] == "done"
        assert await s.heard(FollowChat(id=number)) == [ChatBegan()]


async def test_what_is_there_of_a_stopped_answer_is_kept(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        number = await s.chat()
        assert await s.ask(StopChat(id=number)) == {"stopped": False}
        s.model.go = asyncio.Semaphore(1)
        pieces = await s.ask(AnswerChat(id=number, text="вопрос"))
        assert [await anext(pieces), await anext(pieces)][1] == ChatDelta(text="Добрый ")
        assert await s.ask(StopChat(id=number)) == {"stopped": True}
        assert [piece async for piece in pieces][-1].message["state"] == "stopped"
        assert await s.said(number) == [("user", "вопрос", "done"), ("assistant", "Добрый ", "stopped")]


FAILURES = [("local: away", "no_model"), ("local: starter", "starter")]


@pytest.mark.parametrize(("failure", "code"), FAILURES)
async def test_a_model_that_fails_says_why_and_what_to_do(tmp_path: Path, failure: str, code: str) -> None:
    async with scene(tmp_path) as s:
        number = await s.chat()
        s.model.words, s.model.failure = (), failure
        ended = (await s.heard(AnswerChat(id=number, text="вопрос")))[-1]
        assert (ended.code, bool(ended.text), bool(ended.remedy)) == (code, True, True)
        assert ended.message["why"]["failed"] == code
        assert await s.said(number) == [("user", "вопрос", "done"), ("assistant", "", "failed")]
        s.model.words, s.model.failure = ("Да.",), ""
        await s.heard(AnswerChat(id=number, again=True))
        assert [text for _, text, _ in await s.said(number)] == ["вопрос", "Да."]


REFUSED = [
    (ShowChat(id=99), "not_found", 404),
    (ShowChat(id=2**80), "not_found", 404),
    (AnswerChat(id=1, text=" "), "empty", 400),
    (AnswerChat(id=1, again=True), "empty", 400),
    (AnswerChat(id=1, text="a" * (MAX_TEXT + 1)), "too_long", 400),
    (EditChat(id=1, persona="../x"), "persona", 400),
    (EditChat(id=1, node="nobody"), "node", 400),
    (CreateChat(prompt="a" * 9000), "too_long", 400),
    (UndeleteChat(id=1), "not_found", 404),
]


@pytest.mark.parametrize(("request_", "code", "status"), REFUSED)
async def test_what_cannot_be_done_is_refused(tmp_path: Path, request_: Any, code: str, status: int) -> None:
    async with scene(tmp_path) as s:
        assert await s.chat() == 1
        assert await s.refused(request_) == (code, status)


async def test_nobody_reaches_anothers_chat_but_the_console(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        number = await s.chat()
        for request in (ShowChat(id=number), EditChat(id=number, name="x"), DeleteChat(id=number),
                        AnswerChat(id=number, text="x"), FollowChat(id=number), StopChat(id=number)):  # fmt: skip
            assert await s.refused(request, BORIS) == ("not_found", 404)
        assert (await s.ask(ListChats(), BORIS))["chats"] == []
        assert [chat["id"] for chat in (await s.ask(ListChats(), CONSOLE))["chats"]] == [number]


async def test_deleting_stops_the_answer_and_can_be_undone(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        number = await s.chat()
        s.model.go = asyncio.Semaphore(0)
        await s.ask(AnswerChat(id=number, text="вопрос"))
        await s.ask(DeleteChat(id=number))
        assert s.room.under_way(number) is None
        await s.ask(UndeleteChat(id=number))
        assert (await s.said(number))[0] == ("user", "вопрос", "done")


async def test_only_some_are_answered_at_once(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        s.model.go = asyncio.Semaphore(0)
        for _ in range(MAX_AT_ONCE):
            await s.ask(AnswerChat(id=await s.chat(), text="вопрос"))
        assert await s.refused(AnswerChat(id=await s.chat(), text="вопрос")) == ("busy", 409)


async def test_the_usual_prompt_and_the_models_are_told(tmp_path: Path) -> None:
    async with scene(tmp_path) as s:
        told = await s.ask(ShowChatPrompt(persona="lidia"))
        assert "Лидия" in told["prompt"]
        assert [node["name"] for node in told["nodes"]] == ["local", "office"]


def message(number: int, role: str, text: str) -> ChatMessageRecord:
    return ChatMessageRecord(number, 1, role, text, 0.0)


HISTORY = [
    ([("user", "а" * (MAX_CHARS + 1))], ["user"]),
    ([("user", "а"), ("assistant", "б" * MAX_CHARS), ("user", "в")], ["user"]),
    ([("user", "а"), ("assistant", ""), ("user", "в")], ["user", "user"]),
    ([("assistant", "б"), ("user", "в")], ["user"]),
    ([("user", "а"), ("assistant", "б"), ("user", "в")], ["user", "assistant", "user"]),
]


@pytest.mark.parametrize(("said", "kept"), HISTORY)
def test_the_newest_that_fits_is_told_and_begins_with_a_question(said: list[tuple[str, str]], kept: list[str]) -> None:
    told = messages_for("p", [message(at, role, text) for at, (role, text) in enumerate(said)])
    assert [each.role for each in told] == ["system", *kept]


def test_names_are_short_and_the_usual_prompt_is_in_the_personas_language() -> None:
    assert name_of("слово " * 30).endswith("слово…")
    assert len(name_of("слово " * 30)) <= 61
    assert name_of("а" * 100) == "а" * 60 + "…"
    assert "staff" in usual_prompt(Persona("x", "en", "Ann", "Shop", "", ""))
