"""PURE: access tokens, JWTs of a few minutes (RFC 7519, RFC 8725, RFC 9068) for programs that use the API."""

from dataclasses import dataclass
from typing import Any, Final

import jwt

ALGORITHM: Final = "HS256"
"""The only one that is ever read: what a token says of itself chooses nothing (RFC 8725, 3.1)."""
KIND: Final = "at+jwt"
ISSUER: Final = "secretary"
AUDIENCE: Final = "secretary-api"
ACCESS_SECONDS: Final = 10 * 60
SKEW_SECONDS: Final = 60
"""How far into the future a token may have been made: the clock was set back a little."""
LONGEST: Final = 2048
CLAIMS: Final = ("iss", "aud", "sub", "sid", "iat", "exp")


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says: the user, and the login (`family`) it came of."""

    user: str
    family: str


def issue(key: bytes, claims: Claims, now: float) -> str:
    """A token for ACCESS_SECONDS; `now` is UTC epoch seconds."""
    payload = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": claims.user,
        "sid": claims.family,
        "iat": int(now),
        "exp": int(now) + ACCESS_SECONDS,
    }
    return jwt.encode(payload, key, ALGORITHM, headers={"typ": KIND})


def read(key: bytes, token: str, now: float) -> Claims | None:
    """None for what is not ours, was changed, or is over."""
    if len(token) > LONGEST:
        return None
    try:
        told = jwt.decode_complete(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            # Times are compared below, with the clock that the sessions go by.
            options={"require": list(CLAIMS), "verify_exp": False, "verify_iat": False},
        )
    except (jwt.InvalidTokenError, ValueError):
        return None
    if told["header"].get("typ") != KIND:
        return None
    payload: dict[str, Any] = told["payload"]
    user, family, made, ends = (payload[name] for name in ("sub", "sid", "iat", "exp"))
    if not (isinstance(user, str) and isinstance(family, str) and isinstance(made, int) and isinstance(ends, int)):
        return None
    if not made - SKEW_SECONDS <= now < ends:
        return None
    return Claims(user, family)
