"""Recordings: written as the call runs, playable up to about the last second after a power cut."""

import errno
import logging
import os
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path

from storage.errors import DiskFull, StorageError, reason_of
from storage.lock import PRIVATE_FILE, make_private, sync_folder
from storage.wav import BYTES_PER_SECOND, FRAME_BYTES, HEADER_BYTES, MAX_DATA_BYTES, header, interleave, is_ours

FOLDER = "recordings"
SYNC_SECONDS = 1.0  # what a power cut may cost, against the wear of the card: one sync of about 32 kB each
MAX_WAITING = 1500  # frames: 30 s that a slow card may keep the writer waiting, about 1 MB
MAX_NUMBER = 24
MAX_SAME_NAME = 1000
UNKNOWN = "unknown"
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

log = logging.getLogger(__name__)
_ALLOWED = frozenset("0123456789+*#")


@dataclass(frozen=True, slots=True)
class RecordingSummary:
    """What became of a recording. `path` is absolute; `dropped_frames` were replaced by silence, or lost after
    `failed` (empty when all went well)."""

    path: Path
    seconds: float
    dropped_frames: int
    failed: str


def recording_name(at: float, number: str | None, zone: tzinfo) -> str:
    """`recordings/2026-11-22/call_143000_+79001234567.wav` for a call answered at `at` (UTC epoch seconds)."""
    local = datetime.fromtimestamp(at, zone)
    shown = "".join(c for c in number or "" if c in _ALLOWED)[:MAX_NUMBER] or UNKNOWN
    return f"{FOLDER}/{local:%Y-%m-%d}/call_{local:%H%M%S}_{shown}.wav"


def _take_name(wanted: Path) -> tuple[Path, int]:
    """Creates the file; a name that is taken gets _2, _3 and so on. Raises OSError."""
    make_private(wanted.parent, durable=False)  # the writer's thread syncs them: nobody waits for the disk here
    for count in range(1, MAX_SAME_NAME):
        path = wanted if count == 1 else wanted.with_stem(f"{wanted.stem}_{count}")
        try:
            return path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
        except FileExistsError:
            continue
    raise FileExistsError(errno.EEXIST, "too many recordings of one name", str(wanted))


