"""`/admin/chat…`: talks with the model, answers whole or as they come."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse

from secretaryd.control.protocol import Piece
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
from secretaryd.control.protocol.stream import ChatEnded
from webui.api.desk import Tools
from webui.api.models import LlmNode
from webui.api.operation import EVENTS, Asked, Operation, as_
from webui.api.paging import Page, parted, place_of
from webui.auth.roles import Permission
from webui.errors import NotDone
from webui.limits import Limit

Name = Annotated[str, msgspec.Meta(max_length=200)]
Prompt = Annotated[str, msgspec.Meta(max_length=8000)]
FAILED: Final = 503


class Near(msgspec.Struct, frozen=True, kw_only=True):
    """A question of the FAQ (score 0 to 100), or a topic of the facts (0 to 1)."""

    id: str
    score: float


class ChatWhy(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer rests on: the node and its model; seconds until the first word, and in all; the nearest question
    and `how` it fits, the facts that come near, the ready answer that the model was shown. `failed`: "starter" or
    "no_model" where there is none."""

    node: str = ""
    model: str = ""
    first: float | None = None
    seconds: float | None = None
    how: str = ""
    entry: Near | None = None
    facts: list[Near] = []
    ready: str = ""
    source: str = ""
    failed: str = ""


class ChatMessage(msgspec.Struct, frozen=True, kw_only=True):
    """`role`: "user" or "assistant"; `state`: "done", "stopped" or "failed"; `at` in UTC epoch seconds."""

    id: int
    role: str
    text: str
    at: float
    state: str
    detail: str
    why: ChatWhy = ChatWhy()


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """`persona`, `prompt` and `node` are "" for what is usual; times in UTC epoch seconds."""

    id: int
    user: str
    name: str
    persona: str
    prompt: str
    node: str
    created: float
    changed: float
    messages: int
    found: ChatMessage | None = None


class Chats(msgspec.Struct, frozen=True, kw_only=True):
    """The last changed first; `found` is the message in which it stands."""

    items: list[Chat]
    next: str | None


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """Oldest message first; `next` is the cursor of the messages before them. `answering`: the model is at it."""

    chat: Chat
    messages: list[ChatMessage]
    next: str | None
    answering: bool


class ChatPrompt(msgspec.Struct, frozen=True, kw_only=True):
    """What a chat begins with that has no prompt of its own; who could answer, and which models."""

    prompt: str
    personas: list[str]
    nodes: list[LlmNode]


class ChatSearch(Page, frozen=True, kw_only=True):
    """Those in which `text` stands, whatever its case."""

    text: Name = ""


class PromptOf(msgspec.Struct, frozen=True, kw_only=True):
    """Of which persona; "" for the one in force."""

    persona: Name = ""


