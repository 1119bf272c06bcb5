"""The three layers of an archive, read and written as a stream: age, gzip, tar.

Reading trusts nothing: a member is a plain file with a plain name, or the archive is refused. Python's own reader of
tar would follow headers that lead to gigabytes in memory; here every header is one block.
"""

import gzip
import os
import tarfile
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import pyrage

from storage.backup.errors import BackupError, BadArchive, WrongKey
from storage.backup.keys import identity, recipient
from storage.errors import reason_of

BLOCK: Final = 512
CHUNK: Final = 1 << 16
LEVEL: Final = 6
MAX_PADDING: Final = 1 << 20
PLAIN: Final = (tarfile.REGTYPE, tarfile.AREGTYPE)
END: Final = bytes(BLOCK)


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int = ..., /) -> bytes:
        """At most `size` bytes; none at the end."""


def member(path: str, size: int, changed: int) -> bytes:
    """The header of a plain file of that name. Raises BackupError for a name that does not fit."""
    info = tarfile.TarInfo(path)
    info.size, info.mtime, info.mode = size, changed, 0o600
    try:
        return info.tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")
    except ValueError as error:
        raise BackupError("{path}: {why}", path=path, why=reason_of(error)) from error


def padding(size: int) -> bytes:
    """What follows `size` bytes of a member."""
    return bytes(-size % BLOCK)


class _Pull:
    """A generator of pieces as a file that is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, b""

    def read(self, size: int = CHUNK) -> bytes:
        while len(self._left) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._left += piece
        head, self._left = self._left[:size], self._left[size:]
        return head


def _squeezed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    squeeze = zlib.compressobj(LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    for piece in pieces:
        if done := squeeze.compress(piece):
            yield done
    yield squeeze.flush()


def seal(pieces: Iterator[bytes], into: BinaryIO, recipients: Sequence[str]) -> None:
    """Compresses and encrypts the pieces of a tar. What `pieces` raises comes out as it is."""
    pyrage.encrypt_io(_Pull(_squeezed(pieces)), into, [recipient(each) for each in recipients])


class _Decrypter(threading.Thread):
    """Pushes the plain bytes into a pipe: the library writes, the reader of tar wants to read."""

    def __init__(self, source: BinaryIO, identities: Sequence[str], into: int) -> None:
        super().__init__(name="backup.decrypt", daemon=True)
        self._source, self._into = source, into
        self._keys = [identity(each) for each in identities]
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            with os.fdopen(self._into, "wb") as pipe:
                pyrage.decrypt_io(self._source, pipe, self._keys)
        except BrokenPipeError:
            return  # the reader has seen enough
        except Exception as error:  # noqa: BLE001 (told to the reader, who raises it in his thread)
            self.error = error


@contextmanager
def unsealed(path: Path, identities: Sequence[str]) -> Iterator["Members"]:
    """The members of an archive. Raises BadArchive, WrongKey, BackupError, in the block too: whoever leaves the block
    without an error has seen an archive that was whole as far as it was read, and whole to the end if `finish` was
    called."""
    if not identities:
        raise WrongKey("there is no key to open it with; give the owner's key kit")
    try:
        source = path.open("rb")
    except OSError as error:
        raise BackupError("cannot read {path}: {why}", path=path, why=reason_of(error)) from error
    read_end, write_end = os.pipe2(os.O_CLOEXEC)
    with source, os.fdopen(read_end, "rb") as pipe:
        thread = _Decrypter(source, identities, write_end)
        thread.start()
        try:
            with gzip.GzipFile(fileobj=pipe) as plain:
                yield Members(plain, lambda: _whole(thread))
        except (EOFError, zlib.error, OSError) as error:
            if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile):
                raise BackupError("{path}: {why}", path=path, why=reason_of(error)) from error
            _whole(thread)  # the reason may lie below
            raise BadArchive("it is damaged: {why}", why=reason_of(error)) from error
        finally:
            pipe.close()
            thread.join()


def _whole(thread: _Decrypter) -> None:
    """Waits for the decryption's end. Raises what went wrong there."""
    thread.join()
    error = thread.error
    if error is None:
        return
    if isinstance(error, pyrage.DecryptError) and "matching keys" in str(error):
        raise WrongKey("it was sealed to other keys; give the owner's key kit that belongs to it") from error
    raise BadArchive("it is damaged or was cut off ({why})", why=reason_of(error)) from error


class Members:
    """Plain files, one after the other."""

    def __init__(self, plain: Source, whole: Callable[[], None]) -> None:
        self._plain, self._whole = plain, whole
        self._left = self._pad = 0

    def next(self) -> tuple[str, int] | None:
        """Name and size of the next one; None at the end. Raises BadArchive."""
        if self._left:
            raise BackupError("the member before was not read to its end")
        self._take(self._pad)
        block = self._exactly(BLOCK)
        if block == END:
            return None
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, ValueError) as error:
            raise BadArchive("a header in it cannot be read: {why}", why=reason_of(error)) from error
        if info.type not in PLAIN or info.linkname:
            raise BadArchive("{name!r} in it is no plain file", name=info.name[:100])
        if info.size < 0:
            raise BadArchive("{name!r} in it has no size", name=info.name[:100])
        self._left, self._pad = info.size, -info.size % BLOCK
        return info.name, info.size

    def pieces(self) -> Iterator[bytes]:
        """The bytes of the member at hand. Raises BadArchive where it ends early."""
        while self._left:
            piece = self._plain.read(min(CHUNK, self._left))
            if not piece:
                self._early()
            self._left -= len(piece)
            yield piece

    def finish(self) -> None:
        """After the last member: nothing but zeros may follow, and all of it must be authentic. Raises BadArchive."""
        seen = 0
        while piece := self._plain.read(CHUNK):
            seen += len(piece)
            if piece.strip(b"\0") or seen > MAX_PADDING:
                raise BadArchive("something follows after its end")
        self._whole()

    def _take(self, count: int) -> None:
        if self._exactly(count).strip(b"\0"):
            raise BadArchive("something is hidden between its members")

    def _exactly(self, count: int) -> bytes:
        parts = b""
        while len(parts) < count:
            piece = self._plain.read(count - len(parts))
            if not piece:
                self._early()
            parts += piece
        return parts

    def _early(self) -> None:
        self._whole()
        raise BadArchive("it ends early")
