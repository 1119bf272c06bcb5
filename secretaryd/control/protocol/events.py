"""Events: what the box tells while it happens."""

from secretaryd.control.protocol import archive, backup, board, calls, dial, line, models, sms, trial, users
from secretaryd.control.protocol.base import Message


class LineChanged(Message, frozen=True, kw_only=True, tag="line.changed"):
    """The line's state: idle, ringing, answering, dialling, connecting, talking, ending, away."""

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
    """A call rings (sent again when the number becomes known). `name` and `group` are the contact's, empty for a number
    that nobody has."""

    call: int
    number: str | None
    presentation: str
    name: str = ""
    group: str = ""
    continues: int | None = None
    """The call that broke off and that this one goes on with."""


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
    | line.Events
    | board.Events
    | calls.Events
    | dial.Events
    | backup.Events
    | models.Events
    | sms.Events
    | archive.Events
    | trial.Events
    | users.Events
)
