"""The owner's three files in the data folder, each written whole or not at all, and what they were before.

    settings.toml   persona.toml   faq.toml
    undo/00000017.json      the text that change 17 replaced; the newest are kept

Blocking: used from a worker thread.
"""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from secretaryd.owner.errors import NotWritten

KEPT: Final = 50
"""Changes that can be undone, one after the other."""
UNDO: Final = "undo"
OPEN_MODE: Final = 0o644
"""Of settings.toml: engines and page, users of their own, get it bound into their view of a folder closed to all."""
PRIVATE_MODE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Change:
    """One edit. `before` is the whole text, None where there was no file; `after` the digest of what it became."""

    number: int
    at: float
    who: str
    what: str
    target: str
    file: str
    before: str | None
    after: str


class OwnerFiles:
    """Reads and writes them."""

    def __init__(self, folder: Path, open_names: frozenset[str] = frozenset()) -> None:
        """`open_names` may be read by others."""
        self._folder = folder
        self._open = open_names

    def read(self, name: str) -> str | None:
        """None where there is none. Raises NotWritten where it cannot be read: it must not be overwritten then."""
        try:
            return (self._folder / name).read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise NotWritten(f"{name}: {error}") from error

    def write(self, name: str, text: str | None, change: Change) -> None:
        """First what was is kept, then the file is replaced (or removed, for None). Raises NotWritten; the file is then
        what it was."""
        try:
            self._keep(change)
            self._replace(name, text)
        except OSError as error:
            raise NotWritten(f"{name}: {error.strerror or error}") from error

    def history(self) -> list[Change]:
        """Newest first. What cannot be read is left out."""
        found = []
        for path in sorted((self._folder / UNDO).glob("*.json"), reverse=True):
            with suppress(OSError, ValueError, TypeError):
                found.append(Change(**json.loads(path.read_text("utf-8"))))
        return found

    def next_number(self) -> int:
        """Greater than every number before."""
        numbers = [int(path.stem) for path in (self._folder / UNDO).glob("*.json") if path.stem.isdigit()]
        return max(numbers, default=0) + 1

    def take_back(self, change: Change) -> None:
        """The file becomes what it was before; the change is forgotten. Raises NotWritten."""
        try:
            self._replace(change.file, change.before)
            self._path(change.number).unlink(missing_ok=True)
        except OSError as error:
            raise NotWritten(f"{change.file}: {error.strerror or error}") from error

    def _keep(self, change: Change) -> None:
        folder = self._folder / UNDO
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(self._path(change.number), json.dumps(asdict(change), ensure_ascii=False), PRIVATE_MODE)
        for old in sorted(folder.glob("*.json"))[:-KEPT]:
            old.unlink(missing_ok=True)

    def _replace(self, name: str, text: str | None) -> None:
        path = self._folder / name
        if text is None:
            path.unlink(missing_ok=True)
            _sync(self._folder)
        else:
            _write(path, text, OPEN_MODE if name in self._open else PRIVATE_MODE)

    def _path(self, number: int) -> Path:
        return self._folder / UNDO / f"{number:08}.json"


def digest(text: str | None) -> str:
    """Tells versions of a file apart; "" where there is none."""
    return "" if text is None else hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def shown(change: Change) -> dict[str, Any]:
    """A change for people: without the texts."""
    plain = asdict(change)
    return {key: plain[key] for key in ("number", "at", "who", "what", "target", "file")}


def _write(path: Path, text: str, mode: int) -> None:
    """A new name that is flushed takes the place of the old one: a power cut leaves the one or the other."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        os.fchmod(out.fileno(), mode)  # open's mode is subject to the umask
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
