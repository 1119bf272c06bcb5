"""Requests about backups. What takes long is a job: the answer comes at once, and `backup.job` or the events tell how
far it is. A job in answers: {"id", "do", "who", "name" (of the archive that is read), "state", "step", "part",
"result", "problem"}, its state "running", "done" or "failed"."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Message, Right


class CreateBackup(Asking, frozen=True, kw_only=True, tag="backup.create"):
    """Begins one; answers {"job"}. `recordings`: None takes what is configured."""

    needs: ClassVar[Right] = Right.MANAGE
    recordings: bool | None = None


class ListBackups(Asking, frozen=True, kw_only=True, tag="backup.list"):
    """Answers {"folder", "backups": [...], "owner_key": whether a key kit was made, "job": the last one or null}."""

    needs: ClassVar[Right] = Right.MANAGE
    looks: ClassVar[bool] = True


class VerifyBackup(Asking, frozen=True, kw_only=True, tag="backup.verify"):
    """Begins to read all of one; answers {"job"}. `name`: one of the list, or the path of a file. `key`: the owner's
    kit, where the box's own key does not open it."""

    needs: ClassVar[Right] = Right.MANAGE
    name: str
    key: str = ""

    def __repr__(self) -> str:
        return f"VerifyBackup(name={self.name!r}, key=****)"


class RemoveBackup(Asking, frozen=True, kw_only=True, tag="backup.remove"):
    """Deletes one of the list; answers {"name"}."""

    needs: ClassVar[Right] = Right.MANAGE
    name: str


class MakeBackupKey(Asking, frozen=True, kw_only=True, tag="backup.key"):
    """Makes the owner's key kit; answers {"secret", "public"}, this once. Refused where there is one, but for
    `replace`."""

    needs: ClassVar[Right] = Right.MANAGE
    replace: bool = False


class RestoreBackup(Asking, frozen=True, kw_only=True, tag="backup.restore"):
    """Begins to restore; answers {"job"}. When the job is done the call in progress is ended politely, the core starts
    again, and the archive is in force. Everything or nothing; for a dry run see `backup.verify`."""

    needs: ClassVar[Right] = Right.MANAGE
    name: str
    key: str = ""

    def __repr__(self) -> str:
        return f"RestoreBackup(name={self.name!r}, key=****)"


class ShowBackupJob(Asking, frozen=True, kw_only=True, tag="backup.job"):
    """How far the last job is; answers {"job": {...} or null}."""

    needs: ClassVar[Right] = Right.MANAGE
    looks: ClassVar[bool] = True


class ReadBackup(Asking, frozen=True, kw_only=True, tag="backup.read"):
    """A piece of an archive of the list, from `offset` on, to be taken elsewhere; its beginning is written into the
    audit. Answers {"name", "size", "offset", "content" (base64)}; the last piece ends at `size`."""

    needs: ClassVar[Right] = Right.MANAGE
    name: str
    offset: int = 0


Requests = (
    CreateBackup
    | ListBackups
    | VerifyBackup
    | RemoveBackup
    | MakeBackupKey
    | RestoreBackup
    | ShowBackupJob
    | ReadBackup
)


class BackupChanged(Message, frozen=True, kw_only=True, tag="backup.changed"):
    """A job of backups began, went on (`part`: 0..1) or ended; `reason`: why it failed."""

    do: str
    state: str
    step: str = ""
    part: float = 0.0
    reason: str = ""


Events = BackupChanged
