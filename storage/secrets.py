"""Secrets (the SIM's PIN, keys of other servers, tokens), encrypted at rest with AES-256-GCM.

`data_dir/secrets/` holds the key (`key.json`) and what it seals (`sealed.json`), both of mode 0600. Neither goes into a
backup: a backup that is lost gives nothing away, and on another card the secrets are entered anew. What this protects
is a copy of the data without that folder, a log, a picture of the screen; not a thief of the whole card.
"""

import base64
import binascii
import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import NotFound, StorageError, reason_of
from storage.files import write_whole
from storage.lock import make_private

FOLDER: Final = "secrets"
KEY_NAME: Final = "key.json"
SEALED_NAME: Final = "sealed.json"
MAX_SECRETS: Final = 256
MAX_VALUE: Final = 8192
KEY_BITS: Final = 256
NONCE_BYTES: Final = 12
MAX_FILE_BYTES: Final = MAX_SECRETS * (2 * 4 * MAX_VALUE)
NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class SecretError(StorageError):
    """A secret cannot be kept or read; never holds one."""


class BadSecret(SecretError):
    """The name or the value is not one that can be kept."""


@dataclass(frozen=True, slots=True)
class SecretInfo:
    """What may be shown of a secret. `changed`: UTC epoch seconds; `readable`: its key is there."""

    name: str
    changed: float
    readable: bool


@dataclass(frozen=True, slots=True)
class _Keys:
    """By id; the first seals."""

    ids: tuple[str, ...]
    bodies: tuple[bytes, ...]

    def cipher(self, key_id: str) -> AESGCM:
        """Raises SecretError for a key that is not there."""
        for known, body in zip(self.ids, self.bodies, strict=True):
            if known == key_id:
                return AESGCM(body)
        raise SecretError("its key is lost; set the secret anew: secretaryctl secrets set")


