"""`/admin/telephony/calls/7/recording`: the sound of a call, whole or in parts, and its outline."""

import base64
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from secretaryd.control.protocol.archive import GetPeaks, GetRecording
from webui.api.desk import Tools
from webui.api.operation import Asked, Operation, as_, has_it
from webui.auth.roles import Permission
from webui.limits import Limit

MEDIA: Final = {"wav": "audio/wav", "opus": "audio/ogg", "flac": "audio/flac", "mp3": "audio/mpeg"}
RANGE: Final = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.ASCII)


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """The loudest sample of each of as many equal parts, 0 to 255; empty where there is no recording, or it was not
    looked at yet."""

    seconds: float
    caller: list[int]
    secretary: list[int]


@dataclass(frozen=True, slots=True)
class RecordingsApi:
    """Who listens is written into the audit by the core."""

    tools: Tools

    def operations(self) -> list[Operation]:
        """Its routes."""
        root, read = "/admin/telephony/calls/{id:int}", Permission.CALLS_READ
        return [
            Operation(
                method="GET", path=f"{root}/recording", needs=read, does=self.recording,
                limit=Limit.DOWNLOAD, media=tuple(MEDIA.values()),
                partial=True, cached=True,
            ),
            Operation(method="GET", path=f"{root}/peaks", needs=read, does=self.peaks, answer=Outline, cached=True),
        ]  # fmt: skip

    async def recording(self, asked: Asked) -> Response:
        """The sound, caller left, secretary right. Understands one `Range`; `If-Range` with the ETag."""
        headers = asked.request.headers
        wanted = headers.get("range", "")
        start = _start(wanted)
        piece = await self._piece(asked, start or 0)
        size, tag = int(piece["size"]), f'"{piece["name"]}-{piece["size"]}"'
        if headers.get("if-range", tag) != tag or wanted == "bytes=-":
            wanted = ""
        told = {"etag": tag, "accept-ranges": "bytes", "cache-control": "private, no-cache"}
        if has_it(asked.request, tag):
            return Response(status_code=304, headers=told)
        span = _span(wanted, size)
        if span is None:
            raise HTTPException(416, headers={"content-range": f"bytes */{size}"})
        first, last = span
        if first != int(piece["offset"]):
            piece = await self._piece(asked, first)
        whole = not RANGE.fullmatch(wanted)
        told |= {"content-length": str(last - first + 1)}
        if not whole:
            told["content-range"] = f"bytes {first}-{last}/{size}"
        kind = MEDIA.get(str(piece["name"]).rpartition(".")[2], "application/octet-stream")
        sound = self._sound(asked, piece, first, last)
        return StreamingResponse(sound, 200 if whole else 206, media_type=kind, headers=told)

    async def peaks(self, asked: Asked) -> Outline:
        """The outline of both sides, for drawing."""
        return as_(Outline, await self.tools.desk.ask(GetPeaks(id=asked.id), asked.name))

    async def _piece(self, asked: Asked, offset: int) -> dict[str, Any]:
        found: dict[str, Any] = await self.tools.desk.ask(GetRecording(id=asked.id, offset=offset), asked.name)
        return found

    async def _sound(self, asked: Asked, piece: dict[str, Any], first: int, last: int) -> AsyncIterator[bytes]:
        while first <= last:
            content = base64.b64decode(piece["content"])[: last - first + 1]
            if not content:
                return  # it became shorter meanwhile
            yield content
            first += len(content)
            if first <= last:
                piece = await self._piece(asked, first)


def _start(wanted: str) -> int | None:
    found = RANGE.fullmatch(wanted)
    return int(found[1]) if found and found[1] else None


def _span(wanted: str, size: int) -> tuple[int, int] | None:
    """First and last byte; all of them where no range is wanted, or one that we do not understand (RFC 9110, 14.2);
    None for one that lies outside."""
    found = RANGE.fullmatch(wanted)
    if not found:
        return 0, size - 1
    if not found[1]:
        count = min(int(found[2]), size)
        return (size - count, size - 1) if count else None
    first, last = int(found[1]), min(int(found[2]) if found[2] else size - 1, size - 1)
    return (first, last) if first <= last else None
