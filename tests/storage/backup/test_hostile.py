"""Five hundred archives that want to do harm: each is refused in words, and nothing is written outside of its place."""

import gzip
import hashlib
import io
import json
import os
import random
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyrage
import pytest

from storage.backup import unpack
from storage.backup.errors import BackupError
from storage.backup.manifest import decode
from storage.database import open_database
from storage.migrate import migrate
from tests.storage.backup.conftest import everything, nothing

COUNT = 500
SEED = 500
OUTWARD = [
    "../escaped",
    "../../escaped",
    "/tmp/escaped",
    "personas/../../escaped",
    "recordings/2026-11-26/../../../escaped",
    "./settings.toml",
    "personas/./x.toml",
    "..\\escaped",
    "personas/\x00x",
    ".lock",
    "secrets/key.json",
    "models/x/manifest.json",
    "backups/x",
    ".restore/plan.json",
    "secretary.db-wal",
    "last-good.toml",
    "personas/\u202ex.toml",
    "C:/escaped",
]


@dataclass
class Evil:
    """An archive in the making: members as (header, content), and its manifest."""

    database: bytes
    chance: random.Random
    members: list[tuple[tarfile.TarInfo, bytes]] = field(default_factory=list)
    manifest: dict[str, Any] = field(default_factory=dict)
    raw: bytes | None = None
    plain_suffix: bytes = b""
    sealed: Callable[[bytes], bytes] = bytes

    def __post_init__(self) -> None:
        self.manifest = {
            "format": "secretary-box backup",
            "version": 1,
            "created": 1.0,
            "box_version": "0.1.0",
            "kind": "manual",
            "recordings": True,
            "schema": ["0001_first"],
            "files": [],
        }
        self.add("secretary.db", self.database)
        self.add("settings.toml", b"[box]\n")

    def add(self, name: str, content: bytes, *, listed: bool = True, **changes: Any) -> None:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        for key, value in changes.items():
            setattr(info, key, value)
        self.members.append((info, content))
        if listed:
            self.list(name, content)

    def list(self, name: str, content: bytes, **changes: Any) -> None:
        entry = {"path": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest(), **changes}
        self.manifest["files"].append(entry)

    def entry(self) -> dict[str, Any]:
        found: dict[str, Any] = self.chance.choice(self.manifest["files"])
        return found

    def body(self, recipient: Any) -> bytes:
        out = io.BytesIO()
        with tarfile.open(
            fileobj=out, mode="w", format=self.chance.choice([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
        ) as tar:
            head = json.dumps(self.manifest).encode() if self.raw is None else self.raw
            info = tarfile.TarInfo("manifest.json")
            info.size = len(head)
            tar.addfile(info, io.BytesIO(head))
            for info, content in self.members:
                tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
        plain = gzip.compress(out.getvalue(), 1) + self.plain_suffix
        return self.sealed(pyrage.encrypt(plain, [recipient]))


def slip(evil: Evil) -> None:
    evil.add(evil.chance.choice(OUTWARD), b"evil")


def slip_unlisted(evil: Evil) -> None:
    evil.add(evil.chance.choice(OUTWARD), b"evil", listed=False)


def link(evil: Evil) -> None:
    kind = evil.chance.choice([tarfile.SYMTYPE, tarfile.LNKTYPE])
    target = evil.chance.choice(["/etc/passwd", "../../escaped", "secretary.db", "."])
    evil.add("personas/link.toml", b"", type=kind, linkname=target)


def link_then_file_through_it(evil: Evil) -> None:
    evil.add("personas", b"", listed=False, type=tarfile.SYMTYPE, linkname="..")
    evil.add("personas/escaped.toml", b"evil")


def device(evil: Evil) -> None:
    kind = evil.chance.choice([tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, b"S", b"V", b"9"])
    evil.add("personas/device.toml", b"", type=kind)


def long_name(evil: Evil) -> None:
    evil.add("personas/" + "x" * evil.chance.randint(300, 5000), b"evil", listed=False)


def bomb(evil: Evil) -> None:
    evil.add("faq.toml", bytes(1 << 20), listed=False)
    evil.list("faq.toml", b"", size=10)


def promised_bomb(evil: Evil) -> None:
    evil.list("faq.toml", b"", size=evil.chance.choice([1 << 39, (1 << 40) + 1, 1 << 62]))


def pax_bomb(evil: Evil) -> None:
    info, content = evil.members[-1]
    info.pax_headers = {"comment": "x" * (1 << 16), "path": evil.chance.choice(OUTWARD)}
    evil.members[-1] = (info, content)
    evil.add("personas/" + "я" * 90 + ".toml", b"evil", listed=False)


def zeros_behind(evil: Evil) -> None:
    evil.plain_suffix = gzip.compress(bytes(2 << 20), 9)


def junk_behind(evil: Evil) -> None:
    evil.plain_suffix = evil.chance.choice([gzip.compress(b"junk"), b"junk", os.urandom(50)])


def lie_about_size(evil: Evil) -> None:
    entry = evil.entry()
    entry["size"] = evil.chance.choice([entry["size"] + 1, max(0, entry["size"] - 1), 0, -1, 1 << 70, "1", None, 1.5])


def lie_about_content(evil: Evil) -> None:
    evil.entry()["sha256"] = evil.chance.choice(["0" * 64, "", "../escaped", "A" * 64, None])


def twice(evil: Evil) -> None:
    evil.add("settings.toml", b"[box]\n", listed=evil.chance.random() < 0.5)


def missing(evil: Evil) -> None:
    del evil.members[evil.chance.randrange(len(evil.members))]


def unlisted(evil: Evil) -> None:
    evil.add("faq.toml", b"evil", listed=False)


def no_database(evil: Evil) -> None:
    evil.manifest["files"] = evil.manifest["files"][1:]
    evil.members = evil.members[1:]


def bad_manifest(evil: Evil) -> None:
    good = json.dumps(evil.manifest).encode()
    choices = [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        good[:-5],
        good.replace(b'"version": 1', b'"version": 99'),
        b"[" * 100_000,
    ]
    choices += [good.replace(b"secretary-box", b"other"), good.replace(b'"created": 1.0', b'"created": -1')]
    evil.raw = evil.chance.choice(choices)


def wrong_type(evil: Evil) -> None:
    key = evil.chance.choice(["files", "created", "schema", "recordings", "box_version"])
    evil.manifest[key] = evil.chance.choice([None, {}, "x\x1b[2J", [[]], [{"path": 1}]])
    if key == "box_version" and isinstance(evil.manifest[key], str):
        evil.manifest[key] = 7


def from_the_future(evil: Evil) -> None:
    evil.manifest["schema"] = ["0001_first", "9999_future"]


def broken_database(evil: Evil) -> None:
    body = bytearray(evil.database)
    start = evil.chance.choice([0, 20, 100, 4096, len(body) // 2])
    body[start : start + 3000] = os.urandom(3000)
    evil.members[0] = (evil.members[0][0], bytes(body))
    evil.manifest["files"][0]["sha256"] = hashlib.sha256(bytes(body)).hexdigest()


def no_database_at_all(evil: Evil) -> None:
    evil.members, evil.manifest["files"] = [], []
    evil.add("secretary.db", evil.chance.choice([b"", b"SQLite format 3\0", os.urandom(5000)]))


def acting_database(evil: Evil) -> None:
    acts = [
        f'CREATE TABLE "{"x" * 5000}" (id INTEGER REFERENCES call (id))',
        "ALTER TABLE contact RENAME TO others",
        "ALTER TABLE call DROP COLUMN summary",
        "CREATE TRIGGER t AFTER INSERT ON call BEGIN DELETE FROM turn; END",
        "CREATE VIEW v AS SELECT 1",
    ]
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(evil.database)
        database.execute(evil.chance.choice(acts))
        body = database.serialize()
    evil.members, evil.manifest["files"] = [], []
    evil.add("secretary.db", body)


def cut(evil: Evil) -> None:
    part = evil.chance.random()
    evil.sealed = lambda body: body[: int(len(body) * part)]


def flipped(evil: Evil) -> None:
    place = evil.chance.random()

    def change(body: bytes) -> bytes:
        at = int(200 + (len(body) - 200) * place) - 1
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]

    evil.sealed = change


def other_key(evil: Evil) -> None:
    evil.sealed = lambda _: pyrage.encrypt(b"x", [pyrage.x25519.Identity.generate().to_public()])


def no_archive(evil: Evil) -> None:
    noise = evil.chance.choice([b"", b"age-encryption.org/v1\n", os.urandom(3000), gzip.compress(b"x"), b"PK\3\4"])
    evil.sealed = lambda _: noise


KINDS = [
    slip,
    slip_unlisted,
    link,
    link_then_file_through_it,
    device,
    long_name,
    bomb,
    promised_bomb,
    pax_bomb,
    zeros_behind,
    junk_behind,
    lie_about_size,
    lie_about_content,
    twice,
    missing,
    unlisted,
    no_database,
    bad_manifest,
    wrong_type,
    from_the_future,
    broken_database,
    no_database_at_all,
    acting_database,
    cut,
    flipped,
    other_key,
    no_archive,
]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("database")
    opened = open_database("sqlite:///x.db", path)
    migrate(opened)
    opened.execute_sql("PRAGMA journal_mode=delete")
    opened.close()
    return (path / "x.db").read_bytes()


def test_the_good_one_from_which_the_evil_ones_are_made_is_taken(tmp_path: Path, database: bytes) -> None:
    key = pyrage.x25519.Identity.generate()
    (tmp_path / "good").write_bytes(Evil(database, random.Random(1)).body(key.to_public()))
    unpack.stage(tmp_path / "good", [str(key)], tmp_path / "new", nothing, everything)
    assert (tmp_path / "new" / "settings.toml").read_bytes() == b"[box]\n"


def test_five_hundred_hostile_archives_are_refused_and_nothing_escapes(tmp_path: Path, database: bytes) -> None:
    chance, key = random.Random(SEED), pyrage.x25519.Identity.generate()
    place = tmp_path / "deep" / "down" / "data"
    place.mkdir(parents=True)
    for count in range(COUNT):
        make = KINDS[count % len(KINDS)]
        evil = Evil(database, chance)
        make(evil)
        archive = place / "archive"
        archive.write_bytes(evil.body(key.to_public()))
        with pytest.raises(BackupError) as refused:
            unpack.stage(archive, [str(key)], place / "new", nothing, everything)
        text = str(refused.value)
        assert 10 < len(text) < 700, (make.__name__, text)
        assert text.isprintable(), (make.__name__, text)
        assert sorted(path.name for path in place.iterdir()) == ["archive"], make.__name__
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["archive"], make.__name__
    assert not Path("/tmp/escaped").exists()


def test_a_manifest_is_bounded_before_it_is_read(tmp_path: Path) -> None:
    key = pyrage.x25519.Identity.generate()
    info = tarfile.TarInfo("manifest.json")
    info.size = 1 << 40
    plain = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20))
    (tmp_path / "archive").write_bytes(pyrage.encrypt(plain, [key.to_public()]))
    with pytest.raises(BackupError, match="at most"):
        unpack.read_manifest(tmp_path / "archive", [str(key)])


@pytest.mark.parametrize("text", [b"{", b"null", b'{"format": "secretary-box backup", "version": true}'])
def test_a_manifest_that_is_none_is_refused(text: bytes) -> None:
    with pytest.raises(BackupError):
        decode(text)
