"""What is installed under `data_dir/models`: a folder a model, each with its manifest.

    models/vosk-model-small-ru-0.22/manifest.json   what it is, where it came from, every file's size and sha256
    models/vosk-model-small-ru-0.22/am/...          the model itself
    models/.partial/<name>/                         unfinished downloads, kept so that the next try goes on from there
    models/.staging/                                being put together; emptied by whoever takes the lock next

A model appears by one rename, after every file was checked and flushed, so a power cut leaves either all or nothing.
"""

import fcntl
import logging
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from voice import starter
from voice.errors import ModelFileError, reason_of
from voice.models.catalogue import SETTING, Catalogue, Kind, load, unknown_name
from voice.models.errors import ModelInUse
from voice.models.files import hash_file, plain_files, safe_name, sync
from voice.models.recognise import recognise

log = logging.getLogger(__name__)

STARTER: Final = "starter"
MANIFEST: Final = "manifest.json"
UNVERIFIED: Final = "unverified"
_STARTERS: Final = {Kind.STT: starter.STT, Kind.TTS: starter.TTS, Kind.LLM: starter.LLM}


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One file of an installed model."""

    path: str
    """Relative to the model's folder, with forward slashes."""
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is known of an installed model."""

    name: str
    kind: Kind
    version: str
    language: str
    licence: str
    source: str
    """The address it was fetched from, or `import`."""
    checksum: str
    """`md5:…` or `sha256:…` as published by the source and found true, or `unverified`."""
    installed_at: str
    """ISO 8601, UTC."""
    entry: str
    """What the engine is given, relative to the model's folder; `.` is the folder itself."""
    files: tuple[FileRecord, ...]


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A model ready to be loaded."""

    path: Path
    name: str
    starter: bool
    """Whether it is one of the small bundled ones: the box then shows its banner."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The configuration key to set, and its value, to use a model."""

    key: str
    value: str


def resolve(value: str, kind: Kind, models_dir: Path) -> ResolvedModel:
    """The model that a setting names: `starter`, an installed model's name, or a path.

    Cheap (stats and a few bytes read, no hashing). Raises ModelFileError with what to do about it when the model is not
    there, is of another kind, or is visibly damaged.
    """
    if value == STARTER:
        return ResolvedModel(_checked(_STARTERS[kind], kind), STARTER, starter=True)
    if "/" in value or value.startswith("~"):
        return ResolvedModel(_checked(_existing(value), kind), Path(value).name, starter=False)
    if not value:
        raise ModelFileError("{setting} is empty", setting=SETTING[kind])
    store = Store(models_dir)
    manifest = store.get(value)
    if faults := store.damage(manifest):
        raise ModelFileError(
            "model {name!r} is damaged (its file {path}); reinstall: secretaryctl models install {name}",
            name=value,
            path=faults[0].values["path"],
        )
    return ResolvedModel(_checked(store.path(manifest), kind), value, starter=False)


