"""Puts together what remembers: contacts and screening, search, audit."""

import logging
from dataclasses import replace

from secretaryd.call.ports import TalkParts
from secretaryd.desk.archive import ArchiveDesk
from secretaryd.desk.audit import AuditDesk
from secretaryd.desk.contacts import ContactsDesk
from secretaryd.desk.parts import Handlers
from secretaryd.flow.builtin import goodbye_only
from secretaryd.flow.interpreter import Interpreter
from secretaryd.people.directory import Directory
from storage.errors import StorageError
from storage.store import Storage

log = logging.getLogger(__name__)


class Memory:
    """Owned by the core."""

    def __init__(self, storage: Storage, language: str) -> None:
        self._storage, self._language = storage, language
        self.directory = Directory(storage.contacts.all)

    def handlers(self) -> list[Handlers]:
        """For the desk."""
        storage, language = self._storage, self._language
        return [
            ArchiveDesk(storage, self.directory, language).handlers(),
            AuditDesk(storage.audit).handlers(),
            ContactsDesk(storage, self.directory, language).handlers(),
        ]

    async def start(self) -> None:
        """Before the first call: who is known, and who is blocked."""
        try:
            await self.directory.reload()
        except StorageError as error:  # the phone is answered all the same
            log.error("contacts are not known", extra={"reason": str(error)})

    def goodbye(self, parts: TalkParts) -> TalkParts:
        """What blocked callers are talked with: a goodbye, unrecorded."""
        return replace(parts, record=False, interpreter=Interpreter(goodbye_only(self._language)))
