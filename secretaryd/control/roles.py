"""What the users of the page may ask, by their roles. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from secretaryd.control.protocol import Right

ADMIN: Final = "admin"
ROLES: Final[dict[str, frozenset[Right]]] = {
    ADMIN: frozenset(Right),
    "operator": frozenset({Right.LOOK, Right.READ, Right.ACT}),
    "editor": frozenset({Right.LOOK}),
    "viewer": frozenset({Right.LOOK}),
}
"""The page narrows this further, by what each of its routes needs."""


class Actors(Mapping[str, frozenset[Right]]):
    """The users who may come in, with their rights; told by the desk whenever that changes."""

    def __init__(self) -> None:
        self._roles: dict[str, str] = {}

    def replace(self, roles: Mapping[str, str]) -> None:
        """name -> role, of all who are not disabled."""
        self._roles = dict(roles)

    def role(self, name: str) -> str | None:
        """None for one who may not come in."""
        return self._roles.get(name)

    def __getitem__(self, name: str) -> frozenset[Right]:
        return ROLES.get(self._roles[name], frozenset())

    def __iter__(self) -> Iterator[str]:
        return iter(self._roles)

    def __len__(self) -> int:
        return len(self._roles)
