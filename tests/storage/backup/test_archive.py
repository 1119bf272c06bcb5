"""What goes into an archive comes out again, and only where it is whole and the key fits."""

import io
import os
import shutil
import sqlite3
import tarfile
from collections import namedtuple
from contextlib import closing
from pathlib import Path

import pyrage
import pytest

from storage.backup import swap, unpack
from storage.backup.errors import BackupError, BadArchive, NoRoom, TooNew, WrongKey
from storage.backup.keys import BackupKeys, kit_from, public_of
from storage.backup.pack import WORK
from storage.migrate import READABLE_FROM, known_to
from storage.secrets import Secrets
from tests.storage.backup.conftest import FILES, RECORDING, Folder, everything, nothing

Usage = namedtuple("Usage", "total used free")


def test_a_backup_brings_everything_back_and_takes_later_things_away(folder: Folder) -> None:
    archive = folder.back_up()
    folder.note("second")
    folder.put("faq.toml", b"changed")
    folder.put("later.toml", b"new")
    (folder.path / RECORDING).unlink()
    unpack.stage(archive, folder.keys.identities(), swap.prepare(folder.path), nothing, everything)
    swap.commit(folder.path, archive.name)
    assert folder.noted == "second"  # nothing has changed so far
    assert swap.carry_out(folder.path) == archive.name
    assert folder.noted == "first"
    assert folder.content() == FILES
    assert swap.carry_out(folder.path) == ""


def test_what_was_there_before_stays_until_a_clean_start(folder: Folder) -> None:
    archive = folder.back_up()
    folder.put("later.toml", b"new")
    unpack.stage(archive, folder.keys.identities(), swap.prepare(folder.path), nothing, everything)
    swap.commit(folder.path, archive.name)
    swap.carry_out(folder.path)
    old = folder.path / swap.FOLDER / swap.OLD
    swap.tidy(folder.path, clean=True)  # nobody has opened it yet
    assert swap.take_note(folder.path) == archive.name
    assert swap.take_note(folder.path) == ""
    swap.tidy(folder.path, clean=False)
    assert (old / "later.toml").read_bytes() == b"new"
    assert (old / "secretary.db").exists()
    swap.tidy(folder.path, clean=True)
    assert not old.exists()


def test_without_recordings_those_on_the_disk_stay(folder: Folder) -> None:
    archive = folder.back_up(recordings=False)
    manifest = unpack.verify(archive, folder.keys.identities(), nothing)
    assert [entry.path for entry in manifest.files] == [
        "secretary.db",
        "faq.toml",
        "personas/mine.toml",
        "settings.toml",
    ]
    unpack.stage(archive, folder.keys.identities(), swap.prepare(folder.path), nothing, everything)
    swap.commit(folder.path, archive.name)
    swap.carry_out(folder.path)
    assert (folder.path / RECORDING).read_bytes() == FILES[RECORDING]


def test_an_archive_is_age_around_gzip_around_tar_with_the_manifest_first(folder: Folder) -> None:
    kit = folder.keys.new_kit()
    plain = pyrage.decrypt(folder.back_up().read_bytes(), [pyrage.x25519.Identity.from_str(kit.secret)])
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:gz") as tar:
        assert tar.getnames()[:2] == ["manifest.json", "secretary.db"]
        assert set(tar.getnames()[2:]) == set(FILES)


def test_secrets_keys_and_models_stay_out(folder: Folder) -> None:
    Secrets(folder.path).put("sim_pin", "4821-canary", 1.0)
    folder.put("models/vosk-ru/manifest.json", b"{}")
    folder.put("models/vosk-ru/am/final.mdl", b"model-canary")
    folder.put("last-good.toml", b"machine")
    manifest = unpack.verify(folder.back_up(), folder.keys.identities(), nothing)
    kept = {entry.path for entry in manifest.files}
    assert kept == {"secretary.db", *FILES}
    assert [model.name for model in manifest.models] == ["vosk-ru"]
    assert manifest.secrets == ("sim_pin",)


def test_what_was_deleted_is_in_no_page_of_the_copy(folder: Folder) -> None:
    with closing(sqlite3.connect(folder.path / "secretary.db")) as database:
        database.execute("PRAGMA secure_delete=0")  # some builds clear pages by themselves
        database.execute("INSERT INTO meta VALUES ('gone', ?)", ("erased-canary " * 100,))
        database.commit()
        database.execute("DELETE FROM meta WHERE key = 'gone'")
        database.commit()
    assert b"erased-canary" in (folder.path / "secretary.db").read_bytes()
    unpack.stage(folder.back_up(), folder.keys.identities(), swap.prepare(folder.path), nothing, everything)
    assert b"erased-canary" not in (folder.path / swap.FOLDER / swap.NEW / "secretary.db").read_bytes()


