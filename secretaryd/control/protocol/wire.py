"""How requests, answers and events travel: envelopes, numbers, JSON."""

from typing import Any, Final

import msgspec

from secretaryd.control.protocol import (
    archive,
    audit,
    backup,
    box,
    calls,
    care,
    chat,
    contacts,
    content,
    dial,
    hearing,
    legacy,
    models,
    privacy,
    secrets,
    sim,
    sms,
    talking,
    trial,
    users,
)
from secretaryd.control.protocol.base import Message, Problem
from secretaryd.control.protocol.events import Event
from secretaryd.control.protocol.stream import Piece

VERSION: Final = 1
NEWEST: Final = "newest-event"
"""A header of the event stream: the id of the last event when it began, 0 for none."""
KEPT_SECONDS: Final = 75
"""How long the box keeps an idle connection for the next question."""

Request = (  # a line a topic
    archive.Requests
    | audit.Requests
    | backup.Requests
    | box.Requests
    | calls.Requests
    | care.Requests
    | chat.Requests
    | contacts.Requests
    | content.Requests
    | dial.Requests
    | hearing.Requests
    | legacy.Requests
    | models.Requests
    | privacy.Requests
    | secrets.Requests
    | sim.Requests
    | sms.Requests
    | talking.Requests
    | trial.Requests
    | users.Requests
)


class Envelope(Message, frozen=True, kw_only=True):
    """What a client posts. `actor` is the signed-in user for whom the web process asks; None on the console.
    `language`: in which the asker reads ("ru", "en"); "" for the box's."""

    request: Request
    version: int = VERSION
    actor: str | None = None
    language: str = ""


class Stamped(Message, frozen=True, kw_only=True):
    """An event as it travels: `id` increases by one (that of a passing event is its predecessor's), `at` is UTC epoch
    seconds."""

    id: int
    at: float
    event: Event


encode: Final = msgspec.json.Encoder().encode
_envelope: Final = msgspec.json.Decoder(Envelope)
_stamped: Final = msgspec.json.Decoder(Stamped)
_problem: Final = msgspec.json.Decoder(Problem)
_piece: Final = msgspec.json.Decoder(Piece)


class Malformed(ValueError):
    """Bytes that are not a valid request or event; the text says where."""


def decode_envelope(body: bytes) -> Envelope:
    """Bytes of a POST -> Envelope. Raises Malformed."""
    envelope: Envelope = _decode(_envelope, body)
    return envelope


def decode_stamped(body: bytes | str) -> Stamped:
    """Data of a server-sent event -> Stamped. Raises Malformed."""
    stamped: Stamped = _decode(_stamped, body)
    return stamped


def decode_piece(body: bytes | str) -> Piece:
    """Data of a piece of a streamed answer. Raises Malformed."""
    piece: Piece = _decode(_piece, body)
    return piece


def decode_problem(body: bytes) -> Problem:
    """Body of an error answer -> Problem. Raises Malformed."""
    problem: Problem = _decode(_problem, body)
    return problem


def _decode(decoder: msgspec.json.Decoder[Any], body: bytes | str) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
