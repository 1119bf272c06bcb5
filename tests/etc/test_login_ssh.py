"""`ssh secretary@box` with Debian's own sshd and client: it lands in the console, and nowhere else."""

import asyncio
import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.fakes.box import free_port
from tests.fakes.console_box import running

ROOT: Final = Path(__file__).parents[2]
UID: Final = 64123
WAIT_SECONDS: Final = 90.0
ESCAPES: Final = re.compile(rb"\x1b(\[[0-9;?<>=]*[a-zA-Z]|[()][A-Z0-9]|[=>])")

pytestmark = [
    pytest.mark.units,
    pytest.mark.skipif(os.geteuid() != 0, reason="an sshd that logs others in needs root"),
    pytest.mark.skipif(not Path("/usr/sbin/sshd").exists(), reason="openssh-server is not installed"),
    pytest.mark.skipif(not all(map(shutil.which, ("ssh", "ssh-keygen", "unshare"))), reason="no ssh, or no util-linux"),
]


@dataclass(frozen=True, slots=True)
class Login:
    """How a client gets there."""

    folder: Path
    port: int

    def command(self, *options: str) -> list[str]:
        known = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
        return ["ssh", "-F", "none", *known, "-i", str(self.folder / "key"), "-p", str(self.port), *options]

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*options), capture_output=True, text=True, timeout=WAIT_SECONDS, check=False, input=""
        )


class Screen:
    """A client at a terminal of 80 by 24."""

    def __init__(self, command: list[str]) -> None:
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color", "LINES": "24", "COLUMNS": "80"})
        self.seen = b""

    def until(self, words: str) -> None:
        end = time.monotonic() + WAIT_SECONDS
        while words.encode() not in ESCAPES.sub(b"", self.seen):
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"never came: {words!r} in {self.seen[-3000:].decode(errors='replace')}"
            self.seen += os.read(self.terminal, 65536)

    def press(self, key: str) -> None:
        os.write(self.terminal, key.encode())

    def ended(self) -> int:
        """Its exit code; reads what is left."""
        try:
            while os.read(self.terminal, 65536):
                pass
        except OSError:  # EIO: nobody is at the other end any more
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@asynccontextmanager
async def sshd() -> AsyncIterator[Login]:
    """With a box whose console group the login's user is in."""
    # Not the test's own folder, which is closed to all others.
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        folder.chmod(0o755)
        (folder / "scratch").mkdir()
        making = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")]
        await asyncio.to_thread(subprocess.run, making, check=True)
        async with running(folder) as box:
            await box.down()
            box.admins = frozenset({UID})
            await box.up()
            box.socket.chmod(0o666)
            script = [str(ROOT / "tests" / "etc" / "login.sh"), str(folder / "scratch"), str(ROOT)]
            given = [str(folder / "key.pub"), str(UID), str(port), str(box.socket)]
            with (folder / "sshd.log").open("w") as log:
                command = ["unshare", "--mount", "--propagation", "private", "sh", *script, *given]
                server = await asyncio.create_subprocess_exec(*command, stdout=log, stderr=log)
            try:
                async with asyncio.timeout(30):
                    while "Server listening" not in (folder / "sshd.log").read_text():
                        if server.returncode is not None:
                            pytest.skip(f"sshd cannot be started here: {(folder / 'sshd.log').read_text()[-300:]}")
                        await asyncio.sleep(0.05)
                yield Login(folder, port)
            finally:
                server.terminate()
                await asyncio.wait_for(server.wait(), 10)


async def test_the_login_lands_in_the_console_and_leaving_it_ends_the_session() -> None:
    async with sshd() as login:
        screen = Screen(login.command("-tt", "secretary@127.0.0.1"))
        await asyncio.to_thread(screen.until, "Готов принимать звонки")
        screen.press("3")
        await asyncio.to_thread(screen.until, "Звонков ещё не было")
        screen.press("q")
        assert await asyncio.to_thread(screen.ended) == 0


async def test_nothing_else_is_open_to_it() -> None:
    async with sshd() as login:
        ordered = await asyncio.to_thread(login.run, "secretary@127.0.0.1", "id; cat /etc/passwd")
        assert "uid=" not in ordered.stdout
        assert "root:" not in ordered.stdout
        assert ordered.returncode == 2
        assert "the console needs a terminal" in ordered.stderr
        files = await asyncio.to_thread(login.run, "-s", "secretary@127.0.0.1", "sftp")
        assert files.returncode != 0
        assert files.stdout == ""
        through = await asyncio.to_thread(login.run, "-W", f"127.0.0.1:{login.port}", "secretary@127.0.0.1")
        assert through.returncode != 0
        assert "stdio forwarding failed" in through.stderr
        other = await asyncio.to_thread(
            login.run, "-o", "PubkeyAuthentication=no", "-o", "BatchMode=yes", "secretary@127.0.0.1"
        )
        assert "Permission denied (publickey)" in other.stderr
        root = await asyncio.to_thread(login.run, "-o", "BatchMode=yes", "root@127.0.0.1", "true")
        assert root.returncode == 255, "the key of the console is nobody else's"
