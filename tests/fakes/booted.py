"""A systemd that was booted in namespaces of its own, and commands in it."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

SPACES: Final = ("--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup", "--fork", "--propagation", "private")
BOOT_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.2  # systemctl has nothing better to wait on


class Machine:
    """A booted systemd; `run` is a command in it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def run(self, *command: str, seconds: float = 180) -> str:
        """Its output, errors included, whatever its exit code."""
        inside = ("nsenter", "-t", str(self.pid), "-m", "-p", "-u", "-i", "-n", "-C", "--")
        done = subprocess.run(
            [*inside, *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        return done.stdout.strip()

    def show(self, unit: str, key: str) -> str:
        return self.run("systemctl", "show", "-P", key, unit)

    def told(self) -> str:
        return self.run("journalctl", "--no-pager", "-o", "short", "-n", "60")


def until(holds: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(POLL_SECONDS)
    return True


def child_of(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0]) if children else 0


@contextmanager
def booted(log: Path, script: Path, *arguments: str) -> Iterator[Machine]:
    """`script` makes the root and becomes systemd. Skips where that cannot be done here."""
    with log.open("w+") as out:
        unshare = subprocess.Popen(
            ["unshare", *SPACES, "--kill-child", "sh", str(script), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            until(lambda: unshare.poll() is not None or child_of(unshare.pid) > 0, 5)
            machine = Machine(child_of(unshare.pid)) if unshare.poll() is None else None
            if machine is None or not until(
                lambda: unshare.poll() is not None or machine.run("systemctl", "is-system-running") == "running",
                BOOT_SECONDS,
            ) or unshare.poll() is not None:  # fmt: skip
                out.seek(0)
                pytest.skip(f"systemd cannot be booted here: {out.read().strip()[-300:]}")
            yield machine
        finally:
            unshare.kill()  # --kill-child takes PID 1 along, and with it everything
            unshare.wait(20)
