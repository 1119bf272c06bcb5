"""Recordings in the rows: which are still WAV, what became of them, their outlines."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import peewee

from storage.database import sql, translated
from storage.errors import NotFound, StorageError, reason_of
from storage.lock import sync_folder
from storage.recordings import FOLDER
from storage.removal import SOUND

PACKED: Final = 1
GIVEN_UP: Final = 2
OLD_ENOUGH: Final = (
    "SELECT id, recording FROM call WHERE recording IS NOT NULL AND packed = 0 AND ended < ? ORDER BY id LIMIT 1"
)
NOT_OUTLINED: Final = (
    "SELECT id, recording FROM call WHERE recording IS NOT NULL AND packed = 0 AND ended IS NOT NULL"
    " AND id NOT IN (SELECT call_id FROM peaks) ORDER BY id LIMIT 1"
)
KEEP_OUTLINE: Final = (
    "INSERT OR REPLACE INTO peaks (call_id, seconds, points) SELECT id, ?, ? FROM call WHERE id = ? AND recording = ?"
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A recording that is still WAV; `path` is absolute."""

    call: int
    recording: str
    path: Path


class Shelf:
    """Used on the storage thread only."""

    def __init__(self, database: peewee.SqliteDatabase, data_dir: Path) -> None:
        self._db, self._data_dir = database, data_dir

    def next_unpacked(self, before: float) -> Unpacked | None:
        """The oldest recording of a call that ended before that moment (UTC epoch seconds)."""
        return self._one(OLD_ENOUGH, before)

    def next_unoutlined(self) -> Unpacked | None:
        """The oldest that nobody has looked at."""
        return self._one(NOT_OUTLINED)

    def outlined(self, one: Unpacked, seconds: float, points: bytes) -> None:
        """Keeps an outline, unless the recording is gone meanwhile."""
        with translated(), self._db.atomic("IMMEDIATE"):
            sql(self._db, KEEP_OUTLINE, seconds, points, one.call, one.recording)

    def _one(self, statement: str, *values: float) -> Unpacked | None:
        with translated():
            rows = sql(self._db, statement, *values)
        return Unpacked(rows[0][0], rows[0][1], self._data_dir / rows[0][1]) if rows else None

    def packed(self, one: Unpacked, target: Path, seconds: float, points: bytes) -> bool:
        """`target` takes the WAV's place, whose file is removed once the row says so; false, and no `target`, where the
        call has lost its recording meanwhile. Raises StorageError."""
        name = str(target.relative_to(self._data_dir))
        with translated(), self._db.atomic("IMMEDIATE"):
            statement = "UPDATE call SET recording = ?, packed = ? WHERE id = ? AND recording = ?"
            sql(self._db, statement, name, PACKED, one.call, one.recording)
            there = bool(sql(self._db, "SELECT changes()")[0][0])
            if there:
                outline = "INSERT OR REPLACE INTO peaks (call_id, seconds, points) VALUES (?, ?, ?)"
                sql(self._db, outline, one.call, seconds, points)
        unneeded = one.path if there else target
        if not there or one.path != target:
            _remove(unneeded)
        return there

    def give_up(self, one: Unpacked) -> None:
        """It stays WAV."""
        with translated():
            sql(self._db, "UPDATE call SET packed = ? WHERE id = ?", GIVEN_UP, one.call)

    def tidy(self) -> int:
        """WAVs that a power cut left beside their compressed form; how many were removed."""
        with translated():
            rows = sql(self._db, "SELECT recording FROM call WHERE packed = ? AND recording IS NOT NULL", PACKED)
        packed = {(self._data_dir / name).with_suffix("") for (name,) in rows if not name.endswith(".wav")}
        left = [path for path in self._data_dir.glob(f"{FOLDER}/*/*.wav") if path.with_suffix("") in packed]
        for path in left:
            _remove(path)
        return len(left)

    def outline(self, call: int) -> tuple[float, bytes] | None:
        """Length in seconds and points; None where the call was not outlined."""
        with translated():
            rows = sql(self._db, "SELECT seconds, points FROM peaks WHERE call_id = ?", call)
        return (rows[0][0], bytes(rows[0][1])) if rows else None

    def place(self, recording: str) -> Path:
        """Where a recording lies. Raises StorageError for a name that is none of ours."""
        path = (self._data_dir / recording).resolve()
        if not path.is_relative_to((self._data_dir / FOLDER).resolve()) or path.suffix not in SOUND:
            raise StorageError("{path!r} lies outside of the recordings", path=recording[:100])
        return path

    def read(self, call: int, offset: int, count: int) -> tuple[Path, int, bytes]:
        """Path, size, and a piece of a call's sound. Raises NotFound where there is none."""
        with translated():
            rows = sql(self._db, "SELECT recording FROM call WHERE id = ? AND recording IS NOT NULL", call)
        if not rows:
            raise NotFound("call {number} has no recording", number=call)
        path = self.place(rows[0][0])
        try:
            with path.open("rb") as file:
                file.seek(offset)
                return path, path.stat().st_size, file.read(count)
        except FileNotFoundError as error:
            raise NotFound("the recording of call {number} is missing", number=call) from error
        except OSError as error:
            raise StorageError("cannot read {path}: {why}", path=path, why=reason_of(error)) from error


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    except OSError as error:
        log.warning("a recording's first form stays", extra={"error": str(error)})
