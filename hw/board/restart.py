"""Starts services of the box anew, as the core asked for in a file: run as root by secretary-restart.service, which can
do nothing else. The core starts itself anew, by ending."""

import subprocess
import sys
from pathlib import Path
from typing import Final

from hw.board import request_file
from hw.board.request_file import Refused

SERVICES: Final = ("secretary-speech", "secretary-llm", "secretary-web")
"""Those that the core may not end itself."""
MOST_BYTES: Final = 256
SYSTEMCTL: Final = "/usr/bin/systemctl"


def wanted(request: Path, owner: int) -> tuple[str, ...]:
    """The services that the request, which must be `owner`'s own, names one a line. Raises Refused, OSError."""
    names = request_file.read(request, owner, MOST_BYTES).decode("ascii", "replace").split()
    if strange := [name for name in names if name not in SERVICES]:
        raise Refused(f"no service of the box: {strange[0]!r:.40}")
    return tuple(dict.fromkeys(names))


def command(names: tuple[str, ...]) -> list[str]:
    """Of systemd's, which does it when we are gone; what was stopped by hand stays so."""
    return [SYSTEMCTL, "--no-block", "try-restart", *(f"{name}.service" for name in names)]


def main(arguments: list[str]) -> int:
    """`restart REQUEST USER`."""
    import pwd

    request, user = Path(arguments[0]), arguments[1]
    try:
        names = wanted(request, pwd.getpwnam(user).pw_uid)
        return subprocess.run(command(names), check=False).returncode if names else 0
    except (Refused, OSError, KeyError) as error:
        sys.stderr.write(f"nothing is started anew: {error}\n")
        return 1
    finally:
        request.unlink(missing_ok=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
