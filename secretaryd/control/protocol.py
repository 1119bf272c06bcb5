"""The control socket's words: typed requests, answers, events. No I/O: the web page and the console import it too.

HTTP/1.1 over a Unix socket. ``POST /v1/request`` carries an `Envelope` and answers with the JSON of the request's
answer (200) or a `Problem` (4xx, 5xx). ``GET /v1/events`` is a server-sent event stream of `Stamped` events; ids
increase by one and ``Last-Event-ID`` resumes after that id where the box still remembers it (`Dropped` tells how many
were lost).
"""

from typing import Any, Final

import msgspec

VERSION: Final = 1


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything on the socket."""


# Requests


class Status(Message, frozen=True, kw_only=True, tag="status"):
    """The whole state of the box; answers `dict` (see `secretaryd.health`)."""


class ListCalls(Message, frozen=True, kw_only=True, tag="calls.list"):
    """Calls, newest first; answers {"calls": [...]} without turns. `before` pages back from that id."""

    limit: int = 50
    before: int | None = None
    outcome: str = ""


class ShowCall(Message, frozen=True, kw_only=True, tag="calls.show"):
    """One call with its turns and messages; answers {"call": {...}, "messages": [...]}."""

    id: int


class HangUp(Message, frozen=True, kw_only=True, tag="calls.hangup"):
    """Ends the call in progress politely; answers {"ended": bool}."""


class ListMessages(Message, frozen=True, kw_only=True, tag="messages.list"):
    """What callers left, newest first."""

    limit: int = 50


class ShowConfig(Message, frozen=True, kw_only=True, tag="config.show"):
    """The configuration in force, secrets masked."""


Request = Status | ListCalls | ShowCall | HangUp | ListMessages | ShowConfig


class Envelope(Message, frozen=True, kw_only=True):
    """What a client posts. `actor` is the signed-in user for whom the web process asks; None on the console."""

    request: Request
    version: int = VERSION
    actor: str | None = None


class Problem(Message, frozen=True, kw_only=True):
    """Why a request was not done. `code` is stable; `text` and `remedy` are for people, in the box's language."""

    code: str
    text: str
    remedy: str = ""


# Events


class LineChanged(Message, frozen=True, kw_only=True, tag="line.changed"):
    """The line's state: idle, ringing, answering, talking, ending, away."""

    state: str


class ModemChanged(Message, frozen=True, kw_only=True, tag="modem.changed"):
    """The modem went up or down, or its network facts changed."""

    up: bool
    reason: str = ""
    detail: str = ""
    operator: str = ""
    technology: str = ""
    signal_dbm: int | None = None
    sim: str = ""


class CallRang(Message, frozen=True, kw_only=True, tag="call.rang"):
    """A call rings (sent again when the number becomes known)."""

    call: int
    number: str | None
    presentation: str


class CallAnswered(Message, frozen=True, kw_only=True, tag="call.answered"):
    """The call is up."""

    call: int
    sound: str = ""


class PartialHeard(Message, frozen=True, kw_only=True, tag="heard.partial"):
    """What the caller seems to be saying; replaces the partial before."""

    call: int
    text: str


class PhraseHeard(Message, frozen=True, kw_only=True, tag="heard.final"):
    """What the caller said. Times are seconds of the recording."""

    call: int
    text: str
    confidence: float
    start: float
    end: float


class SayingStarted(Message, frozen=True, kw_only=True, tag="saying"):
    """The secretary begins a sentence."""

    call: int
    text: str
    source: str
    detail: str = ""


class TurnSaid(Message, frozen=True, kw_only=True, tag="said"):
    """A whole turn of the secretary, as far as the caller heard it."""

    call: int
    text: str
    source: str
    detail: str = ""
    interrupted: bool = False
    latency: dict[str, float] | None = None


class DigitsPressed(Message, frozen=True, kw_only=True, tag="digits"):
    """Keys pressed by the caller."""

    call: int
    digits: str


class MessageTaken(Message, frozen=True, kw_only=True, tag="message.taken"):
    """The caller left a message."""

    call: int
    name: str
    number: str
    matter: str


class CallEnded(Message, frozen=True, kw_only=True, tag="call.ended"):
    """The call is over and kept. Paths are absolute."""

    call: int
    outcome: str
    cause: str
    summary: str
    seconds: float
    recording: str | None = None
    transcript: str | None = None


class AlertChanged(Message, frozen=True, kw_only=True, tag="alert"):
    """Something the owner should know came up or went away."""

    code: str
    level: str
    text: str
    remedy: str = ""
    active: bool = True


class Dropped(Message, frozen=True, kw_only=True, tag="dropped"):
    """Events that this reader will never see: it was too slow, or asked for ids no longer remembered."""

    count: int


Event = (
    LineChanged
    | ModemChanged
    | CallRang
    | CallAnswered
    | PartialHeard
    | PhraseHeard
    | SayingStarted
    | TurnSaid
    | DigitsPressed
    | MessageTaken
    | CallEnded
    | AlertChanged
    | Dropped
)


class Stamped(Message, frozen=True, kw_only=True):
    """An event as it travels: `id` increases by one, `at` is UTC epoch seconds."""

    id: int
    at: float
    event: Event


encode: Final = msgspec.json.Encoder().encode
_envelope: Final = msgspec.json.Decoder(Envelope)
_stamped: Final = msgspec.json.Decoder(Stamped)
_problem: Final = msgspec.json.Decoder(Problem)


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


def decode_problem(body: bytes) -> Problem:
    """Body of an error answer -> Problem. Raises Malformed."""
    problem: Problem = _decode(_problem, body)
    return problem


def _decode(decoder: msgspec.json.Decoder[Any], body: bytes | str) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(str(error)) from error
