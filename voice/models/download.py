"""Downloading a file of known size and checksum: resumable, verified, bounded in retries.

A partial file lies beside a small note of which address and which version (ETag) it belongs to. Going on uses
`Range` with `If-Range` (RFC 9110, 13.1.5), so a file that changed on the server starts anew instead of being mixed.
The checksum has the last word in every case.
"""

import errno
import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from voice.errors import reason_of
from voice.models.errors import ChecksumMismatch, DownloadError, NotEnoughRoom
from voice.models.files import hash_file, sync
from voice.models.sources import RemoteFile

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

MAX_LIST_BYTES: Final = 16 * 1024 * 1024
"""A published list of models; Piper's is well under 1 MB."""
CONNECT_SECONDS: Final = 15.0
READ_SECONDS: Final = 30.0
"""Without a byte for so long the connection is given up, and resumed by the next attempt."""
MAX_IDLE_ATTEMPTS: Final = 6
"""Attempts in a row that bring nothing new."""
MAX_ATTEMPTS: Final = 60
"""In all, for one file, however little each brought."""
MAX_RESTARTS: Final = 4
"""From the first byte, because the server changed the file or sent wrong bytes."""
MAX_REDIRECTS: Final = 5
BACK_OFF: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
MAX_RETRY_AFTER: Final = 60.0
PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Status codes worth another try."""
SPEED_WINDOW: Final = 5.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one file is."""

    name: str
    received: int
    """Bytes on disk, those of earlier attempts included."""
    total: int
    speed: float
    """Bytes per second over the last seconds; 0.0 until known."""


OnProgress = Callable[[Progress], None]
"""Called between chunks; whatever it raises ends the download, and the partial file is kept."""


@dataclass(slots=True)
class _Note:
    """What a partial file is part of."""

    url: str
    checksum: str
    validator: str = ""
    """Strong ETag, else Last-Modified, else empty."""


@dataclass(slots=True)
class _Meter:
    clock: Callable[[], float]
    marks: list[tuple[float, int]] = field(default_factory=list)

    def speed(self, received: int) -> float:
        now = self.clock()
        self.marks = [mark for mark in self.marks if now - mark[0] <= SPEED_WINDOW][-64:]
        self.marks.append((now, received))
        seconds = now - self.marks[0][0]
        return max(0.0, (received - self.marks[0][1]) / seconds) if seconds > 0 else 0.0


class _TryAgain(Exception):
    """A passing fault; `wait` is what the server asked for, in seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class _StartAnew(_TryAgain):
    """What is on disk does not belong to what the server has now."""


class Downloader:
    """One user of one HTTP client. `sleep` and `clock` are the test's to replace."""

    def __init__(
        self,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self._sleep = sleep
        self._clock = clock
        self._read_seconds = read_seconds

    def text(self, url: str) -> str:
        """A short published list, retried like a file; raises DownloadError."""

        def attempt() -> str:
            with self._get(url, {}) as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_LIST_BYTES:
                        raise DownloadError("the list at {url} is too large", url=url)
                return body.decode("utf-8", "replace")

        for idle in range(MAX_IDLE_ATTEMPTS):
            try:
                return attempt()
            except _TryAgain as error:
                last = error
                if idle + 1 < MAX_IDLE_ATTEMPTS:
                    self._pause(url, idle, error)
        raise _gave_up(url, last)

    def file(self, remote: RemoteFile, folder: Path, on_progress: OnProgress | None = None) -> Path:
        """The verified file in `folder`, named as `remote.name`.

        Raises DownloadError when the server or the network fails for good (the partial file stays and the next call
        goes on from it), ChecksumMismatch when the server serves other bytes than it publishes, NotEnoughRoom when the
        disk fills up.
        """
        folder.mkdir(parents=True, exist_ok=True)
        done = folder / remote.name
        if _size(done) == remote.size and _checksum(done, remote.algorithm) == remote.checksum:
            return done
        part, note_path = folder / f"{remote.name}.part", folder / f"{remote.name}.part.json"
        idle = restarts = 0
        for _ in range(MAX_ATTEMPTS):
            note = _matching_note(remote, part, note_path)
            before = _size(part)
            try:
                if before != remote.size:
                    self._attempt(remote, part, note, note_path, on_progress)
                _verify(remote, part)
            except _TryAgain as error:
                if isinstance(error, _StartAnew):
                    _discard(part, note_path)
                    restarts += 1
                idle = 0 if _size(part) > before else idle + 1
                if idle >= MAX_IDLE_ATTEMPTS or restarts >= MAX_RESTARTS:
                    raise _gave_up(remote.url, error) from error
                self._pause(remote.url, idle, error)
            except ChecksumMismatch:
                _discard(part, note_path)
                restarts += 1
                if restarts >= 2:  # once may be an unlucky resume or a flipped bit; twice is the server
                    raise
                log.warning("wrong bytes, starting anew", extra={"url": remote.url})
            else:
                sync(part)
                note_path.unlink(missing_ok=True)
                return part.rename(done)
        raise _gave_up(remote.url, _TryAgain("too many attempts"))

    def _attempt(
        self, remote: RemoteFile, part: Path, note: _Note, note_path: Path, on_progress: OnProgress | None
    ) -> None:
        offset = _size(part)
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        if offset and note.validator:
            headers["If-Range"] = note.validator
        with self._get(remote.url, headers) as response:
            offset = _start(response.status_code, response.headers, offset, remote.size)
            note.validator = _validator(response.headers)
            note_path.write_text(json.dumps(asdict(note)), "utf-8")
            meter = _Meter(self._clock)
            with part.open("r+b" if part.exists() else "wb") as out:
                out.truncate(offset)
                out.seek(offset)
                received = offset
                for chunk in response.iter_raw():  # as they arrive: a chunk size would lose the tail of a broken one
                    received += len(chunk)
                    if received > remote.size:
                        raise _StartAnew(f"the server sends more than the {remote.size} bytes that it publishes")
                    _write(out, chunk)
                    if on_progress is not None:
                        on_progress(Progress(remote.name, received, remote.size, meter.speed(received)))
        if received < remote.size:
            raise _TryAgain(f"the connection ended at {received} of {remote.size} bytes")

    @contextmanager
    def _get(self, url: str, headers: dict[str, str]) -> "Iterator[httpx2.Response]":
        import httpx2  # the processes that never download do not pay for it

        headers = {"Accept-Encoding": "identity", "User-Agent": "secretary-box", **headers}
        timeout = httpx2.Timeout(self._read_seconds, connect=CONNECT_SECONDS)
        try:
            with (
                httpx2.Client(follow_redirects=True, max_redirects=MAX_REDIRECTS, timeout=timeout) as client,
                client.stream("GET", url, headers=headers) as response,
            ):
                if url.startswith("https:") and response.url.scheme != "https":
                    raise DownloadError("{url} redirects to plain http", url=url)
                _check_status(url, response)
                yield response
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol, httpx2.TooManyRedirects) as error:
            raise DownloadError("{url}: {why}", url=url, why=reason_of(error)) from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise _TryAgain(str(error) or type(error).__name__) from error

    def _pause(self, url: str, idle: int, error: _TryAgain) -> None:
        wait = min(MAX_RETRY_AFTER, max(error.wait, BACK_OFF[min(idle, len(BACK_OFF) - 1)]))
        log.info("download interrupted, trying again", extra={"url": url, "reason": str(error), "wait": wait})
        self._sleep(wait)


