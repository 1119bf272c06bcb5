"""Backups and restores as the core runs them."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from secretaryd.backups.runner import BackupRunner, LineDoor
from secretaryd.bus import Bus
from secretaryd.config.schema import Config
from secretaryd.desk.backup import BackupDesk
from secretaryd.health import VERSION
from secretaryd.troubles import Troubles
from storage.backup import swap
from storage.backup.door import Backups
from storage.database import database_path
from storage.lock import InstanceLock
from storage.store import Storage


def start_code(storage: Storage) -> str:
    """The alert for what the last start had to do with the database."""
    if not storage.damaged:
        return "database.restored"
    return "database.fallback" if storage.restored else "database.damaged"


def finish_restore(config: Config) -> bool:
    """Whether a restore was committed to and is in force now: then the configuration has to be read anew. Raises
    StorageError."""
    folder = config.box.data_dir
    if not swap.pending(folder):
        return False
    lock = InstanceLock(folder)
    try:
        return bool(swap.carry_out(folder))
    finally:
        lock.release(clean=not lock.unclean)


def make_backups(
    config: Callable[[], Config],
    storage: Storage,
    line: LineDoor,
    bus: Bus,
    troubles: Troubles,
    restart: Callable[[], None],
) -> tuple[BackupRunner, BackupDesk]:
    """What makes the archives, and what answers for them. `restart`: asked for once a restore is committed to."""
    now = config()
    folder, language = now.box.data_dir.absolute(), now.box.language
    place = Path(now.backup.folder) if now.backup.folder else None
    backups = Backups(folder, database_path(now.database_url, folder), place, VERSION)
    zone = ZoneInfo(now.box.timezone)
    runner = BackupRunner(backups, lambda: config().backup, line, bus, troubles, storage.audit, zone, language, restart)
    return runner, BackupDesk(runner, storage.audit, language)
