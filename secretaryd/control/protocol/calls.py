"""Requests about calls, and the messages left in them."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Right


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


class ListMessages(Asking, frozen=True, kw_only=True, tag="messages.list"):
    """What callers left, newest first."""

    needs: ClassVar[Right] = Right.READ
    limit: int = 50


Requests = ListCalls | ShowCall | HangUp | ListMessages
