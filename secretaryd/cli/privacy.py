"""secretaryctl privacy: everything about a person, told or erased."""

import argparse
import json
import sys
import time
import zipfile
from pathlib import Path
from typing import Any, Final

from secretaryd.cli.context import Command, Context
from secretaryd.cli.door import CommandFailed
from secretaryd.cli.live import shown_number
from secretaryd.cli.recordings import fetch
from secretaryd.cli.text import safe
from secretaryd.control.protocol.privacy import CountPerson, ErasedPerson, ErasePerson, ExportPerson

LOOK_SECONDS: Final = 0.3
LONGEST_SECONDS: Final = 120.0
KINDS: Final = ("calls", "recordings", "messages", "contacts", "other")


def add(command: Command) -> None:
    """Adds the commands."""
    group = command("privacy", "everything about a person: told, or erased").add_subparsers(
        required=True, metavar="ACTION"
    )
    exporting = command("export", "everything that is kept about a number, as a ZIP with JSON and sound", group)
    exporting.add_argument("-o", "--output", type=Path, metavar="FILE", help="else NUMBER.zip here")
    exporting.set_defaults(run=export)
    erasing = command("erase", "erases everything about a number for good, also from restored backups", group)
    erasing.add_argument("--yes", action="store_true", help="do not ask")
    erasing.set_defaults(run=erase)
    for each in (exporting, erasing):
        each.add_argument("number", help="in any form: 8 (916) 123-45-67")


def export(context: Context, options: argparse.Namespace) -> int:
    """A ZIP."""
    done = write_all(context, options.number, options.output)
    words = f"{done['file']}: {done['calls']} calls, {done['recordings']} recordings"
    return context.answer(done, lambda _: context.console.print(safe(words), highlight=False, soft_wrap=True))


def write_all(context: Context, number: str, output: Path | None) -> dict[str, Any]:
    """Everything about a number into a file that only its maker reads; how much it is. Raises CommandFailed."""
    first = context.door.ask(ExportPerson(number=number))
    pages = [first]
    while (after := pages[-1]["after"]) is not None:
        pages.append(context.door.ask(ExportPerson(number=number, after=after)))
    calls = [call for page in pages for call in page["calls"]]
    recordings: list[int] = [call for page in pages for call in page["recordings"]]
    path = output or Path(f"{first['number']}.zip")
    told = {"number": first["number"], "calls": calls, **first["rows"]}
    try:
        path.touch(mode=0o600)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("data.json", json.dumps(told, ensure_ascii=False, indent=2) + "\n")
            for call in recordings:
                name, content = fetch(context, call)
                file.writestr(f"recordings/{call}_{name}", content)
    except OSError as error:
        raise CommandFailed(f"cannot write {path}: {error.strerror}", "name another file with -o") from error
    return {"file": str(path), "calls": len(calls), "recordings": len(recordings)}


def erase(context: Context, options: argparse.Namespace) -> int:
    """Asks for the number once more, then waits until all is gone."""
    found = context.door.ask(CountPerson(number=options.number))
    again = options.number if options.yes else _asked(context, found)
    mark = context.door.ask(ErasePerson(number=options.number, again=again))["mark"]
    began = time.monotonic()
    while context.door.ask(ErasedPerson(mark=mark))["done"] is None:
        if time.monotonic() - began > LONGEST_SECONDS:
            raise CommandFailed(
                "the erasure goes on", "it is finished by itself; see: secretaryctl audit list --kind person"
            )
        time.sleep(LOOK_SECONDS)
    seconds = round(time.monotonic() - began, 1)
    done = {"mark": mark, "counts": found["counts"], "seconds": seconds}
    return context.answer(done, lambda _: context.console.print(f"erased in {seconds:.1f} s", highlight=False))


def _asked(context: Context, found: dict[str, Any]) -> str:
    if not sys.stdin.isatty():
        raise CommandFailed("nothing was erased: nobody was asked", "--yes erases without a question", code=2)
    counts = ", ".join(f"{found['counts'][kind]} {kind}" for kind in KINDS if found["counts"][kind]) or "nothing"
    context.console.print(f"{safe(shown_number(found['number']))}: {counts}. This cannot be undone.", highlight=False)
    return input("Type the number once more to erase all of it: ")
