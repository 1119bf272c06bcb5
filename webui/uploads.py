"""Files that somebody sends: only so large, and what they say they are by their first bytes, never by their name."""

from collections.abc import AsyncIterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Final

from starlette.exceptions import HTTPException

MIB: Final = 1 << 20
MAX_NAME: Final = 80


class Upload(StrEnum):
    """What is taken."""

    WAV = "wav"
    CSV = "csv"
    JSON = "json"
    VCARD = "vcard"
    BACKUP = "backup"


@dataclass(frozen=True, slots=True)
class Terms:
    """`most` bytes; `magic`: (offset, bytes) that all have to be there; `text`: UTF-8 without control characters."""

    most: int
    magic: tuple[tuple[int, bytes], ...] = ()
    text: bool = False


TERMS: Final[dict[Upload, Terms]] = {
    Upload.WAV: Terms(32 * MIB, ((0, b"RIFF"), (8, b"WAVE"))),
    Upload.CSV: Terms(8 * MIB, text=True),
    Upload.JSON: Terms(8 * MIB, text=True),
    Upload.VCARD: Terms(8 * MIB, text=True),
    Upload.BACKUP: Terms(16 << 30, ((0, b"age-encryption.org/v1\n"),)),
}
ALLOWED_CONTROL: Final = frozenset("\t\r\n")


async def read_upload(parts: AsyncIterable[bytes], kind: Upload) -> bytes:
    """All of it, for what fits into memory. Raises HTTPException: 413 for too much, 415 for another kind."""
    terms, data = TERMS[kind], bytearray()
    async for part in parts:
        data += part
        if len(data) > terms.most:
            raise HTTPException(413)
    check(bytes(data), kind)
    return bytes(data)


async def save_upload(parts: AsyncIterable[bytes], kind: Upload, place: Path) -> int:
    """Writes it to `place` (mode 0600), part by part; returns its bytes. The file is gone where it is refused. Raises
    HTTPException, OSError."""
    terms, size, head = TERMS[kind], 0, b""
    place.touch(mode=0o600, exist_ok=False)
    try:
        with place.open("wb") as file:
            async for part in parts:
                size += len(part)
                if size > terms.most:
                    raise HTTPException(413)
                if len(head) < 64:
                    head += part[: 64 - len(head)]
                file.write(part)
        check(head, kind)
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return size


def check(data: bytes, kind: Upload) -> None:
    """Raises HTTPException (415)."""
    terms = TERMS[kind]
    if any(data[at : at + len(magic)] != magic for at, magic in terms.magic):
        raise HTTPException(415)
    if not terms.text:
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise HTTPException(415) from None
    if any(ord(one) < 32 and one not in ALLOWED_CONTROL for one in text):
        raise HTTPException(415)


def plain_name(name: str) -> str:
    """A sender's file name as one may show it and write it into a log: no folders, nothing that cannot be seen."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(one for one in last if one.isprintable()).strip(". ")[:MAX_NAME]
