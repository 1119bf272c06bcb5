"""Room on the disk that is kept free for what must not be lost: when the disk is full, the end of a call, its words and
a message still find place. A recording, which filled it most likely, gets none of this."""

import logging
import os
from pathlib import Path
from typing import Final

from storage.lock import PRIVATE_FILE

log = logging.getLogger(__name__)

NAME: Final = "spare-room"
MOST_BYTES: Final = 4 << 20
"""A call's end takes some 50 kB, SQLite's log of changes at the most so much before it is used anew."""
SHARE: Final = 8
"""Of a small disk's free bytes, one in so many."""
PLENTY: Final = 4
"""Taken again when there is so many times as much."""


class SpareRoom:
    """The file that takes the room. On the storage thread, as all that writes."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / NAME

    @property
    def held(self) -> bool:
        """Whether there is something to give up. (A start that was cut off may have left an empty file.)"""
        try:
            return self._path.lstat().st_size > 0
        except OSError:
            return False

    def take(self) -> None:
        """Takes the room unless it is held, or there is not enough. Raises nothing: the box works without."""
        try:
            room = os.statvfs(self._path.parent)
            free = room.f_bavail * room.f_frsize
            size = min(MOST_BYTES, free // SHARE)
            if self.held or size < room.f_frsize or free < PLENTY * size:
                return
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, PRIVATE_FILE)
            try:
                os.posix_fallocate(descriptor, 0, size)
            finally:
                os.close(descriptor)
        except OSError as error:
            log.warning("no spare room on the disk", extra={"reason": error.strerror})
            self.give_up()

    def give_up(self) -> bool:
        """Lets what is to be written now have it. False where nothing was held."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True
