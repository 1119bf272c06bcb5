"""A cgroup with little memory in it, and a process that eats what there is: the kernel's own killer at work."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

import pytest

V1: Final = Path("/sys/fs/cgroup/memory")
V2: Final = Path("/sys/fs/cgroup")
EATER: Final = """
import mmap, sys
held = []
print("ready", flush=True)
for line in sys.stdin:
    count = int(line)
    if count:
        held.append(bytearray(b"x") * (count << 20))
    else:
        held.clear()
    print("done", flush=True)
"""


class LittleMemory:
    """`take` puts a process in, whose children follow; `eat` and `free` are what somebody else on the machine does."""

    def __init__(self, folder: Path, limit: str, usage: str) -> None:
        self._folder, self._limit, self._usage = folder, folder / limit, folder / usage
        self._eater: subprocess.Popen[str] | None = None

    def take(self, pid: int) -> None:
        (self._folder / "cgroup.procs").write_text(str(pid))

    @property
    def used_mb(self) -> float:
        return int(self._usage.read_text()) / 1e6

    def limit(self, megabytes: float) -> None:
        self._limit.write_text(str(int(megabytes * 1e6)))

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        assert self._eater is not None
        assert self._eater.stdin is not None
        assert self._eater.stdout is not None
        return self._eater.stdin, self._eater.stdout

    def begin(self) -> None:
        """The eater, which the kernel will not kill."""
        self._eater = subprocess.Popen(
            [sys.executable, "-c", EATER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._pipes()[1].readline() == "ready\n"
        Path(f"/proc/{self._eater.pid}/oom_score_adj").write_text("-1000")
        self.take(self._eater.pid)

    def eat(self, megabytes: int) -> None:
        """Blocks until it has them: somebody else died for it where there were none. 0 gives all back."""
        to, told = self._pipes()
        to.write(f"{megabytes}\n")
        to.flush()
        assert told.readline() == "done\n"

    def close(self) -> None:
        if self._eater is not None:
            self._eater.kill()
            self._eater.wait()
        for pid in (self._folder / "cgroup.procs").read_text().split():
            (self._folder.parent / "cgroup.procs").write_text(pid)
        self._folder.rmdir()


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
