"""secretaryctl diag: one file for a report of a fault, with nothing of callers in it. secretaryctl logs."""

import argparse
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from secretaryd.cli.context import Command, Context
from secretaryd.cli.doctor import configured, gathered
from secretaryd.cli.door import CommandFailed
from secretaryd.config.schema import Config
from secretaryd.control.client import ControlError
from secretaryd.control.protocol import Status
from secretaryd.doctor.host import run_command
from secretaryd.doctor.redact import redacted
from secretaryd.doctor.report import LOG_BYTES, MAX_BYTES, names_of, packed, report_files
from secretaryd.doctor.run import examine
from secretaryd.doctor.service import UNITS


def add(command: Command) -> None:
    """Adds the commands."""
    diag = command("diag", "one file for a report of a fault: state, logs, checks; no numbers, names, words, secrets")
    diag.add_argument("--out", type=Path, metavar="FILE", help="where to (else here, named by the time)")
    diag.add_argument("--log", type=Path, action="append", default=[], metavar="FILE", help="a log file to put in too")
    diag.set_defaults(run=diagnose)
    logs = command("logs", "what the processes write to the journal")
    logs.add_argument("unit", nargs="*", metavar="PROCESS", help="core, speech, llm, web (all)")
    logs.add_argument("-f", "--follow", action="store_true", help="go on as it is written")
    logs.add_argument("-n", "--lines", type=int, default=100)
    logs.set_defaults(run=show_logs)


ROLES: Final = dict(zip(("core", "speech", "llm", "web"), UNITS, strict=True))


def show_logs(context: Context, options: argparse.Namespace) -> int:
    """journalctl's own output; its exit code."""
    if run_command("journalctl", "--version") is None:
        raise CommandFailed("there is no journal on this machine", "the log is where the box was started: make run")
    if unknown := [name for name in options.unit if name not in ROLES]:
        raise CommandFailed(f"there is no process {unknown[0]!r}", f"known: {', '.join(ROLES)}", code=2)
    units = [ROLES[name] for name in options.unit] or list(UNITS)
    command = ["journalctl", "-n", str(max(1, options.lines)), *(part for unit in units for part in ("-u", unit))]
    command += ["-f"] if options.follow else ["--no-pager"]
    command += ["-o", "json"] if context.as_json else []
    return subprocess.run(command, check=False).returncode


def diagnose(context: Context, options: argparse.Namespace) -> int:
    """Works with the box up or down; what could not be had is named in it."""
    answer = write_report(context, options.out, options.log)

    def show(answer: dict[str, Any]) -> None:
        told = f"{answer['file']}  {answer['bytes'] >> 10} KB, {len(answer['files'])} files"
        context.console.print(told, highlight=False)
        context.console.print("Look into it before you send it: tar -xzf FILE", highlight=False)

    return context.answer(answer, show)


def write_report(context: Context, out: Path | None, logs: list[Path]) -> dict[str, Any]:
    """Name, bytes and contents of the file. Raises CommandFailed."""
    config, errors = configured(context)
    files = dict(_files(context, config, errors, logs))
    path = out or Path(f"secretary-diag-{time.strftime('%Y%m%d-%H%M%S')}.tar.gz")
    raw = packed(files)
    if len(raw) > MAX_BYTES:
        raise CommandFailed(f"the report has {len(raw) >> 20} MB", "leave --log out")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}", "name another place: --out FILE") from error
    return {"file": str(path), "bytes": len(raw), "files": sorted(files)}


def _files(context: Context, config: Config, errors: tuple[str, ...], logs: list[Path]) -> Iterator[tuple[str, str]]:
    try:
        status = context.door.ask(Status())
    except (CommandFailed, ControlError) as error:
        status = str(error)
    yield from report_files(config, errors, examine(gathered(context, config, errors)), status)
    known = names_of(config)
    for number, path in enumerate(logs, 1):
        yield f"logs/file-{number}.txt", redacted(_tail(path), known)


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}", code=2) from error
