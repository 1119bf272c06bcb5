"""Requests about calls, and the messages left in them."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Message, Right


class ListCalls(Asking, frozen=True, kw_only=True, tag="calls.list"):
    """Calls, newest first; answers {"calls": [...]} without turns. `before` pages back from that id."""

    needs: ClassVar[Right] = Right.READ
    limit: int = 50
    before: int | None = None
    outcome: str = ""


class ShowCall(Asking, frozen=True, kw_only=True, tag="calls.show"):
    """One call with its turns and messages; answers {"call": {...}, "messages": [...]}."""

    needs: ClassVar[Right] = Right.READ
    id: int


class HangUp(Asking, frozen=True, kw_only=True, tag="calls.hangup"):
    """Ends the call in progress politely; answers {"ended": bool}."""

    needs: ClassVar[Right] = Right.ACT


class AnswerNow(Asking, frozen=True, kw_only=True, tag="calls.answer"):
    """Has the secretary answer the call that rings, however often it was to ring; answers {"call": id or null}. A
    blocked caller stays so."""

    needs: ClassVar[Right] = Right.ACT


class CountCalls(Asking, frozen=True, kw_only=True, tag="calls.count"):
    """Calls and messages since a moment (UTC epoch seconds); answers {"counts": {calls, answered, missed, blocked,
    failed, messages, unhandled}}, of which `unhandled` is of all time."""

    needs: ClassVar[Right] = Right.READ
    since: float = 0.0


class ListMessages(Asking, frozen=True, kw_only=True, tag="messages.list"):
    """What callers left, newest first. `before` pages back from that id; `handled` picks those that are, or are not,
    `assigned` those that one user is to see to."""

    needs: ClassVar[Right] = Right.READ
    limit: int = 50
    before: int | None = None
    handled: bool | None = None
    assigned: str = ""


class HandleMessage(Asking, frozen=True, kw_only=True, tag="messages.handle"):
    """The owner has dealt with a message, or has not after all; answers {"message": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int
    handled: bool = True


class ListHelpers(Asking, frozen=True, kw_only=True, tag="messages.helpers"):
    """Who may see to messages; answers {"users": [names]}."""

    needs: ClassVar[Right] = Right.READ


class AssignMessage(Asking, frozen=True, kw_only=True, tag="messages.assign"):
    """One of those is to see to a message, or ("") nobody in particular; answers {"message": {...}}."""

    needs: ClassVar[Right] = Right.ACT
    id: int
    user: str = ""


Requests = (
    ListCalls | ShowCall | CountCalls | HangUp | AnswerNow | ListMessages | HandleMessage | ListHelpers | AssignMessage
)


class MessageChanged(Message, frozen=True, kw_only=True, tag="message.changed"):
    """Somebody has dealt with a message, or has not after all, or another is to see to it."""

    message: int
    call: int
    handled: bool
    assigned: str = ""


Events = MessageChanged
