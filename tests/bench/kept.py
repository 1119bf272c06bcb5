"""Figures that are kept in git, so that a change shows: what a bench came to last, on what machine, at which commit.

`tests/bench/kept/NAME.json` holds the single figures of a bench by their path ("line.late"), without the rows that they
were made of. A run prints what differs from them; `make bench KEEP=1` writes them anew, to be committed with the change
that moved them.
"""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

KEPT: Final = Path(__file__).parent / "kept"
NOTICED: Final = 0.15
"""Share by which a figure must differ to be told of: less is the same machine on another day."""
MOST_ROWS: Final = 60
"""A longer list is raw data and no figures."""


def leaves(value: Any, path: str = "") -> dict[str, float]:
    """The numbers of a bench's JSON by path. Rows of a list go by their first text, or by their place."""
    if isinstance(value, bool):
        return {}
    if isinstance(value, int | float):
        return {path: round(float(value), 4)}
    found: dict[str, float] = {}
    if isinstance(value, Mapping):
        for key, inner in value.items():
            found |= leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and len(value) <= MOST_ROWS and all(isinstance(row, Mapping) for row in value):
        for place, row in enumerate(value):
            name = next((text for text in row.values() if isinstance(text, str)), str(place))
            found |= leaves(row, f"{path}.{name}" if path else name)
    return found


def changes(before: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    """A line for each figure that is another one now, the largest change first."""
    told: list[tuple[float, str]] = []
    for name in before.keys() & now.keys():
        old, new = before[name], now[name]
        by = abs(new - old) / max(abs(old), abs(new), 1e-9)
        if by > NOTICED:
            told.append((by, f"{name}: {old:g} -> {new:g}"))
    told += [(1.0, f"{name}: {before[name]:g} -> not measured") for name in before.keys() - now.keys()]
    told += [(1.0, f"{name}: new, {now[name]:g}") for name in now.keys() - before.keys()]
    return [line for _, line in sorted(told, key=lambda one: (-one[0], one[1]))]


def compare(name: str, fresh: Path, kept: Path = KEPT) -> list[str]:
    """What a bench's fresh JSON says otherwise than the figures kept of it; nothing where none are kept."""
    file = kept / f"{name}.json"
    if not file.exists() or not fresh.exists():
        return []
    before = json.loads(file.read_text(encoding="utf-8"))
    return changes(before["figures"], leaves(json.loads(fresh.read_text(encoding="utf-8"))))


def keep(name: str, fresh: Path, kept: Path = KEPT) -> Path:
    """Keeps the figures of a bench's fresh JSON."""
    kept.mkdir(exist_ok=True)
    file = kept / f"{name}.json"
    content = {
        "machine": machine(),
        "day": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "figures": leaves(json.loads(fresh.read_text(encoding="utf-8"))),
    }
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return file


def machine() -> str:
    """Its class: figures of different ones do not compare."""
    named = [
        line.partition(":")[2].strip() for line in _cpuinfo() if line.lower().startswith(("model name", "model\t"))
    ]
    model = next(iter(named), "")
    return f"{platform.machine()}, {os.cpu_count()} cores, {model or 'unknown'}"


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def commit() -> str:
    """Of the tree that was measured; with a "+" where it was changed since."""
    command = ["git", "describe", "--always", "--dirty=+", "--abbrev=10"]
    try:
        found = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.stdout.strip()