class NewChat(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Without a name it is called by its first words."""

    name: Name = ""
    persona: Name = ""
    prompt: Prompt = ""
    node: Name = ""


class ChatChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not null; "" goes back to what is usual."""

    name: Name | None = None
    persona: Name | None = None
    prompt: Prompt | None = None
    node: Name | None = None


class ChatQuestion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`again`: the last answer is made anew, without a text. `stream`: as server-sent events."""

    text: Annotated[str, msgspec.Meta(max_length=8000)] = ""
    again: bool = False
    stream: bool = False


class ChatStopped(msgspec.Struct, frozen=True, kw_only=True):
    """Whether there was an answer to stop."""

    stopped: bool


@dataclass(frozen=True, slots=True)
class ChatApi:
    """Each user has his own. An answer goes on when its reader goes away."""

    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        root, one, chat = "/admin/chat", "/admin/chat/{id:int}", Permission.CHAT
        return [
            Operation(method="GET", path=root, needs=chat, does=self.list, query=ChatSearch, answer=Chats),
            Operation(method="POST", path=root, needs=chat, does=self.create, body=NewChat, answer=Chat, status=201),
            Operation(
                method="GET", path=f"{root}/prompt", needs=chat, does=self.prompt, query=PromptOf, answer=ChatPrompt
            ),
            Operation(method="GET", path=one, needs=chat, does=self.show, query=Page, answer=Conversation),
            Operation(method="PATCH", path=one, needs=chat, does=self.change, body=ChatChange, answer=Chat),
            Operation(method="DELETE", path=one, needs=chat, does=self.delete),
            Operation(method="POST", path=f"{one}/restore", needs=chat, does=self.restore, answer=Chat),
            Operation(
                method="POST", path=f"{one}/messages", needs=chat, does=self.say,
                limit=Limit.LLM, body=ChatQuestion, answer=ChatMessage,
                media=(EVENTS,),
            ),
            Operation(method="GET", path=f"{one}/stream", needs=chat, does=self.follow, media=(EVENTS,)),
            Operation(method="POST", path=f"{one}/stop", needs=chat, does=self.stop, answer=ChatStopped),
        ]  # fmt: skip

    async def list(self, asked: Asked) -> Chats:
        """The asker's chats, the last changed first."""
        query: ChatSearch = asked.query
        request = ListChats(text=query.text, limit=query.limit, before=place_of(query.cursor, float))
        found = await self.tools.desk.ask(request, asked.name)
        items, after = parted([*found["chats"], *([None] if found["more"] else [])], len(found["chats"]), "changed")
        return Chats(items=as_(list[Chat], items), next=after)

    async def create(self, asked: Asked) -> Chat:
        """A new chat."""
        body: NewChat = asked.body
        request = CreateChat(name=body.name, persona=body.persona, prompt=body.prompt, node=body.node)
        return self._chat(await self.tools.desk.ask(request, asked.name))

    async def prompt(self, asked: Asked) -> ChatPrompt:
        """What the model is told first, and which models there are."""
        return as_(ChatPrompt, await self.tools.desk.ask(ShowChatPrompt(persona=asked.query.persona), asked.name))

    async def show(self, asked: Asked) -> Conversation:
        """A chat with its newest messages."""
        query: Page = asked.query
        request = ShowChat(id=asked.id, limit=query.limit + 1, before=place_of(query.cursor, int))
        found = await self.tools.desk.ask(request, asked.name)
        newest, after = parted(list(reversed(found["messages"])), query.limit, "id")
        shown = {**found, "messages": list(reversed(newest)), "next": after}
        return as_(Conversation, shown)

    async def change(self, asked: Asked) -> Chat:
        """Another name, prompt, persona or model."""
        body: ChatChange = asked.body
        request = EditChat(id=asked.id, name=body.name, persona=body.persona, prompt=body.prompt, node=body.node)
        return self._chat(await self.tools.desk.ask(request, asked.name))

    async def delete(self, asked: Asked) -> None:
        """It can be restored within a week."""
        await self.tools.desk.ask(DeleteChat(id=asked.id), asked.name)

    async def restore(self, asked: Asked) -> Chat:
        """Brings a deleted chat back."""
        return self._chat(await self.tools.desk.ask(UndeleteChat(id=asked.id), asked.name))

    async def say(self, asked: Asked) -> Any:
        """Asks the model: its answer when it is whole, or as it comes. A call on the line goes first."""
        body: ChatQuestion = asked.body
        request = AnswerChat(id=asked.id, text=body.text, again=body.again)
        if body.stream:
            return await self._events(asked, request)
        ended = ChatEnded()
        async with self.tools.desk.stream(request, asked.name) as pieces:
            async for piece in pieces:
                if isinstance(piece, ChatEnded):
                    ended = piece
        if ended.code or ended.message is None:
            raise NotDone(ended.text, FAILED, ended.code, ended.remedy)
        return as_(ChatMessage, ended.message)

    async def follow(self, asked: Asked) -> Response:
        """The answer that is under way, from its beginning, as server-sent events."""
        return await self._events(asked, FollowChat(id=asked.id))

    async def stop(self, asked: Asked) -> ChatStopped:
        """Ends the answer that is under way; what is there of it is kept."""
        return as_(ChatStopped, await self.tools.desk.ask(StopChat(id=asked.id), asked.name))

    async def _events(self, asked: Asked, request: Any) -> Response:
        # Entered before the answer begins, so that a refusal has its status.
        stack = AsyncExitStack()
        pieces = await stack.enter_async_context(self.tools.desk.stream(request, asked.name))
        return StreamingResponse(_told(stack, pieces), media_type=EVENTS, headers={"cache-control": "no-store"})

    def _chat(self, found: dict[str, Any]) -> Chat:
        return as_(Chat, found["chat"])


async def _told(stack: AsyncExitStack, pieces: AsyncIterator[Piece]) -> AsyncIterator[bytes]:
    async with stack:
        async for piece in pieces:
            kind = type(piece).__struct_config__.tag
            yield f"event: {kind}\ndata: ".encode() + msgspec.json.encode(piece) + b"\n\n"
