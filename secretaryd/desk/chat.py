"""Requests about chats with the model."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final, Protocol

from secretaryd.answer.errors import BadContent
from secretaryd.answer.explain import Explanation
from secretaryd.answer.persona import Persona, ready_personas
from secretaryd.chat.prompt import grounds_of, messages_for, name_of, ready_note, usual_prompt
from secretaryd.chat.room import Answer, ChatRoom, TooMany
from secretaryd.control.protocol import Piece, Problem
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
from secretaryd.control.reader import Texts
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import MAX_ID, Handlers, by, plain
from secretaryd.nodes.ports import NodeHealth
from secretaryd.reasons import in_language
from storage.chat.door import Chats
from storage.chat.records import USER, ChatMessageRecord, ChatRecord
from storage.errors import NotFound, WrongState

MAX_TEXT: Final = 8000
MAX_PROMPT: Final = 8000
MAX_NAME: Final = 200
MAX_HISTORY: Final = 100
TEXTS: Final = {
    "ru": {
        "not_found": "Беседы {} нет.",
        "full": "Больше бесед или сообщений не помещается: {}.",
        "empty": "Нечего спросить.",
        "long": "Слишком длинно: {} не больше {} знаков.",
        "busy": "Модель ещё отвечает.",
        "stop": "Дождитесь ответа или остановите его.",
        "persona": "Персоны {} нет.",
        "node": "Модели {} нет.",
        "no_model": "Модель не ответила: {}.",
        "starter": "Учебная модель в беседах не отвечает: нужна настоящая.",
        "new": "Новая беседа",
    },
    "en": {
        "not_found": "There is no chat {}.",
        "full": "There is no room for more chats or messages: {}.",
        "empty": "There is nothing to ask.",
        "long": "Too long: {} holds at most {} characters.",
        "busy": "The model is still answering.",
        "stop": "Wait for the answer, or stop it.",
        "persona": "There is no persona {}.",
        "node": "There is no model {}.",
        "no_model": "The model did not answer: {}.",
        "starter": "The starter model does not answer in chats: install a real one.",
        "new": "New chat",
    },
}
INSTALL: Final = "secretaryctl models install ru-standard"
LIMITS: Final = {"text": MAX_TEXT, "prompt": MAX_PROMPT, "name": MAX_NAME, "persona": MAX_NAME, "node": MAX_NAME}


class Nodes(Protocol):
    """The pool, as far as its health goes."""

    async def health(self) -> tuple[NodeHealth, ...]:
        """As last seen."""


class ChatDesk:
    """Sessions, and what is said in them."""

    def __init__(
        self,
        room: ChatRoom,
        chats: Chats,
        nodes: Nodes,
        persona: Callable[[str], Persona],
        explained: Callable[[str], Explanation],
        language: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`persona` gives the one in force for "", else the ready one of that id; raises BadContent.
        `explained`: what the one in force has ready for a phrase."""
        self._room, self._chats, self._nodes, self._persona = room, chats, nodes, persona
        self._explained = explained
        self._texts, self._now = Texts(TEXTS, language), now

    def handlers(self) -> Handlers:
        """Its requests."""
        return {
            ListChats: self._list,
            ShowChat: self._show,
            CreateChat: self._create,
            EditChat: self._edit,
            DeleteChat: self._delete,
            UndeleteChat: self._restore,
            ShowChatPrompt: self._prompt,
            AnswerChat: self._answer,
            FollowChat: self._follow,
            StopChat: self._stop,
        }

    async def _list(self, request: ListChats, peer: Peer) -> Any:
        limit = max(1, min(request.limit, 100))
        hits = await self._chats.find(peer.actor, request.text.strip()[:MAX_NAME], limit + 1, request.before)
        rows = [plain(hit.chat) | {"found": plain(hit.message) if hit.message else None} for hit in hits[:limit]]
        return {"chats": rows, "more": len(hits) > limit}

    async def _show(self, request: ShowChat, peer: Peer) -> Any:
        chat = await self._get(request.id, peer)
        before = None if request.before is None else _id(request.before)
        messages = await self._chats.messages(chat.id, request.limit, before)
        answering = self._room.under_way(chat.id) is not None
        return {"chat": plain(chat), "messages": [self._told_again(each) for each in messages], "answering": answering}

    def _told_again(self, message: ChatMessageRecord) -> dict[str, Any]:
        return plain(message) | {"detail": in_language(message.detail, self._texts.language)}

    async def _create(self, request: CreateChat, peer: Peer) -> Any:
        fields = {key: getattr(request, key).strip() for key in ("name", "persona", "prompt", "node")}
        await self._check(fields)
        fields["name"] = fields["name"] or self._texts["new"]
        try:
            chat = await self._chats.create(peer.actor or "", fields, self._now(), by(peer))
        except WrongState as error:
            raise self._refusal("full", 409, in_language(error, self._texts.language)) from error
        return {"chat": plain(chat)}

    async def _edit(self, request: EditChat, peer: Peer) -> Any:
        given = {key: getattr(request, key) for key in ("name", "persona", "prompt", "node")}
        fields = {key: value.strip() for key, value in given.items() if value is not None}
        await self._check(fields)
        if fields.get("name") == "":
            fields["name"] = self._texts["new"]
        await self._get(request.id, peer)
        return {"chat": plain(await self._chats.change(peer.actor, _id(request.id), fields, self._now(), by(peer)))}

    async def _delete(self, request: DeleteChat, peer: Peer) -> Any:
        chat = await self._get(request.id, peer)
        await self._room.stop(chat.id)
        return {"chat": plain(await self._chats.delete(peer.actor, chat.id, self._now(), by(peer)))}

    async def _restore(self, request: UndeleteChat, peer: Peer) -> Any:
        try:
            return {"chat": plain(await self._chats.restore(peer.actor, _id(request.id), by(peer)))}
        except NotFound as error:
            raise self._refusal("not_found", 404, str(request.id)) from error

    async def _prompt(self, request: ShowChatPrompt, _: Peer) -> Any:
        nodes = [
            {
                "name": node.name,
                "state": str(node.state),
                "model": node.model,
                "reason": in_language(node.reason, self._texts.language),
            }
            for node in await self._nodes.health()
        ]
        prompt = usual_prompt(self._persona_of(request.persona))
        return {"prompt": prompt, "personas": list(ready_personas()), "nodes": nodes}

    async def _answer(self, request: AnswerChat, peer: Peer) -> AsyncGenerator[Piece, None]:
        chat, text = await self._get(request.id, peer), request.text.strip()
        await self._check({"text": text})
        if self._room.under_way(chat.id) is not None:
            raise self._busy()
        kept = None
        if request.again:
            await self._chats.forget_answer(chat.id)
        elif not text:
            raise self._refusal("empty", 400)
        else:
            kept = await self._ask(chat, text, peer)
        history = await self._chats.messages(chat.id, MAX_HISTORY)
        if not history or history[-1].role != USER:
            raise self._refusal("empty", 400)
        persona = self._persona_of(chat.persona)
        prompt, note, grounds = chat.prompt or usual_prompt(persona), "", {}
        if not chat.prompt and not chat.persona:  # who plays another part knows nothing of the secretary's answers
            found = self._explained(history[-1].text)
            note, grounds = ready_note(found, persona.language), grounds_of(found)
        try:
            answer = self._room.begin(chat.id, messages_for(prompt, history, note), chat.node, grounds)
        except TooMany as error:
            raise self._busy() from error
        return self._told(answer, ChatBegan(message=plain(kept) if kept else None))

    async def _ask(self, chat: ChatRecord, text: str, peer: Peer) -> Any:
        try:
            kept = await self._chats.add(chat.id, USER, text, self._now())
        except WrongState as error:
            raise self._refusal("full", 409, in_language(error, self._texts.language)) from error
        if chat.messages == 0 and chat.name in {each["new"] for each in TEXTS.values()}:
            await self._chats.change(peer.actor, chat.id, {"name": name_of(text)}, self._now(), by(peer))
        return kept

    async def _follow(self, request: FollowChat, peer: Peer) -> AsyncGenerator[Piece, None]:
        chat = await self._get(request.id, peer)
        return self._told(self._room.under_way(chat.id), ChatBegan())

    async def _told(self, answer: Answer | None, began: ChatBegan) -> AsyncGenerator[Piece, None]:
        yield began
        if answer is None:
            return
        async for piece in answer.pieces():
            yield ChatDelta(text=piece)
        message = self._told_again(answer.message) if answer.message else None
        if not answer.failure:
            yield ChatEnded(message=message)
        elif "starter" in answer.failure:
            yield ChatEnded(message=message, code="starter", text=self._texts["starter"], remedy=INSTALL)
        else:
            text = self._texts["no_model"].format(in_language(answer.failure, self._texts.language))
            yield ChatEnded(message=message, code="no_model", text=text, remedy="secretaryctl status")

    async def _stop(self, request: StopChat, peer: Peer) -> Any:
        chat = await self._get(request.id, peer)
        return {"stopped": await asyncio.shield(self._room.stop(chat.id))}

    async def _get(self, number: int, peer: Peer) -> ChatRecord:
        try:
            return await self._chats.get(peer.actor, _id(number))
        except NotFound as error:
            raise self._refusal("not_found", 404, str(number)) from error

    async def _check(self, fields: dict[str, str]) -> None:
        for key, value in fields.items():
            if len(value) > LIMITS[key]:
                text = self._texts["long"].format(key, LIMITS[key])
                raise DeskError(Problem(code="too_long", text=text), 400)
        if fields.get("persona"):
            self._persona_of(fields["persona"])
        if (node := fields.get("node")) and node not in {each.name for each in await self._nodes.health()}:
            raise self._refusal("node", 400, node)

    def _persona_of(self, ident: str) -> Persona:
        try:
            return self._persona(ident)
        except BadContent as error:
            raise self._refusal("persona", 400, ident) from error

    def _busy(self) -> DeskError:
        return DeskError(Problem(code="busy", text=self._texts["busy"], remedy=self._texts["stop"]), 409)

    def _refusal(self, code: str, status: int, what: str = "") -> DeskError:
        return DeskError(Problem(code=code, text=self._texts[code].format(what)), status)


def _id(number: int) -> int:
    return max(0, min(number, MAX_ID))
