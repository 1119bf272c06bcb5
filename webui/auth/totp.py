"""PURE: the second factor, one-time passwords by time (RFC 6238 over RFC 4226), and recovery codes."""

import base64
import hmac
import secrets
import struct
from typing import Final
from urllib.parse import quote

STEP_SECONDS: Final = 30
DIGITS: Final = 6
WINDOW: Final = 1
"""Steps before and after now that are taken: a telephone's clock goes a little wrong (RFC 6238, 5.2)."""
SECRET_BYTES: Final = 20
"""As long as SHA-1's output (RFC 4226, 4)."""
RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10
"""80 bits: a fast hash of it is enough."""


def code_at(secret: bytes, step: int) -> str:
    """The code of one step of 30 s (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 0x0F
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}d}"


def matching_step(secret: bytes, code: str, now: float, after: int) -> int | None:
    """The step that `code` is of. None where it is of none, or of one that is not later than `after`: a code counts
    once (RFC 6238, 5.2)."""
    given = "".join(code.split())
    step = int(now // STEP_SECONDS)
    found = None
    for one in range(step - WINDOW, step + WINDOW + 1):
        if hmac.compare_digest(code_at(secret, max(one, 0)).encode(), given.encode()) and one > after:
            found = one
    return found


def new_secret() -> bytes:
    """A fresh one."""
    return secrets.token_bytes(SECRET_BYTES)


def shown_secret(secret: bytes) -> str:
    """As one types it into an application: base32 in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def address(secret: bytes, user: str, box: str) -> str:
    """What the QR code says (the Key URI format of authenticator applications)."""
    label = quote(f"{box}:{user}", safe="")
    key = base64.b32encode(secret).decode()
    return f"otpauth://totp/{label}?secret={key}&issuer={quote(box, safe='')}&digits={DIGITS}&period={STEP_SECONDS}"


def recovery_codes() -> list[str]:
    """Shown once; each opens once in the telephone's place."""
    return [_grouped(base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode()) for _ in range(RECOVERY_CODES)]


def plain_recovery(code: str) -> str:
    """As it is hashed: whatever blanks, hyphens and case somebody types."""
    return "".join(one for one in code.upper() if one.isalnum())


def _grouped(text: str) -> str:
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4)).lower()
