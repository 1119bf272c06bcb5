"""The arithmetic of the chain. Pure.

A link is sha256 over the link before it and the canonical JSON of the entry. Target and details go in as a digest with
a salt of their own, so that they can be erased for a person's sake while the chain stays whole; without the salt the
digest of a telephone number could be found by trying all numbers.
"""

import hashlib
import json
from typing import Any, Final

from storage.audit.records import Deed, Details

GENESIS: Final = "0" * 64
SALT_BYTES: Final = 16


def body_text(target: str, before: Details | None, after: Details | None) -> str:
    """Target and details as they are kept. Raises ValueError or TypeError for what is not JSON."""
    return _canonical({"target": target, "before": before, "after": after})


def body_digest(salt: str, body: str) -> str:
    """What stands for the body in the chain; `salt` is hexadecimal."""
    return hashlib.sha256(f"{salt}:{body}".encode()).hexdigest()


def link(previous: str, number: int, at: float, deed: Deed, digest: str) -> str:
    """The hash of an entry; `at` as the database gives it back (an IEEE double survives)."""
    entry = {
        "id": number,
        "at": at.hex(),
        "who": deed.who,
        "where": deed.where,
        "what": deed.what,
        "digest": digest,
    }
    return hashlib.sha256(f"{previous}\n{_canonical(entry)}".encode()).hexdigest()


def _canonical(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