class Store:
    """The installed models. Reading needs nothing; writing happens inside `locked`."""

    def __init__(self, models_dir: Path, catalogue: Catalogue | None = None) -> None:
        self.folder = models_dir
        self.catalogue = catalogue or load()

    def installed(self) -> tuple[Manifest, ...]:
        """By name. A folder without a readable manifest is left out and logged."""
        found = []
        for path in sorted(self.folder.glob(f"*/{MANIFEST}")):
            if path.parent.name.startswith("."):
                continue
            try:
                found.append(self.get(path.parent.name))
            except ModelFileError as error:
                log.warning("unreadable model", extra={"folder": str(path.parent), "reason": str(error)})
        return tuple(found)

    def get(self, name: str) -> Manifest:
        """One installed model; raises ModelFileError, telling how to install it if the catalogue knows it."""
        path = self.folder / safe_name(name) / MANIFEST
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except FileNotFoundError:
            raise self._absent(name) from None
        except (OSError, msgspec.DecodeError) as error:
            raise ModelFileError("broken manifest of {name!r}: {why}", name=name, why=reason_of(error)) from error
        inside = [manifest.entry, *(record.path for record in manifest.files)]
        if manifest.name != name or any(Path(p).is_absolute() or ".." in Path(p).parts for p in inside):
            raise ModelFileError("manifest of {name!r} does not fit", name=name)
        return manifest

    def path(self, manifest: Manifest) -> Path:
        """What the engine is given."""
        return self.folder / manifest.name / manifest.entry

    def damage(self, manifest: Manifest) -> tuple[ModelFileError, ...]:
        """Faults visible without reading the files: missing ones and wrong sizes."""
        faults = []
        for record in manifest.files:
            path = self.folder / manifest.name / record.path
            if not path.is_file():
                faults.append(ModelFileError("{path}: missing", path=record.path))
            elif path.stat().st_size != record.size:
                size = path.stat().st_size
                faults.append(
                    ModelFileError(
                        "{path}: {size} bytes instead of {wanted}", path=record.path, size=size, wanted=record.size
                    )
                )
        return tuple(faults)

    def verify(self, name: str) -> tuple[ModelFileError, ...]:
        """Hashes every file again and returns the faults; raises ModelFileError if the model is not installed."""
        manifest = self.get(name)
        faults = list(self.damage(manifest))
        named = {fault.values["path"] for fault in faults}
        faults += [
            ModelFileError("{path}: contents changed", path=record.path)
            for record in manifest.files
            if record.path not in named and hash_file(self.folder / name / record.path) != record.sha256
        ]
        known = {record.path for record in manifest.files} | {MANIFEST}
        strange = sorted(_relative_files(self.folder / name) - known)
        faults += [ModelFileError("{path}: not part of the model", path=path) for path in strange]
        return tuple(faults)

    def use(self, name: str) -> Setting:
        """The setting that puts the model to work; raises ModelFileError if it could not be loaded."""
        kind = self.get(name).kind
        resolve(name, kind, self.folder)
        return Setting(SETTING[kind], name)

    def remove(self, name: str, active: Collection[str]) -> None:
        """Deletes a model. `active` are the values of the three settings; raises ModelInUse if it is among them."""
        if name in active:
            raise ModelInUse(
                "model {name!r} is in use; switch to another one first: secretaryctl models use …", name=name
            )
        if not (self.folder / safe_name(name)).is_dir():
            raise self._absent(name)
        with self.locked() as staging:
            # Renamed first: a power cut in the middle must not leave half a model under its name.
            grave = staging / f"removed-{name}"
            (self.folder / name).rename(grave)
            sync(self.folder)
            shutil.rmtree(grave)

    @contextmanager
    def locked(self) -> Iterator[Path]:
        """The one writer at a time; gives an empty staging folder on the same disk. Raises ModelFileError if taken."""
        self.folder.mkdir(parents=True, exist_ok=True)
        staging = self.folder / ".staging"
        descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ModelFileError("another installation of models is under way") from None
            shutil.rmtree(staging, ignore_errors=True)  # left by an interrupted run
            staging.mkdir()
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            os.close(descriptor)

    def adopt(self, folder: Path, manifest: Manifest) -> Manifest:
        """Puts a finished folder (inside `locked`'s staging) in its place under `manifest.name`, replacing an old one.

        Fills in `files` from what is there, checks that an engine's file of that kind is in it, and flushes it all.
        """
        _checked(folder / manifest.entry, manifest.kind)
        records = []
        for path in plain_files(folder):
            if path.name == MANIFEST and path.parent == folder:
                continue
            path.chmod(0o644)
            sync(path)
            records.append(FileRecord(path.relative_to(folder).as_posix(), path.stat().st_size, hash_file(path)))
        manifest = replace(manifest, files=tuple(records))
        (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest)))
        sync(folder / MANIFEST)
        sync(folder)
        place = self.folder / safe_name(manifest.name)
        if place.exists():
            place.rename(folder.parent / f"replaced-{manifest.name}")
        folder.rename(place)
        sync(self.folder)
        return manifest

    def _absent(self, name: str) -> ModelFileError:
        if name in self.catalogue.entries or name in self.catalogue.bundles:
            return ModelFileError(
                "model {name!r} is not installed; install it: secretaryctl models install {name}", name=name
            )
        return unknown_name(name, self.catalogue)


def now_text() -> str:
    """The present moment for a manifest."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _existing(value: str) -> Path:
    try:
        path = Path(value).expanduser()
        if path.exists():
            return path
        reason = "there is nothing"
    except (OSError, RuntimeError, ValueError) as error:  # an unknown ~user, a NUL, no right to look
        reason = reason_of(error)
    raise ModelFileError("no model at {value}: {why}", value=value, why=reason)


def _checked(path: Path, kind: Kind) -> Path:
    found = recognise(path)
    if found.kind is not kind:
        raise ModelFileError("{path} is {kind}, {wanted} is needed", path=path, kind=found.kind, wanted=kind)
    return path


def _relative_files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()}
