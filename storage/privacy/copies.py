"""Old states of the database that lie beside it: set aside because it was damaged, or kept until a restore has proved
itself. Nobody can erase within them, so that they go as a whole."""

import shutil
from pathlib import Path
from typing import Final

from storage.backup import swap
from storage.backup.manifest import DATABASE
from storage.errors import StorageError, reason_of
from storage.lock import sync_folder

DAMAGED: Final = f"{DATABASE}.damaged-*"


def older_copies(data_dir: Path, before: float) -> list[Path]:
    """Those that were last written before that moment (UTC epoch seconds): a younger one knows of the erasure, as the
    database did when it was put aside."""
    found = list(data_dir.glob(DAMAGED))
    if (old := swap.superseded(data_dir)) is not None:
        found.append(old)
    return [path for path in found if _written(path) < before]


def remove_copies(data_dir: Path, before: float) -> int:
    """How many went. Raises StorageError for one that stays."""
    paths = older_copies(data_dir, before)
    try:
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
            sync_folder(path.parent)
    except OSError as error:
        raise StorageError(
            "an old copy of the database stays: {why} ({path})", why=reason_of(error), path=error.filename
        ) from error
    return len(paths)


def _written(path: Path) -> float:
    """The newest change in it."""
    places = [path, *path.rglob("*")] if path.is_dir() else [path]
    return max((each.lstat().st_mtime for each in places if each.is_file()), default=0.0)
