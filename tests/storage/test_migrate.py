"""From any released schema to this one, all or nothing."""

import shutil
import sqlite3
from pathlib import Path

import peewee
import pytest

from storage.audit.records import By
from storage.database import PRAGMAS, open_database
from storage.errors import SchemaTooNew, StorageError
from storage.migrate import MIGRATIONS, known_to, migrate, newest_that_breaks, opened_by_less, readable_from
from storage.store import Storage

URL = "sqlite:///secretary.db"
DUMPS = sorted((Path(__file__).parent.parent / "databases").glob("schema_*.sql"))
FIRST = "0001_first"

BREAKS_HALF_WAY = """
from peewee import TextField

def up(migrator, db):
    migrator.migrate(migrator.add_column("call", "mood", TextField(default="")))
    db.execute_sql("UPDATE call SET summary = 'changed'")
    raise RuntimeError("half-way")
"""
GOOD = """
from peewee import TextField

def up(migrator, db):
    migrator.migrate(migrator.add_column("call", "tag", TextField(default="x")))
"""


def restore(dump: Path, data_dir: Path) -> None:
    with sqlite3.connect(data_dir / "secretary.db") as raw:
        raw.executescript(dump.read_text())
    raw.close()


def content(data_dir: Path) -> list[str]:
    with sqlite3.connect(data_dir / "secretary.db") as raw:
        tables = raw.execute("select name, sql from sqlite_master order by name").fetchall()
        lines = [str(row) for row in tables]
        for name, sql in tables:  # iterdump cannot read a contentless index
            if sql is not None and sql.startswith("CREATE TABLE"):
                lines += [f"{name}: {row}" for row in raw.execute(f'select * from "{name}"')]
    raw.close()
    return lines


def test_there_is_a_dump_of_each_released_schema() -> None:
    assert [p.stem.removeprefix("schema_") for p in DUMPS] == ["0001"]


@pytest.mark.parametrize("dump", DUMPS, ids=lambda p: p.stem)
async def test_a_dump_of_a_released_schema_is_brought_up_and_readable(tmp_path: Path, dump: Path) -> None:
    restore(dump, tmp_path)
    store = await Storage.open(URL, tmp_path)
    (call,) = await store.recent()
    full = await store.call(call.id)
    assert (full.number, full.outcome, full.line) == ("+79001234567", "message", "line1")
    assert [t.who for t in full.turns] == ["secretary", "caller"]
    assert full.turns[1].words[0].text == "перезвоните"
    assert full.turns[1].latency is None
    assert (await store.messages())[0].number == "+79121234567"
    await store.begin("line1", "in", None, "", 1.0)
    await store.close()


@pytest.mark.parametrize("dump", DUMPS, ids=lambda p: p.stem)
def test_a_failure_half_way_leaves_the_file_as_it_was(tmp_path: Path, dump: Path) -> None:
    restore(dump, tmp_path)
    directory = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, directory)
    (directory / "8001_good.py").write_text(GOOD)
    (directory / "8002_bad.py").write_text(BREAKS_HALF_WAY)
    before = content(tmp_path)
    database = open_database(URL, tmp_path)
    with pytest.raises(StorageError, match="nothing was changed: half-way"):
        migrate(database, directory)
    database.close()
    assert content(tmp_path) == before
    (directory / "8002_bad.py").unlink()
    database = open_database(URL, tmp_path)
    assert migrate(database, directory)[-1] == "8001_good"
    assert database.pragma("foreign_keys") == 1
    database.close()
    assert any("tag" in line for line in content(tmp_path))


ADDS = """
def up(migrator, db):
    db.execute_sql("ALTER TABLE sms ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'")
    db.execute_sql("CREATE TABLE later (call_id INTEGER REFERENCES call (id) ON DELETE CASCADE)")
"""
CHANGES = (
    "BREAKS = True\n\n\ndef up(migrator, db):\n    db.execute_sql('ALTER TABLE sms RENAME COLUMN text TO words')\n"
)


def newer_version(folder: Path, name: str, text: str) -> Path:
    """The migrations of a version that has one more."""
    directory = folder / f"migrations{name}"
    shutil.copytree(MIGRATIONS, directory)
    (directory / f"{name}.py").write_text(text)
    return directory


def test_which_migration_a_version_has_to_know(tmp_path: Path) -> None:
    assert newest_that_breaks() in known_to()
    assert newest_that_breaks(newer_version(tmp_path, "9990_adds", ADDS)) == newest_that_breaks()
    assert newest_that_breaks(newer_version(tmp_path, "9991_changes", CHANGES)) == "9991_changes"


@pytest.mark.parametrize("name", sorted(known_to())[1:])
def test_what_wrote_before_a_migration_writes_after_it_too(tmp_path: Path, name: str) -> None:
    """Every migration that does not say that it breaks: rows made without its columns are still taken."""
    before = tmp_path / "before"
    before.mkdir()
    for path in MIGRATIONS.glob("[0-9]*.py"):
        if path.stem < name:
            shutil.copy(path, before)
    if newest_that_breaks() >= name:
        return
    database = open_database(URL, tmp_path)
    migrate(database, before)
    tables = [t for (t,) in database.execute_sql("select name from sqlite_master where type = 'table'").fetchall()]
    plain = [t for t in tables if "search_" not in t and not t.startswith("sqlite_")]
    columns = {t: [row[1:] for row in database.execute_sql(f'pragma table_info("{t}")').fetchall()] for t in plain}
    shutil.copy(MIGRATIONS / f"{name}.py", before)
    migrate(database, before)
    database.pragma("foreign_keys", 0)
    for table, found in columns.items():
        names = [column for column, kind, *_ in found if (column, kind) != ("id", "INTEGER")]
        quoted = ", ".join(f'"{column}"' for column in names)
        marks = ", ".join("?" for _ in names)
        database.execute_sql(f'insert into "{table}" ({quoted}) values ({marks})', ["7"] * len(names))
    database.close()


