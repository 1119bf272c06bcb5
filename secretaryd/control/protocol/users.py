"""Requests about who may use the page."""

from typing import ClassVar, Literal

from secretaryd.control.protocol.base import Asking, Message, Right


class ListUsers(Asking, frozen=True, kw_only=True, tag="users.list"):
    """Answers {"users": [{"name", "role", "disabled", "created", "grants"}]}."""

    needs: ClassVar[Right] = Right.MANAGE


class RoleOf(Asking, frozen=True, kw_only=True, tag="users.role"):
    """What a user is, for the web process; answers {"role": str | None, "grants": [...], "unlocked": UTC epoch seconds
    until which his failed sign-ins are forgiven}. The role is None for one who may not come in; "known" tells whether
    there is such a user at all."""

    needs: ClassVar[Right] = Right.LOOK
    name: str


class InviteUser(Asking, frozen=True, kw_only=True, tag="users.invite"):
    """A link to set a password with, for a new user of that role or one who has forgotten it; answers {"name", "role",
    "token", "expires", "link"}. Without a name it is the first owner's, while there is no user."""

    needs: ClassVar[Right] = Right.MANAGE
    name: str = ""
    role: str = "admin"


class ChangeUser(Asking, frozen=True, kw_only=True, tag="users.change"):
    """Another role, other grants (what a user may beyond his role: "calls.read", …), or out (disabled), or in again;
    answers the user. The last admin stays one."""

    needs: ClassVar[Right] = Right.MANAGE
    name: str
    role: str | None = None
    disabled: bool | None = None
    grants: tuple[str, ...] | None = None


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


class UnlockUser(Asking, frozen=True, kw_only=True, tag="users.unlock"):
    """Forgives failed sign-ins up to now: of one user, from whatever address, or of all (""). Answers {"unlocked": UTC
    epoch seconds}."""

    needs: ClassVar[Right] = Right.MANAGE
    name: str = ""


Access = Literal[
    "signed_in",
    "refused",
    "locked",
    "password",
    "factor_on",
    "factor_off",
    "key_made",
    "key_revoked",
    "token_reused",
]
"""What happened at the page's door."""


class NoteAccess(Asking, frozen=True, kw_only=True, tag="users.note"):
    """Has the audit keep what happened at the page's door. Asked by the web process, which is believed: it holds the
    passwords. Answers {"noted": whether it was, and not left out as one of too many}."""

    needs: ClassVar[Right] = Right.LOOK
    what: Access
    name: str
    address: str = ""


class ShowSetUp(Asking, frozen=True, kw_only=True, tag="users.setup"):
    """The first owner's link, for who sits at the box: answers {"link", "expires"}, both null once there are users."""

    needs: ClassVar[Right] = Right.MANAGE


Requests = ListUsers | RoleOf | InviteUser | ChangeUser | RemoveUser | Redeem | UnlockUser | NoteAccess | ShowSetUp


class UserChanged(Message, frozen=True, kw_only=True, tag="users.changed"):
    """A user came, went, or may something else; event streams of one who may not read any more end."""

    name: str


Events = UserChanged
