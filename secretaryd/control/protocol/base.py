"""What every word on the control socket is made of."""

from enum import StrEnum
from typing import ClassVar

import msgspec


class Right(StrEnum):
    """What a request needs."""

    LOOK = "look"  # the state of the box, no personal data
    READ = "read"  # calls, transcripts, messages
    ACT = "act"  # end a call, write a message
    FAQ_READ = "faq.read"  # what the box knows and answers
    FAQ_WRITE = "faq.write"
    PERSONA_WRITE = "persona.write"
    MANAGE = "manage"  # configuration, users, everything else


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything on the socket."""


class Asking(Message, frozen=True, kw_only=True):
    """Base of requests. Each says in `needs` what its asker must be allowed to do."""

    needs: ClassVar[Right]
    seconds: ClassVar[float] = 10.0
    """How long its answer may take."""
    streams: ClassVar[bool] = False
    """Whether it is asked at /v1/stream, and answered in pieces."""
    looks: ClassVar[bool] = False
    """It changes nothing and is asked again and again: not worth a line of the log."""


class Problem(Message, frozen=True, kw_only=True):
    """Why a request was not done. `code` is stable; `text` and `remedy` are for people, in the asker's language
    (`Envelope.language`)."""

    code: str
    text: str
    remedy: str = ""
