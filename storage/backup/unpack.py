"""Reading an archive: what it says, whether it is whole, and its files laid out beside the data folder's own."""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from storage.backup import stream
from storage.backup.errors import BackupError, BadArchive, NoRoom, TooNew
from storage.backup.manifest import DATABASE, MAX_BYTES, NAME, FileEntry, Manifest, decode
from storage.backup.pack import RESERVE_BYTES, Progress, schema_of
from storage.backup.shape import unfit
from storage.database import open_database, sql
from storage.errors import SchemaTooNew, StorageError, reason_of
from storage.lock import PRIVATE_FILE, make_private, sync_folder
from storage.migrate import known_to, migrate

STAGING: Final = "new"
Wanted = Callable[[str], bool]


def read_manifest(path: Path, identities: Sequence[str]) -> Manifest:
    """What an archive says of itself; the rest is not looked at. Raises BadArchive, WrongKey, TooNew, BackupError."""
    with stream.unsealed(path, identities) as members:
        return _manifest(members)


def verify(path: Path, identities: Sequence[str], progress: Progress) -> Manifest:
    """Reads all of it and compares every byte with the manifest. Writes nothing. Raises as `read_manifest`."""
    with stream.unsealed(path, identities) as members:
        manifest = _manifest(members)
        _files(members, manifest, progress, None, lambda _: False)
        return manifest


def stage(path: Path, identities: Sequence[str], folder: Path, progress: Progress, wanted: Wanted) -> Manifest:
    """Lays out the wanted files below `folder`, which must not be there, everything or nothing; the database is brought
    up to this version's schema and checked. Raises NoRoom too; then `folder` is gone again."""
    make_private(folder)
    try:
        with stream.unsealed(path, identities) as members:
            manifest = _manifest(members)
            check_schema(manifest)
            _room(folder, [entry for entry in manifest.files if wanted(entry.path)])
            _files(members, manifest, progress, folder, wanted)
        _check_database(folder)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise BackupError("the backup could not be unpacked: {why}", why=reason_of(error)) from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return manifest


def check_schema(manifest: Manifest) -> None:
    """Older databases are brought up to date; newer ones are taken as they are where they say that a version with our
    migrations can use them. Raises TooNew."""
    known = known_to()
    unknown = sorted(set(manifest.schema) - known)
    if unknown and manifest.readable_from not in known:
        raise TooNew(
            "it was made by version {box_version!r}, whose database has {names}: update the box first",
            box_version=manifest.box_version[:20],
            names=", ".join(unknown)[:200],
        )


def _manifest(members: stream.Members) -> Manifest:
    first = members.next()
    if first is None or first[0] != NAME:
        raise BadArchive("its first file is not a manifest")
    if first[1] > MAX_BYTES:
        raise BadArchive("its manifest has {size} bytes; at most {most} are read", size=first[1], most=MAX_BYTES)
    return decode(b"".join(members.pieces()))


def _files(
    members: stream.Members, manifest: Manifest, progress: Progress, folder: Path | None, wanted: Wanted
) -> None:
    """In any order, each once, each as the manifest says. Raises BadArchive."""
    missing = {entry.path: entry for entry in manifest.files}
    done, total = 0, manifest.total or 1
    while (found := members.next()) is not None:
        name, size = found
        entry = missing.pop(name, None)
        if entry is None:
            raise BadArchive("{name!r} in it is not in its manifest, or is there twice", name=name[:100])
        if size != entry.size:
            raise BadArchive("{name} has {size} bytes, its manifest says {told}", name=name, size=size, told=entry.size)
        take = folder is not None and wanted(name)
        _one(members.pieces(), entry, folder / name if folder is not None and take else None)
        done += size
        progress("unpack", done / total)
    if missing:
        raise BadArchive("{name} is missing in it", name=next(iter(missing)))
    members.finish()
    if folder is not None:
        for place in (path for path in folder.rglob("*") if path.is_dir()):
            sync_folder(place)
        sync_folder(folder)


def _one(pieces: Iterable[bytes], entry: FileEntry, to: Path | None) -> None:
    digest = hashlib.sha256()
    if to is None:
        for piece in pieces:
            digest.update(piece)
    else:
        make_private(to.parent)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(to, flags, PRIVATE_FILE), "wb") as file:
            for piece in pieces:
                digest.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
    if digest.hexdigest() != entry.sha256:
        raise BadArchive("{path} is not what its manifest says", path=entry.path)


def _room(folder: Path, entries: Sequence[FileEntry]) -> None:
    free, size = shutil.disk_usage(folder).free, sum(entry.size for entry in entries)
    if free < size + RESERVE_BYTES:
        raise NoRoom(
            "{folder} has {free} MB free, the backup needs {size} MB",
            folder=folder,
            free=free >> 20,
            size=size + RESERVE_BYTES >> 20,
        )


def _check_database(folder: Path) -> None:
    """Whatever the checksums say, it must be a sound database of ours. Raises BadArchive, TooNew."""
    path = folder / DATABASE
    try:
        with closing(sqlite3.connect(path)) as database:
            rows = database.execute("PRAGMA integrity_check(3)").fetchall()
            if rows != [("ok",)] or not schema_of(database):
                raise BadArchive("the database in it is damaged: {rows}", rows=rows)
        opened = open_database(f"sqlite:///{path}", folder)
        try:
            migrate(opened)
            wrong = unfit(opened)
            sql(opened, "PRAGMA wal_checkpoint(TRUNCATE)")
            sql(opened, "PRAGMA journal_mode=delete")  # one file; the box sets WAL again
        finally:
            opened.close()
    except SchemaTooNew as error:
        raise TooNew(error.sentence, **error.values) from error
    except BackupError:
        raise
    except (sqlite3.Error, StorageError) as error:
        raise BadArchive("the database in it cannot be used: {why}", why=reason_of(error)) from error
    if wrong:
        raise wrong
