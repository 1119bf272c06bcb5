"""What goes by age, and what goes for room. Deletions are written into the audit before they are done.

By age: recordings after some days, then calls with all their words; both only where the owner has not asked to keep
them. For room: the oldest unprotected recordings, never a row. Nothing goes while the clock may be wrong: a box without
a battery wakes up in 1970, or in 2080 by a broken network.
"""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import peewee

from storage.audit.log import AuditLog
from storage.audit.records import SYSTEM, Deed
from storage.database import sql, translated
from storage.privacy.copies import remove_copies
from storage.removal import Removal

DAY: Final = 86_400.0
BATCH: Final = 20
DELETED_DAYS: Final = 7.0
"""How long a deleted call can be brought back."""
EARLIEST: Final = 1_790_000_000.0
"""September 2026, before the first release: a clock that shows less was never set."""
LARGEST_JUMP_DAYS: Final = 60.0
"""A clock that is so far ahead of the newest call is believed only where the system says that it is synchronised."""
SYNCHRONISED: Final = Path("/run/systemd/timesync/synchronized")

CANDIDATES: Final = {
    "audio": "SELECT id FROM call WHERE recording IS NOT NULL AND keep = 0 AND began < ? AND ended IS NOT NULL"
    " ORDER BY began LIMIT ?",
    "text": "SELECT id FROM call WHERE keep = 0 AND began < ? AND ended IS NOT NULL ORDER BY began LIMIT ?",
    "deleted": "SELECT id FROM call WHERE deleted < ? ORDER BY deleted LIMIT ?",
    "sms": "SELECT id FROM sms WHERE at < ? AND state NOT IN ('queued', 'sending') ORDER BY at LIMIT ?",
}
LEDGERS: Final = (
    ("task", "made < ? AND state NOT IN ('open', 'dialling')"),
    ("dial_usage", "began < ?"),
    ("sms_pdu", "at < ? AND sms_id IS NULL"),
    ("imported", "at < ? AND kind = 'chat'"),
)
"""Rows beside calls and messages that tell of people; they go with the words."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Days are 0 for "for ever"; shares are parts of the disk that are in use, 0 to 1."""

    audio_days: int = 30
    text_days: int = 365
    warn_share: float = 0.8
    purge_share: float = 0.9


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes in use of all."""

    used: int
    total: int

    @property
    def share(self) -> float:
        """The part that is in use, 0 to 1."""
        return self.used / self.total if self.total else 0.0


def disk_of(path: Path) -> Disk:
    """The file system that holds it."""
    usage = shutil.disk_usage(path)
    return Disk(usage.total - usage.free, usage.total)


class Retention:
    """Used on the storage thread only."""

    def __init__(
        self,
        database: peewee.SqliteDatabase,
        data_dir: Path,
        removal: Removal,
        audit: AuditLog,
        *,
        remove_sms: Callable[[int], bool],
        clock: Callable[[], float] = time.time,
        disk: Callable[[Path], Disk] = disk_of,
        synchronised: Callable[[], bool] = SYNCHRONISED.exists,
    ) -> None:
        self._db, self._data_dir, self._removal, self._audit = database, data_dir, removal, audit
        self._remove_sms = remove_sms
        self._clock, self._disk, self._synchronised = clock, disk, synchronised

    def step(self, limits: Limits) -> bool:
        """Removes one batch of whatever has to go; whether there may be more. Raises StorageError."""
        if not self.clock_is_right():
            return False
        now = self._clock()
        if self._go("deleted", now - DELETED_DAYS * DAY, BATCH, self._removal.call):
            return True
        if limits.audio_days and self._go("audio", now - limits.audio_days * DAY, BATCH, self._removal.audio):
            return True
        if limits.text_days and self._go("text", now - limits.text_days * DAY, BATCH, self._removal.call):
            return True
        if limits.text_days and self._texts_go(now - limits.text_days * DAY):
            return True
        # Nothing more by age: one recording at a time until there is room, the oldest first.
        full = self._disk(self._data_dir).share >= limits.purge_share
        return full and self._go("audio", now + DAY, 1, self._removal.audio, "retention.room")

    def _texts_go(self, before: float) -> bool:
        """Short messages, then what is known of people beside them, then old states of the database."""
        if self._go("sms", before, BATCH, self._remove_sms, told="messages"):
            return True
        counts: dict[str, Any] = {}
        with translated(), self._db.atomic("IMMEDIATE"):
            for table, old in LEDGERS:
                sql(self._db, f"DELETE FROM {table} WHERE {old}", before)  # noqa: S608 (names are ours)
                if count := sql(self._db, "SELECT changes()")[0][0]:
                    counts[table] = count
            if counts:
                self._audit.append(Deed(SYSTEM.who, SYSTEM.where, "retention.rows", after=counts))
        remove_copies(self._data_dir, before)
        return False

    def disk(self) -> Disk:
        """As it is now."""
        return self._disk(self._data_dir)

    def clock_is_right(self) -> bool:
        """Whether ages can be told."""
        now = self._clock()
        if now < EARLIEST:
            return False
        with translated():
            newest = sql(self._db, "SELECT began FROM call ORDER BY id DESC LIMIT 1")
        ahead = now - float(newest[0][0]) if newest else 0.0
        return ahead < LARGEST_JUMP_DAYS * DAY or self._synchronised()

    def _go(
        self, kind: str, before: float, limit: int, remove: Callable[[int], Any], what: str = "", told: str = "calls"
    ) -> bool:
        with translated():
            ids = [row[0] for row in sql(self._db, CANDIDATES[kind], before, limit)]
        if ids:
            deed = Deed(SYSTEM.who, SYSTEM.where, what or f"retention.{kind}", after={told: ids})
            self._audit.append(deed)
        for number in ids:
            remove(number)
        return bool(ids)
