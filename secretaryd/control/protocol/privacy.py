"""Requests about a person's data. Numbers may be written in any form."""

from typing import ClassVar

from secretaryd.control.protocol.base import Asking, Right


class CountPerson(Asking, frozen=True, kw_only=True, tag="privacy.count"):
    """How much is kept about a number; answers {"number", "counts": {"calls", "recordings", "messages", "contacts",
    "other"}}."""

    needs: ClassVar[Right] = Right.MANAGE
    number: str


class ExportPerson(Asking, frozen=True, kw_only=True, tag="privacy.export"):
    """Everything that is kept about a number, page by page: answers {"number", "calls": [...], "rows": {...},
    "recordings": [call ids], "after"}; `after` asks for the next page, null at the end."""

    needs: ClassVar[Right] = Right.MANAGE
    number: str
    after: int = 0


class ErasePerson(Asking, frozen=True, kw_only=True, tag="privacy.erase"):
    """Erases everything about a number up to now, for good; `again` is the number once more, so that none is erased by
    a slip. Answers {"mark"}; `privacy.erased` tells when it is done."""

    needs: ClassVar[Right] = Right.MANAGE
    number: str
    again: str


class ErasedPerson(Asking, frozen=True, kw_only=True, tag="privacy.erased"):
    """How far an erasure is; answers {"mark", "done": UTC epoch seconds, or null while it goes on}."""

    needs: ClassVar[Right] = Right.MANAGE
    mark: str


Requests = CountPerson | ExportPerson | ErasePerson | ErasedPerson
