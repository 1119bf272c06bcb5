"""What each source publishes about its files: exact sizes and checksums. Parsing is pure; the network is elsewhere.

Formats (as published in 2026):
- Vosk, `model-list.json`: a list of objects with `name`, `url`, `size` (bytes of the zip), `md5` (of the zip).
- Piper, `voices.json`: voice key -> `files` -> path -> `size_bytes`, `md5_digest`.
- Hugging Face, `/api/models/<owner/name>/tree/<revision>`: a list of objects with `path`, `size` and, for files in the
  large-file store, `lfs` with `oid` (the sha256) and `size`.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from voice.errors import reason_of
from voice.models.catalogue import Entry, Source
from voice.models.errors import DownloadError

HEX_DIGITS: Final = {"md5": 32, "sha256": 64}
REVISION: Final = "main"
PIPER_REPOSITORY: Final = "rhasspy/piper-voices"


@dataclass(frozen=True, slots=True)
class Mirrors:
    """Base addresses; a company network points them at its own copy, the tests at a loopback server."""

    vosk: str = "https://alphacephei.com/vosk/models"
    huggingface: str = "https://huggingface.co"

    @classmethod
    def at(cls, base: str) -> "Mirrors":
        """Both sources under one address, as `<base>/vosk` and `<base>/huggingface`."""
        base = base.rstrip("/")
        return cls(f"{base}/vosk", f"{base}/huggingface")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as its source publishes it."""

    url: str
    name: str
    size: int
    """Bytes, exact."""
    algorithm: str
    """md5 or sha256."""
    checksum: str
    """Lower-case hexadecimal."""


FetchText = Callable[[str], str]
"""An address in, its text out; raises DownloadError."""


def published_files(entry: Entry, mirrors: Mirrors, fetch: FetchText) -> tuple[RemoteFile, ...]:
    """What must be downloaded for `entry`, with the source's own checksums.

    Raises DownloadError if the list cannot be had, does not name the model, or has no usable checksum for it.
    """
    match entry.source:
        case Source.VOSK:
            base = mirrors.vosk.rstrip("/")
            return vosk_files(entry.name, base, _json(fetch, f"{base}/model-list.json"))
        case Source.PIPER:
            base = f"{mirrors.huggingface.rstrip('/')}/{PIPER_REPOSITORY}/resolve/{REVISION}"
            return piper_files(entry.name, base, _json(fetch, f"{base}/voices.json"))
        case Source.HUGGINGFACE:
            base = mirrors.huggingface.rstrip("/")
            listing = _json(fetch, f"{base}/api/models/{entry.repository}/tree/{REVISION}")
            return huggingface_files(entry, base, listing)


def vosk_files(name: str, base: str, listing: Any) -> tuple[RemoteFile, ...]:
    """The zip of one Vosk model. The address is built from `base`, so that a mirror serves the file too."""
    for item in listing if isinstance(listing, list) else ():
        if isinstance(item, dict) and item.get("name") == name:
            return (_file(f"{base}/{name}.zip", f"{name}.zip", item.get("size"), "md5", item.get("md5")),)
    raise _not_listed(name, "model-list.json")


def piper_files(key: str, base: str, listing: Any) -> tuple[RemoteFile, ...]:
    """The voice, its settings and its MODEL_CARD (which states the terms of the recordings)."""
    voice = listing.get(key) if isinstance(listing, dict) else None
    files = voice.get("files") if isinstance(voice, dict) else None
    if not isinstance(files, dict):
        raise _not_listed(key, "voices.json")
    wanted = {f"{key}.onnx", f"{key}.onnx.json", "MODEL_CARD"}
    found = tuple(
        _file(f"{base}/{path}", path.rsplit("/", 1)[-1], about.get("size_bytes"), "md5", about.get("md5_digest"))
        for path, about in sorted(files.items())
        if path.rsplit("/", 1)[-1] in wanted and isinstance(about, dict)
    )
    if not {f"{key}.onnx", f"{key}.onnx.json"} <= {file.name for file in found}:
        raise _not_listed(key, "voices.json")
    return found


def huggingface_files(entry: Entry, base: str, listing: Any) -> tuple[RemoteFile, ...]:
    """The files of `entry` with the large-file store's sha256."""
    tree = {item.get("path"): item for item in listing if isinstance(item, dict)} if isinstance(listing, list) else {}
    found = []
    for path in entry.files:
        large = tree.get(path, {}).get("lfs")
        if not isinstance(large, dict):
            raise _not_listed(path, entry.repository)
        url = f"{base}/{entry.repository}/resolve/{REVISION}/{path}"
        found.append(_file(url, path.rsplit("/", 1)[-1], large.get("size"), "sha256", large.get("oid")))
    return tuple(found)


def _file(url: str, name: str, size: object, algorithm: str, checksum: object) -> RemoteFile:
    digits = HEX_DIGITS[algorithm]
    text = str(checksum or "").lower().removeprefix("sha256:")
    if not re.fullmatch(rf"[0-9a-f]{{{digits}}}", text) or not isinstance(size, int) or size <= 0:
        raise DownloadError(
            "the source publishes no usable size or checksum for {name}; it is not installed without them", name=name
        )
    return RemoteFile(url, name, size, algorithm, text)


def _json(fetch: FetchText, url: str) -> Any:
    try:
        return json.loads(fetch(url))
    except (ValueError, RecursionError) as error:
        raise DownloadError("the list at {url} is no JSON: {why}", url=url, why=reason_of(error)) from error


def _not_listed(name: str, where: str) -> DownloadError:
    return DownloadError("the source's list ({where}) does not name {name}", where=where, name=name)
