"""Facts of the computer and its service manager: /proc, /sys, systemctl."""

import grp
import os
import pwd
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from hw.board.sensors import BoardSensors
from secretaryd.doctor.facts import Machine, Unit
from secretaryd.doctor.gather import Around, missing_libraries, now
from secretaryd.doctor.service import UNITS
from secretaryd.machine import memory_bytes

COMMAND_SECONDS: Final = 10
CONSOLE_GROUP: Final = "secretary-console"
SHOWN: Final = "LoadState,ActiveState,UnitFileState,NRestarts,Result,WatchdogUSec,DropInPaths"
LIMITS: Final = ("etc/systemd/journald.conf.d", "usr/lib/systemd/journald.conf.d", "etc/systemd")

Command = Callable[..., str | None]
"""(program, argument, …) -> what it printed; None where it is missing, failed or hung."""


def run_command(*command: str) -> str | None:
    """Without a shell, in plain English, and never for long."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMMAND_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def machine(around: Around, command: Command = run_command) -> Machine:
    """Of the computer."""
    memory, sensors = memory_bytes(around.root), BoardSensors(around.root)
    systemd = around.path("run/systemd/system").exists()
    return Machine(
        now=now(),
        clock_synchronised=_synchronised(around, command) if systemd else None,
        memory_total=memory.get("MemTotal", 0),
        memory_available=memory.get("MemAvailable", 0),
        temperature=sensors.celsius(),
        throttled=_throttled(sensors, around, command),
        systemd=systemd,
        memory_cgroup="memory" in _text(around.path("sys/fs/cgroup/cgroup.controllers")).split(),
        journal_bytes=_journal_bytes(around),
        journal_limited=_journal_limited(around),
        libraries=missing_libraries(),
        in_console_group=_in_console_group(),
        superuser=os.geteuid() == 0,
    )


def units(command: Command = run_command) -> tuple[Unit, ...]:
    """Those of the box, as systemd knows them; empty where it does not answer."""
    found = []
    for name in UNITS:
        told = command("systemctl", "show", f"{name}.service", f"--property={SHOWN}")
        if told is not None:
            found.append(unit_of(name, told))
    return tuple(found)


def unit_of(name: str, told: str) -> Unit:
    """From the output of `systemctl show`."""
    values = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    return Unit(
        name=name,
        loaded=values.get("LoadState") == "loaded",
        active=values.get("ActiveState", ""),
        enabled=values.get("UnitFileState") in ("enabled", "enabled-runtime", "static", "indirect"),
        restarts=_number(values.get("NRestarts", "")),
        result=values.get("Result", "success"),
        watchdog_seconds=0.0 if values.get("WatchdogUSec", "30s") in ("0", "infinity") else 30.0,
        drop_ins=tuple(values.get("DropInPaths", "").split()),
    )


def modem_manager_runs(command: Command = run_command) -> bool:
    """Whether it is active."""
    return (command("systemctl", "is-active", "ModemManager.service") or "").strip() == "active"


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").strip("\0\n ")
    except OSError:
        return ""  # this machine has no such file, and the check says that it does not tell


def _synchronised(around: Around, command: Command) -> bool | None:
    if around.path("run/systemd/timesync/synchronized").exists():
        return True
    told = (command("timedatectl", "show", "--property=NTPSynchronized", "--value") or "").strip()
    return None if not told else told == "yes"


def _throttled(sensors: BoardSensors, around: Around, command: Command) -> int | None:
    """From the firmware's file, else by its own program, which needs a group."""
    if (bits := sensors.throttled()) is not None:
        return bits
    if not _text(around.path("proc/device-tree/model")).startswith("Raspberry Pi"):
        return None
    told = (command("vcgencmd", "get_throttled") or "").strip().partition("=")[2]
    try:
        return int(told, 16)
    except ValueError:
        return None


def _journal_bytes(around: Around) -> int | None:
    folder = around.path("var/log/journal")
    try:
        return sum(path.stat().st_size for path in folder.glob("*/*.journal*"))
    except OSError:
        return None


def _journal_limited(around: Around) -> bool:
    for folder in LIMITS:
        for path in around.path(folder).glob("*.conf"):
            if path.parent.name == "systemd" and path.name != "journald.conf":
                continue
            if any(line.strip().startswith("SystemMaxUse=") for line in _text(path).splitlines()):
                return True
    return False


def _in_console_group() -> bool:
    try:
        group = grp.getgrnam(CONSOLE_GROUP)
        return group.gr_gid in os.getgroups() or pwd.getpwuid(os.getuid()).pw_name in group.gr_mem
    except KeyError:
        return True  # no such group on this machine: the box was not installed as services
