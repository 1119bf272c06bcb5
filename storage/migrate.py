"""Bringing a database up to this version's schema, all or nothing."""

from pathlib import Path

import peewee
from playhouse.migrations import Runner

from storage.database import sql, translated
from storage.errors import SchemaTooNew, StorageError

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(database: peewee.SqliteDatabase, directory: Path = MIGRATIONS) -> list[str]:
    """Applies what is pending in one transaction and returns the names.

    Raises SchemaTooNew for a database that knows migrations which we do not, StorageError where one fails: then the
    database is as it was before.
    """
    runner = Runner(database, str(directory))
    with translated():
        known = {migration.name for migration in runner.migrations()}
        unknown = sorted(set(runner.applied()) - known)
        if unknown:
            raise SchemaTooNew(
                f"{database.database} was written by a newer version (it has {', '.join(unknown)}); "
                "install that version again, or restore a backup made before the update"
            )
        # The runner gives each migration its own transaction; the outer one makes the whole update one step. SQLite
        # ignores changes of foreign_keys inside a transaction, so it is done here and checked by hand.
        database.pragma("foreign_keys", 0)
        try:
            with database.atomic("IMMEDIATE"):
                applied: list[str] = runner.up()
                if broken := sql(database, "PRAGMA foreign_key_check"):
                    raise StorageError(f"migration leaves rows that point nowhere: {broken[:3]}")
        except (peewee.PeeweeException, StorageError):
            raise
        except Exception as error:
            raise StorageError(f"migration failed, nothing was changed: {error}") from error
        finally:
            database.pragma("foreign_keys", 1)
    return applied
