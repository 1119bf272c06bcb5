"""The system's own files of an installed box: units and their like, documents, completions, links to its programs."""

import re
import subprocess
import venv as setup
from dataclasses import dataclass
from pathlib import Path

ROOT = setup.ROOT
PREFIX = "/opt/secretary-box"
UNITS_AT = "/opt/secretary"
"""Where the units of a clone expect it (etc/systemd)."""
PROGRAMS = ("secretaryd", "secretaryctl")
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CHANGELOG.md")
SYSTEM_FILES = {
    "systemd/system": ("*.service", "*.target", "*.path"),
    "sysusers.d": ("sysusers.d/*.conf",),
    "tmpfiles.d": ("tmpfiles.d/*.conf",),
    "modules-load.d": ("modules-load.d/*.conf",),
    "udev/rules.d": ("udev/*.rules",),
    "systemd/journald.conf.d": ("journald.conf.d/*.conf",),
}
"""Below /usr/lib (a package) or /etc (by hand), from etc/systemd."""
SSHD = "/etc/ssh/sshd_config.d"
PLAIN = 0o644


class Failed(Exception):
    """A step did not work; says which, and what to do."""


@dataclass(frozen=True)
class Tree:
    """A file system being filled: `root` stands for /."""

    root: Path
    prefix: str = PREFIX
    foreign: bool = False
    """Whether it is for another processor than this machine's."""

    def at(self, path: str) -> Path:
        """Where an absolute path of the installed machine lies now."""
        return self.root / path.lstrip("/")

    @property
    def home(self) -> Path:
        """The environment."""
        return self.at(self.prefix)


def put_system_files(tree: Tree, library: str, document: str) -> list[str]:
    """Units and their like below `library`, documents below `document`. Returns their paths."""
    units = ROOT / "etc" / "systemd"
    files = [
        (f"{library}/{folder}", source)
        for folder, patterns in SYSTEM_FILES.items()
        for pattern in patterns
        for source in sorted(units.glob(pattern))
    ]
    files += [(SSHD, source) for source in sorted((units / "sshd_config.d").glob("*.conf"))]
    put = [write(tree, f"{folder}/{source.name}", moved(source, tree, document)) for folder, source in files]
    put += [write(tree, f"{document}/{name}", (ROOT / name).read_text("utf-8")) for name in DOCUMENTS]
    put.append(write(tree, f"{document}/copyright", copyright_text()))
    return put


COMPLETIONS = {
    "bash": "bash-completion/completions/secretaryctl",
    "zsh": "zsh/vendor-completions/_secretaryctl",
    "fish": "fish/vendor_completions.d/secretaryctl.fish",
}
"""Below /usr/share."""


def moved(source: Path, tree: Tree, document: str) -> str:
    """A file of etc/systemd with the paths of an installed box."""
    text = source.read_text("utf-8").replace(f"file:{UNITS_AT}/ARCHITECTURE.md", f"file:{document}/ARCHITECTURE.md")
    text = text.replace(f"{UNITS_AT}/.venv/bin/", f"{tree.prefix}/bin/")
    return text.replace(f"WorkingDirectory={UNITS_AT}\n", f"WorkingDirectory={tree.prefix}\n")


def put_completions(tree: Tree, share: str) -> list[str]:
    """As the installed program itself makes them; one for another processor does not run here, but ours makes the
    same."""
    put = []
    python, folder = (setup.PYTHON, ROOT) if tree.foreign else (tree.home / "bin" / "python", tree.home)
    for shell, path in COMPLETIONS.items():
        command = [str(python), "-m", "secretaryd.cli.main", "completion", shell]
        made = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
        if made.returncode:
            raise Failed(f"the environment does not work: {made.stderr.strip()[-300:]}")
        put.append(write(tree, f"{share}/{path}", made.stdout))
    return put


def link_programs(tree: Tree, folder: str) -> list[str]:
    """So that they are found without a path."""
    put = []
    for name in PROGRAMS:
        path = tree.at(f"{folder}/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.symlink_to(f"{tree.prefix}/bin/{name}")
        put.append(f"{folder}/{name}")
    return put


def write(tree: Tree, path: str, text: str, mode: int = PLAIN) -> str:
    """A file of that content; returns its path."""
    target = tree.at(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, "utf-8")
    target.chmod(mode)
    return path


def copyright_text() -> str:
    """Ours, and whose libraries lie beside it."""
    readme = (ROOT / "README.md").read_text("utf-8")
    licences = re.search(r"^## Licence\n(.*?)(?=^## |\Z)", readme, re.MULTILINE | re.DOTALL)
    return (ROOT / "LICENSE").read_text("utf-8") + "\n" + (licences[1].strip() if licences else "") + "\n"


def configuration() -> str:
    """The file that a fresh machine gets: every key is a comment, so that the defaults hold."""
    return (ROOT / "etc" / "deb" / "secretaryd.toml").read_text("utf-8")