async def test_a_newer_version_that_only_added_may_have_had_the_database(tmp_path: Path) -> None:
    store = await Storage.open(URL, tmp_path)
    call = await store.begin("line1", "in", "+79161234567", "presented", 1.0)
    await store.finish(call.id, 2.0, "answered", "caller")
    await store.privacy.erase("+79161234567", By("owner", "control"))
    await store.privacy.finish()
    await store.close()
    directory = newer_version(tmp_path, "9990_adds", ADDS)
    database = open_database(URL, tmp_path)
    assert migrate(database, directory) == ["9990_adds"]
    assert opened_by_less(database, directory), "an update"
    assert not opened_by_less(database, directory)
    database.execute_sql("insert into later (call_id) values (null)")
    database.close()

    store = await Storage.open(URL, tmp_path)  # this version, again
    call = await store.begin("line1", "in", None, "withheld", 3.0)
    await store.finish(call.id, 4.0, "answered", "caller")
    assert not store.privacy.wanted.is_set()
    await store.close()

    database = open_database(URL, tmp_path)  # and the newer one
    assert migrate(database, directory) == []
    assert readable_from(database) == newest_that_breaks()
    assert opened_by_less(database, directory), "what it alone knows was left alone, also by erasures"
    assert not opened_by_less(database, directory)
    assert database.execute_sql("select count(*) from later").fetchone() == (1,)
    database.close()


async def test_after_a_version_that_knew_less_erasures_are_done_again(tmp_path: Path) -> None:
    store = await Storage.open(URL, tmp_path)
    await store.privacy.erase("+79161234567", By("owner", "control"))
    await store.privacy.finish()
    await store.close()
    with sqlite3.connect(tmp_path / "secretary.db") as raw:
        raw.execute("update meta set value = '0001_first' where key = 'schema.opened_by'")
    raw.close()
    store = await Storage.open(URL, tmp_path)
    assert store.privacy.wanted.is_set()
    assert await store.privacy.finish() == 1
    await store.close()


async def test_a_database_that_a_newer_version_changed_is_refused_and_kept(tmp_path: Path) -> None:
    await (await Storage.open(URL, tmp_path)).close()
    database = open_database(URL, tmp_path)
    migrate(database, newer_version(tmp_path, "0999_future", CHANGES))
    database.close()
    before = content(tmp_path)
    with pytest.raises(SchemaTooNew, match=r"newer version.*0999_future"):
        await Storage.open(URL, tmp_path)
    assert content(tmp_path) == before


async def test_a_second_start_applies_nothing(tmp_path: Path) -> None:
    database = open_database(URL, tmp_path)
    assert migrate(database)[0] == FIRST
    assert migrate(database) == []
    database.close()


def test_rows_that_point_nowhere_stop_a_migration(tmp_path: Path) -> None:
    restore(DUMPS[0], tmp_path)
    directory = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, directory)
    (directory / "8001_orphans.py").write_text("def up(migrator, db):\n    db.execute_sql('DELETE FROM call')\n")
    database = open_database(URL, tmp_path)
    with pytest.raises(StorageError, match="point nowhere"):
        migrate(database, directory)
    assert database.execute_sql("select count(*) from call").fetchone() == (1,)
    database.close()


class Refusing(peewee.SqliteDatabase):
    """A database in which one statement, counted from the first of the upgrade, fails."""

    refuse_at = -1
    count = 0

    def execute_sql(self, sql, params=None, *args, **kwargs):
        if self.count == self.refuse_at:
            raise peewee.OperationalError("disk I/O error")
        self.count += 1
        return super().execute_sql(sql, params, *args, **kwargs)


@pytest.mark.parametrize("dump", DUMPS, ids=lambda p: p.stem)
def test_an_upgrade_that_fails_at_any_statement_leaves_the_file_as_it_was(tmp_path: Path, dump: Path) -> None:
    restore(dump, tmp_path)
    before, total, refuse_at = content(tmp_path), 1, 0
    while refuse_at < total:
        database = Refusing(str(tmp_path / "secretary.db"), pragmas=PRAGMAS)
        database.connect()
        database.count, database.refuse_at = 0, refuse_at
        with pytest.raises(StorageError):
            migrate(database)
        database.refuse_at = -1
        database.close()
        assert content(tmp_path) == before, f"statement {refuse_at}"
        if refuse_at == 0:
            # The last one switches the checks of foreign keys on again: all is committed by then.
            total = statements_of_an_upgrade(dump, tmp_path / "counted") - 1
        refuse_at += 5
    assert total > 40
    database = open_database(URL, tmp_path)
    migrate(database)
    assert database.execute_sql("pragma integrity_check").fetchall() == [("ok",)]
    database.close()


def statements_of_an_upgrade(dump: Path, place: Path) -> int:
    place.mkdir()
    restore(dump, place)
    database = Refusing(str(place / "secretary.db"), pragmas=PRAGMAS)
    database.connect()
    database.count = 0
    migrate(database)
    count = database.count
    database.close()
    return count
