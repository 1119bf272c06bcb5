"""secretaryctl audit: who changed what, and whether that record was tampered with."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from secretaryd.cells import table as cells
from secretaryd.cli.context import Command, Context, local_time
from secretaryd.cli.dates import add_span
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.text import safe
from secretaryd.control.protocol.audit import ListAudit, VerifyAudit

PAGE: Final = 500
COLUMNS: Final = ("id", "at", "who", "where", "what", "target", "before", "after", "hash")


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("audit", "who changed what").add_subparsers(required=True, metavar="ACTION")
    listing = command("list", "the newest entries", group)
    listing.add_argument("-n", "--limit", type=int, default=30)
    listing.set_defaults(run=list_entries)
    exporting = command("export", "all of it, or a part, oldest first, as CSV or JSON", group)
    exporting.add_argument("--format", choices=["csv", "json"], default="csv")
    exporting.add_argument("-o", "--output", type=Path, metavar="FILE", help="else to the terminal")
    exporting.set_defaults(run=export)
    for each in (listing, exporting):
        add_span(each)
        each.add_argument("--who", default="", help="one user's")
        each.add_argument("--kind", default="", help="contact, contact.edited, call, …")
    verifying = command("verify", "whether anything was edited, removed, moved or cut off", group)
    verifying.add_argument("--head", default="", metavar="HASH", help="a head noted earlier has to be in the chain")
    verifying.set_defaults(run=verify)


def list_entries(context: Context, options: argparse.Namespace) -> int:
    """A table of entries."""

    def show(answer: dict[str, Any]) -> None:
        table = Table("id", "when", "who", "what", "target", "details", box=None, padding=(0, 2, 0, 0))
        for entry in answer["entries"]:
            details = "erased" if entry["erased"] else _difference(entry["before"], entry["after"])
            table.add_row(
                str(entry["id"]),
                local_time(entry["at"]),
                safe(entry["who"]),
                safe(entry["what"]),
                safe(entry["target"]),
                safe(details),
            )
        context.console.print(table if answer["entries"] else "No entries.")

    return context.answer(context.door.ask(_asking(options, limit=options.limit)), show)


def export(context: Context, options: argparse.Namespace) -> int:
    """Everything that is asked for, page by page."""
    entries = list(_all(context, options))
    if options.format == "json":
        text = json.dumps({"entries": entries}, ensure_ascii=False, indent=2) + "\n"
    else:
        text = cells(COLUMNS, (_row(entry) for entry in entries))
    if options.output is None:
        sys.stdout.write(text)
        return 0
    try:
        options.output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise CommandFailed(f"cannot write {options.output}: {error.strerror}", "name another file with -o") from error
    return context.answer({"entries": len(entries), "file": str(options.output)}, lambda _: _written(context, options))


def verify(context: Context, options: argparse.Namespace) -> int:
    """Exit code 1 where the chain does not hold."""

    def show(verdict: dict[str, Any]) -> None:
        console = context.console
        span = f"{verdict['entries']} entries" + (f", from {verdict['first']} on" if verdict["first"] > 1 else "")
        if verdict["sound"]:
            console.print(f"[green]sound[/]: {span}, {verdict['erased']} with details erased")
        else:
            console.print(f"[red]tampered with[/]: {span}")
            for flaw in verdict["flaws"]:
                console.print(f"  {safe(flaw['text'])} \\[{flaw['code']}]", highlight=False)
        console.print(f"head {verdict['head']}", highlight=False, soft_wrap=True)

    verdict = context.door.ask(VerifyAudit(head=options.head))
    context.answer(verdict, show)
    return 0 if verdict["sound"] else 1


def _asking(options: argparse.Namespace, **more: Any) -> ListAudit:
    return ListAudit(since=options.since, until=options.until, who=options.who, kind=options.kind, **more)


def _all(context: Context, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    after = 0
    while page := context.door.ask(_asking(options, limit=PAGE, after=after))["entries"]:
        yield from page
        after = page[-1]["id"]


def _row(entry: dict[str, Any]) -> list[str]:
    at = datetime.fromtimestamp(entry["at"], UTC).isoformat(timespec="milliseconds")
    details = [
        "" if entry[side] is None else json.dumps(entry[side], ensure_ascii=False) for side in ("before", "after")
    ]
    return [str(entry["id"]), at, entry["who"], entry["where"], entry["what"], entry["target"], *details, entry["hash"]]


def _difference(before: dict[str, Any] | None, after: dict[str, Any] | None) -> str:
    """What is different, in a line."""
    old, new = before or {}, after or {}
    keys = [key for key in (*old, *(key for key in new if key not in old)) if old.get(key) != new.get(key)]
    if before is None or after is None:
        return ", ".join(f"{key} {_short(new.get(key, old.get(key)))}" for key in keys if new.get(key) or old.get(key))
    return ", ".join(f"{key} {_short(old.get(key))} → {_short(new.get(key))}" for key in keys)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:59] + "…"


def _written(context: Context, options: argparse.Namespace) -> None:
    context.console.print(f"written to {safe(str(options.output))}", highlight=False, soft_wrap=True)
