"""`/admin/backup/…`: archives of the box, and back."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec

from secretaryd.control.protocol.backup import (
    CreateBackup,
    ListBackups,
    RemoveBackup,
    RestoreBackup,
    ShowBackupJob,
    VerifyBackup,
)
from webui.api.desk import Tools
from webui.api.operation import Asked, Operation, as_
from webui.auth.roles import Permission

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9._-]+$")]


class BackupJob(msgspec.Struct, frozen=True, kw_only=True):
    """What is done, or was done last; `part` is 0..1. `state`: "running", "done" or "failed"."""

    id: int
    do: str
    who: str
    name: str = ""
    state: str
    step: str
    part: float
    result: dict[str, Any]
    problem: dict[str, str]


class BackupJobShown(msgspec.Struct, frozen=True, kw_only=True):
    """Null before the first."""

    job: BackupJob | None


class Archive(msgspec.Struct, frozen=True, kw_only=True):
    """`about` is empty where the archive cannot be read, `trouble` says why. `made`: UTC epoch seconds."""

    name: str
    bytes: int
    made: float
    kind: str
    about: dict[str, Any]
    trouble: str


class Archives(msgspec.Struct, frozen=True, kw_only=True):
    """`owner_key`: whether the owner's key kit was made."""

    folder: str
    items: list[Archive]
    owner_key: bool
    job: BackupJob | None


class NewBackup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`recordings`: null takes what is configured."""

    recordings: bool | None = None


class Restore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`name`: one of the list. `key`: the owner's kit, where the box's own key does not open it. `dry_run`: only reads
    all of it, as `verify` does."""

    name: Name
    key: Annotated[str, msgspec.Meta(max_length=4096)] = ""
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class BackupApi:
    """What takes long is a job: the answer comes at once, `job` tells how far it is."""

    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        manage = Permission.MANAGE
        return [
            Operation(method="GET", path="/admin/backup", needs=manage, does=self.list, answer=Archives, cached=True),
            Operation(
                method="POST", path="/admin/backup/create", needs=manage, does=self.create, body=NewBackup,
                answer=BackupJobShown, status=202,
            ),
            Operation(
                method="POST", path="/admin/backup/restore", needs=manage, does=self.restore, body=Restore,
                answer=BackupJobShown, status=202,
            ),
            Operation(method="GET", path="/admin/backup/job", needs=manage, does=self.job, answer=BackupJobShown),
            Operation(method="DELETE", path="/admin/backup/{id}", needs=manage, does=self.remove),
        ]  # fmt: skip

    async def list(self, asked: Asked) -> Archives:
        """Archives, newest first, and the last job."""
        found = await self.tools.desk.ask(ListBackups(), asked.name)
        return as_(Archives, {**found, "items": found["backups"]})

    async def create(self, asked: Asked) -> BackupJobShown:
        """Begins a backup."""
        request = CreateBackup(recordings=asked.body.recordings)
        return as_(BackupJobShown, await self.tools.desk.ask(request, asked.name))

    async def restore(self, asked: Asked) -> BackupJobShown:
        """Begins to restore one, everything or nothing; then the box starts again on it."""
        body: Restore = asked.body
        kind = VerifyBackup if body.dry_run else RestoreBackup
        return as_(BackupJobShown, await self.tools.desk.ask(kind(name=body.name, key=body.key), asked.name))

    async def job(self, asked: Asked) -> BackupJobShown:
        """How far the last job is."""
        return as_(BackupJobShown, await self.tools.desk.ask(ShowBackupJob(), asked.name))

    async def remove(self, asked: Asked) -> None:
        """Deletes an archive."""
        await self.tools.desk.ask(RemoveBackup(name=asked.id), asked.name)
