"""What a stop in the middle of something leaves lying about, removed at the next start."""

import logging
from collections.abc import Collection
from pathlib import Path
from typing import Final

from storage.errors import StorageError
from storage.lock import sync_folder
from storage.recordings import FOLDER, repair

log = logging.getLogger(__name__)

TEMPORARY: Final = (".new", ".partial")
"""Ends of names of files that are being written; they are renamed when whole."""
SWEPT: Final = ("", FOLDER, f"{FOLDER}/*", "backups", "secrets")
"""Folders of ours below the data directory; models have their own, resumed downloads."""
SOUND: Final = (".wav", ".opus", ".ogg", ".flac", ".mp3")
TOO_SHORT_SECONDS: Final = 1.0


def sweep(data_dir: Path) -> list[str]:
    """Removes unfinished files and returns their names. Nothing else may be writing. Never raises for one file."""
    found = []
    for folder in SWEPT:
        for place in data_dir.glob(folder) if folder else (data_dir,):
            names = [path for path in _files(place) if path.name.endswith(TEMPORARY)]
            found += [str(path.relative_to(data_dir)) for path in names if _removed(path)]
    if found:
        log.warning("unfinished files removed", extra={"count": len(found)})
    return found


def sweep_recordings(data_dir: Path, known: Collection[str]) -> list[str]:
    """Removes recordings of no call: the power went between the first frame and the row, so that they hold next to
    nothing. One of a second or more is kept and logged. Of one that was being compressed, the form goes that its call
    does not name. `known` are paths relative to the data directory."""
    found = []
    stems = {name.rpartition(".")[0] for name in known if (data_dir / name).is_file()}
    for path in sorted(data_dir.glob(f"{FOLDER}/*/*")):
        name = str(path.relative_to(data_dir))
        if name in known or path.suffix not in SOUND:
            continue
        if name.rpartition(".")[0] in stems:
            found += [name] if _removed(path) else []
            continue
        if path.suffix != ".wav":
            log.warning("a recording of no call", extra={"file": name})
            continue
        try:
            seconds = repair(path)
        except StorageError as error:
            log.warning("a recording of no call", extra={"file": name, "error": str(error)})
            continue
        if seconds < TOO_SHORT_SECONDS and _removed(path):
            found.append(name)
        elif seconds >= TOO_SHORT_SECONDS:
            log.warning("a recording of no call", extra={"file": name, "seconds": round(seconds, 1)})
    return found


def _files(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file() and not path.is_symlink()]
    except OSError:
        return []  # not there yet


def _removed(path: Path) -> bool:
    try:
        path.unlink()
        sync_folder(path.parent)
    except OSError as error:
        log.warning("an unfinished file stays", extra={"file": path.name, "error": str(error)})
        return False
    return True
