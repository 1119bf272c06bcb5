"""Requests about secrets: the SIM's PIN, keys of other servers, tokens. No answer ever holds one."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Right


class ListSecrets(Asking, frozen=True, kw_only=True, tag="secrets.list"):
    """Names and when they were set; answers {"secrets": [{"name", "changed", "readable"}]}."""

    needs: ClassVar[Right] = Right.MANAGE


class SetSecret(Asking, frozen=True, kw_only=True, tag="secrets.set"):
    """Keeps or replaces one; answers {"name"}."""

    needs: ClassVar[Right] = Right.MANAGE
    name: str
    value: str

    def __repr__(self) -> str:
        return f"SetSecret(name={self.name!r}, value=****)"


class RemoveSecret(Asking, frozen=True, kw_only=True, tag="secrets.remove"):
    """Forgets one; answers {"name"}."""

    needs: ClassVar[Right] = Right.MANAGE
    name: str


class RotateSecrets(Asking, frozen=True, kw_only=True, tag="secrets.rotate"):
    """Seals all of them with a new key; answers {"sealed": how many}."""

    needs: ClassVar[Right] = Right.MANAGE


Requests = ListSecrets | SetSecret | RemoveSecret | RotateSecrets
