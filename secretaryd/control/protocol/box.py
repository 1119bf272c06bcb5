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


class ShowRestart(Asking, frozen=True, kw_only=True, tag="box.restarts"):
    """Answers {"waiting": [services that do not know of the newest settings yet], "asked": [services that will start
    anew], "call": whether that waits for the end of a call}."""

    needs: ClassVar[Right] = Right.MANAGE
    looks: ClassVar[bool] = True


class RestartBox(Asking, frozen=True, kw_only=True, tag="box.restart"):
    """Has services start anew, all of them without names; after the call where there is one. Answers as `box.restarts`
    does."""

    needs: ClassVar[Right] = Right.MANAGE
    services: tuple[str, ...] = ()


Requests = Status | ShowConfig | ShowRestart | RestartBox
