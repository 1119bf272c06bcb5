"""Taking a call out for good: its files, its place in the index, its rows."""

from pathlib import Path
from typing import Final

import peewee

from storage.database import sql, translated
from storage.errors import StorageError, reason_of
from storage.files import write_whole
from storage.lock import sync_folder
from storage.recordings import FOLDER
from storage.search.index import TextIndex

SOUND: Final = (".wav", ".opus", ".flac", ".mp3")
BESIDE: Final = (*SOUND, ".json", *(f"{suffix}.new" for suffix in (*SOUND, ".json")))
"""Whatever may lie beside a recording under its name."""


class Removal:
    """Used on the storage thread only."""

    def __init__(self, database: peewee.SqliteDatabase, data_dir: Path, index: TextIndex) -> None:
        self._db, self._data_dir, self._index = database, data_dir, index

    def call(self, number: int) -> bool:
        """Removes a call with turns, messages and files; whether it was there. Files first: what a power cut leaves is
        found again by its row. Raises StorageError for a file that stays."""
        with translated():
            rows = sql(self._db, "SELECT recording FROM call WHERE id = ?", number)
        if not rows:
            return False
        if rows[0][0] is not None:
            self.files(rows[0][0], BESIDE)
        with translated(), self._db.atomic("IMMEDIATE"):
            self._index.forget(number)
            sql(self._db, "DELETE FROM message WHERE call_id = ?", number)
            sql(self._db, "DELETE FROM call WHERE id = ?", number)
        return True

    def audio(self, number: int) -> bool:
        """Removes a call's recording only; whether there was one. Raises StorageError."""
        with translated():
            rows = sql(self._db, "SELECT recording FROM call WHERE id = ? AND recording IS NOT NULL", number)
        if not rows:
            return False
        self.files(rows[0][0], SOUND)
        with translated(), self._db.atomic("IMMEDIATE"):
            sql(self._db, "UPDATE call SET recording = NULL, packed = 0 WHERE id = ?", number)
            sql(self._db, "DELETE FROM peaks WHERE call_id = ?", number)
            sql(self._db, "DELETE FROM second WHERE call_id = ? AND state IN ('wanted', 'begun')", number)
        return True

    def files(self, recording: str, suffixes: tuple[str, ...]) -> int:
        """Removes what lies under a recording's name (relative to the data directory); returns the bytes set free.
        Raises StorageError."""
        path = (self._data_dir / recording).resolve()
        if not path.is_relative_to(self._data_dir.resolve() / FOLDER):
            return 0  # a name that is not one of ours touches nothing
        free = 0
        for suffix in suffixes:
            each = path.with_suffix("").with_name(path.stem + suffix)
            try:
                size = each.stat().st_size
                each.unlink()
                free += size
            except FileNotFoundError:
                continue
            except OSError as error:
                raise StorageError("cannot remove {path}: {why}", path=each, why=reason_of(error)) from error
        if free and path.parent.is_dir():
            self._tidy(path.parent)
        return free

    def scrub(self, recording: str, text: str, mask: str) -> None:
        """Replaces a text in the JSON beside a recording. Raises StorageError."""
        path = (self._data_dir / recording).resolve().with_suffix(".json")
        if not path.is_relative_to(self._data_dir.resolve() / FOLDER):
            return
        try:
            content = path.read_text("utf-8")
        except FileNotFoundError:
            return
        except (OSError, ValueError) as error:
            raise StorageError("cannot read {path}: {why}", path=path, why=reason_of(error)) from error
        if text in content:
            write_whole(path, content.replace(text, mask).encode())

    def _tidy(self, folder: Path) -> None:
        """The day's folder goes with its last file."""
        try:
            sync_folder(folder)
            if not any(folder.iterdir()):
                folder.rmdir()
                sync_folder(folder.parent)
        except OSError as error:
            raise StorageError("cannot tidy {folder}: {why}", folder=folder, why=reason_of(error)) from error
