"""A data folder with everything that a backup keeps, and archives of it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from storage.backup.keys import BackupKeys
from storage.backup.pack import Order, create
from storage.database import open_database
from storage.migrate import migrate

AT = 1_795_700_000.0
RECORDING = "recordings/2026-11-26/call_101010_+79001234567.wav"
FILES = {
    "settings.toml": b"[box]\nname = 'x'\n",
    "faq.toml": b"[ru]\n",
    "personas/mine.toml": b"x = 1\n",
    RECORDING: b"RIFF" + bytes(5000),
    RECORDING.replace(".wav", ".json"): b"{}",
}


class Folder:
    """A data folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True)
        (path / "backups").mkdir()
        self.keys = BackupKeys(path)
        database = open_database("sqlite:///secretary.db", path)
        migrate(database)
        database.close()

    def write(self, **_: bytes) -> None:
        for name, content in FILES.items():
            self.put(name, content)

    def put(self, name: str, content: bytes) -> None:
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_bytes(content)

    def note(self, value: str) -> None:
        """A row by which a state is known."""
        with closing(sqlite3.connect(self.path / "secretary.db")) as database:
            database.execute("INSERT OR REPLACE INTO meta VALUES ('note', ?)", (value,))
            database.commit()

    @property
    def noted(self) -> str:
        with closing(sqlite3.connect(self.path / "secretary.db")) as database:
            return str(database.execute("SELECT value FROM meta WHERE key = 'note'").fetchone()[0])

    def back_up(self, at: float = AT, *, kind: str = "manual", recordings: bool = True) -> Path:
        order = Order(
            self.path,
            self.path / "secretary.db",
            self.path / "backups",
            at,
            kind,
            recordings,
            self.keys.recipients(),
            box_version="0.1.0",
        )
        return create(order, lambda *_: None)

    def content(self) -> dict[str, bytes]:
        """Everything of the owner's beside the database."""
        skipped = ("backups", "secrets", ".restore", "models")
        found = {path.relative_to(self.path).as_posix(): path for path in self.path.rglob("*") if path.is_file()}
        names = [name for name in found if not name.startswith((*skipped, "secretary.db"))]
        return {name: found[name].read_bytes() for name in names}


def nothing(_: str, __: float) -> None:
    """A progress that nobody follows."""


def everything(_: str) -> bool:
    return True


def names(folder: Path) -> Sequence[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "data")
    made.write()
    made.note("first")
    return made
