"""Backups for the event loop. One job at a time; the work is done by a child, so that no call feels it."""

import asyncio
import json
import logging
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from storage.backup import errors
from storage.backup.errors import BackupError, Busy
from storage.backup.jobs import plain_order, summary
from storage.backup.keys import BackupKeys, kit_from
from storage.backup.manifest import DATABASE
from storage.backup.names import Archive, newest_first, outlived, parse
from storage.backup.pack import WORK, Order, Progress, remove_unfinished
from storage.backup.unpack import read_manifest
from storage.children import ended
from storage.errors import NotFound, StorageError, reason_of
from storage.lock import make_private, sync_folder

FOLDER: Final = "backups"
PIECE: Final = 512 << 10
"""Bytes of an archive that are given away at once."""
LINE_LIMIT: Final = 32 << 20
"""An answer names every file beside the recordings."""
ROOT: Final = Path(__file__).parents[2]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ArchiveInfo:
    """An archive as listed. `about` is empty where it cannot be read, `trouble` says why."""

    name: str
    path: str
    bytes: int
    made: float
    kind: str
    about: dict[str, Any]
    trouble: StorageError | None


class Backups:
    """Archives of a data folder."""

    def __init__(self, data_dir: Path, database: Path, folder: Path | None, box_version: str) -> None:
        """`folder`: where archives lie, None for `data_dir/backups`."""
        self.data_dir, self.keys = data_dir, BackupKeys(data_dir)
        self._database, self._version = database, box_version
        self._own = folder is None
        self.folder = folder or data_dir / FOLDER
        self._lock = asyncio.Lock()
        self._child: asyncio.subprocess.Process | None = None
        self._paused = False

    @property
    def database_bytes(self) -> int:
        """Of the file; 0 where it is not there."""
        return self._database.stat().st_size if self._database.exists() else 0

    async def create(
        self, kind: str, at: float, progress: Progress, *, recordings: bool, daily: int = 0, weekly: int = 0
    ) -> dict[str, Any]:
        """Makes an archive and reads it back; then nightly ones that have outlived their time go, where `daily` or
        `weekly` is given. Answers {"name", "bytes", "removed"}. Raises BackupError."""
        async with self._alone():
            folder = await asyncio.to_thread(self._ready_folder)
            recipients = await asyncio.to_thread(self.keys.recipients)
            order = Order(
                self.data_dir, self._database, folder, at, kind, recordings, recipients, box_version=self._version
            )
            made = await self._work({"do": "create", "order": plain_order(order)}, progress)
            try:
                await self._verify(folder / made["name"], (), progress)
            except BackupError:
                (folder / made["name"]).unlink(missing_ok=True)
                raise
            removed = await asyncio.to_thread(self._rotate, daily, weekly) if daily or weekly else []
            return {**made, "path": str(folder / made["name"]), "removed": removed}

    async def archives(self) -> tuple[ArchiveInfo, ...]:
        """Newest first, as far as the box's key opens them. Raises BackupError where the folder is not there."""
        return await asyncio.to_thread(self.listed)

    def listed(self) -> tuple[ArchiveInfo, ...]:
        """The same, blocking."""
        identities = self.keys.identities()
        return tuple(_info(self.folder / each.name, each.made, each.kind, identities) for each in self._found())

    async def verify(self, name: str, key: str, progress: Progress) -> dict[str, Any]:
        """Reads all of it; `key`: the owner's kit where the box's own key does not open it. `name` may be a path.
        Answers what it holds. Raises BackupError, NotFound."""
        async with self._alone():
            return await self._verify(self.place(name), [kit_from(key)] if key else (), progress)

    async def remove(self, name: str) -> None:
        """Deletes one of ours. Raises NotFound, BackupError."""
        await asyncio.to_thread(self.removed, name)

    def removed(self, name: str) -> None:
        """The same, blocking."""
        if parse(name) is None or not (self.folder / name).is_file():
            raise NotFound("there is no backup {name!r}", name=name[:80])
        try:
            (self.folder / name).unlink()
            sync_folder(self.folder)
        except OSError as error:
            raise BackupError("cannot delete {name}: {why}", name=name, why=reason_of(error)) from error

    async def piece(self, name: str, offset: int) -> tuple[int, bytes]:
        """Size of one of ours, and some of its bytes from `offset` on. Raises NotFound, BackupError."""
        return await asyncio.to_thread(self._piece, name, offset)

    def _piece(self, name: str, offset: int) -> tuple[int, bytes]:
        if parse(name) is None:
            raise NotFound("there is no backup {name!r}", name=name[:80])
        try:
            with (self.folder / name).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                file.seek(min(offset, size))
                return size, file.read(PIECE)
        except FileNotFoundError:
            raise NotFound("there is no backup {name!r}", name=name[:80]) from None
        except OSError as error:
            raise BackupError("cannot read {name}: {why}", name=name, why=reason_of(error)) from error

    async def stage(self, name: str, key: str, progress: Progress) -> dict[str, Any]:
        """Lays out the archive and commits to it; in force at the next start. Raises BackupError, NotFound; then
        nothing was changed."""
        async with self._alone():
            if self._database != self.data_dir / DATABASE:
                raise BackupError("storage.url is not its default: put the database of the archive there by hand")
            identities = await asyncio.to_thread(self.keys.identities, [kit_from(key)] if key else ())
            job = {
                "do": "stage",
                "data_dir": str(self.data_dir),
                "path": str(self.place(name)),
                "identities": identities,
            }
            return await self._work(job, progress)

    def place(self, name: str) -> Path:
        """Where an archive lies: one of ours by its name, or a path. Raises NotFound."""
        path = Path(name) if "/" in name else self.folder / name
        if not path.is_file():
            raise NotFound("there is no file {path!r}", path=str(path)[:200])
        return path.absolute()

    def pause(self, paused: bool) -> None:
        """Lets the child stand still while a call runs."""
        self._paused = paused
        if self._child is not None:
            with suppress(ProcessLookupError):
                self._child.send_signal(signal.SIGSTOP if paused else signal.SIGCONT)

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        if self._lock.locked():
            raise Busy("a backup or a restore is under way already")
        async with self._lock:
            yield

    async def _verify(self, path: Path, given: Sequence[str], progress: Progress) -> dict[str, Any]:
        identities = await asyncio.to_thread(self.keys.identities, given)
        return await self._work({"do": "verify", "path": str(path), "identities": identities}, progress)

    async def _work(self, job: dict[str, Any], progress: Progress) -> dict[str, Any]:
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))}
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "storage.backup.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environ,
            limit=LINE_LIMIT,
        )
        self._child = child
        self.pause(self._paused)
        try:
            assert child.stdin
            assert child.stdout
            child.stdin.write(json.dumps(job).encode())
            child.stdin.close()
            async for line in child.stdout:
                said: dict[str, Any] = json.loads(line)
                if "done" in said:
                    done: dict[str, Any] = said["done"]
                    return done
                if "error" in said:
                    raise _kind(said["error"])(said["text"], **said["values"])
                progress(said["step"], said["part"])
            raise BackupError("the child that makes and reads backups died (exit {code})", code=await child.wait())
        finally:
            self._child = None
            await ended(child)

    def _ready_folder(self) -> Path:
        if self._own:
            make_private(self.folder)
        elif not self.folder.is_dir():
            raise BackupError("{folder} is not there: is the stick plugged in and mounted?", folder=self.folder)
        remove_unfinished(self.folder)
        return self.folder

    def _found(self) -> Sequence[Archive]:
        try:
            return newest_first(path.name for path in self.folder.iterdir())
        except FileNotFoundError:
            if self._own:
                return ()
            raise BackupError(
                "{folder} is not there: is the stick plugged in and mounted?", folder=self.folder
            ) from None
        except OSError as error:
            raise BackupError("cannot read {folder}: {why}", folder=self.folder, why=reason_of(error)) from error

    def _rotate(self, daily: int, weekly: int) -> list[str]:
        gone = [each.name for each in outlived(self._found(), daily, weekly)]
        for name in gone:
            self.removed(name)
        return gone


def _info(path: Path, made: float, kind: str, identities: Sequence[str]) -> ArchiveInfo:
    size, about = 0, {}
    trouble: StorageError | None = None
    try:
        size = path.stat().st_size
        about = summary(read_manifest(path, identities))
    except OSError as error:
        trouble = BackupError("cannot read {path}: {why}", path=path, why=reason_of(error))
    except StorageError as error:
        trouble = error
    return ArchiveInfo(path.name, str(path), size, made, kind, about, trouble)


def _kind(name: str) -> type[BackupError]:
    """The error of that name."""
    found: Any = getattr(errors, name, BackupError)
    return found if isinstance(found, type) and issubclass(found, BackupError) else BackupError


def tidy_work(data_dir: Path) -> None:
    """What a backup that was cut off left: the copy of the database and the unfinished archive."""
    shutil.rmtree(data_dir / WORK, ignore_errors=True)
    remove_unfinished(data_dir / FOLDER)
