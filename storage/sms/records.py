"""What goes into and comes out of this part of the storage. Times are UTC epoch seconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

# States of messages that came.
RECEIVED: Final = "received"
WAITING: Final = "waiting"
"""Parts are missing, and not shown yet."""
INCOMPLETE: Final = "incomplete"
"""Parts are missing, and shown without them."""
UNREADABLE: Final = "unreadable"
DRAFT: Final = "draft"
"""A message that somebody had left on the SIM unsent."""

# States of messages that go.
QUEUED: Final = "queued"
SENDING: Final = "sending"
SENT: Final = "sent"
DELIVERED: Final = "delivered"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"

UNCERTAIN: Final = "uncertain"
"""Reason of a failure: sent twice without an answer, so that a third time could only annoy."""


@dataclass(frozen=True, slots=True)
class IncomingPdu:
    """One PDU, decoded as far as that went. `kind`: text, report, draft, unreadable. `identity` is what two copies of
    one message have in common."""

    pdu: str
    identity: str
    kind: str
    at: float
    memory: str = ""
    slot: int | None = None
    number: str = ""
    named: bool = False
    sent: float | None = None
    text: str = ""
    flash: bool = False
    notes: tuple[str, ...] = ()
    part: int = 1
    total: int = 1
    reference: int = 0
    wide: bool = False
    outcome: str = ""
    """Of a report: delivered, failed, or "" while it is still tried."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PartRecord:
    """One part. `pdu` of those that go."""

    id: int
    sms_id: int
    part: int
    state: str
    reference: int | None
    tried: float | None
    attempts: int
    doubtful: bool
    pdu: str
    length: int


@dataclass(frozen=True, slots=True)
class SmsRecord:
    """A message. `doubtful`: a part may have gone out twice."""

    id: int
    line: str
    direction: str  # "in" | "out"
    number: str
    named: bool
    at: float
    sent: float | None
    text: str
    state: str
    reason: str
    purpose: str
    flash: bool
    notes: tuple[str, ...]
    total: int
    have: int
    doubtful: bool
    next_try: float = 0.0
    parts: tuple[PartRecord, ...] = ()
    pdus: tuple[str, ...] = ()
    """As they came, for what could not be read."""


@dataclass(frozen=True, slots=True)
class ThreadRecord:
    """All messages with one number, by the newest."""

    number: str
    named: bool
    last: SmsRecord
    count: int


@dataclass(frozen=True, slots=True)
class Outline:
    """An incomplete message as the joiner sees it: `texts` by part."""

    id: int
    at: float
    texts: Mapping[int, str]


class Joiner(Protocol):
    """Which message a part belongs to is not the storage's to know."""

    def place(self, incoming: IncomingPdu, outlines: Sequence[Outline]) -> int | None:
        """The id of the message that this part joins, None for a new one. Must be pure: it runs in a transaction."""

    def text(self, texts: Mapping[int, str], total: int) -> str:
        """The message's text, gaps shown."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of a PDU. `repeated`: it was known already. `sms` is the message that it is of, None for a report on a
    message that is not ours."""

    sms: SmsRecord | None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What somebody may be owed a message for: `ref` is the number of a `message` or of a `call` that came in. It was
    written with it, in one transaction, so that no crash forgets it."""

    id: int
    kind: str
    ref: int
    at: float


@dataclass(frozen=True, slots=True)
class NewPart:
    """A part to send."""

    pdu: str
    length: int
    text: str


@dataclass(frozen=True, slots=True)
class NewSms:
    """A message to send."""

    number: str
    text: str
    parts: tuple[NewPart, ...]
    purpose: str
