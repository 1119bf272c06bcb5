"""What the core leaves in a file for a unit of root's to do. The folder is open to the engines too, so that a file is
believed only where it is the core's own."""

import os
from pathlib import Path


class Refused(Exception):
    """The request is not one that is done."""


def read(request: Path, owner: int, most: int) -> bytes:
    """At most so many bytes of the file, which must belong to user id `owner`. Never follows a link, never waits for a
    pipe. Raises Refused, OSError."""
    descriptor = os.open(request, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if os.fstat(descriptor).st_uid != owner:
            raise Refused("not the core's")
        return os.read(descriptor, most)
    finally:
        os.close(descriptor)
