"""Installing from the catalogue, over the network."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from voice.errors import ModelFileError, reason_of
from voice.models.archive import unpack, unpacked_size
from voice.models.catalogue import MB, Entry, Kind, Source
from voice.models.download import Downloader, OnProgress
from voice.models.errors import NotEnoughRoom
from voice.models.files import safe_name
from voice.models.recognise import find
from voice.models.sources import Mirrors, RemoteFile, published_files
from voice.models.store import Manifest, Store, now_text

log = logging.getLogger(__name__)

DISK_RESERVE: Final = 256 * MB
"""Left free whatever is installed: recordings and the database live on the same disk."""


def free_memory() -> int:
    """Bytes that a new process could have without swapping (MemAvailable of proc(5))."""
    for line in Path("/proc/meminfo").read_text("ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    raise ModelFileError("no MemAvailable in /proc/meminfo")


def free_disk(folder: Path) -> int:
    """Bytes left on the disk that holds `folder`."""
    return shutil.disk_usage(folder).free


class Installer:
    """Downloads, verifies and puts in place; every measure of the machine can be replaced by a test's."""

    def __init__(
        self,
        store: Store,
        *,
        mirrors: Mirrors | None = None,
        downloader: Downloader | None = None,
        free_memory: Callable[[], int] = free_memory,
        free_disk: Callable[[Path], int] = free_disk,
    ) -> None:
        self._store = store
        self._mirrors = mirrors or Mirrors()
        self._downloader = downloader or Downloader()
        self._free_memory = free_memory
        self._free_disk = free_disk

    def install(
        self, name: str, *, force: bool = False, again: bool = False, on_progress: OnProgress | None = None
    ) -> tuple[Manifest, ...]:
        """Installs a model or a bundle and returns the manifests of all its models.

        What is there already and undamaged is not fetched again unless `again`. Raises NotEnoughRoom (memory can be
        overruled by `force`), DownloadError, ChecksumMismatch, ModelFileError; nothing is half installed then, and
        what was downloaded is kept for the next try.
        """
        entries = self._store.catalogue.expand(name)
        if not force:
            self._check_memory(name)
        try:
            self._install_all(entries, again, on_progress)
        except OSError as error:  # no right to write there, a disk that fails
            raise ModelFileError("installation failed: {why}", why=reason_of(error)) from error
        return tuple(self._store.get(entry.name) for entry in entries)

    def forget_partial(self, name: str | None = None) -> None:
        """Deletes unfinished downloads: one model's, or all."""
        folder = self._partial(name) if name else self._store.folder / ".partial"
        with self._store.locked():
            shutil.rmtree(folder, ignore_errors=True)

    def _install_all(self, entries: tuple[Entry, ...], again: bool, on_progress: OnProgress | None) -> None:
        with self._store.locked() as staging:
            wanted = [entry for entry in entries if again or not self._is_whole(entry.name)]
            plans = [(entry, published_files(entry, self._mirrors, self._downloader.text)) for entry in wanted]
            self._check_disk(sum(self._needed(entry, files) for entry, files in plans))
            for entry, files in plans:
                self._install_one(entry, files, staging, on_progress)

    def _install_one(
        self, entry: Entry, files: tuple[RemoteFile, ...], staging: Path, on_progress: OnProgress | None
    ) -> None:
        partial = self._partial(entry.name)
        arrived = [self._downloader.file(file, partial, on_progress) for file in files]
        folder = staging / entry.name
        if entry.source is Source.VOSK:
            self._check_disk(unpacked_size(arrived[0]))
            folder = unpack(arrived[0], folder)
        else:
            folder.mkdir()
            for path in arrived:
                path.rename(folder / path.name)
        self._store.adopt(folder, self._manifest(entry, files))
        shutil.rmtree(partial, ignore_errors=True)
        log.info("model installed", extra={"model": entry.name})

    def _manifest(self, entry: Entry, files: tuple[RemoteFile, ...]) -> Manifest:
        # The largest file is the model; what lies beside it (settings, card) was verified in the same way.
        main = max(files, key=lambda file: file.size)
        return Manifest(
            name=entry.name,
            kind=entry.kind,
            version=entry.version,
            language=entry.language,
            licence=entry.licence,
            source=main.url,
            checksum=f"{main.algorithm}:{main.checksum}",
            installed_at=now_text(),
            entry="." if entry.kind is Kind.STT else main.name,
            files=(),
        )

    def _is_whole(self, name: str) -> bool:
        try:
            return not self._store.damage(self._store.get(name))
        except ModelFileError:
            return False

    def _partial(self, name: str) -> Path:
        return self._store.folder / ".partial" / safe_name(name)

    def _needed(self, entry: Entry, files: tuple[RemoteFile, ...]) -> int:
        """Bytes still to be written: what is missing of the download, and the unpacked copy of an archive."""
        partial = self._partial(entry.name)
        missing = 0
        for file in files:
            paths = (partial / file.name, partial / f"{file.name}.part")
            missing += max(0, file.size - max((p.stat().st_size for p in paths if p.exists()), default=0))
        return missing + (entry.installed_mb * MB if entry.source is Source.VOSK else 0)

    def _check_disk(self, needed: int) -> None:
        free = self._free_disk(self._store.folder)
        if needed and needed + DISK_RESERVE > free:
            need, have = (needed + DISK_RESERVE) // MB, free // MB
            raise NotEnoughRoom(
                "not enough disk: {need} MB needed (with a reserve for recordings), {have} MB free",
                need=need,
                have=have,
            )

    def _check_memory(self, name: str) -> None:
        need, have = self._store.catalogue.memory_mb(name), self._free_memory() // MB
        if need > have:
            raise NotEnoughRoom(
                "{name} needs about {need} MB of memory, {have} MB are free; take a smaller one or add --force",
                name=name,
                need=need,
                have=have,
            )


def found_on(folder: Path) -> tuple[str, ...]:
    """Names of the models on a stick, for a list before importing."""
    return tuple(model.name for model in find(folder))
