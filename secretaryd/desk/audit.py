"""Requests about the audit."""

from typing import Any

from secretaryd.control.protocol.audit import ListAudit, VerifyAudit
from secretaryd.control.rights import Peer
from secretaryd.desk.parts import Handlers, plain
from storage.audit.door import Audit
from storage.audit.records import AuditFilter


class AuditDesk:
    """Who changed what."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit

    def handlers(self) -> Handlers:
        """Its requests."""
        return {ListAudit: self._list, VerifyAudit: self._verify}

    async def _list(self, request: ListAudit, _: Peer) -> Any:
        wanted = AuditFilter(request.since, request.until, request.who, request.kind)
        entries = await self._audit.list(wanted, request.limit, request.before, request.after)
        return {"entries": [plain(entry) for entry in entries]}

    async def _verify(self, request: VerifyAudit, _: Peer) -> Any:
        verdict = await self._audit.verify(request.head.strip().lower())
        return {"sound": verdict.sound, **plain(verdict)}
