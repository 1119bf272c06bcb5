"""Sets the clock as the core asked for in a file: run as root by secretary-clock.service, which can do nothing else."""

import sys
import time
from pathlib import Path
from typing import Final

from hw.board import request_file
from hw.board.request_file import Refused

MOST_BYTES: Final = 64
MOST_AGE: Final = 60.0
"""Seconds; an older request is of another day."""
EARLIEST: Final = 1_764_000_000.0
LATEST: Final = EARLIEST + 50 * 365.25 * 86400


def wanted(text: str, monotonic: float) -> float:
    """UTC epoch seconds now, of `WALL MONOTONIC`. Raises Refused."""
    try:
        wall, then = map(float, text.split())
    except ValueError:
        raise Refused("not two numbers") from None
    age = monotonic - then
    if not 0.0 <= age <= MOST_AGE:
        raise Refused(f"{age:.0f} s old")
    if not EARLIEST <= wall <= LATEST:
        raise Refused("a time that cannot be")
    return wall + age


def read(request: Path, owner: int) -> str:
    """The request, which must be `owner`'s own. Raises Refused, OSError."""
    return request_file.read(request, owner, MOST_BYTES).decode("ascii", "replace")


def main(arguments: list[str]) -> int:
    """`set_clock REQUEST USER`."""
    import pwd

    request, user = Path(arguments[0]), arguments[1]
    try:
        now = wanted(read(request, pwd.getpwnam(user).pw_uid), time.monotonic())
        time.clock_settime(time.CLOCK_REALTIME, now)
    except (Refused, OSError, KeyError) as error:
        sys.stderr.write(f"the clock is not set: {error}\n")
        return 1
    finally:
        request.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
