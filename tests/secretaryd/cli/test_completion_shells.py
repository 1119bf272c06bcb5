"""Completion in the shells themselves: what stands on the line, or is proposed, after a tab."""

import os
import pty
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from secretaryd.cli import completion
from secretaryd.cli.main import parser

WAIT_SECONDS: Final = 60.0
PROMPT: Final = b"ready> "

needs_zsh = pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
needs_fish = pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")


class Zsh:
    """An interactive one at a terminal of its own, with nobody's start-up files."""

    def __init__(self, home: Path) -> None:
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvpe("zsh", ["zsh", "-f", "-i"], {"TERM": "dumb", "PATH": os.environ["PATH"], "HOME": str(home)})
        self.seen = b""
        self.write(b"PS1='read''y> '\n")
        self.until(PROMPT)
        self.run(f"cd {home}")

    def write(self, keys: bytes) -> None:
        self.seen = b""
        os.write(self.terminal, keys)

    def until(self, words: bytes) -> bytes:
        end = time.monotonic() + WAIT_SECONDS
        while words not in self.seen:
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"never came: {words!r} in {self.seen!r}"
            self.seen += os.read(self.terminal, 65536)
        return self.seen

    def run(self, command: str) -> bytes:
        self.write(f"{command}\n".encode())
        return self.until(PROMPT)

    def close(self) -> None:
        os.write(self.terminal, b"\x03\x04")
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


@pytest.fixture
def zsh(tmp_path: Path) -> Iterator[Zsh]:
    shell = Zsh(tmp_path)
    yield shell
    shell.close()


def written(folder: Path, name: str, shell: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(completion.script(shell, parser()), "utf-8")
    return path


@needs_zsh
@pytest.mark.parametrize("way", ["found when it is needed", "read at the start"])
def test_zsh_completes_at_the_first_tab(zsh: Zsh, tmp_path: Path, way: str) -> None:
    path = written(tmp_path / "functions", "_secretaryctl", "zsh")
    if way == "found when it is needed":
        zsh.run(f"fpath=({path.parent} $fpath); autoload -Uz compinit; compinit -u -d {tmp_path}/dump")
    else:
        zsh.run(f"autoload -Uz compinit; compinit -u -d {tmp_path}/dump; source {path}")
    zsh.write(b"secretaryctl models in\t")
    zsh.until(b"stall ")
    zsh.write(b"\x15secretaryctl persona facts s\t")  # Ctrl-U empties the line
    zsh.until(b"et ")
    zsh.write(b"\x15secretaryctl --json mode\t")
    assert b"modem" in zsh.until(b"models")


@needs_fish
@pytest.mark.parametrize(
    ("line", "proposed"),
    [
        ("secretaryctl mode", ["models", "modem"]),
        ("secretaryctl models in", ["install"]),
        ("secretaryctl persona facts s", ["set"]),
        ("secretaryctl --json users en", ["enable"]),
        ("secretaryctl calls list --lim", ["--limit"]),
        ("secretaryctl completion f", ["fish"]),
    ],
)
def test_fish_proposes_what_may_come_next(tmp_path: Path, line: str, proposed: list[str]) -> None:
    path = written(tmp_path / "completions", "secretaryctl.fish", "fish")
    empty = tmp_path / "empty"
    empty.mkdir()
    command = f"source {path}; complete -C '{line}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", command], cwd=empty, env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert [row.split("\t")[0] for row in done.stdout.splitlines()] == proposed
