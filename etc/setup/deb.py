"""A Debian package of the box, for this machine's processor or another's."""

import configparser
import hashlib
import os
import platform
import shutil
import subprocess
import venv as setup
from pathlib import Path

import cross
from environment import BUILD, make_environment
from files import ROOT, SSHD, Failed, Tree, configuration, link_programs, put_completions, put_system_files, write

EXECUTABLE = 0o755


def make_deb(number: str, out: Path, target: cross.Target | None = None) -> Path:
    """The package's path. `target`: for that processor instead of this machine's."""
    if shutil.which("dpkg-deb") is None:
        raise Failed("dpkg-deb is not there: this is no Debian-family machine")
    own = architecture()
    if target is not None and target.architecture == own:
        target = None
    tree = Tree(BUILD / ("stage" if target is None else f"stage-{target.architecture}"), foreign=target is not None)
    shutil.rmtree(tree.root, ignore_errors=True)
    make_environment(tree, target)
    put_system_files(tree, "/usr/lib", "/usr/share/doc/secretary-box")
    link_programs(tree, "/usr/bin")
    put_completions(tree, "/usr/share")
    write(tree, "/etc/secretaryd/secretaryd.toml", configuration())
    named = own if target is None else target.architecture
    control(tree, number, named)
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"secretary-box_{number}_{named}.deb"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": source_date()}
    # Not xz: unpacking is what a Pi takes long for.
    command = ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z9", "--build", str(tree.root), str(target)]
    setup.run_step("package", command, environment)
    return target


def control(tree: Tree, number: str, named: str) -> None:
    """DEBIAN/: who needs what, what is kept on an upgrade, what runs before and after."""
    folder = ROOT / "etc" / "deb"
    minor = tuple(map(int, python_version().split(".")))
    size = sum(path.lstat().st_size for path in tree.root.rglob("*") if path.is_file() and not path.is_symlink())
    text = (folder / "control.in").read_text("utf-8")
    for name, value in {
        "VERSION": number,
        "ARCHITECTURE": named,
        "SIZE": str(size // 1024),
        "PYTHON": f"{minor[0]}.{minor[1]}",
        "NEXT": f"{minor[0]}.{minor[1] + 1}",
    }.items():
        text = text.replace(f"@{name}@", value)
    write(tree, "/DEBIAN/control", text)
    write(tree, "/DEBIAN/conffiles", f"/etc/secretaryd/secretaryd.toml\n{SSHD}/50-secretary.conf\n")
    write(tree, "/DEBIAN/templates", (folder / "templates").read_text("utf-8"))
    for script in ("postinst", "prerm", "postrm"):
        write(tree, f"/DEBIAN/{script}", (folder / script).read_text("utf-8"), EXECUTABLE)
    sums = []
    for path in sorted(tree.root.rglob("*")):
        name = path.relative_to(tree.root)
        if path.is_file() and not path.is_symlink() and name.parts[0] not in ("DEBIAN", "etc"):
            digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()  # dpkg's format
            sums.append(f"{digest}  {name}")
    write(tree, "/DEBIAN/md5sums", "\n".join(sums) + "\n")


def version() -> str:
    """Of the project."""
    parsed = configparser.ConfigParser()
    parsed.read(ROOT / "setup.cfg", "utf-8")
    return parsed["metadata"]["version"] + "-1"


def python_version() -> str:
    """Of `.venv`, which is that of the system (see `check_python`)."""
    return ".".join(platform.python_version_tuple()[:2])


def architecture() -> str:
    """As Debian calls it."""
    return subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()


def source_date() -> str:
    """Of the newest commit, so that the same source makes the same package."""
    found = subprocess.run(
        ["git", "-c", "safe.directory=*", "log", "-1", "--format=%ct"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "0"
