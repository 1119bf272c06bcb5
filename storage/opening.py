"""The start of the database: what a restore left to do, what an unclean stop may have spoilt, and what then is done."""

import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import peewee

from storage.backup import swap, unpack
from storage.backup.door import FOLDER, tidy_work
from storage.backup.keys import BackupKeys
from storage.backup.manifest import DATABASE
from storage.backup.names import newest_first
from storage.backup.salvage import salvage
from storage.database import damage, database_path, open_database, set_aside
from storage.errors import DatabaseDamaged, StorageError
from storage.leftovers import sweep
from storage.migrate import migrate, opened_by_less
from storage.schema import rows_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opened:
    """`notice` is for the owner, empty when all is well; `restored` names the archive that is in force from now on."""

    database: peewee.SqliteDatabase
    notice: str = ""
    restored: str = ""
    damaged: bool = False
    less: bool = False
    """Whoever had the database last knew less than this version."""


def open_checked(url: str, data_dir: Path, unclean: bool) -> Opened:
    """Opens and migrates the database; on the storage thread. After an unclean stop it is checked first. A damaged one
    is set aside and the newest good backup takes its place, or a new one where there is none: the phone must be
    answered. Calls that the files beside the recordings know are added. Raises StorageError."""
    started = time.monotonic()
    swap.carry_out(data_dir)
    swap.tidy(data_dir, clean=not unclean)
    restored = swap.take_note(data_dir)
    if unclean:
        sweep(data_dir)
        tidy_work(data_dir)
    path = database_path(url, data_dir)
    database, wrong = _sound(url, data_dir, path, unclean)
    fallen_back = ""
    if wrong:
        log.error("database damaged", extra={"reason": wrong})
        fallen_back = _fall_back(data_dir) if path == data_dir / DATABASE else ""
        kept = "" if fallen_back else _set_aside(path)
        database = open_database(url, data_dir)
    assert database is not None
    try:
        if wrong:
            migrate(database)
        less = opened_by_less(database)
        salvaged = salvage(database, rows_of(database), data_dir) if wrong or restored or swap.recent(data_dir) else 0
    except BaseException:
        database.close()
        raise
    log.info("database open", extra={"checked": unclean, "ms": round(1000 * (time.monotonic() - started))})
    found = f"; {salvaged} calls were found again beside their recordings" if salvaged else ""
    if wrong and fallen_back:
        notice = f"the database was damaged ({wrong}); the backup {fallen_back} is in its place{found}"
    elif wrong:
        notice = f"the database was damaged ({wrong}); it is kept as {kept} and a new one was begun{found}"
    else:
        notice = f"restored from {restored}{found}" if restored else ""
    return Opened(database, notice, restored or fallen_back, bool(wrong), less)


def _sound(url: str, data_dir: Path, path: Path, unclean: bool) -> tuple[peewee.SqliteDatabase | None, str]:
    """The open database of this version, or what is wrong with it."""
    if not path.exists() and newest_first(_names(data_dir)):
        return None, "it is missing"
    database = None
    try:
        database = open_database(url, data_dir)
        wrong = damage(database) if unclean else ""
        if not wrong:
            migrate(database)  # reads every table, whatever the last stop was
    except DatabaseDamaged as error:
        wrong = str(error)
    except BaseException:
        if database is not None:
            database.close()
        raise
    if wrong and database is not None:
        database.close()
    return database, wrong


def _fall_back(data_dir: Path) -> str:
    """Puts the newest good archive's database in force; returns its name, empty where there is none. The settings stay:
    they are not damaged."""
    identities = BackupKeys(data_dir).identities()
    for archive in newest_first(_names(data_dir)):
        path = data_dir / FOLDER / archive.name
        try:
            place = swap.prepare(data_dir)
            unpack.stage(path, identities, place, lambda _, __: None, lambda name: name == DATABASE)
            swap.commit(data_dir, archive.name, database_only=True, aside=_damaged_name())
            swap.carry_out(data_dir)
            return swap.take_note(data_dir)
        except StorageError as error:
            log.error("a backup cannot be used", extra={"backup": archive.name, "reason": str(error)})
    return ""


def _names(data_dir: Path) -> list[str]:
    try:
        return [path.name for path in (data_dir / FOLDER).iterdir()]
    except OSError:
        return []


def _set_aside(path: Path) -> str:
    return set_aside(path, _stamp()).name if path.exists() else "nothing"


def _damaged_name() -> str:
    return f"{DATABASE}.damaged-{_stamp()}"


def _stamp() -> str:
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