class Secrets:
    """The store. Methods do a little disk work each; they may be called from any thread."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER
        self._key_file, self._file = self._folder / KEY_NAME, self._folder / SEALED_NAME
        self._lock = Lock()

    def list(self) -> tuple[SecretInfo, ...]:
        """Names, never values. Raises SecretError."""
        with self._lock:
            keys, sealed = self._keys(), self._sealed()
        return tuple(
            SecretInfo(name, float(entry["changed"]), entry["key"] in keys.ids)
            for name, entry in sorted(sealed.items())
        )

    def get(self, name: str) -> str:
        """The value. Raises NotFound, SecretError."""
        return self.read(name)[1]

    def read(self, name: str) -> tuple[float, str]:
        """When it was set (UTC epoch seconds), and the value. Raises NotFound, SecretError."""
        with self._lock:
            keys, sealed = self._keys(), self._sealed()
        if name not in sealed:
            raise NotFound("there is no secret {name!r}: secretaryctl secrets set", name=name)
        return float(sealed[name]["changed"]), _opened(keys, name, sealed[name])

    def put(self, name: str, value: str, at: float) -> None:
        """Keeps or replaces it; `at` in UTC epoch seconds. Durable when it returns. Raises BadSecret, SecretError."""
        _checked(name, value)
        with self._lock:
            keys, sealed = self._keys(), self._sealed()
            if name not in sealed and len(sealed) >= MAX_SECRETS:
                raise BadSecret("there are {most} secrets already; remove one", most=MAX_SECRETS)
            if not keys.ids:
                keys = _with_new(keys)
                self._write_keys(keys)
            sealed[name] = _closed(keys, name, value, at)
            self._write(sealed)

    def remove(self, name: str) -> None:
        """Raises NotFound, SecretError."""
        with self._lock:
            sealed = self._sealed()
            if sealed.pop(name, None) is None:
                raise NotFound("there is no secret {name!r}", name=name)
            self._write(sealed)

    def rotate(self) -> int:
        """Makes a new key, seals everything with it, and forgets the old ones; returns how many were sealed anew. After
        a power cut in the middle both keys are there, and nothing is lost. Raises SecretError."""
        with self._lock:
            old, sealed = self._keys(), self._sealed()
            values = {name: _opened(old, name, entry) for name, entry in sealed.items()}
            keys = _with_new(old)
            self._write_keys(keys)
            self._write({n: _closed(keys, n, v, float(sealed[n]["changed"])) for n, v in values.items()})
            self._write_keys(_Keys(keys.ids[:1], keys.bodies[:1]))
            return len(values)

    def _keys(self) -> _Keys:
        found = _read(self._key_file).get("keys", [])
        with _shaped(self._key_file):
            bodies = tuple(base64.b64decode(entry["key"], validate=True) for entry in found)
            if any(len(body) * 8 != KEY_BITS for body in bodies):
                raise ValueError
            return _Keys(tuple(str(entry["id"]) for entry in found), bodies)

    def _sealed(self) -> dict[str, dict[str, Any]]:
        with _shaped(self._file):
            found = _read(self._file).get("secrets", {})
            return {
                str(name): {k: entry[k] for k in ("key", "nonce", "sealed", "changed")} for name, entry in found.items()
            }

    def _write_keys(self, keys: _Keys) -> None:
        entries = [
            {"id": key_id, "key": base64.b64encode(body).decode()}
            for key_id, body in zip(keys.ids, keys.bodies, strict=True)
        ]
        self._store(self._key_file, {"version": 1, "keys": entries})

    def _write(self, sealed: dict[str, dict[str, Any]]) -> None:
        self._store(self._file, {"version": 1, "secrets": sealed})

    def _store(self, path: Path, content: dict[str, Any]) -> None:
        make_private(self._folder)
        write_whole(path, json.dumps(content, indent=1).encode())


def _with_new(keys: _Keys) -> _Keys:
    return _Keys((os.urandom(8).hex(), *keys.ids), (AESGCM.generate_key(KEY_BITS), *keys.bodies))


def _closed(keys: _Keys, name: str, value: str, at: float) -> dict[str, Any]:
    nonce = os.urandom(NONCE_BYTES)
    # The name is authenticated too: a sealed value that was moved to another name does not open.
    body = keys.cipher(keys.ids[0]).encrypt(nonce, value.encode(), name.encode())
    return {
        "key": keys.ids[0],
        "nonce": base64.b64encode(nonce).decode(),
        "sealed": base64.b64encode(body).decode(),
        "changed": at,
    }


def _opened(keys: _Keys, name: str, entry: dict[str, Any]) -> str:
    try:
        nonce, body = (base64.b64decode(entry[part], validate=True) for part in ("nonce", "sealed"))
        return keys.cipher(entry["key"]).decrypt(nonce, body, name.encode()).decode()
    except (InvalidTag, binascii.Error, ValueError, TypeError) as error:
        raise SecretError("the secret {name!r} was damaged on the disk; set it anew", name=name) from error


def _checked(name: str, value: str) -> None:
    if not NAME.fullmatch(name):
        raise BadSecret("a secret's name is up to 64 of a-z, 0-9, '.', '_' and '-', and begins with a letter or digit")
    if not value or len(value.encode("utf-8", "surrogatepass")) > MAX_VALUE:
        raise BadSecret("a secret is 1 to {most} bytes long", most=MAX_VALUE)
    if any(char != "\n" and not char.isprintable() for char in value):
        raise BadSecret("a secret holds printable characters only")


@contextmanager
def _shaped(path: Path) -> Iterator[None]:
    """Raises SecretError in place of what a damaged file leads to."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SecretError("{path} is damaged: remove it and set the secrets anew", path=path) from error


def _read(path: Path) -> dict[str, Any]:
    """The file's object; empty where there is none. Raises SecretError, also where others may read it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SecretError("cannot read {path}: {why}", path=path, why=reason_of(error)) from error
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_mode & 0o077:
            raise SecretError("{path} can be read by others: chmod 600 {path}", path=path)
        with os.fdopen(os.dup(descriptor), "rb") as file, _shaped(path):
            found = json.loads(file.read(MAX_FILE_BYTES))
    finally:
        os.close(descriptor)
    if not isinstance(found, dict):
        raise SecretError("{path} is damaged: remove it and set the secrets anew", path=path)
    return found
