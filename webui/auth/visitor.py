"""PURE: who is asking, and what he may."""

import hmac
from dataclasses import dataclass

from webui.auth.policy import Session
from webui.auth.roles import Permission, Role


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in user at a browser (`session`), or a program that acts for one (none)."""

    name: str
    role: Role
    permissions: frozenset[Permission]
    session: Session | None = None
    family: str = ""
    """The login of a program that came with an access token; empty for a browser and for a personal key."""
    key: str = ""
    """The id of the personal key that a program came with."""

    def may(self, needed: Permission) -> bool:
        """By role and, where a key has scopes, by those too."""
        return needed in self.permissions

    @property
    def csrf(self) -> str:
        """What the forms of this browser's session carry; "" for a program, which has no forms."""
        return self.session.csrf if self.session is not None else ""

    def is_authentic(self, token: str) -> bool:
        """Whether a form was made for this session."""
        return bool(self.csrf) and hmac.compare_digest(token.encode(), self.csrf.encode())
