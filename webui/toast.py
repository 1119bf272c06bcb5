"""What was just done, told on the next page, with the way back: carried by a cookie that only this session's page can
have written, so that it works without JavaScript and needs no memory here."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Final

from webui.auth.policy import Session
from webui.i18n import Texts

COOKIE: Final = "toast"
SECONDS: Final = 60
MAX_VALUE: Final = 120
"""Characters of a value that is put into the text: a cookie holds 4 KB."""
Value = str | int


@dataclass(frozen=True, slots=True)
class Toast:
    """A text, and the path to which a form is posted to undo it ("" for none)."""

    text: str
    undo: str


def pack(session: Session, key: str, undo: str, **values: Value) -> str:
    """The cookie for the text `key` with `values` put in."""
    cut = {name: value[:MAX_VALUE] if isinstance(value, str) else value for name, value in values.items()}
    body = base64.urlsafe_b64encode(json.dumps([key, undo, cut]).encode()).decode()
    return f"{body}.{_seal(session, body)}"


def unpack(session: Session, cookie: str, say: Texts) -> Toast | None:
    """What a cookie tells; None for one that this session's page did not write."""
    body, _, seal = cookie.partition(".")
    if not hmac.compare_digest(seal.encode(), _seal(session, body).encode()):
        return None
    key, undo, values = json.loads(base64.urlsafe_b64decode(body))
    return Toast(say(key, **values), undo)


def _seal(session: Session, body: str) -> str:
    return hmac.new(session.csrf.encode(), body.encode(), hashlib.sha256).hexdigest()
