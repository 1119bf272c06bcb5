"""What there is: the catalogue, what is installed, what is in use, as plain data."""

import dataclasses
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from voice.models.catalogue import Entry
from voice.models.install import free_disk, free_memory
from voice.models.store import Manifest, Store


def shown(folder: Path, used: Collection[str]) -> dict[str, Any]:
    """It reads the disk. `used` are the values of the settings. Raises ModelFileError, OSError."""
    store = Store(folder)
    installed = {manifest.name: manifest for manifest in store.installed()}
    catalogue = store.catalogue
    rows = [of_entry(entry, installed, used) for entry in catalogue.entries.values()]
    rows += [of_manifest(one, used) for one in installed.values() if one.name not in catalogue.entries]
    bundles: list[dict[str, Any]] = [
        {
            "name": bundle.name,
            "about": bundle.about,
            "models": list(bundle.models),
            "memory_mb": catalogue.memory_mb(bundle.name),
            "download_mb": sum(part.download_mb for part in catalogue.expand(bundle.name)),
            "installed": all(name in installed for name in bundle.models),
        }
        for bundle in catalogue.bundles.values()
    ]
    return {
        "models": rows,
        "bundles": bundles,
        "free_memory_mb": free_memory() >> 20,
        "free_disk_mb": free_disk(folder if folder.exists() else folder.parent) >> 20,
    }


def of_entry(entry: Entry, installed: Mapping[str, Manifest], used: Collection[str]) -> dict[str, Any]:
    """One of the catalogue."""
    plain = dataclasses.asdict(entry)
    return plain | {"kind": str(entry.kind), "installed": entry.name in installed, "active": entry.name in used}


def of_manifest(manifest: Manifest, used: Collection[str]) -> dict[str, Any]:
    """One that was brought from elsewhere."""
    size = sum(record.size for record in manifest.files) >> 20
    return {
        "name": manifest.name,
        "kind": str(manifest.kind),
        "language": manifest.language,
        "download_mb": size,
        "memory_mb": 0,
        "licence": manifest.licence,
        "about": manifest.source,
        "installed": True,
        "active": manifest.name in used,
    }
