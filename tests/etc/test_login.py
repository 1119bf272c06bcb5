"""The login that lands in the console: what sshd is told, and that nothing else is open to it."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from secretaryd.cli import main as cli
from secretaryd.config.schema import Config
from tests.etc.test_units import FOLDER, PROGRAM, read, rows

SNIPPET: Final = FOLDER / "sshd_config.d" / "50-secretary.conf"


def options() -> dict[str, str]:
    """Those of the one block, by name in lower case, as sshd compares them."""
    block = re.search(r"^Match User secretary\n((?:[ \t]+.*\n)+)", SNIPPET.read_text("utf-8"), re.MULTILINE)
    assert block
    pairs = [line.split(maxsplit=1) for line in block[1].splitlines()]
    found = {key.lower(): value for key, value in pairs}
    assert len(found) == len(pairs), "the first of two counts, which surprises"
    return found


def test_the_login_runs_the_console_and_nothing_else() -> None:
    program, *words = options()["forcecommand"].split()
    assert program == str(Path(PROGRAM).with_name("secretaryctl"))
    assert cli._parser().parse_args(words).command == "tui"
    for closed in ("permittunnel", "permituserrc"):
        assert options()[closed] == "no"
    assert (options()["disableforwarding"], options()["permittty"]) == ("yes", "yes")


def test_nobody_gets_in_by_a_password_or_by_a_key_that_the_core_could_write() -> None:
    assert options()["authenticationmethods"] == "publickey"
    keys = Path(options()["authorizedkeysfile"])
    assert keys.is_absolute()
    assert "%" not in str(keys)
    assert not keys.is_relative_to(Config().box.data_dir), "the core may write there"
    assert not any(
        keys.is_relative_to(path) for value in read("secretaryd.service")["ReadWritePaths"] for path in [value]
    )


def test_what_follows_the_snippet_is_for_everybody_again() -> None:
    blocks = [line for line in SNIPPET.read_text("utf-8").splitlines() if line.startswith("Match")]
    assert blocks == ["Match User secretary", "Match all"]


def test_only_that_user_has_a_shell() -> None:
    shells = {row[1]: row[5] for row in rows("sysusers.d/secretary.conf") if row[0] == "u" and len(row) > 5}
    assert shells == {"secretary": "/bin/sh"}, "sshd runs a forced command by the user's shell"


@pytest.mark.units
def test_sshd_understands_it(tmp_path: Path) -> None:
    sshd, keygen = shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin:/bin"), shutil.which("ssh-keygen")
    if sshd is None or keygen is None:
        pytest.skip("sshd is not installed (Debian package openssh-server)")
    key = tmp_path / "host"
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    config = tmp_path / "sshd_config"
    config.write_text(f"HostKey {key}\nInclude {SNIPPET}\nPermitRootLogin no\n")
    command = [sshd, "-T", "-f", str(config), "-C", "user=secretary,host=x,addr=10.0.0.1"]
    if not Path("/run/sshd").exists():  # which it insists on, and which is made when the service starts
        made = "mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec "
        command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", made + shlex.join(command)]
    said = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    assert "forcecommand /opt/secretary/.venv/bin/secretaryctl tui" in said.stdout
    assert "permitrootlogin no" in said.stdout