class Recorder:
    """One call's recording, used once. `write` may be called by a real-time thread; nothing there waits for the disk.

    A disk that is full or broken never raises into the call: what follows is dropped and counted, `failed` says why,
    and `on_failure` is called once, on the writer's thread.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_failure: Callable[[str], None] | None = None,
        sync_seconds: float = SYNC_SECONDS,
        sync: Callable[[int], None] = os.fdatasync,
    ) -> None:
        """`path` is the wanted one; the `path` attribute is the one that was free."""
        self.path = path
        self.failed = ""
        self._on_failure, self._period, self._sync = on_failure, sync_seconds, sync
        self._waiting: deque[tuple[int, bytes, bytes]] = deque()  # (frames missing before it, heard, said)
        self._gap = self._dropped = self._synced = 0
        self._summary: RecordingSummary | None = None
        self._stop = threading.Event()
        self._discarded = False
        self._fd = -1
        self._not_opened: OSError | None = None
        try:
            self.path, self._fd = _take_name(path)
        except OSError as error:
            self._not_opened = error
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """What is safe on the disk."""
        return self._synced / BYTES_PER_SECOND

    def write(self, heard: bytes, said: bytes) -> None:
        """A frame of both sides, s16le mono 8 kHz. Never blocks, never raises."""
        if self._discarded:
            return
        if self.failed or self._stop.is_set():
            self._dropped += 1
        elif len(self._waiting) >= MAX_WAITING:
            self._dropped += 1
            self._gap += 1
        else:
            gap, self._gap = self._gap, 0
            self._waiting.append((gap, heard, said))

    def close(self) -> RecordingSummary:
        """Writes what is left and closes the file; waits for the disk. A second call returns the same summary."""
        self._stop.set()
        self._thread.join()
        if self._summary is None:
            self._summary = RecordingSummary(self.path, self.seconds, self._dropped + len(self._waiting), self.failed)
        return self._summary

    def discard(self) -> None:
        """Nothing of this recording is kept: it stops here and the file is deleted; waits for the disk. What is written
        from now on is dropped uncounted, and `close` reports an empty recording. Raises StorageError where the file
        cannot be deleted; the recording has stopped all the same."""
        self._discarded = True
        self._stop.set()
        self._thread.join()
        self._waiting.clear()
        self._synced = self._dropped = 0
        if self._fd < 0:
            return  # never opened: a file of that name would be another's
        try:
            self.path.unlink(missing_ok=True)
            sync_folder(self.path.parent)  # else a power cut brings it back
        except OSError as error:
            raise StorageError("cannot delete {path}: {why}", path=self.path, why=reason_of(error)) from error

    def _run(self) -> None:
        try:
            if self._not_opened is not None:
                raise self._not_opened
            self._store(header(0), 0)
            for folder in (self.path.parent, *self.path.parent.parents[:2]):  # the day's, recordings/, data_dir
                sync_folder(folder)
            while not self._stop.wait(self._period):
                self._flush()
            if not self._discarded:
                self._flush()
        except OSError as error:
            self._fail(error)
        finally:
            self._end()

    def _flush(self) -> None:
        """Samples first, then the sizes, then one sync: the header never states more than a sync has seen."""
        pieces: list[bytes] = []
        for _ in range(len(self._waiting)):
            gap, heard, said = self._waiting.popleft()
            both = interleave(heard, said)
            pieces += [bytes(len(both))] * gap + [both]
        data = b"".join(pieces)[: MAX_DATA_BYTES - self._synced]
        if data:
            self._store(data, HEADER_BYTES + self._synced)
            total = self._synced + len(data)
            self._store(header(total), 0)
            self._sync(self._fd)
            self._synced = total

    def _store(self, data: bytes, offset: int) -> None:
        while data:
            count = os.pwrite(self._fd, data, offset)
            data, offset = data[count:], offset + count

    def _fail(self, error: OSError) -> None:
        full = error.errno in NO_SPACE
        self.failed = "disk full" if full else f"cannot write the recording: {error.strerror or error}"
        self._dropped += len(self._waiting)
        self._waiting.clear()
        log.error("recording stopped", extra={"reason": self.failed, "seconds": self.seconds})
        if self._on_failure is not None:
            self._on_failure(self.failed)

    def _end(self) -> None:
        if self._fd < 0:
            return
        try:
            if self.failed:  # what a write cut short by the full disk left behind the last whole frame
                os.ftruncate(self._fd, HEADER_BYTES + self._synced)
                self._store(header(self._synced), 0)
            os.fsync(self._fd)
        except OSError as error:
            log.warning("recording not closed cleanly", extra={"error": str(error)})
        finally:
            os.close(self._fd)


def repair(path: Path) -> float:
    """Makes the sizes in the header true after a power cut and returns the length in seconds.

    Raises StorageError if the file is missing, or is not one of ours; DiskFull.
    """
    try:
        with path.open("r+b") as file:
            start = file.read(HEADER_BYTES)
            whole = max(0, path.stat().st_size - HEADER_BYTES) // FRAME_BYTES * FRAME_BYTES
            cut_in_header = len(start) < HEADER_BYTES or not any(
                start
            )  # a new file's first block may come back as zeros
            if not cut_in_header and not is_ours(start):
                raise StorageError("{path} is not a recording of ours", path=path)
            if start != header(whole) or path.stat().st_size != HEADER_BYTES + whole:
                file.seek(0)
                file.write(header(whole))
                file.truncate(HEADER_BYTES + whole)
                file.flush()
                os.fsync(file.fileno())
    except OSError as error:
        kind = DiskFull if error.errno in NO_SPACE else StorageError
        raise kind(f"cannot repair {path}: {error.strerror}") from error
    return whole / BYTES_PER_SECOND
