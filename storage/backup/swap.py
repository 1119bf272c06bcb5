"""Putting a restored state in the place of the one before, everything or nothing, whatever happens to the power.

`data_dir/.restore/` holds `new/` (what is to come), then `plan.json`: from the moment that it is there the restore will
happen, now or at the next start, step by step; every step may be done twice. What was there before goes to `old/`,
and stays until the next clean start.
"""

import json
import logging
import shutil
from pathlib import Path
from typing import Any, Final

from storage.backup.errors import BackupError
from storage.backup.manifest import DATABASE, OWNED_FOLDERS, allowed, is_recording
from storage.errors import reason_of
from storage.files import write_whole
from storage.lock import make_private, sync_folder

FOLDER: Final = ".restore"
NEW: Final = "new"
OLD: Final = "old"
PLAN: Final = "plan.json"
DONE: Final = "done.json"
"""Swapped, and not opened yet."""
SEEN: Final = "seen.json"
"""Opened, and told to the owner."""
BY: Final = "by"
STALE: Final = ("undo",)
"""What belongs to the edits of the state before."""
LOG_FILES: Final = (f"{DATABASE}-wal", f"{DATABASE}-shm")
"""They belong to the old database: over another one they would spoil it."""

log = logging.getLogger(__name__)


def prepare(data_dir: Path) -> Path:
    """An empty place for what is to come; returns where to lay it out. Raises BackupError while a restore is under
    way."""
    place = data_dir / FOLDER
    if (place / PLAN).exists():
        raise BackupError("a restore is under way already: start the box again")
    shutil.rmtree(place, ignore_errors=True)
    make_private(place)
    return place / NEW


def commit(data_dir: Path, source: str, *, database_only: bool = False, aside: str = "") -> None:
    """What lies in `new/` will be in force after `carry_out`. `source` is the archive's name, for the notice; `aside`:
    the name under which the old database is kept for good."""
    place = data_dir / FOLDER
    new = [path.relative_to(place / NEW).as_posix() for path in (place / NEW).rglob("*") if path.is_file()]
    bring = {name.split("/")[0] for name in new if not is_recording(name)}
    drop = set() if database_only else {path.name for path in data_dir.iterdir() if _owned(path)} - bring
    plan = {
        "source": source,
        "aside": aside,
        "drop": [*LOG_FILES, *sorted(drop)],
        "bring": sorted(bring),
        "add": sorted(name for name in new if is_recording(name)),
    }
    sync_folder(place)
    write_whole(place / PLAN, json.dumps(plan).encode())
    sync_folder(data_dir)


def carry_out(data_dir: Path) -> str:
    """Does what was committed; nothing may have the database open. Returns the archive's name; empty where there was
    nothing to do. Raises BackupError; a further call goes on where this one stopped."""
    place = data_dir / FOLDER
    if not (place / PLAN).exists():
        return ""
    try:
        plan: dict[str, Any] = json.loads((place / PLAN).read_bytes())
        make_private(place / OLD)
        for name in plan["drop"]:
            _away(data_dir, place, name)
        for name in plan["bring"]:
            _bring(data_dir, place, name)
        for name in plan["add"]:
            _add(data_dir, place, name)
        _set_aside(data_dir, place, str(plan["aside"]))
        for folder in (place / OLD, place / NEW, data_dir):
            sync_folder(folder)
        (place / PLAN).rename(place / DONE)
        sync_folder(place)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError("the restore could not be finished: {why}", why=reason_of(error)) from error
    log.warning("restored", extra={"source": plan["source"]})
    return str(plan["source"])


def take_note(data_dir: Path) -> str:
    """The archive that came into force since the last opening; empty where there is none. To be told once. Raises
    BackupError."""
    place = data_dir / FOLDER
    if not (place / DONE).exists():
        return ""
    try:
        source = str(json.loads((place / DONE).read_bytes())["source"])
        (place / DONE).rename(place / SEEN)
        sync_folder(place)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError("the restore could not be finished: {why}", why=reason_of(error)) from error
    return source


def tidy(data_dir: Path, *, clean: bool) -> None:
    """At a start: what was prepared and never committed goes; the state before a restore goes once the box has run on
    the new one and stopped by itself (`clean`)."""
    place = data_dir / FOLDER
    if not place.exists() or (place / PLAN).exists():
        return
    if (place / DONE).exists() or ((place / SEEN).exists() and not clean):
        return
    shutil.rmtree(place, ignore_errors=True)


def sign(data_dir: Path, who: str) -> None:
    """Notes who of the page's users wants what is being restored. Raises BackupError."""
    try:
        write_whole(data_dir / FOLDER / BY, who.encode())
    except OSError as error:
        raise BackupError("the restore could not be signed: {why}", why=reason_of(error)) from error


def signed(data_dir: Path) -> str:
    """Who wanted what is in force now; to be heeded once. "" for nobody, or somebody at the console."""
    place = data_dir / FOLDER / BY
    try:
        who = place.read_bytes().decode("utf-8", "replace")
        place.unlink()
    except OSError:
        return ""
    return who


def pending(data_dir: Path) -> bool:
    """Whether `carry_out` has something to do."""
    return (data_dir / FOLDER / PLAN).exists()


def recent(data_dir: Path) -> bool:
    """Whether the state before a restore is still kept."""
    return any((data_dir / FOLDER / name).exists() for name in (DONE, SEEN))


def superseded(data_dir: Path) -> Path | None:
    """Where the state before a restore lies, once the new one was opened; None where there is none."""
    place = data_dir / FOLDER
    return place / OLD if (place / SEEN).exists() and (place / OLD).is_dir() else None


def _owned(path: Path) -> bool:
    return path.name in (*OWNED_FOLDERS, *STALE) or (path.is_file() and path.name != DATABASE and allowed(path.name))


def _away(data_dir: Path, place: Path, name: str) -> None:
    current = data_dir / name
    if current.exists():
        current.rename(place / OLD / name)
        sync_folder(place / OLD)
        sync_folder(data_dir)


def _bring(data_dir: Path, place: Path, name: str) -> None:
    """The old one is moved away once, then the new one comes: whoever finds no new one has been here before."""
    if (place / NEW / name).exists():
        if not (place / OLD / name).exists():
            _away(data_dir, place, name)
        (place / NEW / name).rename(data_dir / name)
        sync_folder(data_dir)
        sync_folder(place / NEW)


def _set_aside(data_dir: Path, place: Path, aside: str) -> None:
    for suffix in ("-wal", "-shm", "") if aside else ():
        old = place / OLD / f"{DATABASE}{suffix}"
        if old.exists():
            old.rename(data_dir / f"{aside}{suffix}")


def _add(data_dir: Path, place: Path, name: str) -> None:
    """A recording that is still there stays as it is."""
    new, current = place / NEW / name, data_dir / name
    if new.exists() and not current.exists():
        make_private(current.parent)
        new.rename(current)
        for folder in (current.parent, current.parent.parent, new.parent):
            sync_folder(folder)
