"""Requests about chats with the model. Each user sees his own; the console sees all. `chat.answer` and `chat.follow`
stream (see `secretaryd.control.protocol.stream`)."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Right


class ListChats(Asking, frozen=True, kw_only=True, tag="chat.list"):
    """Newest first, with `text` those in which it stands; answers {"chats": [{id, user, name, persona, prompt, node,
    created, changed, messages, found}], "more"}, `found` being a message or null. `before` pages back: the last one's
    `changed`."""

    needs: ClassVar[Right] = Right.READ
    text: str = ""
    limit: int = 50
    before: float | None = None


class ShowChat(Asking, frozen=True, kw_only=True, tag="chat.show"):
    """Answers {"chat": {...}, "messages": [{id, role, text, at, state, detail, why}], "answering": bool}, the newest
    `limit` messages, oldest first; `before` pages back from that message. `why` of an answer: {node, model, first,
    seconds, how, entry {id, score}, facts [{id, score}], ready, source, failed}, as far as it is known; times in
    seconds."""

    needs: ClassVar[Right] = Right.READ
    id: int
    limit: int = 200
    before: int | None = None


class CreateChat(Asking, frozen=True, kw_only=True, tag="chat.create"):
    """Answers {"chat": {...}}. Without a name it is called by its first words."""

    needs: ClassVar[Right] = Right.ACT
    name: str = ""
    persona: str = ""
    prompt: str = ""
    node: str = ""


class EditChat(Asking, frozen=True, kw_only=True, tag="chat.edit"):
    """Changes what is not null; "" goes back to what is usual. Answers {"chat": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int
    name: str | None = None
    persona: str | None = None
    prompt: str | None = None
    node: str | None = None


class DeleteChat(Asking, frozen=True, kw_only=True, tag="chat.delete"):
    """`chat.restore` brings it back within a week; answers {"chat": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int


class UndeleteChat(Asking, frozen=True, kw_only=True, tag="chat.restore"):
    """Undoes `chat.delete`; answers {"chat": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int


class ShowChatPrompt(Asking, frozen=True, kw_only=True, tag="chat.prompt"):
    """What a chat begins with that has no prompt of its own; answers {"prompt", "personas": [ids], "nodes":
    [{name, state, model, reason}]}."""

    needs: ClassVar[Right] = Right.READ
    persona: str = ""


class AnswerChat(Asking, frozen=True, kw_only=True, tag="chat.answer"):
    """Says `text` to the model, or with `again` has it answer once more; streams `chat.began`, `chat.delta`…,
    `chat.ended`. It goes on when nobody listens; `chat.stop` ends it. A call on the line goes first."""

    needs: ClassVar[Right] = Right.ACT
    streams: ClassVar[bool] = True
    id: int
    text: str = ""
    again: bool = False


class FollowChat(Asking, frozen=True, kw_only=True, tag="chat.follow"):
    """Streams the answer that is under way, from its beginning; nothing where there is none."""

    needs: ClassVar[Right] = Right.READ
    streams: ClassVar[bool] = True
    id: int


class StopChat(Asking, frozen=True, kw_only=True, tag="chat.stop"):
    """Ends the answer that is under way, and keeps what is there; answers {"stopped": bool}."""

    needs: ClassVar[Right] = Right.ACT
    id: int


Requests = (
    ListChats
    | ShowChat
    | CreateChat
    | EditChat
    | DeleteChat
    | UndeleteChat
    | ShowChatPrompt
    | AnswerChat
    | FollowChat
    | StopChat
)
