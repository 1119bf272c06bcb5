"""Requests about the conversation that is going on."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Right


class SayNow(Asking, frozen=True, kw_only=True, tag="call.say"):
    """The secretary says these words (at most 500 characters) as soon as nobody speaks; answers {"call": id}."""

    needs: ClassVar[Right] = Right.ACT
    text: str


class TakeMessageNow(Asking, frozen=True, kw_only=True, tag="call.take_message"):
    """The secretary asks the caller for a message, wherever the call stands; answers {"call": id}."""

    needs: ClassVar[Right] = Right.ACT


Requests = SayNow | TakeMessageNow
