"""Names of archives, and which of them may go. PURE."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

SUFFIX: Final = ".tar.gz.age"
NIGHTLY: Final = "nightly"
MANUAL: Final = "manual"
KINDS: Final = (NIGHTLY, MANUAL)
PARTIAL: Final = ".partial"
_FORM: Final = re.compile(rf"secretary-(\d{{8}}-\d{{6}})-({'|'.join(KINDS)})(?:-\d+)?{re.escape(SUFFIX)}")
_STAMP: Final = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class Archive:
    """A file of that name; `made` in UTC epoch seconds."""

    name: str
    made: float
    kind: str


def archive_name(at: float, kind: str, count: int = 1) -> str:
    """`secretary-20261126-031500-nightly.tar.gz.age`, in UTC; `count` above 1 where that is taken."""
    again = f"-{count}" if count > 1 else ""
    return f"secretary-{datetime.fromtimestamp(at, UTC):{_STAMP}}-{kind}{again}{SUFFIX}"


def parse(name: str) -> Archive | None:
    """None for a file that is none of ours."""
    found = _FORM.fullmatch(name)
    if found is None:
        return None
    try:
        made = datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
    return Archive(name, made, found[2])


def newest_first(names: Iterable[str]) -> tuple[Archive, ...]:
    """Ours among them."""
    found = [archive for name in names if (archive := parse(name)) is not None]
    return tuple(sorted(found, key=lambda each: (each.made, each.name), reverse=True))


def outlived(archives: Iterable[Archive], daily: int, weekly: int) -> tuple[Archive, ...]:
    """Nightly ones that are neither the newest of one of the `daily` newest days that have any, nor that of one of the
    `weekly` newest weeks (ISO, UTC). What the owner made by hand stays."""
    nightly = [each for each in newest_first(each.name for each in archives) if each.kind == NIGHTLY]
    kept: set[str] = set()
    for form, count in (("%Y-%m-%d", daily), ("%G-%V", weekly)):
        newest: dict[str, str] = {}
        for each in nightly:
            newest.setdefault(datetime.fromtimestamp(each.made, UTC).strftime(form), each.name)
        kept.update(list(newest.values())[:count])
    return tuple(each for each in nightly if each.name not in kept)
