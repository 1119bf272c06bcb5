"""What is kept of chats. Times are UTC epoch seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

USER: Final = "user"
ASSISTANT: Final = "assistant"


@dataclass(frozen=True, slots=True)
class ChatRecord:
    """One chat. `persona`: a ready one's id, "" for the one in force; `prompt`: what stands in place of the persona's,
    "" for nothing; `node`: the model that is to answer, "" for whichever is there."""

    id: int
    user: str
    name: str
    persona: str
    prompt: str
    node: str
    created: float
    changed: float
    deleted: float | None = None
    messages: int = 0


@dataclass(frozen=True, slots=True)
class ChatMessageRecord:
    """A message. `role`: "user" or "assistant"; `state`: "done", "stopped" (on somebody's word) or "failed", with the
    reason in `detail`. `why`: what an answer rests on, as plain data."""

    id: int
    chat_id: int
    role: str
    text: str
    at: float
    state: str = "done"
    detail: str = ""
    why: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChatHit:
    """A chat, and the newest of its messages that holds what was looked for; None where only its name does."""

    chat: ChatRecord
    message: ChatMessageRecord | None = None
