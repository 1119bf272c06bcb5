"""Passwords: kept as argon2id, refused where they are easily guessed."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 256  # argon2 takes more; nobody types it, and hashing megabytes is a way to keep the box busy
MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
"""OWASP's second recommendation for argon2id, 2024: 19 MiB and two passes, which a Pi 4 can spare while it talks."""
GUESSABLE_BELOW: Final = 3
"""zxcvbn's scale from 0 to 4: 3 withstands an offline attack on a slow hash."""


class Weakness(StrEnum):
    """Why a password is refused; the texts are the page's."""

    SHORT = "short"
    LONG = "long"
    GUESSABLE = "guessable"


class Passwords:
    """Takes tens of milliseconds and 19 MiB a call: never on the event loop."""

    def __init__(self, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._nobody = self._hasher.hash("nobody's password")

    def hash(self, password: str) -> str:
        """The encoded hash with its own salt and parameters."""
        return self._hasher.hash(password)

    def verify(self, kept: str | None, password: str) -> bool:
        """Whether it is the one. `kept` is None for a user that does not exist: it takes as long all the same, so that
        the time does not tell who exists."""
        if len(password) > MAX_LENGTH:
            return False
        try:
            self._hasher.verify(self._nobody if kept is None else kept, password)
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether it was made with other parameters: then it is hashed anew at the next sign-in."""
        return self._hasher.check_needs_rehash(kept)


def weakness(password: str, about: Iterable[str] = ()) -> Weakness | None:
    """Why it may not be used; None where it may. `about` holds words that an attacker would try first: the user's name,
    the company."""
    if len(password) < MIN_LENGTH:
        return Weakness.SHORT
    if len(password) > MAX_LENGTH:
        return Weakness.LONG
    # Its frequency lists are 1.5 MB of Python: read when a password is set, not when the page starts.
    from zxcvbn import zxcvbn

    words = [word for name in about for word in name.split()]
    head = password[:72]  # its time grows with the cube of the length, and its own limit is 72
    return Weakness.GUESSABLE if zxcvbn(head, user_inputs=words)["score"] < GUESSABLE_BELOW else None
