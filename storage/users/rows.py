"""Rows of users and invitations. Every change goes into the audit in the same transaction."""

import hashlib
from typing import Any, Final

import peewee
from peewee import BooleanField, FloatField, TextField

from storage.audit.log import AuditLog
from storage.audit.records import Deed
from storage.database import translated
from storage.errors import NotFound, WrongState
from storage.users.records import UserRecord

MAX_USERS: Final = 200
MAX_INVITATIONS: Final = 100


class UserRepository:
    """Used on the storage thread only; every method is one transaction, durable when it returns."""

    def __init__(self, database: peewee.SqliteDatabase, audit: AuditLog) -> None:
        self._db, self._audit = database, audit
        base: Any = database.Model

        class UserRow(base):  # type: ignore[misc]
            name = TextField(primary_key=True)
            role = TextField()
            disabled = BooleanField(default=False)
            created = FloatField()
            grants = TextField(default="")

            class Meta:
                table_name = "user"

        class InvitationRow(base):  # type: ignore[misc]
            token = TextField(primary_key=True)
            user = TextField()
            role = TextField()
            expires = FloatField()

            class Meta:
                table_name = "invitation"

        self._users: Any = UserRow
        self._invitations: Any = InvitationRow

    def list(self) -> tuple[UserRecord, ...]:
        """By name."""
        with translated():
            return tuple(_record(row) for row in self._users.select().order_by(self._users.name))

    def change(
        self,
        name: str,
        role: str | None,
        disabled: bool | None,
        grants: tuple[str, ...] | None,
        who: str,
        where: str,
    ) -> UserRecord:
        """Another role, other grants, or out (or in again). Raises NotFound."""
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._row(name)
            before = _shown(row)
            row.role = row.role if role is None else role
            row.disabled = row.disabled if disabled is None else disabled
            row.grants = row.grants if grants is None else " ".join(grants)
            row.save()
            after = _shown(row)
            if after != before:
                self._audit.append(Deed(who, where, "user.changed", f"user:{name}", before, after))
        return _record(row)

    def remove(self, name: str, who: str, where: str) -> None:
        """With the invitations. Raises NotFound."""
        with translated(), self._db.atomic("IMMEDIATE"):
            row = self._row(name)
            row.delete_instance()
            self._invitations.delete().where(self._invitations.user == name).execute()
            self._audit.append(Deed(who, where, "user.removed", f"user:{name}", {"role": row.role}))

    def invite(self, token: str, name: str, role: str, expires: float, who: str, where: str) -> None:
        """Whoever brings `token` before `expires` becomes that user, once. One invitation a name is open; `name` is ""
        for the first owner's, of which there can be one only while there are no users. Raises WrongState."""
        with translated(), self._db.atomic("IMMEDIATE"):
            if not name and self._users.select().exists():
                raise WrongState("there are users already")
            if self._users.select().count() >= MAX_USERS or self._invitations.select().count() >= MAX_INVITATIONS:
                raise WrongState("there are too many users")
            self._invitations.delete().where(self._invitations.user == name).execute()
            self._invitations.create(token=_hash(token), user=name, role=role, expires=expires)
            self._audit.append(Deed(who, where, "user.invited", f"user:{name}", after={"role": role}))

    def redeem(self, token: str, name: str, now: float, where: str) -> UserRecord:
        """The invitation is used up. `name` counts where the invitation has none; a user who is there already keeps his
        role (a forgotten password). Raises NotFound for a token that is unknown or too old, WrongState for a name that
        is taken."""
        with translated(), self._db.atomic("IMMEDIATE"):
            invitation = self._invitations.get_or_none(self._invitations.token == _hash(token))
            if invitation is None or invitation.expires <= now:
                raise NotFound("no such invitation")
            name = invitation.user or name
            user = self._users.get_or_none(self._users.name == name)
            if user is not None and not invitation.user:
                raise WrongState("the name is taken")
            if user is None:
                user = self._users.create(name=name, role=invitation.role, created=now)
            invitation.delete_instance()
            self._audit.append(Deed(name, where, "user.came", f"user:{name}", after={"role": user.role}))
        return _record(user)

    def sweep(self, now: float) -> None:
        """Forgets invitations that are too old."""
        with translated(), self._db.atomic("IMMEDIATE"):
            self._invitations.delete().where(self._invitations.expires <= now).execute()

    def _row(self, name: str) -> Any:
        row = self._users.get_or_none(self._users.name == name)
        if row is None:
            raise NotFound("there is no user {name}", name=name)
        return row


def _hash(token: str) -> str:
    """A token is 256 random bits, so that a fast hash is enough; who reads the file cannot use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _record(row: Any) -> UserRecord:
    return UserRecord(row.name, row.role, row.disabled, row.created, tuple(row.grants.split()))


def _shown(row: Any) -> dict[str, Any]:
    return {"role": row.role, "disabled": row.disabled, "grants": row.grants}
