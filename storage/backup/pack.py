"""Making an archive. Runs beside the box: the database is copied through a connection of its own, so that the one
writer is never waited for."""

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from storage.backup import stream
from storage.backup.errors import BackupError, NoRoom
from storage.backup.manifest import (
    DATABASE,
    FORMAT,
    MAX_FILES,
    NAME,
    OWNED_FOLDERS,
    RECORDINGS,
    VERSION,
    FileEntry,
    Manifest,
    ModelEntry,
    allowed,
    encode,
)
from storage.backup.names import KINDS, PARTIAL, archive_name, parse
from storage.errors import StorageError, reason_of
from storage.lock import PRIVATE_FILE, make_private, sync_folder
from storage.migrate import READABLE_FROM
from storage.secrets import Secrets

WORK: Final = ".backup"
"""Below the data folder: the copy of the database while it is packed; removed at the end and at every start."""
RESERVE_BYTES: Final = 100 << 20
"""What the box needs to go on with calls."""
BUSY_MS: Final = 60_000
MAX_SAME_SECOND: Final = 100

Progress = Callable[[str, float], None]
"""(what is done now, 0..1 of all)."""


@dataclass(frozen=True, slots=True)
class Order:
    """A backup to be made. `database` and `folder` are absolute; `at` is UTC epoch seconds."""

    data_dir: Path
    database: Path
    folder: Path
    at: float
    kind: str
    recordings: bool
    recipients: Sequence[str]
    box_version: str


@dataclass(frozen=True, slots=True)
class Schema:
    """Of a database; see Manifest."""

    migrations: tuple[str, ...]
    readable_from: str


@dataclass(frozen=True, slots=True)
class _Item:
    path: str
    source: Path
    size: int
    changed: int


def create(order: Order, progress: Progress) -> Path:
    """The archive, whole and durable. Raises NoRoom (nothing was begun), BackupError; then nothing is left behind."""
    if order.kind not in KINDS:
        raise BackupError("a backup is one of {known}", known=", ".join(KINDS))
    work = order.data_dir / WORK
    shutil.rmtree(work, ignore_errors=True)
    items = _owned(order)
    _room(order, items)
    try:
        make_private(work)
        progress("copy", 0.0)
        copy, schema = _copy(order.database, work / DATABASE)
        items.insert(0, _Item(DATABASE, copy, copy.stat().st_size, int(order.at)))
        return _packed(order, items, schema, progress)
    except OSError as error:
        raise BackupError(
            "the backup was not made: {why} ({path})", why=reason_of(error), path=error.filename
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def remove_unfinished(folder: Path) -> None:
    """What a backup that was cut off left in that folder."""
    for path in folder.glob(f"secretary-*{PARTIAL}"):
        if parse(path.name.removesuffix(PARTIAL)) is not None:
            path.unlink(missing_ok=True)


def _owned(order: Order) -> list[_Item]:
    """The owner's files beside the database, in order."""
    root = order.data_dir
    found = [path for path in root.iterdir() if path.suffix == ".toml"]
    for folder in OWNED_FOLDERS:
        found += (root / folder).rglob("*")
    if order.recordings:
        found += (root / RECORDINGS).rglob("*")
    items = []
    for path in sorted(found):
        name = path.relative_to(root).as_posix()
        if path.is_symlink() or not path.is_file() or not allowed(name):
            continue
        facts = path.stat()
        items.append(_Item(name, path, facts.st_size, int(facts.st_mtime)))
    if len(items) >= MAX_FILES:
        raise BackupError("there are more than {most} files to keep: make a backup without recordings", most=MAX_FILES)
    return items


def _room(order: Order, items: Sequence[_Item]) -> None:
    try:
        database = order.database.stat().st_size
        needs = {order.data_dir: database, order.folder: database + sum(item.size for item in items)}
        if order.data_dir.stat().st_dev == order.folder.stat().st_dev:
            needs = {order.folder: sum(needs.values())}
        for place, size in needs.items():
            free = shutil.disk_usage(place).free
            if free < size + RESERVE_BYTES:
                raise NoRoom(
                    "{folder} has {free} MB free, the backup needs up to {size} MB",
                    folder=place,
                    free=free >> 20,
                    size=size + RESERVE_BYTES >> 20,
                )
    except OSError as error:
        raise BackupError("cannot use {path}: {why}", path=error.filename, why=reason_of(error)) from error


def _copy(database: Path, to: Path) -> tuple[Path, Schema]:
    """A consistent copy, checked, and the migrations that it has. It holds no page of what was deleted."""
    to.touch(mode=PRIVATE_FILE)
    try:
        with closing(sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True)) as source:
            source.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            source.execute("VACUUM INTO ?", (str(to),))
        with closing(sqlite3.connect(to)) as copy:
            if (found := copy.execute("PRAGMA quick_check(3)").fetchall()) != [("ok",)]:
                raise BackupError("the database is damaged, no backup was made of it: {found}", found=found)
            return to, Schema(schema_of(copy), readable_from_of(copy))
    except sqlite3.Error as error:
        raise BackupError("the database could not be copied: {why}", why=reason_of(error)) from error


