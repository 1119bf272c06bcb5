"""Answers that come in pieces. ``POST /v1/stream`` takes the envelope of a request that `streams`, and answers with
server-sent events of these; who has heard enough closes the connection. Other refusals are problems, as usual."""

from typing import Any

from secretaryd.control.protocol.base import Message


class ChatBegan(Message, frozen=True, kw_only=True, tag="chat.began"):
    """The question is kept as that message; null where it was asked before."""

    message: dict[str, Any] | None = None


class ChatDelta(Message, frozen=True, kw_only=True, tag="chat.delta"):
    """The next piece of the answer."""

    text: str


class ChatEnded(Message, frozen=True, kw_only=True, tag="chat.ended"):
    """The answer as it is kept; null where nothing was said. `code`, `text` and `remedy`: why it failed."""

    message: dict[str, Any] | None = None
    code: str = ""
    text: str = ""
    remedy: str = ""


class Listening(Message, frozen=True, kw_only=True, tag="stt.listening"):
    """The recogniser hears: `stt.feed` may begin."""


class PartialText(Message, frozen=True, kw_only=True, tag="stt.partial"):
    """What seems to have been said; replaces the one before."""

    text: str


class FinalText(Message, frozen=True, kw_only=True, tag="stt.final"):
    """A phrase, with its words as {text, start, end, confidence}."""

    text: str
    confidence: float = 0.0
    words: tuple[dict[str, Any], ...] = ()


class Broken(Message, frozen=True, kw_only=True, tag="problem"):
    """It cannot go on; the last piece."""

    code: str
    text: str
    remedy: str = ""


Piece = ChatBegan | ChatDelta | ChatEnded | Listening | PartialText | FinalText | Broken
