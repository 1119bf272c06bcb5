"""secretaryctl import legacy: takes over the predecessor's JSON files, entry by entry."""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from rich.table import Table

from secretaryd.cli.context import Command, Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.control.protocol.legacy import ImportLegacy, LegacyItem, ListPresets, UsePreset
from secretaryd.legacy.items import Item
from secretaryd.legacy.read import MAX_BYTES, READERS, read

BATCH_ITEMS: Final = 200
BATCH_BYTES: Final = 600 << 10
"""Of one request; the box takes a megabyte."""
COLOURS: Final = {"imported": "green", "kept": "cyan", "replaced": "yellow", "same": "dim", "refused": "red"}


def add(command: Command) -> None:
    """Adds the command."""
    group = command("import", "take over what another program kept").add_subparsers(required=True, metavar="WHAT")
    legacy = command("legacy", f"the predecessor's {', '.join(READERS)}", group)
    legacy.add_argument("folder", type=Path, metavar="DIR", help="where those files lie")
    legacy.add_argument("--dry-run", action="store_true", help="only say what would be done")
    legacy.set_defaults(run=import_legacy)
    preset = command("preset", "makes one of its presets the persona; without a name, which there are", group)
    preset.add_argument("name", nargs="?", metavar="NAME")
    preset.set_defaults(run=use_preset)


def import_legacy(context: Context, options: argparse.Namespace) -> int:
    """Every entry is reported: imported, kept (of no use yet), same (there already), replaced or refused, and why."""
    haul = read(_files(options.folder))
    lines = [{"source": r.source, "key": r.key, "kind": "", "state": "refused", "why": r.why} for r in haul.refusals]
    for batch in _batches(haul.items):
        items = [LegacyItem(source=each.source, key=each.key, kind=each.kind, body=each.body) for each in batch]
        answer = context.door.ask(ImportLegacy(items=items, dry_run=options.dry_run))
        for item, result in zip(batch, answer["results"], strict=True):
            lines.append({"source": item.source, "key": item.key, "kind": item.kind, **result})

    def show(report: dict[str, Any]) -> None:
        table = Table("file", "entry", "kind", "", "why")
        for line in report["entries"]:
            colour = COLOURS.get(line["state"], "white")
            cells = [safe(line[name]) for name in ("source", "key", "kind")]
            table.add_row(*cells, f"[{colour}]{line['state']}[/]", safe(line["why"]))
        context.console.print(table)
        counts = ", ".join(f"{count} {state}" for state, count in report["counts"].items()) or "nothing"
        context.console.print(f"{'would be: ' if report['dry_run'] else ''}{counts}", highlight=False)

    counts = dict(Counter(line["state"] for line in lines))
    return context.answer({"dry_run": options.dry_run, "counts": counts, "entries": lines}, show)


def _files(folder: Path) -> dict[str, bytes]:
    """Raises CommandFailed where there is none of them, or one cannot be read."""
    found = {}
    for name in READERS:
        path = folder / name
        try:
            if path.is_file():
                with path.open("rb") as file:
                    found[name] = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise CommandFailed(f"cannot read {path}: {error.strerror}", "copy it to where you may read it") from error
    if not found:
        raise CommandFailed(f"there is none of {', '.join(READERS)} in {folder}", "name the folder they lie in", 2)
    return found


def use_preset(context: Context, options: argparse.Namespace) -> int:
    """Puts one to work, or tells of all."""
    if options.name is not None:
        answer = context.door.ask(UsePreset(key=options.name))

        def told(persona: dict[str, Any]) -> None:
            who = ", ".join(filter(None, (persona["name"], persona["company"])))
            context.console.print(f"from the next call on: {safe(who)}; back with: secretaryctl undo", highlight=False)

        return context.answer(answer, told)

    def show(found: dict[str, Any]) -> None:
        for preset in found["presets"]:
            context.console.print(f"[bold]{safe(preset['key'])}[/]", highlight=False)
            for name, value in preset["fields"].items():
                context.console.print(f"    {name}: {safe(value)}", highlight=False)
            for name in ("shortened", "unused"):
                if preset[name]:
                    context.console.print(f"    [dim]{name}: {safe(', '.join(preset[name]))}[/]", highlight=False)
        if not found["presets"]:
            context.console.print("No presets: secretaryctl import legacy DIR", highlight=False)

    return context.answer(context.door.ask(ListPresets()), show)


def _batches(items: Sequence[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    size = 0
    for item in items:
        length = len(msgspec.json.encode(item.body)) + 500
        if batch and (len(batch) >= BATCH_ITEMS or size + length > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += length
    if batch:
        yield batch
