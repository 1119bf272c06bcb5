"""Requests and events about short messages."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Message, Right


class ListSms(Asking, frozen=True, kw_only=True, tag="sms.list"):
    """Messages, newest first; answers {"sms": [...]}. `number` selects one thread, `direction` "in" or "out"; `before`
    pages back from that id."""

    needs: ClassVar[Right] = Right.READ
    number: str = ""
    direction: str = ""
    limit: int = 50
    before: int | None = None


class ListThreads(Asking, frozen=True, kw_only=True, tag="sms.threads"):
    """Numbers with which messages were exchanged, the newest first; answers {"threads": [{number, named, last,
    count}]}."""

    needs: ClassVar[Right] = Right.READ
    limit: int = 50


class ShowSms(Asking, frozen=True, kw_only=True, tag="sms.show"):
    """One message with its parts and the PDUs it came as; answers {"sms": {...}}."""

    needs: ClassVar[Right] = Right.READ
    id: int


class SearchSms(Asking, frozen=True, kw_only=True, tag="sms.search"):
    """Messages, newest first, that hold all words of `text` in any form ("side by side", begin*, -without), with
    `number` (in any form, its last digits, or a sender's name), that came or were written from `since` to `until` (UTC
    epoch seconds), `direction` "in" or "out". Answers {"hits": [{"sms", "snippet"}], "more", "waiting"}; a snippet's
    `marks` are places in its `text` (characters)."""

    needs: ClassVar[Right] = Right.READ
    text: str = ""
    number: str = ""
    since: float | None = None
    until: float | None = None
    direction: str = ""
    limit: int = 20
    before: int | None = None


class SendSms(Asking, frozen=True, kw_only=True, tag="sms.send"):
    """Queues a message; answers {"sms": {...}} with its id and state. What became of it is told by `sms.changed`."""

    needs: ClassVar[Right] = Right.ACT
    number: str
    text: str


class CancelSms(Asking, frozen=True, kw_only=True, tag="sms.cancel"):
    """Takes a message out of the queue, while none of it was sent; answers {"sms": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int


Requests = ListSms | ListThreads | ShowSms | SearchSms | SendSms | CancelSms


class SmsReceived(Message, frozen=True, kw_only=True, tag="sms.received"):
    """A message came (or, incomplete, is shown as far as it came). `text` is its sender's word and nobody else's."""

    sms: int
    number: str
    named: bool
    text: str
    state: str


class SmsChanged(Message, frozen=True, kw_only=True, tag="sms.changed"):
    """A message of ours: queued, sending, sent, delivered, failed (with `reason`, a code) or cancelled."""

    sms: int
    number: str
    state: str
    reason: str = ""
    doubtful: bool = False


Events = SmsReceived | SmsChanged
