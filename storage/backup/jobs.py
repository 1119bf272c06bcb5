"""What the child does, as plain data: the same functions serve the box (in a child) and the command line (when the box
is down)."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from storage.backup import swap, unpack
from storage.backup.errors import BackupError
from storage.backup.manifest import DATABASE, Manifest, is_recording
from storage.backup.pack import Order, Progress, create


def summary(manifest: Manifest) -> dict[str, Any]:
    """A manifest in short, for people and programs. `entries`: files beside the recordings."""
    return {
        "created": manifest.created,
        "box_version": manifest.box_version,
        "schema": list(manifest.schema),
        "readable_from": manifest.readable_from,
        "recordings": sum(is_recording(entry.path) for entry in manifest.files),
        "entries": [entry.path for entry in manifest.files if not is_recording(entry.path)],
        "bytes": manifest.total,
        "models": [model.name for model in manifest.models],
        "secrets": list(manifest.secrets),
    }


def do_create(order: Order, progress: Progress) -> dict[str, Any]:
    """Makes one."""
    path = create(order, progress)
    return {"name": path.name, "bytes": path.stat().st_size}


def do_verify(path: Path, identities: list[str], progress: Progress) -> dict[str, Any]:
    """Reads all of it."""
    manifest = unpack.verify(path, identities, progress)
    unpack.check_schema(manifest)
    return summary(manifest)


def do_stage(data_dir: Path, path: Path, identities: list[str], progress: Progress) -> dict[str, Any]:
    """Lays it out and commits to it: it is in force after `swap.carry_out`, at the latest at the next start."""
    place = swap.prepare(data_dir)
    manifest = unpack.stage(path, identities, place, progress, lambda _: True)
    descriptor = os.open(place / DATABASE, os.O_RDONLY | os.O_CLOEXEC)
    os.fsync(descriptor)
    os.close(descriptor)
    swap.commit(data_dir, path.name)
    return summary(manifest)


def run(job: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """By its name. Raises BackupError."""
    match job:
        case {"do": "create", "order": order}:
            paths = {name: Path(order[name]) for name in ("data_dir", "database", "folder")}
            return do_create(Order(**{**order, **paths}), progress)
        case {"do": "verify", "path": path, "identities": identities}:
            return do_verify(Path(path), identities, progress)
        case {"do": "stage", "data_dir": data_dir, "path": path, "identities": identities}:
            return do_stage(Path(data_dir), Path(path), identities, progress)
    raise BackupError("no such job")


def plain_order(order: Order) -> dict[str, Any]:
    """For the child."""
    return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(order).items()}
