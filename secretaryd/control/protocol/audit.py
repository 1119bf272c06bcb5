"""Requests about the audit: who changed what."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Right


class ListAudit(Asking, frozen=True, kw_only=True, tag="audit.list"):
    """Entries, newest first; answers {"entries": [...]}. `since` and `until` are UTC epoch seconds, `kind` is a deed
    ("contact.edited") or its beginning up to a dot. `before` pages back from that id; with `after` entries come oldest
    first from that id on."""

    needs: ClassVar[Right] = Right.MANAGE
    since: float | None = None
    until: float | None = None
    who: str = ""
    kind: str = ""
    limit: int = 50
    before: int | None = None
    after: int | None = None


class VerifyAudit(Asking, frozen=True, kw_only=True, tag="audit.verify"):
    """Walks along the whole chain; answers {"sound", "entries", "first", "last", "head", "erased", "flaws": [...]}.
    `head` is the beginning of a hash noted earlier that has to be in the chain."""

    needs: ClassVar[Right] = Right.MANAGE
    head: str = ""


Requests = ListAudit | VerifyAudit
