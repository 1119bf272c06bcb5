"""The power goes in the middle of a restore: the box comes up in the old state or in the new one, never between."""

import random
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from storage.backup import unpack
from storage.opening import open_checked
from tests.fakes.power.cuts import HERE, build, run
from tests.fakes.power.disk import Disk, lay_out
from tests.storage.backup.conftest import FILES, RECORDING, Folder, nothing

CUTS = 40
SINCE = {"faq.toml": b"changed", "later.toml": b"new"}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("power"))


def state(folder: Path) -> tuple[str, dict[str, bytes]]:
    with closing(sqlite3.connect(folder / "secretary.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        note = str(database.execute("SELECT value FROM meta WHERE key = 'note'").fetchone()[0])
    owned = [*folder.glob("*.toml"), *folder.glob("personas/*"), *folder.glob("recordings/*/*")]
    return note, {path.relative_to(folder).as_posix(): path.read_bytes() for path in owned}


def test_a_restore_that_is_cut_off_is_done_wholly_or_not_at_all(folder: Folder, library: Path) -> None:
    archive = folder.back_up()
    folder.note("second")
    for name, content in SINCE.items():
        folder.put(name, content)
    (folder.path / RECORDING).unlink()
    safe, before = Disk.of(folder.path), state(folder.path)
    ops = run(library, folder.path, str(HERE / "restoring.py"), str(folder.path), str(archive))
    after = state(folder.path)
    assert after == ("first", FILES)
    assert before[0] == "second"
    chance, seen = random.Random(23), set()
    for _ in range(CUTS):
        moment = chance.randint(0, len(ops))
        disk = Disk.copy(safe)
        disk.feed(ops[:moment])
        with tempfile.TemporaryDirectory() as aside:
            lay_out(disk.survivors(chance), Path(aside))
            open_checked("sqlite:///secretary.db", Path(aside), unclean=True).database.close()
            found = state(Path(aside))
            committed = b"committed" in b"".join(disk.acknowledged)
            assert found in ((after,) if committed else (before, after)), f"cut {moment} of {len(ops)}"
            assert not (Path(aside) / ".restore" / "new").exists() or found == after
            seen.add(found[0])
    assert seen == {"first", "second"}


def test_a_backup_that_is_cut_off_spoils_no_other_and_leaves_nothing(folder: Folder, library: Path) -> None:
    older = folder.back_up().name
    identities = folder.keys.identities()
    safe = Disk.of(folder.path)
    ops = run(library, folder.path, str(HERE / "packing.py"), str(folder.path))
    chance, seen = random.Random(26), set()
    for cut in [len(ops), *(chance.randint(0, len(ops)) for _ in range(CUTS // 2))]:
        disk = Disk.copy(safe)
        disk.feed(ops[:cut])
        with tempfile.TemporaryDirectory() as aside:
            after = Path(aside)
            lay_out(disk.survivors(chance), after)
            open_checked("sqlite:///secretary.db", after, unclean=True).database.close()
            found = {path.name for path in (after / "backups").iterdir()}
            for name in found:
                unpack.verify(after / "backups" / name, identities, nothing)
            promised = b"".join(disk.acknowledged).decode().split()
            assert {older, *promised} <= found
            assert not (after / ".backup").exists()
            seen.add(len(found))
    assert seen == {1, 2}
