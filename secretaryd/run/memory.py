"""Puts together what remembers: contacts, screening, search, audit, recordings; and what is done when nobody calls."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

from secretaryd.call.calls import Calls
from secretaryd.call.ports import TalkParts
from secretaryd.config.schema import Config, Keep
from secretaryd.desk.archive import ArchiveDesk
from secretaryd.desk.audit import AuditDesk
from secretaryd.desk.contacts import ContactsDesk
from secretaryd.desk.parts import Handlers
from secretaryd.desk.privacy import PrivacyDesk
from secretaryd.flow.builtin import goodbye_only
from secretaryd.flow.interpreter import Interpreter
from secretaryd.house.keeper import Chore, Housekeeper
from secretaryd.house.sweep import sweep, tidy
from secretaryd.people.directory import Directory
from secretaryd.troubles import Troubles
from storage.audio.door import NoEncoder
from storage.audio.retention import DAY, Limits
from storage.errors import StorageError
from storage.store import Storage

RETAIN_SECONDS: Final = 600.0
AUDIT_SECONDS: Final = 6 * 3600.0
FOREVER: Final = float("inf")
PACK_SECONDS: Final = 300.0
PACK_AFTER_SECONDS: Final = 3600.0
ERASE_SECONDS: Final = 1.0
SWEEP_SECONDS: Final = 120.0
TIDY_SECONDS: Final = 60.0

log = logging.getLogger(__name__)


class Memory:
    """Owned by the core."""

    def __init__(self, storage: Storage, language: str, forget: Callable[[], None] = lambda: None) -> None:
        """`forget` empties the memory of events, in which an erased person's words may stand."""
        self._storage, self._language, self._forget = storage, language, forget
        self.directory = Directory(storage.contacts.all)

    def handlers(self) -> list[Handlers]:
        """For the desk."""
        storage, language = self._storage, self._language
        return [
            ArchiveDesk(storage, self.directory, language).handlers(),
            AuditDesk(storage.audit).handlers(),
            ContactsDesk(storage, self.directory, language).handlers(),
            PrivacyDesk(storage.privacy, language).handlers(),
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

    def housekeeper(
        self, config: Callable[[], Config], calls: Calls, troubles: Troubles, clock_set: Callable[[], bool]
    ) -> Housekeeper:
        """What is done when nobody calls. `config` is the one in force; nothing expires while `clock_set` says no."""
        chores = Chores(self._storage, self.directory, config, troubles, self._forget, clock_set)
        return Housekeeper(
            [
                Chore("erase", chores.erase, every=ERASE_SECONDS, urgent=True),
                Chore("index", self._storage.search.step),
                Chore("retain", chores.retain, every=RETAIN_SECONDS),
                *([Chore("check", chores.check, every=FOREVER)] if self._storage.unclean else []),
                Chore("outline", self._storage.audio.outline_one),
                Chore("pack", chores.pack, every=PACK_SECONDS),
                Chore("audit", chores.purge_audit, every=AUDIT_SECONDS),
                Chore("sweep", sweep, every=SWEEP_SECONDS),
                Chore("tidy", tidy, every=TIDY_SECONDS, urgent=True),
            ],
            calls.idle,
        )


class Chores:
    """Each method is one small step, and tells whether more is left."""

    def __init__(
        self,
        storage: Storage,
        directory: Directory,
        config: Callable[[], Config],
        troubles: Troubles,
        forget: Callable[[], None],
        clock_set: Callable[[], bool] = lambda: True,
    ) -> None:
        """`forget` empties the memory of events."""
        self._storage, self._directory, self._config, self._troubles = storage, directory, config, troubles
        self._forget = forget
        self._clock_set = clock_set

    async def erase(self) -> bool:
        """Erasures that were asked for, or that a crash or a restore left to be done."""
        if not self._storage.privacy.wanted.is_set():
            return False
        await self._storage.privacy.finish()
        self._forget()
        await self._directory.reload()
        return False

    async def check(self) -> bool:
        """After an unclean stop: the start has looked at the pages, this looks at the indexes too."""
        if wrong := await self._storage.check():
            log.error("the database is damaged", extra={"reason": wrong})
            self._troubles.note("database.unsound", wrong)
        return False

    async def pack(self) -> bool:
        """Compresses one recording, some time after its call: until then whoever was told its name finds it there."""
        config = self._config()
        before = time.time() - PACK_AFTER_SECONDS
        try:
            more = await self._storage.audio.pack_one(config.keep.format, ZoneInfo(config.box.timezone), before)
        except NoEncoder:
            self._troubles.note("recordings.no_encoder")
            return False
        self._troubles.clear("recordings.no_encoder")
        return more

    async def retain(self) -> bool:
        """Removes a batch of what has to go by age or for room; tells the owner that the disk fills up."""
        limits = limits_of(self._config().keep)
        if (await self._storage.audio.disk()).share >= limits.warn_share:
            self._troubles.note("disk.filling")
        else:
            self._troubles.clear("disk.filling")
        return self._clock_set() and await self._storage.audio.retain(limits)

    async def purge_audit(self) -> bool:
        """What is older than the owner wants to know."""
        days = self._config().keep.audit_days
        if days and self._clock_set() and await self._storage.audio.clock_is_right():
            await self._storage.audit.purge(time.time() - days * DAY)
        return False


def limits_of(keep: Keep) -> Limits:
    """As storage takes them."""
    return Limits(keep.audio_days, keep.text_days, keep.warn_percent / 100, keep.purge_percent / 100)
