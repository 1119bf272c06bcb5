"""A call found in the modem goes on with one that broke off: which."""

import logging
from typing import Final, Protocol

from storage.errors import StorageError
from storage.records import CallRecord

log = logging.getLogger(__name__)

LINE_LOST: Final = "line lost"
MODEM_GONE: Final = frozenset({"port lost", "modem restarted"})
"""The modem's words for a call that was lost with it."""
BROKEN_OFF: Final = frozenset({LINE_LOST, "crash"})
"""Causes of an end after which the caller may still be there."""
ROWS: Final = 20
SECONDS: Final = 2 * 3600.0
"""It began so long ago at the most."""


class Rows(Protocol):
    """The calls that were kept."""

    async def recent(self, limit: int = 50, before_id: int | None = None) -> tuple[CallRecord, ...]:
        """Newest first."""


async def broken_off(rows: Rows, now: CallRecord) -> int | None:
    """The row of the same caller that broke off last; None where there is none, or the disk refuses."""
    try:
        kept = await rows.recent(ROWS, now.id or None)
    except StorageError as error:
        log.error("an earlier row was not looked for", extra={"reason": str(error)})
        return None
    for row in kept:
        same = row.number == now.number and row.line == now.line and row.end_cause in BROKEN_OFF
        if same and now.began - row.began < SECONDS:
            return row.id
    return None
