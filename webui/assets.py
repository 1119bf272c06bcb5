"""Styles, scripts, pictures: compressed once at start, and kept by browsers for ever under a name with their hash."""

import gzip
import hashlib
import mimetypes
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

STATIC: Final = "/static"
FOR_EVER: Final = "public, max-age=31536000, immutable"
ASK_AGAIN: Final = "no-cache"
NOT_SERVED: Final = (".py", ".toml", ".md")
LEAST_GAIN: Final = 0.9
"""What does not become smaller than this is sent as it is."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `packed` is the same under gzip, None where that gains nothing."""

    body: bytes
    packed: bytes | None
    kind: str
    tag: str


class Assets:
    """An ASGI application for the files below `webui/static`; all of them are in memory (a third of a megabyte)."""

    def __init__(self) -> None:
        self._files = dict(_read(resources.files("webui") / "static"))

    def url(self, name: str) -> str:
        """Where a page finds the file; raises KeyError for one that does not exist."""
        return f"{STATIC}/{name}?v={self._files[name].tag}"

    def size(self, name: str) -> int:
        """Bytes as they travel."""
        file = self._files[name]
        return len(file.packed or file.body)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers GET and HEAD; raises HTTPException (404, 405)."""
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(405, headers={"allow": "GET, HEAD"})
        file = self._files.get(scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/"))
        if file is None:
            raise HTTPException(404)
        asked = Headers(scope=scope)
        current = scope["query_string"] == b"v=" + file.tag.encode()
        headers = {"etag": f'"{file.tag}"', "cache-control": FOR_EVER if current else ASK_AGAIN}
        if f'"{file.tag}"' in asked.get("if-none-match", ""):
            await Response(status_code=304, headers=headers)(scope, receive, send)
            return
        body = file.body
        if file.packed is not None:
            headers["vary"] = "accept-encoding"
            if "gzip" in asked.get("accept-encoding", ""):
                body, headers["content-encoding"] = file.packed, "gzip"
        await Response(body, headers=headers, media_type=file.kind)(scope, receive, send)


def _read(folder: Traversable, before: str = "") -> Iterator[tuple[str, Asset]]:
    for each in folder.iterdir():
        if each.is_dir():
            if not each.name.startswith("__"):
                yield from _read(each, f"{before}{each.name}/")
        elif not each.name.endswith(NOT_SERVED):
            body = each.read_bytes()
            packed = gzip.compress(body, 9, mtime=0)
            tag = hashlib.sha256(body).hexdigest()[:12]
            kind = mimetypes.guess_type(each.name)[0] or "application/octet-stream"
            yield before + each.name, Asset(body, packed if len(packed) < LEAST_GAIN * len(body) else None, kind, tag)
