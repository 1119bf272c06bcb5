"""A cgroup with little memory in it, and a process that eats what there is: the kernel's own killer at work."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

V1: Final = Path("/sys/fs/cgroup/memory")
V2: Final = Path("/sys/fs/cgroup")
EATER: Final = """
import sys
held = bytearray(b"x") * (int(sys.argv[1]) << 20)
print("has it", flush=True)
sys.stdin.read()
"""
EMPTY_SECONDS: Final = 10.0
PLENTY_MB: Final = 8000.0


class LittleMemory:
    """`take` puts a process in, whose children follow; `eat` and `give_back` are what others on the machine do."""

    def __init__(self, folder: Path, limit: str, usage: str) -> None:
        self._folder, self._limit, self._usage = folder, folder / limit, folder / usage
        self._eaters: list[subprocess.Popen[str]] = []

    def take(self, pid: int) -> None:
        (self._folder / "cgroup.procs").write_text(str(pid))

    @property
    def used_mb(self) -> float:
        return int(self._usage.read_text()) / 1e6

    def limit(self, megabytes: float) -> None:
        self._limit.write_text(str(int(megabytes * 1e6)))

    def eat(self, megabytes: int) -> None:
        """Another small process, which the kernel has no reason to choose. Blocks until it has its memory: somebody
        died for it where there was none."""
        eater = subprocess.Popen(
            [sys.executable, "-S", "-c", EATER, str(megabytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: self.take(os.getpid()),
        )
        self._eaters.append(eater)
        assert eater.stdout is not None
        assert eater.stdout.readline() == "has it\n", "the eater itself was chosen"

    def give_back(self) -> None:
        """All of it, and there is plenty now."""
        self.limit(PLENTY_MB)
        for eater in self._eaters:
            eater.kill()
            eater.wait()
        self._eaters.clear()

    def close(self) -> None:
        self.give_back()
        end = time.monotonic() + EMPTY_SECONDS
        while True:
            try:
                for pid in (self._folder / "cgroup.procs").read_text().split():
                    (self._folder.parent / "cgroup.procs").write_text(pid)
                self._folder.rmdir()
                return
            except OSError:  # who was killed is still being buried
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)


@contextmanager
def little_memory() -> Iterator[LittleMemory]:
    """Skips where the kernel, or who runs this, does not let us."""
    if os.geteuid() != 0:
        pytest.skip("a cgroup of its own needs root")
    if (V1 / "memory.limit_in_bytes").exists():
        names = (V1, "memory.limit_in_bytes", "memory.usage_in_bytes")
    elif "memory" in (V2 / "cgroup.subtree_control").read_text().split():
        names = (V2, "memory.max", "memory.current")
    else:
        pytest.skip("no memory controller here")
    folder = names[0] / f"secretary-test-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup of its own: {error}")
    group = LittleMemory(folder, *names[1:])
    try:
        yield group
    finally:
        group.close()
