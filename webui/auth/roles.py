"""PURE: what the roles may do on the page. The core asks the same of every request once more, by its own table."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Permission(StrEnum):
    """What a route needs. `PUBLIC` needs no sign-in, `SIGNED_IN` nothing but that."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    DASHBOARD = "dashboard"
    CALLS_READ = "calls.read"
    CALLS_ACT = "calls.act"
    MESSAGES_READ = "messages.read"
    MESSAGES_HANDLE = "messages.handle"
    CHAT = "chat"
    FAQ_READ = "faq.read"
    FAQ_WRITE = "faq.write"
    PERSONA_WRITE = "persona.write"
    FLOWS_WRITE = "flows.write"
    MANAGE = "manage"


class Role(StrEnum):
    """What a user is."""

    ADMIN = "admin"
    OPERATOR = "operator"
    EDITOR = "editor"
    VIEWER = "viewer"


_VIEWER: Final = frozenset({Permission.PUBLIC, Permission.SIGNED_IN, Permission.DASHBOARD})
GRANTS: Final[dict[Role, frozenset[Permission]]] = {
    Role.ADMIN: frozenset(Permission),
    Role.OPERATOR: _VIEWER
    | {
        Permission.CALLS_READ,
        Permission.CALLS_ACT,
        Permission.MESSAGES_READ,
        Permission.MESSAGES_HANDLE,
        Permission.CHAT,
        Permission.FAQ_READ,
    },
    Role.EDITOR: _VIEWER
    | {Permission.FAQ_READ, Permission.FAQ_WRITE, Permission.PERSONA_WRITE, Permission.FLOWS_WRITE},
    Role.VIEWER: _VIEWER,
}


def permissions(role: Role, grants: Iterable[str]) -> frozenset[Permission]:
    """Those of the role, and what one user was given beyond it; to manage is never given."""
    named = set(grants)
    return GRANTS[role] | {one for one in Permission if one in named and one is not Permission.MANAGE}


def may(role: Role | None, needed: Permission) -> bool:
    """Whether a user of that role (None: nobody is signed in) may."""
    return needed is Permission.PUBLIC if role is None else needed in GRANTS[role]
