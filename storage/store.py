"""The door: everything that core keeps goes through `Storage`, everything that others read through `Reader`."""

import asyncio
import logging
from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Any, Self, TypeVar

import peewee

from storage.audio.door import Audio
from storage.audio.retention import Retention
from storage.audio.shelf import Shelf
from storage.audit.door import Audit
from storage.audit.log import AuditLog
from storage.calls import CallRepository
from storage.chat.door import Chats
from storage.chat.rows import ChatRepository
from storage.contacts.book import ContactBook
from storage.contacts.door import Contacts
from storage.database import DEFAULT_URL, deep_damage, open_readonly
from storage.errors import StorageError
from storage.imported import Imported
from storage.leftovers import sweep_recordings
from storage.lock import InstanceLock
from storage.marks import CallMarks, Marks
from storage.messages import MessageRepository
from storage.opening import open_checked
from storage.outgoing.door import Outgoing
from storage.outgoing.tasks import TaskRepository
from storage.outgoing.usage import UsageRepository
from storage.privacy.door import Privacy
from storage.privacy.erasure import Eraser
from storage.privacy.export import Exporter
from storage.privacy.marks import Tombstones
from storage.recordings import Recorder, recording_name, repair
from storage.records import CallRecord, DayStats, MessageRecord, TurnRecord
from storage.removal import Removal
from storage.schema import rows_of
from storage.search.calls import CallSearch
from storage.search.door import Search
from storage.search.sms import SmsSearch
from storage.search.text import Stemmer
from storage.second.door import Second
from storage.second.rows import SecondRows
from storage.secrets import Secrets
from storage.sidecar import recording_path, write_sidecar
from storage.sms.door import Sms
from storage.sms.rows import sms_rows
from storage.spare import SpareRoom
from storage.thread import StorageThread
from storage.users.door import Users
from storage.users.rows import UserRepository

log = logging.getLogger(__name__)
T = TypeVar("T")


class Reader:
    """What can be asked. `Reader.open` gives a door that can change nothing, for processes other than core."""

    def __init__(self, thread: StorageThread, database: peewee.SqliteDatabase, data_dir: Path) -> None:
        """Private; use `open`."""
        self.data_dir = data_dir.absolute()
        self._thread, self._db = thread, database
        self._rows = rows = rows_of(database)
        self._calls, self._messages = CallRepository(database, rows), MessageRepository(database, rows)

    @classmethod
    async def open(cls, url: str, data_dir: Path) -> Self:
        """Raises StorageError where there is no database yet."""
        thread = StorageThread()
        try:
            return cls(thread, await thread.run(open_readonly, url, data_dir), data_dir)
        except BaseException:
            await thread.close()
            raise

    async def call(self, call_id: int) -> CallRecord:
        """A call with its turns. Raises NotFound."""
        return await self._thread.run(self._calls.get, call_id)

    async def recent(
        self, limit: int = 50, before_id: int | None = None, outcome: str | None = None
    ) -> tuple[CallRecord, ...]:
        """Calls, newest first, without turns."""
        return await self._thread.run(self._calls.recent, limit, before_id, outcome)

    async def messages(
        self, limit: int = 50, before_id: int | None = None, handled: bool | None = None, assigned: str = ""
    ) -> tuple[MessageRecord, ...]:
        """Messages, newest first."""
        return await self._thread.run(self._messages.list, limit, before_id, handled, assigned)

    async def messages_of(self, call_id: int) -> tuple[MessageRecord, ...]:
        """What was left in one call, oldest first."""
        return await self._thread.run(self._messages.of, call_id)

    async def message(self, message_id: int) -> MessageRecord:
        """One message. Raises NotFound."""
        return await self._thread.run(self._messages.get, message_id)

    async def stats(self, since: float) -> DayStats:
        """Counts since `since` (UTC epoch seconds)."""
        return await self._thread.run(self._calls.stats, since)

    def recording_path(self, call: CallRecord) -> Path:
        """The absolute path of a call's recording. Raises StorageError if it has none."""
        return recording_path(self.data_dir, call)

    async def run(self, fn: Callable[..., T], *args: Any) -> T:
        """Runs `fn` on the storage thread, in turn with everything else."""
        return await self._thread.run(fn, *args)

    async def close(self) -> None:
        """Ends the thread after what is queued."""
        await self._thread.run(self._db.close)
        await self._thread.close()


