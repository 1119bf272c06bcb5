"""Importing models from a folder, a file or a USB stick.

Checksums are looked for where people and tools put them: `X.sha256`/`X.md5` beside the file, `SHA256SUMS`/`MD5SUMS`
(and their .txt forms) in its folder, or the `manifest.json` of a model copied from another box. One that is there and
does not fit refuses the import; where there is none, the model is recorded as unverified.
"""

import hashlib
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from voice.errors import ModelFileError, reason_of
from voice.models.archive import unpack, unpacked_size
from voice.models.catalogue import MB, Kind
from voice.models.errors import ChecksumMismatch, NotEnoughRoom
from voice.models.files import copy_tree, hash_file, plain_files, safe_name
from voice.models.install import DISK_RESERVE, free_disk
from voice.models.recognise import Recognised, find, recognise
from voice.models.store import MANIFEST, UNVERIFIED, Manifest, Store, now_text

SUM_FILES: Final = {
    "sha256": ("SHA256SUMS", "SHA256SUMS.txt", "sha256sum.txt"),
    "md5": ("MD5SUMS", "MD5SUMS.txt", "md5sum.txt"),
}
MAX_SUM_BYTES: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Something to import: an archive, or a model as it lies there."""

    name: str
    source: Path
    model: Recognised | None
    """None for an archive, which is recognised once it is unpacked."""


def import_models(source: Path, store: Store, *, free_disk: Callable[[Path], int] = free_disk) -> tuple[Manifest, ...]:
    """Copies every model at `source` into the store; `source` is a model's folder, an archive, a .onnx, a .gguf, or a
    folder of such.

    Raises ModelFileError if there is none, a checksum does not fit, or the disk is too small. Models already there
    under the same name are replaced.
    """
    try:
        candidates = _candidates(source)
        if not candidates:
            raise ModelFileError("no models at {source}", source=source)
        with store.locked() as staging:
            return tuple(_import_one(candidate, store, staging, free_disk) for candidate in candidates)
    except OSError as error:  # a stick pulled out, a folder that may not be read or written
        raise ModelFileError("import failed: {why}", why=reason_of(error)) from error


def _candidates(source: Path) -> list[_Candidate]:
    if not source.exists():
        raise ModelFileError("{source} does not exist", source=source)
    if source.suffix == ".zip":
        return [_Candidate(source.stem, source, None)]
    if source.is_file():
        found = recognise(source)
        return [_Candidate(found.name, source, found)]
    models = find(source)
    taken = {model.entry.name for model in models}
    archives = [path for path in sorted(source.glob("*.zip")) if path.stem not in taken]
    return [_Candidate(m.name, m.entry, m) for m in models] + [_Candidate(path.stem, path, None) for path in archives]


def _import_one(candidate: _Candidate, store: Store, staging: Path, free_disk: Callable[[Path], int]) -> Manifest:
    name = safe_name(candidate.name)
    own = _own_manifest(candidate)
    checksum = own.checksum if own else _checksum(candidate)
    _check_disk(_bytes(candidate), free_disk(store.folder))
    folder = staging / name
    if candidate.model is None:
        folder = unpack(candidate.source, folder)
        model = _single(folder)
    else:
        model = candidate.model
        folder.mkdir()
        if model.kind is Kind.STT:
            copy_tree(model.entry, folder)
        else:
            for path in model.files:
                shutil.copyfile(path, folder / path.name, follow_symlinks=False)
    if own:
        _check_copy(own, folder)
    known = store.catalogue.entries.get(name)
    return store.adopt(
        folder,
        Manifest(
            name=name,
            kind=model.kind,
            version=own.version if own else known.version if known else "",
            language=own.language if own else known.language if known else "",
            licence=own.licence if own else known.licence if known else "",
            source=own.source if own else "import",
            checksum=checksum,
            installed_at=now_text(),
            entry="." if model.kind is Kind.STT else model.entry.name,
            files=(),
        ),
    )


def _single(folder: Path) -> Recognised:
    models = [model for model in find(folder) if model.entry.parent == folder or model.entry == folder]
    if len(models) != 1:
        raise ModelFileError("{models} models in the archive", models=len(models))
    return models[0]


def _own_manifest(candidate: _Candidate) -> Manifest | None:
    """The manifest of a model copied from another box's `models` folder, if there is one."""
    if candidate.model is None:
        return None
    folder = candidate.source if candidate.model.kind is Kind.STT else candidate.source.parent
    path = folder / MANIFEST
    if not path.is_file() or path.is_symlink():
        return None
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.DecodeError:
        return None  # some other program's manifest.json
    return manifest if manifest.name == candidate.name or folder.name == manifest.name else None


def _check_copy(own: Manifest, folder: Path) -> None:
    """Compares the copy with the sums in the other box's manifest."""
    sums = {record.path: record.sha256 for record in own.files}
    for path in plain_files(folder):
        relative = path.relative_to(folder).as_posix()
        if relative != MANIFEST and sums.get(relative) != hash_file(path):
            raise _mismatch(path)


def _checksum(candidate: _Candidate) -> str:
    """The checksum found beside the files and found true, as `algorithm:hex`; UNVERIFIED if there is none."""
    found = UNVERIFIED
    files = candidate.model.files if candidate.model else (candidate.source,)
    for path in files:
        if path.is_dir():
            continue
        for algorithm in SUM_FILES:
            expected = _beside(path, algorithm)
            if expected is None:
                continue
            if hash_file(path, hashlib.new(algorithm, usedforsecurity=False)) != expected:
                raise _mismatch(path)
            if path == candidate.source:
                found = f"{algorithm}:{expected}"
    return found


def _beside(path: Path, algorithm: str) -> str | None:
    """The sum stated for `path` in coreutils' form (`HEX  name` or `HEX *name`, or HEX alone in X.sha256)."""
    places = [path.with_name(f"{path.name}.{algorithm}"), *(path.parent / name for name in SUM_FILES[algorithm])]
    digits = hashlib.new(algorithm, usedforsecurity=False).digest_size * 2
    for place in places:
        if not place.is_file() or place.is_symlink() or place.stat().st_size > MAX_SUM_BYTES:
            continue
        for line in place.read_text("utf-8", "replace").splitlines():
            match = re.fullmatch(rf"\s*([0-9a-fA-F]{{{digits}}})(?:\s+[*]?(?:\./)?(.+?))?\s*", line)
            if match and (match[2] == path.name or (match[2] is None and place == places[0])):
                return match[1].lower()
    return None


def _bytes(candidate: _Candidate) -> int:
    if candidate.model is None:
        return unpacked_size(candidate.source)
    files = candidate.model.files
    return sum(f.stat().st_size for path in files for f in (plain_files(path) if path.is_dir() else [path]))


def _check_disk(needed: int, free: int) -> None:
    if needed + DISK_RESERVE > free:
        need, have = (needed + DISK_RESERVE) // MB, free // MB
        raise NotEnoughRoom("not enough disk: {need} MB needed, {have} MB free", need=need, have=have)


def _mismatch(path: Path) -> ChecksumMismatch:
    return ChecksumMismatch("{name}: its checksum does not fit", name=path.name)
