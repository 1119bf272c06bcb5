"""Requests about the box itself."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Right


class Status(Asking, frozen=True, kw_only=True, tag="status"):
    """The whole state of the box; answers `dict` (see `secretaryd.health`)."""

    needs: ClassVar[Right] = Right.LOOK


class ShowConfig(Asking, frozen=True, kw_only=True, tag="config.show"):
    """The configuration in force, secrets masked."""

    needs: ClassVar[Right] = Right.MANAGE
    looks: ClassVar[bool] = True


Requests = Status | ShowConfig