class Storage(Reader):
    """The one writer. A method that writes returns when the write is durable (fsynced)."""

    notice: str = ""
    """What the owner should know of the last start, e.g. that a damaged database was set aside; else empty."""
    restored: str = ""
    """The backup that is in force since this start, else empty; `damaged`: because the database was."""
    damaged: bool = False
    unclean: bool = False
    """Whether the instance before us did not stop by itself."""
    audit: Audit
    """Who changed what."""
    outgoing: Outgoing
    """What the box does by itself on the line."""
    secrets: Secrets
    """PIN, keys, tokens."""
    imported: Imported
    """What the predecessor kept."""
    contacts: Contacts
    """The people that the owner knows."""
    marks: Marks
    """What the owner does with kept calls."""
    audio: Audio
    """Recordings of calls that are over."""
    privacy: Privacy
    """A person's data, told or erased."""
    sms: Sms
    """Short messages, both ways."""
    search: Search
    """Calls and short messages by their words."""
    second: Second
    """What a second recogniser heard of calls that are over."""
    users: Users
    """Who may use the page."""
    chats: Chats
    """The users' talks with the model."""
    _lock: InstanceLock

    @classmethod
    async def open(
        cls, url: str = DEFAULT_URL, data_dir: Path = Path(), *, lock: InstanceLock | None = None, spare: bool = False
    ) -> Self:
        """Locks the data directory, opens and migrates the database; after an unclean stop it is checked first, and if
        damaged the newest good backup takes its place (see `storage.opening`).

        `lock` is one that the caller took before; it is let go by `close`. `spare`: keeps room on the disk for what
        must not be lost when it is full (`storage.spare`). Raises AlreadyRunning, SchemaTooNew, DiskFull, StorageError.
        """
        held = InstanceLock(data_dir) if lock is None else lock
        thread = StorageThread(SpareRoom(data_dir) if spare else None)
        try:
            opened = await thread.run(open_checked, url, data_dir, held.unclean)
            self = cls(thread, opened.database, data_dir)
            await thread.run(self._add_doors)
        except BaseException:
            await thread.close()
            if lock is None:
                held.release(clean=not held.unclean)
            raise
        self._lock, self.unclean = held, held.unclean
        self.notice, self.restored, self.damaged = opened.notice, opened.restored, opened.damaged
        await self.privacy.catch_up(anew=bool(opened.restored or opened.damaged or opened.less))
        return self

    def _add_doors(self) -> None:
        """The topics that have a module of their own; their repositories append to the audit in their transaction."""
        self.audit = Audit(self._thread, AuditLog(self._db))
        tasks = TaskRepository(self._db, rows_of(self._db), self.audit.log)
        self.outgoing = Outgoing(self._thread, tasks, UsageRepository(self._db))
        self.sms = Sms.over(self._thread, self._db, self.audit.log)
        self.secrets = Secrets(self.data_dir)
        self.imported = Imported(self._thread, self._db, self.audit.log)
        self.second = Second(self._thread, SecondRows(self._db, self.audit.log))
        self.users = Users(self._thread, UserRepository(self._db, self.audit.log))
        self.chats = Chats(self._thread, ChatRepository(self._db, self.audit.log))
        self.contacts = Contacts(self._thread, ContactBook(self._db, self.audit.log))
        self.marks = Marks(self._thread, CallMarks(self._db, self._rows, self.audit.log))
        stemmer = Stemmer()
        calls, messages = CallSearch(self._db, self._rows, stemmer), SmsSearch(self._db, sms_rows(self._db), stemmer)
        calls.watch()
        messages.watch()
        self.search = Search(self._thread, calls, messages)
        removal = Removal(self._db, self.data_dir, calls.index)
        retention = Retention(self._db, self.data_dir, removal, self.audit.log, remove_sms=messages.remove)
        shelf = Shelf(self._db, self.data_dir)
        self.audio = Audio(self._thread, shelf, retention, self._calls, self.audit.log, self._write_sidecar)
        stones = Tombstones(self._db, self.data_dir)
        eraser = Eraser(self._db, self.data_dir, stones, removal, calls, messages, self.audit.log)
        self.privacy = Privacy(self._thread, stones, eraser, Exporter(self._db, self._calls, self.data_dir))

    async def begin(self, line: str, direction: str, number: str | None, presentation: str, at: float) -> CallRecord:
        """A call has shown itself; times are UTC epoch seconds."""
        return await self._thread.run(self._calls.begin, line, direction, number, presentation, at)

    async def answered(
        self, call_id: int, at: float, recording: str | Path | None = None, flow: str = ""
    ) -> CallRecord:
        """It was picked up; `recording` may be absolute or relative to the data directory."""
        name = None if recording is None else self.relative(Path(recording))
        return await self._thread.run(self._calls.answered, call_id, at, name, flow)

    async def forget_recording(self, call_id: int) -> None:
        """The call's recording was deleted (Recorder.discard). Raises NotFound."""
        await self._thread.run(self._calls.forget_recording, call_id)

    async def add_turn(self, call_id: int, turn: TurnRecord) -> None:
        """Appends a turn."""
        await self._thread.run(self._calls.add_turn, call_id, turn)

    async def finish(
        self, call_id: int, at: float, outcome: str, end_cause: str, summary: str = "", recorded_seconds: float = 0.0
    ) -> CallRecord:
        """It is over; returns the call with its turns."""
        return await self._thread.run(self._calls.finish, call_id, at, outcome, end_cause, summary, recorded_seconds)

    async def add_message(self, call_id: int, taken: float, name: str, number: str, matter: str) -> MessageRecord:
        """Keeps a message."""
        return await self._thread.run(self._messages.add, call_id, taken, name, number, matter)

    async def mark_handled(self, message_id: int, handled: bool = True) -> MessageRecord:
        """The owner has dealt with a message."""
        return await self._thread.run(self._messages.mark_handled, message_id, handled)

    async def assign_message(self, message_id: int, user: str) -> MessageRecord:
        """Who of the users is to see to a message, "" for nobody. Raises NotFound."""
        return await self._thread.run(self._messages.assign, message_id, user)

    async def check(self) -> str:
        """What is wrong with the database, looked at in full beside the work that goes on; empty when it is sound."""
        return await asyncio.to_thread(deep_damage, Path(self._db.database))

    async def close_open(self, at: float, zone: tzinfo, cause: str = "crash") -> tuple[CallRecord, ...]:
        """Ends what a crash left open, repairing the recordings and writing their JSON; to be called once, at start."""
        return await self._thread.run(self._close_open, at, zone, cause)

    async def write_sidecar(self, call: CallRecord, zone: tzinfo) -> Path:
        """Writes the JSON beside the recording of a finished call. Raises StorageError, DiskFull."""
        return await self._thread.run(self._write_sidecar, call, zone)

    def recorder(
        self, at: float, number: str | None, zone: tzinfo, on_failure: Callable[[str], None] | None = None
    ) -> Recorder:
        """Starts a recording; its `path` goes to `answered`. Never raises for the disk's sake (see Recorder)."""
        return Recorder(self.data_dir / recording_name(at, number, zone), on_failure=on_failure)

    def relative(self, path: Path) -> str:
        """A path as the database keeps it. Raises StorageError for one outside of the data directory."""
        if path.is_relative_to(self.data_dir):
            return str(path.relative_to(self.data_dir))
        if path.is_absolute():
            raise StorageError("{path} lies outside of the data directory", path=path)
        return str(path)

    async def close(self) -> None:
        """Ends the thread after what is queued, and lets the data directory go."""
        try:
            await super().close()
        finally:
            self._lock.release(clean=not self._thread.damaged)

    def _close_open(self, at: float, zone: tzinfo, cause: str) -> tuple[CallRecord, ...]:
        closed = []
        if self.unclean:
            sweep_recordings(self.data_dir, self._calls.recordings())
        for call in self._calls.still_open():
            seconds = self._repaired_seconds(call)
            done = self._calls.close_one(call, at, cause, seconds)
            closed.append(done)
            if done.recording is not None:
                try:
                    self._write_sidecar(done, zone)
                except StorageError as error:
                    log.warning("no JSON beside the recording", extra={"call": call.id, "error": str(error)})
        return tuple(closed)

    def _write_sidecar(self, call: CallRecord, zone: tzinfo) -> Path:
        return write_sidecar(self.data_dir, call, zone, self._messages.of(call.id))

    def _repaired_seconds(self, call: CallRecord) -> float:
        if call.recording is None:
            return 0.0
        try:
            return repair(recording_path(self.data_dir, call))
        except StorageError as error:
            log.warning("recording not repaired", extra={"call": call.id, "error": str(error)})
            return 0.0
