"""The SIM's PIN: from a file or a secret of the owner's, tried once, never again until that changes.

Three wrong PINs lock a SIM, and a daemon that restarts would spend them in a minute. So the attempt is written down
before it is made.
"""

import json
import logging
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from hw.errors import ModemError

logger = logging.getLogger(__name__)

MAX_PIN_FILE: Final = 64
"""Bytes read of the PIN file."""
MEMORY_NAME: Final = "sim_pin_tried.json"
ALL_TRIES: Final = 3


class PinUnusable(ModemError):
    """There is no PIN to try; the text says why, and never the PIN."""


class PinRefusedBefore(PinUnusable):
    """This very PIN was wrong."""


class LastTry(PinUnusable):
    """One wrong PIN more, and the SIM asks for its PUK: the box does not spend that try by itself."""


@dataclass(frozen=True, slots=True)
class PinOffer:
    """A PIN that may be tried now."""

    pin: str
    interrupted: bool
    """An earlier attempt with this file never ended: try only while the SIM has all its tries."""

    def __repr__(self) -> str:
        return f"PinOffer(****, interrupted={self.interrupted})"


class PinSource(Protocol):
    """Where the PIN is kept. `str()` of it names the place for people."""

    def read(self) -> tuple[list[int], str]:
        """A mark that changes with every change of the PIN and tells nothing of it, and the PIN. Raises PinUnusable."""


class PinBox:
    """The PIN's source and the memory of its last attempt (the source's mark, never the PIN or a hash of it)."""

    def __init__(self, source: PinSource | Path | None, state_dir: Path | None) -> None:
        """A path is that of a file of mode 0600."""
        self._source = PinFile(source) if isinstance(source, Path) else source
        self._memory_file = state_dir / MEMORY_NAME if state_dir is not None else None
        self._memory: dict[str, object] = {}
        self.complaint = ""
        """Why the PIN was not tried, as last logged."""
        self.left: int | None = None
        """Tries that the SIM had left when it was last asked."""
        self._refused_by_hand: set[str] = set()

    def offer(self) -> PinOffer:
        """The PIN to try. Raises PinUnusable."""
        if self._source is None:
            raise PinUnusable("the SIM asks for its PIN and neither sim_pin_file nor sim_pin_secret is configured")
        mark, text = self._source.read()
        if not (text.isascii() and text.isdigit() and 4 <= len(text) <= 8):
            raise PinUnusable(f"{self._source} does not hold a PIN of 4 to 8 digits")
        memory = self._remembered()
        if memory.get("file") == mark and memory.get("outcome") == "refused":
            raise PinRefusedBefore(
                f"the PIN in {self._source} was refused once and is not tried again until it changes"
            )
        return PinOffer(text, interrupted=memory.get("file") == mark and memory.get("outcome") == "trying")

    def trying(self) -> None:
        """Written down before the attempt. Raises PinUnusable when it cannot be: then there must be no attempt."""
        assert self._source is not None
        self._remember({"file": self._source.read()[0], "outcome": "trying"})

    def refused(self) -> None:
        """The SIM said no."""
        assert self._source is not None
        self._remember({"file": self._source.read()[0], "outcome": "refused"})

    def was_refused(self, pin: str) -> bool:
        """Whether this PIN, typed by somebody, was wrong before: a form that is sent twice must cost one try."""
        return pin in self._refused_by_hand or (self.has_refusal() and self._kept() == pin)

    def has_refusal(self) -> bool:
        """Whether some PIN was wrong since one was right."""
        return bool(self._refused_by_hand) or self._remembered().get("outcome") == "refused"

    def refused_by_hand(self, pin: str) -> None:
        """The SIM said no to one that was typed. It is kept in memory alone, until one is right."""
        self._refused_by_hand.add(pin)

    def forget_typed(self) -> None:
        """No SIM asks for a PIN now."""
        self.left = None
        self._refused_by_hand.clear()

    def _kept(self) -> str:
        try:
            return self._source.read()[1] if self._source is not None else ""
        except PinUnusable:
            return ""

    def accepted(self) -> None:
        """The SIM said yes: the same PIN may be used after the next restart of the modem."""
        self.forget_typed()
        self._memory = {}
        if self._memory_file is not None:
            self._memory_file.unlink(missing_ok=True)

    def _remembered(self) -> dict[str, object]:
        if self._memory or self._memory_file is None:
            return self._memory
        try:
            found = json.loads(self._memory_file.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise PinUnusable(f"cannot read {self._memory_file} ({error}): remove it to have the PIN tried") from error
        return found if isinstance(found, dict) else {}

    def _remember(self, memory: dict[str, object]) -> None:
        self._memory = memory
        if self._memory_file is None:
            return
        fresh = self._memory_file.with_suffix(".new")
        try:
            self._memory_file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                json.dump(memory, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self._memory_file)
        except OSError as error:
            raise PinUnusable(f"cannot write {self._memory_file}: {error.strerror}") from error


class PinFile:
    """A file of the owner's, of mode 0600."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __str__(self) -> str:
        return str(self._path)

    def read(self) -> tuple[list[int], str]:
        """Modification time and size, and the text. Raises PinUnusable."""
        path = self._path
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as error:
            raise PinUnusable(f"cannot read {path}: {error.strerror}") from error
        try:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                raise PinUnusable(f"{path} is not a plain file")
            if facts.st_mode & 0o077:
                raise PinUnusable(f"{path} can be read by others: chmod 600 {path}")
            text = os.read(descriptor, MAX_PIN_FILE).decode("ascii", "replace").strip()
        finally:
            os.close(descriptor)
        return [facts.st_mtime_ns, facts.st_size], text
