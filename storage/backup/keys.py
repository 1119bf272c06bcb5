"""Keys of the backups: the box's own, and the owner's key kit.

`secrets/backup.key` is the box's identity (0600, made at the first backup). `secrets/backup.owner` holds the public
half of the owner's kit; the kit itself is shown once and kept nowhere. Both lie outside of every backup.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyrage import IdentityError, RecipientError, x25519

from storage.backup.errors import BackupError
from storage.errors import reason_of
from storage.files import write_whole
from storage.lock import make_private
from storage.secrets import FOLDER

BOX_KEY: Final = "backup.key"
OWNER: Final = "backup.owner"
IDENTITY_PREFIX: Final = "AGE-SECRET-KEY-"
MAX_KEY_BYTES: Final = 4096


@dataclass(frozen=True, slots=True)
class Kit:
    """The owner's. `secret` is shown once."""

    secret: str
    public: str

    def __repr__(self) -> str:
        return f"Kit(****, public={self.public!r})"


class BackupKeys:
    """The key files of a data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER

    @property
    def owner(self) -> str:
        """The public half of the owner's kit; empty where none was made. Raises BackupError."""
        return _text(self._folder / OWNER)

    def new_kit(self) -> Kit:
        """Makes a kit, in place of the one before: archives made until now still need the old one."""
        identity = x25519.Identity.generate()
        kit = Kit(str(identity), str(identity.to_public()))
        self.adopt(kit.public)
        return kit

    def adopt(self, public: str) -> None:
        """Archives are sealed to this public key from now on. Raises BackupError."""
        recipient(public)
        make_private(self._folder)
        write_whole(self._folder / OWNER, f"{public}\n".encode())

    def box(self, *, make: bool) -> str:
        """The box's identity; made where `make`, else empty where there is none. Raises BackupError."""
        path = self._folder / BOX_KEY
        found = _text(path)
        if not found and make:
            found = str(x25519.Identity.generate())
            make_private(self._folder)
            write_whole(path, f"{found}\n".encode())
        return found

    def recipients(self) -> tuple[str, ...]:
        """The public keys to which an archive is sealed. Raises BackupError."""
        own = str(identity(self.box(make=True)).to_public())
        return (own, self.owner) if self.owner else (own,)

    def identities(self, given: Sequence[str] = ()) -> tuple[str, ...]:
        """The keys to try, those given by the owner first. Raises BackupError."""
        own = self.box(make=False)
        return (*given, own) if own else tuple(given)


def identity(text: str) -> x25519.Identity:
    """Raises BackupError; its text holds no part of the key."""
    try:
        return x25519.Identity.from_str(text.strip())
    except IdentityError as error:
        raise BackupError("that is no key of a backup; it begins AGE-SECRET-KEY-1") from error


def recipient(text: str) -> x25519.Recipient:
    """Raises BackupError."""
    try:
        return x25519.Recipient.from_str(text.strip())
    except RecipientError as error:
        raise BackupError("{text!r} is no public key of a backup; it begins age1", text=text[:80]) from error


def kit_from(text: str) -> str:
    """The key out of what the owner keeps: the line itself, or a page with it. Raises BackupError."""
    for word in text.split():
        if word.upper().startswith(IDENTITY_PREFIX):
            identity(word)
            return word
    raise BackupError("there is no key in it; a line that begins AGE-SECRET-KEY-1 is looked for")


def public_of(secret: str) -> str:
    """Raises BackupError."""
    return str(identity(secret).to_public())


def _text(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise BackupError("cannot read {path}: {why}", path=path, why=reason_of(error)) from error
    with os.fdopen(descriptor, "rb") as file:
        return file.read(MAX_KEY_BYTES).decode("ascii", "replace").strip()
