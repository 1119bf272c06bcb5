"""Which numbers were erased, without the numbers: keyed hashes, in the database and in a file beside it.

The file outlives a restore, the loss of the database, and its falling back to an old backup; what a backup brings back
of an erased person is then erased again.
"""

import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import peewee

from storage.database import sql, translated
from storage.errors import StorageError, reason_of
from storage.files import write_whole

KEY_NAME: Final = "erasure.key"
FILE_NAME: Final = "erasures.json"
KEY_BYTES: Final = 32

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An erasure: everything of that number up to `at` (UTC epoch seconds) has to go; `done` once it is gone."""

    mark: str
    at: float
    done: float | None = None


class Tombstones:
    """Used on the storage thread only."""

    def __init__(self, database: peewee.SqliteDatabase, data_dir: Path) -> None:
        self._db, self._key_path, self._path = database, data_dir / KEY_NAME, data_dir / FILE_NAME
        self._key = b""

    def mark(self, number: str) -> str:
        """What stands for a number. Raises StorageError where the key cannot be read or made."""
        if not self._key:
            self._key = self._read_key()
        return hmac.new(self._key, number.encode(), hashlib.sha256).hexdigest()

    def put(self, mark: str, at: float) -> Tombstone:
        """Durable in both places when it returns. One that is there already counts from now on."""
        known = {stone.mark: stone for stone in self._in_file()}
        known[mark] = Tombstone(mark, at)
        self._write_file(known.values())
        statement = (
            "INSERT INTO tombstone (mark, at, done) VALUES (?, ?, NULL)"
            " ON CONFLICT (mark) DO UPDATE SET at = excluded.at, done = NULL"
        )
        with translated(), self._db.atomic("IMMEDIATE"):
            sql(self._db, statement, mark, at)
        return known[mark]

    def get(self, mark: str) -> Tombstone | None:
        """As the database knows it."""
        with translated():
            rows = sql(self._db, "SELECT mark, at, done FROM tombstone WHERE mark = ?", mark)
        return Tombstone(*rows[0]) if rows else None

    def unfinished(self) -> list[Tombstone]:
        """What has still to be erased."""
        with translated():
            return [Tombstone(*row) for row in sql(self._db, "SELECT mark, at, done FROM tombstone WHERE done IS NULL")]

    def finish(self, mark: str, at: float) -> None:
        """It is gone."""
        with translated():
            sql(self._db, "UPDATE tombstone SET done = ? WHERE mark = ?", at, mark)

    def catch_up(self, *, anew: bool) -> int:
        """What the file knows and the database does not has to be erased; `anew`, all of it, since the database is
        another than before (restored, or begun again). Returns how many wait."""
        with translated(), self._db.atomic("IMMEDIATE"):
            for stone in self._in_file():
                sql(self._db, "INSERT OR IGNORE INTO tombstone (mark, at) VALUES (?, ?)", stone.mark, stone.at)
            if anew:
                sql(self._db, "UPDATE tombstone SET done = NULL")
        return len(self.unfinished())

    def _read_key(self) -> bytes:
        try:
            key = self._key_path.read_bytes()
        except FileNotFoundError:
            key = secrets.token_bytes(KEY_BYTES)
            write_whole(self._key_path, key)
        except OSError as error:
            raise StorageError("cannot read {path}: {why}", path=self._key_path, why=reason_of(error)) from error
        if len(key) != KEY_BYTES:
            raise StorageError("{path} is no key of ours: put the right one back", path=self._key_path)
        return key

    def _in_file(self) -> list[Tombstone]:
        try:
            entries: list[dict[str, Any]] = json.loads(self._path.read_text("utf-8"))["erased"]
            return [Tombstone(str(entry["mark"]), float(entry["at"])) for entry in entries]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.error("the list of erasures cannot be read", extra={"error": str(error)})
            return []

    def _write_file(self, stones: Iterable[Tombstone]) -> None:
        entries = [{"mark": stone.mark, "at": stone.at} for stone in stones]
        write_whole(self._path, (json.dumps({"erased": entries}, indent=1) + "\n").encode())
