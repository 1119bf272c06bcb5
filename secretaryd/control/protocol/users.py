"""Requests about who may use the page."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Right


class ListUsers(Asking, frozen=True, kw_only=True, tag="users.list"):
    """Answers {"users": [{"name", "role", "disabled", "created"}]}."""

    needs: ClassVar[Right] = Right.MANAGE


class RoleOf(Asking, frozen=True, kw_only=True, tag="users.role"):
    """What a user is, for the web process; answers {"role": str | None}, None for one who may not come in."""

    needs: ClassVar[Right] = Right.LOOK
    name: str


class InviteUser(Asking, frozen=True, kw_only=True, tag="users.invite"):
    """A link to set a password with, for a new user of that role or one who has forgotten it; answers {"name", "role",
    "token", "expires", "link"}. Without a name it is the first owner's, while there is no user."""

    needs: ClassVar[Right] = Right.MANAGE
    name: str = ""
    role: str = "admin"


class ChangeUser(Asking, frozen=True, kw_only=True, tag="users.change"):
    """Another role, or out (disabled), or in again; answers the user. The last admin stays one."""

    needs: ClassVar[Right] = Right.MANAGE
    name: str
    role: str | None = None
    disabled: bool | None = None


class RemoveUser(Asking, frozen=True, kw_only=True, tag="users.remove"):
    """Answers {"name"}. The last admin stays."""

    needs: ClassVar[Right] = Right.MANAGE
    name: str


class Redeem(Asking, frozen=True, kw_only=True, tag="users.redeem"):
    """Uses an invitation up, once; answers the user. `name` is the first owner's choice. Asked by the web process for
    somebody who is nobody yet: who has no invitation gets nothing by it."""

    needs: ClassVar[Right] = Right.LOOK
    token: str
    name: str = ""

    def __repr__(self) -> str:
        return f"Redeem(token=****, name={self.name!r})"


Requests = ListUsers | RoleOf | InviteUser | ChangeUser | RemoveUser | Redeem
