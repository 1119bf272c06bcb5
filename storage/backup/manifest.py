"""What a backup says of itself, and what it may hold. PURE."""

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

import msgspec

from storage.backup.errors import BadArchive, TooNew
from storage.errors import reason_of

FORMAT: Final = "secretary-box backup"
VERSION: Final = 1
NAME: Final = "manifest.json"
DATABASE: Final = "secretary.db"
MAX_BYTES: Final = 64 << 20
MAX_FILES: Final = 200_000
MAX_TOTAL: Final = 1 << 40
"""Of all files together: a terabyte is no card of ours."""
MAX_NAME: Final = 200
MACHINE_FILES: Final = frozenset({"last-good.toml"})
"""Those beside the owner's that are made again by themselves."""
OWNED_FOLDERS: Final = ("personas", "flows", "voices", "adapters", "content")
RECORDINGS: Final = "recordings"

_PART: Final = r"[^\W_][\w +#*().,@-]{0,99}"
_TOP: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}\.toml")
_OWNED: Final = re.compile(rf"(?:{'|'.join(OWNED_FOLDERS)})(?:/{_PART}){{1,4}}")
_RECORDING: Final = re.compile(r"recordings/\d{4}-\d\d-\d\d/call_[0-9A-Za-z_+*#]{1,60}(?:\.[a-z0-9]{1,10}){1,2}")


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file: its path in the data folder, its bytes, their SHA-256 (hex)."""

    path: str
    size: int
    sha256: str


class ModelEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A model that was installed. It is not in the backup; `secretaryctl models install NAME` fetches it."""

    name: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The first file of an archive. Times are UTC epoch seconds; `schema` lists the database's migrations."""

    format: str
    version: int
    created: float
    box_version: str
    kind: str
    recordings: bool
    schema: tuple[str, ...]
    readable_from: str = ""
    """The migration that a version has to know to use the database; empty: all of them."""
    files: tuple[FileEntry, ...]
    models: tuple[ModelEntry, ...] = ()
    secrets: tuple[str, ...] = ()
    """Names of the secrets that there were, to be entered anew on another card; never their values."""

    @property
    def total(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.files)


class _Head(msgspec.Struct):
    """What tells whether the rest can be understood."""

    format: str
    version: int


def allowed(path: str) -> bool:
    """Whether a backup may hold a file of that path, relative to the data folder: a name that cannot climb out of it,
    and one of the owner's files. Models, keys, logs and the machine's own files are none."""
    if len(path) > MAX_NAME or path != unicodedata.normalize("NFC", path) or path in MACHINE_FILES:
        return False
    if any(part.endswith((".new", ".partial", " ")) for part in path.split("/")):
        return False
    return path == DATABASE or any(form.fullmatch(path) for form in (_TOP, _OWNED, _RECORDING))


def is_recording(path: str) -> bool:
    """A recording, or what lies beside it."""
    return PurePosixPath(path).parts[0] == RECORDINGS


def encode(manifest: Manifest) -> bytes:
    """As it stands in the archive."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def decode(body: bytes) -> Manifest:
    """Checked in every respect that does not need the files. Raises BadArchive, TooNew."""
    try:
        head = msgspec.json.decode(body, type=_Head)
        if head.format != FORMAT:
            raise BadArchive("this is no backup of a secretary box (format {format!r})", format=head.format[:40])
        if head.version > VERSION:
            raise TooNew(
                "it is of format {version}, this version of the box reads up to {known}: update the box",
                version=head.version,
                known=VERSION,
            )
        manifest = msgspec.json.decode(body, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadArchive("the manifest cannot be read: {why}", why=reason_of(error)) from error
    _check(manifest)
    return manifest


def _check(manifest: Manifest) -> None:
    paths = [entry.path for entry in manifest.files]
    if len(paths) > MAX_FILES:
        raise BadArchive("the manifest names {count} files; at most {most} are taken", count=len(paths), most=MAX_FILES)
    if wrong := next((path for path in paths if not allowed(path)), None):
        raise BadArchive("the manifest names {name!r}, which does not belong into a backup", name=wrong[:MAX_NAME])
    if len(set(paths)) != len(paths):
        raise BadArchive("the manifest names a file twice")
    if DATABASE not in paths:
        raise BadArchive("there is no database in it")
    if any(entry.size < 0 or not re.fullmatch(r"[0-9a-f]{64}", entry.sha256) for entry in manifest.files):
        raise BadArchive("the manifest's sizes or checksums are none")
    if manifest.total > MAX_TOTAL:
        raise BadArchive("the manifest promises {total} bytes, which is no backup of ours", total=manifest.total)
    if not 0 <= manifest.created < 1e11:
        raise BadArchive("the manifest's date is none")