def _check_status(url: str, response: "httpx2.Response") -> None:
    status = response.status_code
    if status in (200, 206):
        return
    if status in PASSING:
        retry_after = response.headers.get("Retry-After", "")
        raise _TryAgain(f"HTTP {status}", float(retry_after) if retry_after.isdecimal() else 0.0)
    if status == 416:
        raise _StartAnew("the server has no such range any more")
    raise DownloadError("HTTP {status} for {url}: gone or closed", status=status, url=url)


def _start(status: int, headers: "httpx2.Headers", offset: int, size: int) -> int:
    """Where the body starts; raises unless that fits what is on disk and what is published."""
    if status == 200:
        declared = headers.get("Content-Length", "")
        if declared.isdecimal() and int(declared) != size:
            raise _StartAnew(f"the server offers {declared} bytes, its list says {size}")
        return 0
    unit, _, rest = headers.get("Content-Range", "").partition(" ")
    span, _, total = rest.partition("/")
    if unit != "bytes" or span.partition("-")[0] != str(offset) or total not in (str(size), "*"):
        raise _StartAnew(f"asked for bytes from {offset} of {size}, got {headers.get('Content-Range', 'no range')!r}")
    return offset


def _validator(headers: "httpx2.Headers") -> str:
    """What If-Range may carry: a weak ETag must not be used (RFC 9110, 13.1.5)."""
    etag = headers.get("ETag", "")
    return etag if etag.startswith('"') else "" if etag else headers.get("Last-Modified", "")


def _matching_note(remote: RemoteFile, part: Path, note_path: Path) -> _Note:
    """The note of the partial file if it belongs to `remote`; anything else is thrown away."""
    fresh = _Note(remote.url, remote.checksum)
    try:
        raw = json.loads(note_path.read_text("utf-8"))
        note = _Note(str(raw["url"]), str(raw["checksum"]), str(raw["validator"]))
    except FileNotFoundError:
        note = None
    except (OSError, ValueError, KeyError, TypeError):
        note = None  # torn by a power cut: the partial file cannot be trusted to be the same version
    if note is None or note.checksum != remote.checksum or _size(part) > remote.size:
        _discard(part, note_path)
        return fresh
    if note.url != remote.url:
        note = fresh  # another mirror of the same bytes: go on, without the first one's ETag
    return note


def _verify(remote: RemoteFile, part: Path) -> None:
    if _checksum(part, remote.algorithm) != remote.checksum:
        raise ChecksumMismatch(
            "{name}: its {algorithm} is not the one its source publishes; nothing was installed",
            name=remote.name,
            algorithm=remote.algorithm,
        )


def _write(out: BinaryIO, chunk: bytes) -> None:
    try:
        out.write(chunk)
        out.flush()  # so that what a killed process had received counts next time
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        raise NotEnoughRoom("the disk is full; kept so far") from error


def _checksum(path: Path, algorithm: str) -> str:
    return hash_file(path, hashlib.new(algorithm, usedforsecurity=False))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _discard(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _gave_up(url: str, error: Exception) -> DownloadError:
    return DownloadError(
        "could not download {url}: {why}; run it again to go on from there", url=url, why=reason_of(error)
    )
