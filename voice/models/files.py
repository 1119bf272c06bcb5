"""Small file services: hashing, flushing to disk, safe copies and safe names."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from voice.errors import ModelFileError

BLOCK: Final = 1024 * 1024
MAX_FILES: Final = 10_000
"""In one model; the largest known (a big Vosk model) has a few dozen."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")


class Hasher(Protocol):
    """What hashlib.new returns."""

    def update(self, data: bytes, /) -> object:
        """Takes more bytes."""

    def hexdigest(self) -> str:
        """Lower-case hexadecimal."""


def hash_file(path: Path, hasher: Hasher | None = None) -> str:
    """The file's checksum, sha256 unless another hasher is given."""
    hasher = hasher or hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            hasher.update(block)
    return hasher.hexdigest()


def sync(path: Path) -> None:
    """Flushes a file or a folder's entries to the disk, so that a rename after it survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def safe_name(name: str) -> str:
    """`name` if it may become a folder's name; raises ModelFileError."""
    if not _NAME.fullmatch(name):
        raise ModelFileError("not a usable model name: {name!r}", name=name)
    return name


def plain_files(folder: Path) -> Iterator[Path]:
    """Every file under `folder`, sorted; raises ModelFileError for links, devices and too many files."""
    count = 0
    for path in sorted(folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            continue
        count += 1
        if path.is_symlink() or not path.is_file() or count > MAX_FILES:
            raise ModelFileError("a link or too many files: {path}", path=path)
        yield path


def copy_tree(source: Path, target: Path) -> None:
    """Copies plain files only: contents, no owners, no modes, no links."""
    for path in plain_files(source):
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place, follow_symlinks=False)