def test_the_copy_is_consistent_while_the_box_writes(folder: Folder) -> None:
    with closing(sqlite3.connect(folder.path / "secretary.db")) as database:
        database.execute("INSERT INTO meta VALUES ('acknowledged', '1')")
        database.commit()
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO meta VALUES ('open', '1')")
        archive = folder.back_up()
        database.rollback()
    unpack.stage(archive, folder.keys.identities(), swap.prepare(folder.path), nothing, everything)
    with closing(sqlite3.connect(folder.path / swap.FOLDER / swap.NEW / "secretary.db")) as copy:
        assert {key for (key,) in copy.execute("SELECT key FROM meta")} == {"note", "acknowledged", READABLE_FROM}


def test_only_the_boxs_key_and_the_owners_kit_open_it(folder: Folder, tmp_path: Path) -> None:
    kit = folder.keys.new_kit()
    archive = folder.back_up()
    stranger = BackupKeys(tmp_path / "other")
    unpack.verify(archive, [kit.secret], nothing)
    with pytest.raises(WrongKey):
        unpack.verify(archive, [stranger.box(make=True)], nothing)
    with pytest.raises(WrongKey):
        unpack.verify(archive, [], nothing)
    assert kit.secret not in repr(kit)
    assert kit_from(f"Key kit, keep it safe:\n  {kit.secret}\n") == kit.secret
    assert public_of(kit.secret) == kit.public
    assert kit.secret.encode() not in b"".join(p.read_bytes() for p in folder.path.rglob("*") if p.is_file())


def test_a_key_that_is_none_is_refused_without_being_repeated() -> None:
    with pytest.raises(BackupError) as caught:
        kit_from("AGE-SECRET-KEY-1CANARY")
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("cut", [0, 1, 100, 200, 0.5, -1, -20])
def test_one_that_was_cut_off_is_refused(folder: Folder, cut: float) -> None:
    archive = folder.back_up()
    body = archive.read_bytes()
    archive.write_bytes(body[: int(len(body) * cut) if isinstance(cut, float) else cut])
    with pytest.raises((BadArchive, BackupError)):
        unpack.verify(archive, folder.keys.identities(), nothing)


