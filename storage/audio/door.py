"""Recordings of calls that are over, for the event loop."""

import asyncio
import base64
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final

from storage.audio import mp3
from storage.audio.retention import Disk, Limits, Retention
from storage.audio.shelf import Shelf, Unpacked
from storage.audit.log import AuditLog
from storage.audit.records import By, Deed
from storage.calls import CallRepository
from storage.children import ended
from storage.errors import NotFound, StorageError, reason_of
from storage.records import CallRecord
from storage.thread import StorageThread

RATE: Final = 8000
PIECE_SECONDS: Final = 0.5
PIECE_BYTES: Final = 384 * 1024
CHILD_SECONDS: Final = 1800.0
"""For the longest call on the slowest machine."""

log = logging.getLogger(__name__)


class NoEncoder(StorageError):
    """The form that was asked for needs a program that is not installed."""


class Audio:
    """Reached as `storage.audio`."""

    def __init__(
        self,
        thread: StorageThread,
        shelf: Shelf,
        retention: Retention,
        calls: CallRepository,
        audit: AuditLog,
        describe: Callable[[CallRecord, tzinfo], object],
    ) -> None:
        """`describe` writes the JSON beside a recording."""
        self._thread, self._shelf, self._retention = thread, shelf, retention
        self._calls, self._audit, self._describe = calls, audit, describe
        self._tidied = False

    async def outline_one(self) -> bool:
        """Outlines the oldest recording that was not yet; whether there was one. Raises StorageError."""
        one = await self._thread.run(self._shelf.next_unoutlined)
        if one is None:
            return False
        told = await self._child(one, one.path, "wav")
        if told is not None:
            points = base64.b64decode(told["points"])
            await self._thread.run(self._shelf.outlined, one, float(told["seconds"]), points)
        return True

    async def pack_one(self, form: str, zone: tzinfo, before: float) -> bool:
        """Compresses the oldest recording that is still WAV, of a call that ended before that moment ("opus", "flac",
        "mp3"; "wav" leaves it as it is); whether there was one. Raises NoEncoder (then none was touched), StorageError.
        """
        if form == "mp3" and mp3.encoder() is None:
            raise NoEncoder("MP3 needs the program {program}: sudo apt install {program}", program=mp3.PROGRAM)
        if not self._tidied:
            await self._thread.run(self._shelf.tidy)
            self._tidied = True
        one = await self._thread.run(self._shelf.next_unpacked, before)
        if one is None:
            return False
        target = one.path.with_suffix(f".{form}")
        told = await self._child(one, target, form)
        if told is not None:
            await self._thread.run(self._packed, one, target, told, zone)
        return True

    async def _child(self, one: Unpacked, target: Path, form: str) -> dict[str, Any] | None:
        """What the child tells; None where it failed, after which the recording stays as it is."""
        told = await _child(one.path, target, form)
        if "error" not in told:
            return told
        log.warning("a recording stays as it is", extra={"call": one.call, "reason": told["error"]})
        await self._thread.run(self._shelf.give_up, one)
        return None

    async def outline(self, call: int) -> tuple[float, bytes] | None:
        """Length and points; see `storage.audio.codec.Outline`."""
        return await self._thread.run(self._shelf.outline, call)

    async def listen(self, call: int, offset: int, by: By) -> tuple[str, int, bytes]:
        """Name, size and a piece of a call's sound; the first is noted in the audit. Raises NotFound."""
        return await self._thread.run(self._listen, call, offset, by)

    @asynccontextmanager
    async def caller_side(self, recording: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The caller's sound of a recording (its name relative to the data directory), in pieces of PIECE_SECONDS, the
        last shorter: 8 kHz mono s16le, whatever it is kept as. Raises NotFound, StorageError."""
        path = await self._thread.run(self._shelf.place, recording)
        arguments = (sys.executable, "-m", "storage.audio.child", str(path), "-", "caller")
        try:
            process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
        except OSError as error:
            raise StorageError("recordings cannot be read: {why}", why=reason_of(error)) from error
        try:
            yield _pieces(process)
        finally:
            await ended(process)

    async def retain(self, limits: Limits) -> bool:
        """One batch of what has to go by age or for room; whether there may be more. Raises StorageError."""
        return await self._thread.run(self._retention.step, limits)

    async def clock_is_right(self) -> bool:
        """Whether ages can be told."""
        return await self._thread.run(self._retention.clock_is_right)

    async def disk(self) -> Disk:
        """How full it is."""
        return await self._thread.run(self._retention.disk)

    def _packed(self, one: Unpacked, target: Path, told: dict[str, Any], zone: tzinfo) -> None:
        if self._shelf.packed(one, target, float(told["seconds"]), base64.b64decode(told["points"])):
            try:
                self._describe(self._calls.get(one.call), zone)
            except (StorageError, NotFound) as error:
                log.warning("no JSON beside the recording", extra={"call": one.call, "error": str(error)})

    def _listen(self, call: int, offset: int, by: By) -> tuple[str, int, bytes]:
        path, size, content = self._shelf.read(call, offset, PIECE_BYTES)
        if offset == 0:
            self._audit.append(Deed(by.who, by.where, "recording.heard", f"call:{call}"))
        return path.name, size, content


async def _pieces(process: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
    assert process.stdout is not None
    size, more = int(PIECE_SECONDS * RATE) * 2, True
    while more:
        try:
            piece = await process.stdout.readexactly(size)
        except asyncio.IncompleteReadError as end:
            piece, more = end.partial[: len(end.partial) // 2 * 2], False
        if piece:
            yield piece
    if await process.wait():
        raise StorageError("the recording cannot be read")


async def _child(source: Path, target: Path, form: str) -> dict[str, Any]:
    """What the child tells; an "error" too where it died."""
    arguments = (sys.executable, "-m", "storage.audio.child", str(source), str(target), form)
    try:
        process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
    except OSError as error:
        raise StorageError("recordings cannot be compressed: {why}", why=reason_of(error)) from error
    try:
        async with asyncio.timeout(CHILD_SECONDS):
            out, _ = await process.communicate()
    except TimeoutError:
        return {"error": f"not done within {CHILD_SECONDS:.0f} s"}
    finally:
        await ended(process)
    try:
        told: dict[str, Any] = json.loads(out)
    except ValueError:
        return {"error": f"the child ended with {process.returncode}"}
    return told
