"""What the users of the page may ask, by their roles and grants. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from secretaryd.control.protocol import Right

ADMIN: Final = "admin"
ROLES: Final[dict[str, frozenset[Right]]] = {
    ADMIN: frozenset(Right),
    "operator": frozenset({Right.LOOK, Right.READ, Right.ACT, Right.FAQ_READ}),
    "editor": frozenset({Right.LOOK, Right.FAQ_READ, Right.FAQ_WRITE, Right.PERSONA_WRITE}),
    "viewer": frozenset({Right.LOOK}),
}
"""The page narrows this further, by what each of its routes needs."""
GRANTS: Final[dict[str, frozenset[Right]]] = {
    "calls.read": frozenset({Right.READ}),
    "calls.act": frozenset({Right.READ, Right.ACT}),
    "messages.read": frozenset({Right.READ}),
    "messages.handle": frozenset({Right.READ, Right.ACT}),
    "chat": frozenset({Right.READ, Right.ACT}),
    "faq.read": frozenset({Right.FAQ_READ}),
    "faq.write": frozenset({Right.FAQ_READ, Right.FAQ_WRITE}),
    "persona.write": frozenset({Right.FAQ_READ, Right.PERSONA_WRITE}),
    "flows.write": frozenset({Right.FAQ_READ}),
}
"""What one user may be given beyond his role, named as the page names it. To manage is a role, and no grant."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A user who may come in."""

    role: str
    grants: tuple[str, ...] = ()

    def rights(self) -> frozenset[Right]:
        """All that role and grants allow; a role that is not known allows nothing."""
        return ROLES.get(self.role, frozenset()).union(*(GRANTS.get(grant, frozenset()) for grant in self.grants))


class Actors(Mapping[str, frozenset[Right]]):
    """The users who may come in, with their rights; told by the desk whenever that changes."""

    def __init__(self) -> None:
        self._users: dict[str, Standing] = {}

    def replace(self, users: Mapping[str, Standing]) -> None:
        """Of all who are not disabled."""
        self._users = dict(users)

    def standing(self, name: str) -> Standing | None:
        """None for one who may not come in."""
        return self._users.get(name)

    def __getitem__(self, name: str) -> frozenset[Right]:
        return self._users[name].rights()

    def __iter__(self) -> Iterator[str]:
        return iter(self._users)

    def __len__(self) -> int:
        return len(self._users)


def unknown_grants(grants: Iterable[str]) -> list[str]:
    """Those that are none."""
    return [grant for grant in grants if grant not in GRANTS]