def test_a_flipped_bit_anywhere_is_found(folder: Folder) -> None:
    archive = folder.back_up()
    body = bytearray(archive.read_bytes())
    for at in range(50, len(body), max(1, len(body) // 40)):
        body[at] ^= 4
        archive.write_bytes(body)
        with pytest.raises(BackupError):
            unpack.verify(archive, folder.keys.identities(), nothing)
        body[at] ^= 4


def test_one_of_a_newer_version_is_refused_and_an_older_one_brought_up_to_date(folder: Folder, tmp_path: Path) -> None:
    old = Folder(tmp_path / "old")
    for path in old.path.glob("secretary.db*"):
        path.unlink()
    with closing(sqlite3.connect(old.path / "secretary.db")) as database:
        database.executescript((Path(__file__).parents[2] / "databases" / "schema_0001.sql").read_text())
    archive = old.back_up()
    place = swap.prepare(folder.path)
    manifest = unpack.stage(archive, old.keys.identities(), place, nothing, everything)
    assert manifest.schema == ("0001_first",)
    with closing(sqlite3.connect(place / "secretary.db")) as staged:
        assert staged.execute("SELECT count(*) FROM audit").fetchone() == (0,)
    with closing(sqlite3.connect(folder.path / "secretary.db")) as database:
        database.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01')")
        database.execute("UPDATE meta SET value = '9999_future' WHERE key = 'schema.readable_from'")
        database.commit()
    newer = folder.back_up(kind="nightly")
    with pytest.raises(TooNew, match="9999_future"):
        unpack.stage(newer, folder.keys.identities(), swap.prepare(folder.path), nothing, everything)
    assert not (folder.path / swap.FOLDER / swap.NEW).exists()


NEWER = {
    "it only added": ("CREATE TABLE later (id INTEGER PRIMARY KEY, what TEXT)", ""),
    "a column with a default": ("ALTER TABLE call ADD COLUMN mood TEXT NOT NULL DEFAULT ''", ""),
    "rows of its own that go with ours": (
        "CREATE TABLE later (call_id INTEGER REFERENCES call (id) ON DELETE CASCADE)",
        "",
    ),
    "rows that would hold ours": ("CREATE TABLE later (call_id INTEGER REFERENCES call (id))", "from being deleted"),
    "a table that is gone": ("DROP TABLE contact_number", "'contact_number' of the database in it is not ours"),
    "a column that is gone": (
        "ALTER TABLE call RENAME COLUMN note TO remark",
        "'call' of the database in it is not ours",
    ),
    "a column that must be given": (
        "DROP TABLE dial_usage; CREATE TABLE dial_usage (id INTEGER PRIMARY KEY, began REAL, line TEXT, number TEXT,"
        " task INTEGER, reserved REAL, seconds REAL, mood TEXT NOT NULL)",
        "'dial_usage' of the database in it wants 'mood'",
    ),
    "a trigger": ("CREATE TRIGGER t AFTER INSERT ON call BEGIN DELETE FROM turn; END", "triggers"),
}


@pytest.mark.parametrize(("change", "wrong"), NEWER.values(), ids=NEWER)
def test_one_of_a_newer_version_is_taken_where_that_only_added_whatever_it_says(
    folder: Folder, change: str, wrong: str
) -> None:
    with closing(sqlite3.connect(folder.path / "secretary.db")) as database:
        database.executescript(change)
        database.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_future', '2030-01-01')")
        database.commit()
    archive, keys, place = folder.back_up(), folder.keys.identities(), swap.prepare(folder.path)
    assert unpack.verify(archive, keys, nothing).readable_from in known_to()
    if wrong:
        with pytest.raises(BadArchive, match=wrong):
            unpack.stage(archive, keys, place, nothing, everything)
        assert not place.exists()
    else:
        assert "9999_future" in unpack.stage(archive, keys, place, nothing, everything).schema


def test_without_room_nothing_is_begun(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = folder.back_up()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 10**6))
    with pytest.raises(NoRoom):
        folder.back_up(kind="nightly")
    with pytest.raises(NoRoom):
        unpack.stage(archive, folder.keys.identities(), swap.prepare(folder.path), nothing, everything)
    assert [path.name for path in (folder.path / "backups").iterdir()] == [archive.name]
    assert not (folder.path / WORK).exists()


def test_a_damaged_database_is_not_backed_up(folder: Folder) -> None:
    path = folder.path / "secretary.db"
    body = bytearray(path.read_bytes())
    body[5000:9000] = os.urandom(4000)
    path.write_bytes(body)
    with pytest.raises(BackupError):
        folder.back_up()
    assert list((folder.path / "backups").iterdir()) == []


def test_one_that_fails_half_way_leaves_nothing(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("storage.backup.stream.seal", broken)
    with pytest.raises(BackupError, match="No space left"):
        folder.back_up()
    assert list((folder.path / "backups").iterdir()) == []
    assert not (folder.path / WORK).exists()


def test_the_databases_own_journal_never_meets_another_database(folder: Folder) -> None:
    archive = folder.back_up()
    folder.put("secretary.db-wal", b"of the old one")
    unpack.stage(archive, folder.keys.identities(), swap.prepare(folder.path), nothing, everything)
    swap.commit(folder.path, archive.name)
    swap.carry_out(folder.path)
    assert not (folder.path / "secretary.db-wal").exists()
    assert folder.noted == "first"


def test_links_in_the_data_folder_are_not_followed(folder: Folder, tmp_path: Path) -> None:
    (tmp_path / "outside.toml").write_text("outside")
    (folder.path / "link.toml").symlink_to(tmp_path / "outside.toml")
    manifest = unpack.verify(folder.back_up(), folder.keys.identities(), nothing)
    assert "link.toml" not in {entry.path for entry in manifest.files}


def test_it_is_smaller_than_what_it_holds(folder: Folder) -> None:
    folder.put(RECORDING, bytes(1 << 20))
    assert folder.back_up().stat().st_size < (1 << 20) // 4


def test_what_could_be_undone_before_a_restore_cannot_be_undone_after_it(folder: Folder) -> None:
    archive = folder.back_up()
    folder.put("undo/1.json", b"{}")
    unpack.stage(archive, folder.keys.identities(), swap.prepare(folder.path), nothing, everything)
    swap.commit(folder.path, archive.name)
    swap.carry_out(folder.path)
    assert not (folder.path / "undo").exists()
