"""Unpacking a model's zip from a stranger: no path outside, no links, no bomb."""

import lzma
import shutil
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Final

from voice.errors import ModelFileError, reason_of
from voice.models.files import BLOCK, MAX_FILES

MAX_UNPACKED: Final = 12_000_000_000
MAX_RATIO: Final = 100
"""Unpacked to packed, over the whole archive. Vosk's models are about 2."""
RATIO_FLOOR: Final = 10_000_000
"""Below so many bytes unpacked the ratio says nothing."""
MAX_PATH: Final = 240
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What zipfile and its decompressors raise for damaged or exotic archives."""


def unpacked_size(archive: Path) -> int:
    """Bytes that the archive says it unpacks to; raises ModelFileError for a refused or broken one."""
    with _opened(archive) as zipped:
        return sum(info.file_size for info in _members(archive, zipped))


def unpack(archive: Path, target: Path) -> Path:
    """Unpacks into `target` (new or empty) and returns the model's folder: `target`, or its only folder.

    Raises ModelFileError before writing anything for an archive with absolute or climbing paths, links, doubled names,
    encryption or bomb-like figures, and during writing for entries that do not match what they declare.
    """
    target.mkdir(parents=True, exist_ok=True)
    with _opened(archive) as zipped:
        for info in _members(archive, zipped):
            place = target / info.filename
            try:
                (place if info.is_dir() else place.parent).mkdir(parents=True, exist_ok=True)
                if info.is_dir():
                    continue
                with zipped.open(info) as packed, place.open("xb") as out:
                    shutil.copyfileobj(packed, out, BLOCK)  # zipfile gives no more than declared, and checks the CRC
                if place.stat().st_size != info.file_size:
                    raise zipfile.BadZipFile("shorter than declared")
            except _BROKEN as error:
                raise _refused(archive, reason_of(error), info.filename) from error
    inside = list(target.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else target


def _opened(archive: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(archive)
    except _BROKEN as error:
        raise _refused(archive, reason_of(error)) from error


def _members(archive: Path, zipped: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    members = zipped.infolist()
    if len(members) > MAX_FILES:
        raise _refused(archive, "too many files")
    seen: set[str] = set()
    for info in members:
        name = info.filename.rstrip("/").casefold()
        if reason := _fault(info) or ("a name twice" if name in seen else ""):
            raise _refused(archive, reason, info.filename)
        seen.add(name)
    packed, unpacked = sum(i.compress_size for i in members), sum(i.file_size for i in members)
    if packed > archive.stat().st_size:
        raise _refused(archive, "entries that overlap")
    if unpacked > MAX_UNPACKED or (unpacked > RATIO_FLOOR and unpacked > MAX_RATIO * archive.stat().st_size):
        raise _refused(archive, "it unpacks to too much")
    return members


def _fault(info: zipfile.ZipInfo) -> str:
    """Why this entry is refused; empty if it is not."""
    # orig_filename keeps what zipfile would quietly repair: backslashes on Windows, anything after a NUL.
    name, path = info.orig_filename, PurePosixPath(info.filename)
    if not name.strip("/") or "\0" in name or "\\" in name or ":" in name or len(name) > MAX_PATH:
        return "an unusable name"
    if path.is_absolute() or ".." in path.parts or name != info.filename:
        return "a path outside the folder"
    if info.flag_bits & 0x1:
        return "encrypted"
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a link or a device"
    return ""


def _refused(archive: Path, why: str, member: str = "") -> ModelFileError:
    if member:
        return ModelFileError("archive {name} refused: {member!r}: {why}", name=archive.name, member=member, why=why)
    return ModelFileError("archive {name} refused: {why}", name=archive.name, why=why)
