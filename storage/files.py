"""Files that are there whole or not at all, whatever happens to the power."""

import os
from collections.abc import Iterable
from pathlib import Path

from storage.errors import DiskFull, StorageError
from storage.lock import PRIVATE_FILE, sync_folder
from storage.recordings import NO_SPACE


def write_whole(path: Path, content: bytes | Iterable[bytes], mode: int = PRIVATE_FILE) -> None:
    """Replaces the file by one with `content`, given whole or in pieces, durable when it returns. Raises DiskFull,
    StorageError; then the old one is untouched."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)  # one that was left over may have another
            file.writelines((content,) if isinstance(content, bytes) else content)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        kind = DiskFull if error.errno in NO_SPACE else StorageError
        raise kind(f"cannot write {path}: {error.strerror}") from error
