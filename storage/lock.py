"""One instance for each data directory, and the mark by which an unclean stop is known at the next start."""

import fcntl
import os
from pathlib import Path

from storage.errors import AlreadyRunning, StorageError, reason_of

LOCK_NAME = ".lock"
PRIVATE_DIR = 0o700
PRIVATE_FILE = 0o600
MAX_PID_BYTES = 32


def make_private(directory: Path, *, durable: bool = True) -> Path:
    """Creates a directory and its parents, readable by their owner only; one that is already there keeps its mode.
    `durable`: their names outlive a power cut when it returns."""
    if not directory.is_dir():
        make_private(directory.parent, durable=durable)
        directory.mkdir(mode=PRIVATE_DIR, exist_ok=True)
        directory.chmod(PRIVATE_DIR)  # mkdir's mode is subject to the umask
        if durable:
            sync_folder(directory.parent)
    return directory


def sync_folder(folder: Path) -> None:
    """Makes the names in it durable: a new file that was synced may still lose its name in a power cut. Raises
    OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class InstanceLock:
    """flock on `data_dir/.lock`, used once. The file holds our pid while we run and is emptied by a clean stop."""

    def __init__(self, data_dir: Path) -> None:
        """Takes the lock. Raises AlreadyRunning with the holder's pid, StorageError where the directory is unusable."""
        path = data_dir / LOCK_NAME
        try:
            make_private(data_dir)
            first = not path.exists()
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
        except OSError as error:
            raise StorageError(
                "cannot use the data directory {data_dir}: {why}", data_dir=data_dir, why=reason_of(error)
            ) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left = os.pread(self._fd, MAX_PID_BYTES, 0).strip()
            self.unclean = bool(left)  # true: whoever held it last did not stop by itself
            self._write(f"{os.getpid()}\n".encode())
            if first:
                sync_folder(data_dir)  # the mark of an unclean stop must outlive one
        except BlockingIOError:
            pid = os.pread(self._fd, MAX_PID_BYTES, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(self._fd)
            raise AlreadyRunning(
                "another instance (pid {pid}) already uses {data_dir}", pid=pid, data_dir=data_dir
            ) from None
        except OSError as error:
            os.close(self._fd)
            raise StorageError("cannot write {path}: {why}", path=path, why=reason_of(error)) from error

    def release(self, *, clean: bool = True) -> None:
        """Lets go; `clean=False` leaves the mark, so that the next start checks the database."""
        try:
            if clean:
                self._write(b"")
        finally:
            os.close(self._fd)

    def _write(self, content: bytes) -> None:
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, content, 0)
        os.fsync(self._fd)
