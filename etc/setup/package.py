"""Installs the box on a Debian-family machine, or makes a package of it.

    package.py install [--root DESTDIR] [--prefix /opt/secretary-box]     what `make install` runs
    package.py uninstall [--root DESTDIR] [--prefix …]                    removes what was installed; data stay
    package.py deb [--version VERSION] [--out FOLDER] [--arch arm64]      what `make deb` runs

Standard library only. The box gets an environment of its own, made for the system's Python from the wheels that
`make setup` installed; nothing of it lies in the system's site-packages. Both ways share one list of files.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import venv as setup

import cross
import deb
import files
from environment import make_environment

MANIFEST = "installed.txt"


def main() -> int:
    """Exit code: 0 done, 2 bad usage, 3 could not."""
    options = _parser().parse_args()
    try:
        if options.action == "deb":
            print(deb.make_deb(options.version or deb.version(), options.out, cross.target(options.arch)))
        elif options.action == "install":
            install(files.Tree(options.root.absolute(), options.prefix))
        else:
            uninstall(files.Tree(options.root.absolute(), options.prefix))
    except (files.Failed, setup.StepFailed) as failure:
        print(failure, file=sys.stderr)
        return 3
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="package.py")
    parser.add_argument("action", choices=["install", "uninstall", "deb"])
    parser.add_argument("--root", type=Path, default=Path(os.environ.get("DESTDIR") or "/"))
    parser.add_argument("--prefix", default=os.environ.get("PREFIX") or files.PREFIX)
    parser.add_argument("--version", default="", help="of the package, else that of setup.cfg")
    parser.add_argument("--out", type=Path, default=files.ROOT / "dist")
    parser.add_argument("--arch", default="", help="Debian's name of another processor: arm64")
    return parser


def install(tree: files.Tree) -> None:
    """Idempotent. With --root nothing of this machine is touched; else users are made and the units enabled."""
    if tree.root == Path("/") and os.geteuid() != 0:
        raise files.Failed("this needs root: sudo make install (or DESTDIR=folder)")
    make_environment(tree)
    put = files.put_system_files(tree, "/etc", "/usr/local/share/doc/secretary-box")
    put += files.link_programs(tree, "/usr/local/bin")
    put += files.put_completions(tree, "/usr/local/share")
    if not tree.at("/etc/secretaryd/secretaryd.toml").exists():
        files.write(tree, "/etc/secretaryd/secretaryd.toml", files.configuration())
    (tree.home / MANIFEST).write_text("\n".join(put) + "\n", "utf-8")
    if tree.root == Path("/"):
        for command in AFTER_INSTALL:
            run_if_there(command)
        print("Installed. To manage it: sudo adduser $USER secretary-console; then secretaryctl doctor")


AFTER_INSTALL = (
    ("systemd-sysusers",),
    ("systemd-tmpfiles", "--create"),
    ("modprobe", "-a", "option", "snd"),
    ("udevadm", "control", "--reload"),
    ("systemctl", "daemon-reload"),
    ("systemctl", "enable", "secretary.target"),
    ("systemctl", "restart", "secretary.target"),
)


def uninstall(tree: files.Tree) -> None:
    """What the manifest lists. /etc/secretaryd and /var/lib/secretaryd stay: they are the owner's."""
    manifest = tree.home / MANIFEST
    if not manifest.exists():
        raise files.Failed(f"{manifest} is not there: nothing was installed by make install")
    if tree.root == Path("/"):
        run_if_there(("systemctl", "disable", "--now", "secretary.target"))
    for path in manifest.read_text("utf-8").split():
        tree.at(path).unlink(missing_ok=True)
    shutil.rmtree(tree.at("/usr/local/share/doc/secretary-box"), ignore_errors=True)
    shutil.rmtree(tree.home)
    if tree.root == Path("/"):
        run_if_there(("systemctl", "daemon-reload"))
        print("Removed. Kept: /etc/secretaryd, /var/lib/secretaryd, and the users.")


def run_if_there(command: tuple[str, ...]) -> None:
    """A machine may lack one of them; what fails is told, and the rest goes on."""
    if shutil.which(command[0]) is None:
        return
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"  {' '.join(command)}: {(done.stderr or done.stdout).strip()[:200]}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
