"""Requests about backups."""

import asyncio
import base64
from collections.abc import Callable
from typing import Any

from secretaryd.backups.runner import BackupRunner, Job
from secretaryd.backups.texts import KIT_THERE, listed, problem
from secretaryd.control.protocol.backup import (
    CreateBackup,
    ListBackups,
    MakeBackupKey,
    ReadBackup,
    RemoveBackup,
    RestoreBackup,
    ShowBackupJob,
    VerifyBackup,
)
from secretaryd.control.reader import language_for
from secretaryd.control.rights import Peer
from secretaryd.control.server import DeskError
from secretaryd.desk.parts import MAX_ID, Handlers
from storage.audit.door import Audit
from storage.backup.errors import BackupError, Busy
from storage.errors import NotFound


class BackupDesk:
    """Archives, the key kit, and the one job at a time."""

    def __init__(self, runner: BackupRunner, audit: Audit, language: str) -> None:
        self._runner, self._audit, self._language = runner, audit, language

    def handlers(self) -> Handlers:
        """Its requests."""
        return {
            CreateBackup: self._create,
            ListBackups: self._list,
            VerifyBackup: self._verify,
            RemoveBackup: self._remove,
            MakeBackupKey: self._make_key,
            RestoreBackup: self._restore,
            ShowBackupJob: self._job,
            ReadBackup: self._read,
        }

    async def _create(self, request: CreateBackup, peer: Peer) -> Any:
        return self._begun(lambda: self._runner.create(_who(peer), request.recordings))

    async def _verify(self, request: VerifyBackup, peer: Peer) -> Any:
        return self._begun(lambda: self._runner.verify(_who(peer), request.name, request.key))

    async def _restore(self, request: RestoreBackup, peer: Peer) -> Any:
        return self._begun(lambda: self._runner.restore(_who(peer), request.name, request.key, peer.actor or ""))

    async def _list(self, _: ListBackups, __: Peer) -> Any:
        backups = self._runner.backups
        try:
            found = await backups.archives()
            owner = await asyncio.to_thread(lambda: backups.keys.owner)
        except BackupError as error:
            raise self._refusal(error, 409) from error
        return {
            "folder": str(backups.folder),
            "backups": [listed(each, self._reads()) for each in found],
            "owner_key": bool(owner),
            **self._shown(),
        }

    async def _remove(self, request: RemoveBackup, peer: Peer) -> Any:
        try:
            await self._runner.backups.remove(request.name)
        except (NotFound, BackupError) as error:
            raise self._refusal(error, 404) from error
        await self._audit.add(who=_who(peer), where="control", what="backup.removed", target=f"backup:{request.name}")
        return {"name": request.name}

    async def _read(self, request: ReadBackup, peer: Peer) -> Any:
        offset = max(0, min(request.offset, MAX_ID))
        try:
            size, content = await self._runner.backups.piece(request.name, offset)
        except (NotFound, BackupError) as error:
            raise self._refusal(error, 404) from error
        if offset == 0:
            await self._audit.add(who=_who(peer), where="control", what="backup.taken", target=f"backup:{request.name}")
        piece = await asyncio.to_thread(lambda: base64.b64encode(content).decode())
        return {"name": request.name, "size": size, "offset": offset, "content": piece}

    async def _make_key(self, request: MakeBackupKey, peer: Peer) -> Any:
        keys = self._runner.backups.keys
        if await asyncio.to_thread(lambda: keys.owner) and not request.replace:
            raise DeskError(KIT_THERE[self._reads()], 409)
        kit = await asyncio.to_thread(keys.new_kit)
        await self._runner.look_for_key()
        await self._audit.add(who=_who(peer), where="control", what="backup.key", after={"public": kit.public})
        return {"secret": kit.secret, "public": kit.public}

    async def _job(self, _: ShowBackupJob, __: Peer) -> Any:
        return self._shown()

    def _reads(self) -> str:
        return language_for(self._language)

    def _shown(self) -> dict[str, Any]:
        job = self._runner.job
        return {"job": job.plain(self._reads()) if job else None}

    def _begun(self, begin: Callable[[], Job]) -> Any:
        try:
            return {"job": begin().plain(self._reads())}
        except Busy as error:
            raise self._refusal(error, 409) from error

    def _refusal(self, error: NotFound | BackupError, status: int) -> DeskError:
        return DeskError(problem(error, self._reads()), status)


def _who(peer: Peer) -> str:
    return peer.actor or f"uid {peer.uid}"