def readable_from_of(database: sqlite3.Connection) -> str:
    """The migration that a version has to know to use it."""
    row = database.execute("SELECT value FROM meta WHERE key = ?", (READABLE_FROM,)).fetchone()
    return str(row[0]) if row else ""


def schema_of(database: sqlite3.Connection) -> tuple[str, ...]:
    """Names of the migrations that it has had."""
    return tuple(str(name) for (name,) in database.execute("SELECT name FROM schema_migration ORDER BY name"))


def _packed(order: Order, items: Sequence[_Item], schema: Schema, progress: Progress) -> Path:
    total = 2 * sum(item.size for item in items) or 1
    done = 0

    def moved(step: str, count: int) -> None:
        nonlocal done
        done += count
        progress(step, min(1.0, done / total))

    manifest = Manifest(
        format=FORMAT,
        version=VERSION,
        created=order.at,
        box_version=order.box_version,
        kind=order.kind,
        recordings=order.recordings,
        schema=schema.migrations,
        readable_from=schema.readable_from,
        files=tuple(FileEntry(each.path, each.size, _digest(each, moved)) for each in items),
        models=_models(order.data_dir),
        secrets=_secret_names(order.data_dir),
    )
    path = _free_name(order)
    partial = path.with_name(path.name + PARTIAL)
    try:
        with os.fdopen(
            os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE), "wb"
        ) as file:
            stream.seal(_tar(manifest, items, moved), file, order.recipients)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
        sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _free_name(order: Order) -> Path:
    names = (order.folder / archive_name(order.at, order.kind, count) for count in range(1, MAX_SAME_SECOND))
    return next(path for path in names if not path.exists())


def _digest(item: _Item, moved: Callable[[str, int], None]) -> str:
    digest = hashlib.sha256()
    for piece in _pieces(item):
        digest.update(piece)
        moved("check", len(piece))
    return digest.hexdigest()


def _tar(manifest: Manifest, items: Sequence[_Item], moved: Callable[[str, int], None]) -> Iterator[bytes]:
    body = encode(manifest)
    yield stream.member(NAME, len(body), int(manifest.created)) + body + stream.padding(len(body))
    for item, entry in zip(items, manifest.files, strict=True):
        yield stream.member(item.path, item.size, item.changed)
        digest = hashlib.sha256()
        for piece in _pieces(item):
            digest.update(piece)
            moved("pack", len(piece))
            yield piece
        if digest.hexdigest() != entry.sha256:
            raise BackupError("{path} changed while it was read; try again", path=item.path)
        yield stream.padding(item.size)
    yield stream.END * 2


def _pieces(item: _Item) -> Iterator[bytes]:
    """Exactly `size` bytes. Raises BackupError where the file has fewer by now, OSError where it is gone."""
    left = item.size
    with os.fdopen(os.open(item.source, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW), "rb") as file:
        while left:
            piece = file.read(min(left, stream.CHUNK))
            if not piece:
                raise BackupError("{path} changed while it was read; try again", path=item.path)
            left -= len(piece)
            yield piece


def _models(data_dir: Path) -> tuple[ModelEntry, ...]:
    folders = sorted(path.parent.name for path in (data_dir / "models").glob("*/manifest.json"))
    return tuple(ModelEntry(name) for name in folders)


def _secret_names(data_dir: Path) -> tuple[str, ...]:
    try:
        return tuple(info.name for info in Secrets(data_dir).list())
    except StorageError:
        return ()  # only names, for the owner's memory: no reason to go without a backup
