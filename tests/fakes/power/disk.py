"""What a disk may hold after the power went, from the record of what a process asked of it. PURE.

The rules are those of POSIX, harsher than ext4's:

* A write is safe once its file was synced after it. Of what came later any part may be there: every sector by itself,
  in any order, so that writes are torn and reordered.
* A new name, a rename or a deletion is safe once its folder was synced after it; syncing the file alone does not keep
  its name. Of the rest, those up to some moment may have happened.

Not modelled: a card that loses what it said was synced, and bits that rot.
"""

import copy
import random
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SECTOR: Final = 512
HEAD: Final = struct.Struct("<cQQI")


@dataclass(frozen=True, slots=True)
class Op:
    """One call; see shim.c for the kinds."""

    kind: str
    inode: int
    number: int
    data: bytes


def parse(record: bytes) -> Iterator[Op]:
    """The calls in order; a record that was cut off ends them."""
    at = 0
    while at + HEAD.size <= len(record):
        kind, inode, number, length = HEAD.unpack_from(record, at)
        at += HEAD.size
        if at + length > len(record):
            return
        yield Op(kind.decode("ascii"), inode, number, record[at : at + length])
        at += length


@dataclass(slots=True)
class _File:
    """A file's content as synced, and what was asked since."""

    safe: bytearray = field(default_factory=bytearray)
    later: list[Op] = field(default_factory=list)


@dataclass(slots=True)
class _Change:
    """A change of names: `path` names `file` from then on (None: a folder), or nothing where `gone`."""

    at: int
    path: str
    file: _File | None = None
    gone: bool = False
    source: str = ""
    folders: set[str] = field(default_factory=set)  # those that must still be synced


class Disk:
    """Fed with calls up to the cut; then `survivors` says what may be found."""

    def __init__(self) -> None:
        self._now: dict[str, _File | None] = {}  # as the process sees it
        self._by_inode: dict[int, _File] = {}
        self._changes: list[_Change] = []
        self.acknowledged: list[bytes] = []

    @classmethod
    def of(cls, folder: Path) -> "Disk":
        """A disk on which everything in `folder` is safe."""
        disk = cls()
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            file = None if path.is_dir() else _File(bytearray(path.read_bytes()))
            if file is not None:
                disk._by_inode[path.stat().st_ino] = file
            disk._now[name] = file
            disk._changes.append(_Change(-1, name, file))
        return disk

    @classmethod
    def copy(cls, other: "Disk") -> "Disk":
        """One that can be fed without changing the other."""
        return copy.deepcopy(other)

    def feed(self, ops: Sequence[Op]) -> None:
        """In order."""
        for op in ops:
            self._one(len(self._changes), op)

    def _one(self, at: int, op: Op) -> None:
        if op.kind == "A":
            self.acknowledged.append(op.data)
        elif op.kind in "WT":
            self._by_inode[op.inode].later.append(op)
        elif op.kind == "S":
            file = self._by_inode[op.inode]
            for one in file.later:
                _apply(file.safe, one)
            file.later.clear()
        elif op.kind == "F":
            self._folder_synced(op.data.decode())
        else:
            self._names(at, op)

    def _names(self, at: int, op: Op) -> None:
        path = op.data.decode()
        if op.kind == "C":
            file = self._by_inode[op.inode] = _File()
            self._now[path] = file
            self._changes.append(_Change(at, path, file, folders={_folder(path)}))
        elif op.kind == "D":
            self._now[path] = None
            self._changes.append(_Change(at, path, None, folders={_folder(path)}))
        elif op.kind == "U":
            self._now.pop(path)
            self._changes.append(_Change(at, path, gone=True, folders={_folder(path)}))
        else:
            old, new = path.split("\0")
            for name in [name for name in self._now if name == old or name.startswith(f"{old}/")]:
                self._now[new + name[len(old) :]] = self._now.pop(name)
            self._changes.append(_Change(at, new, self._now[new], source=old, folders={_folder(old), _folder(new)}))

    def _folder_synced(self, path: str) -> None:
        for change in self._changes:
            change.folders.discard(path)

    def survivors(self, chance: random.Random) -> dict[str, bytes | None]:
        """One possible content: paths to bytes, or to None for folders."""
        kept = chance.choice((0.0, 0.5, 0.9, 1.0))
        moment = chance.randint(0, len(self._changes))
        contents: dict[int, bytes] = {}
        found: dict[str, bytes | None] = {}
        for change in self._changes:
            if change.folders and change.at >= moment:
                continue
            if change.source:
                _moved(found, change.source, change.path)
            if change.gone:
                found.pop(change.path, None)
            elif change.file is not None:
                key = id(change.file)
                if key not in contents:
                    contents[key] = _content(change.file, kept, chance)
                found[change.path] = contents[key]
            elif change.path not in found:
                found[change.path] = None
        return {path: data for path, data in found.items() if _reachable(path, found)}


def _moved(found: dict[str, bytes | None], old: str, new: str) -> None:
    inside = [name for name in found if name == old or name.startswith(f"{old}/")]
    for name in inside:
        found[new + name[len(old) :]] = found.pop(name)


def _reachable(path: str, found: dict[str, bytes | None]) -> bool:
    folder = _folder(path)
    return not folder or (folder in found and found[folder] is None and _reachable(folder, found))


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _content(file: _File, kept: float, chance: random.Random) -> bytes:
    data = bytearray(file.safe)
    for op in file.later:
        if op.kind == "T":
            if chance.random() < kept:
                _apply(data, op)
            continue
        for start in _sectors(op):
            if chance.random() < kept:
                piece = op.data[start : _next_sector(op, start)]
                _apply(data, Op("W", op.inode, op.number + start, piece))
    return bytes(data)


def _sectors(op: Op) -> Iterator[int]:
    start = 0
    while start < len(op.data):
        yield start
        start = _next_sector(op, start)


def _next_sector(op: Op, start: int) -> int:
    return min(len(op.data), ((op.number + start) // SECTOR + 1) * SECTOR - op.number)


def _apply(data: bytearray, op: Op) -> None:
    if op.kind == "T":
        del data[op.number :]
        data.extend(bytes(op.number - len(data)))
        return
    end = op.number + len(op.data)
    data.extend(bytes(max(0, end - len(data))))
    data[op.number : end] = op.data


def lay_out(found: dict[str, bytes | None], folder: Path) -> None:
    """Writes what was found into an empty folder."""
    for path in sorted(found):
        data = found[path]
        if data is None:
            (folder / path).mkdir(mode=0o700)
        else:
            (folder / path).write_bytes(data)
            (folder / path).chmod(0o600)
