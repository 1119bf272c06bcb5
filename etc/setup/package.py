"""Installs the box on a Debian-family machine, or makes a package of it.

    package.py install [--root DESTDIR] [--prefix /opt/secretary-box]     what `make install` runs
    package.py uninstall [--root DESTDIR] [--prefix …]                    removes what was installed; data stay
    package.py deb [--version VERSION] [--out FOLDER]                     what `make deb` runs

Standard library only. The box gets an environment of its own, made for the system's Python from the wheels that
`make setup` installed; nothing of it lies in the system's site-packages. Both ways share one list of files.
"""

import argparse
import compileall
import configparser
import hashlib
import os
import platform
import pwd
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

sys.path.insert(0, str(Path(__file__).parent))
import venv as setup

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "deb"
PREFIX = "/opt/secretary-box"
SYSTEM_PYTHON = os.environ.get("SECRETARY_PYTHON", "/usr/bin/python3")
UNITS_AT = "/opt/secretary"
"""Where the units of a clone expect it (etc/systemd)."""
MANIFEST = "installed.txt"
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
EXECUTABLE, PLAIN = 0o755, 0o644


class Failed(Exception):
    """A step did not work; says which, and what to do."""


@dataclass(frozen=True)
class Tree:
    """A file system being filled: `root` stands for /."""

    root: Path
    prefix: str = PREFIX

    def at(self, path: str) -> Path:
        """Where an absolute path of the installed machine lies now."""
        return self.root / path.lstrip("/")

    @property
    def home(self) -> Path:
        """The environment."""
        return self.at(self.prefix)


def main() -> int:
    """Exit code: 0 done, 2 bad usage, 3 could not."""
    options = _parser().parse_args()
    try:
        if options.action == "deb":
            print(make_deb(options.version or version(), options.out))
        elif options.action == "install":
            install(Tree(options.root.absolute(), options.prefix))
        else:
            uninstall(Tree(options.root.absolute(), options.prefix))
    except (Failed, setup.StepFailed) as failure:
        print(failure, file=sys.stderr)
        return 3
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="package.py")
    parser.add_argument("action", choices=["install", "uninstall", "deb"])
    parser.add_argument("--root", type=Path, default=Path(os.environ.get("DESTDIR") or "/"))
    parser.add_argument("--prefix", default=os.environ.get("PREFIX") or PREFIX)
    parser.add_argument("--version", default="", help="of the package, else that of setup.cfg")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    return parser


# --- the environment --------------------------------------------------------------------------------------------------


def make_environment(tree: Tree) -> None:
    """Everything below the prefix."""
    check_python()
    wheels = collect_wheels()
    shutil.rmtree(tree.home, ignore_errors=True)
    tree.home.parent.mkdir(parents=True, exist_ok=True)
    setup.run_step("environment", [SYSTEM_PYTHON, "-m", "venv", "--without-pip", str(tree.home)])
    into = str(tree.home / "bin" / "python")
    pip = [str(setup.PYTHON), "-m", "pip", "--python", into, "install", "--disable-pip-version-check"]
    setup.run_step("libraries", [*pip, "--no-index", "--no-deps", "--no-compile", *map(str, wheels)])
    relocate(tree)
    compile_all(tree)


def check_python() -> None:
    """The wheels are for the Python of `.venv`; the installed box runs on the system's."""
    if not setup.PYTHON.exists():
        raise Failed("there is no .venv yet: run make setup")
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        found = [
            subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
            for python in (SYSTEM_PYTHON, str(setup.PYTHON))
        ]
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failed(f"{SYSTEM_PYTHON} does not run: {error}") from error
    if found[0] != found[1]:
        raise Failed(
            f"{SYSTEM_PYTHON} is Python {found[0]}, and .venv was made with {found[1]}: make clean, then make setup "
            f"with {SYSTEM_PYTHON} first in PATH; or name another by SECRETARY_PYTHON"
        )


def collect_wheels() -> list[Path]:
    """The box and all that it runs with, as wheels of the pinned versions; quick when nothing changed."""
    folder = BUILD / "wheels"
    stamp = folder / ".made-from"
    shutil.rmtree(BUILD / "own", ignore_errors=True)
    pip = [str(setup.PYTHON), "-m", "pip", "wheel", "--disable-pip-version-check", "--progress-bar", "off"]
    wanted = setup.fingerprint("run")
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        setup.run_step("wheels", [*pip, "-c", str(setup.CONSTRAINTS), "-w", str(folder), f"{source_copy()}[speech]"])
        for extra, what in setup.OPTIONAL.items():
            try:
                own = f"{source_copy()}[{extra}]"
                setup.run_step(what, [*pip, "-c", str(setup.CONSTRAINTS), "-w", str(folder), own])
            except setup.StepFailed:
                print(f"  without {what}")
        add_llama(folder, pip)
        for old in folder.glob("secretary_box-*.whl"):
            old.unlink()
        stamp.write_text(wanted)
    setup.run_step("the box", [*pip, "--no-deps", "-w", str(BUILD / "own"), str(source_copy())])
    return [*sorted(folder.glob("*.whl")), *sorted((BUILD / "own").glob("*.whl"))]


def source_copy() -> Path:
    """What git knows of this folder, elsewhere: building leaves its traces there, and strays are not packed."""
    copy = BUILD / "source"
    shutil.rmtree(copy, ignore_errors=True)
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    names = listed.stdout.split("\0") if listed.returncode == 0 else []
    if not any(names):
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".venv", ".run", "build", "dist", ".git", "tests"))
        return copy
    for name in names:
        source = ROOT / name
        if name and not name.startswith("tests/") and source.is_file():
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    return copy


def add_llama(folder: Path, pip: list[str]) -> None:
    """Out of the cache that `make setup` fills; a box without it answers from FAQ and facts."""
    pinned = setup.pinned("llama-cpp-python")
    folders = [setup.CACHE]
    if user := os.environ.get("SUDO_USER"):  # who ran make setup
        folders.append(Path(pwd.getpwnam(user).pw_dir) / ".cache" / "secretary-box" / "wheels")
    built = [wheel for cache in folders for wheel in (cache / setup.wheel_key(pinned)).glob("*.whl")]
    if not built:
        print("  without a language model: make setup builds llama.cpp first")
        return
    shutil.copy2(built[0], folder)
    needed = ["diskcache", "jinja2", "numpy", "typing-extensions"]
    setup.run_step("its libraries", [*pip, "-c", str(setup.CONSTRAINTS), "-w", str(folder), *needed])


def relocate(tree: Tree) -> None:
    """Programs name their interpreter by its path on the installed machine; the rest of the programs go."""
    scripts = tree.home / "bin"
    for path in scripts.iterdir():
        if path.name.startswith("python"):
            continue
        if path.name not in PROGRAMS:
            path.unlink()
            continue
        lines = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join([f"#!{tree.prefix}/bin/python\n", *lines[1:]]), "utf-8")
    for link in scripts.glob("python*"):
        link.unlink()
    (scripts / "python3").symlink_to(SYSTEM_PYTHON)
    (scripts / "python").symlink_to("python3")
    config = tree.home / "pyvenv.cfg"
    kept = [line for line in config.read_text("utf-8").splitlines() if not line.startswith(("command", "executable"))]
    config.write_text("\n".join(kept) + "\n", "utf-8")


def compile_all(tree: Tree) -> None:
    """Its users may not write there, and a Pi takes a minute for it. Hashes: unpacking may give files other times."""
    for unneeded in ("**/tests", "**/test"):
        for folder in list((tree.home / "lib").glob(f"python*/site-packages/{unneeded}")):
            if folder.is_dir() and "secretaryd" not in folder.parts:
                shutil.rmtree(folder)
    compileall.compile_dir(
        str(tree.home / "lib"),
        quiet=2,
        stripdir=str(tree.root),
        prependdir="/",
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        workers=os.cpu_count() or 1,
    )


# --- the system's files -----------------------------------------------------------------------------------------------


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
    put = [_write(tree, f"{folder}/{source.name}", moved(source, tree, document)) for folder, source in files]
    put += [_write(tree, f"{document}/{name}", (ROOT / name).read_text("utf-8")) for name in DOCUMENTS]
    put.append(_write(tree, f"{document}/copyright", copyright_text()))
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
    """As the installed program itself makes them."""
    put = []
    for shell, path in COMPLETIONS.items():
        command = [str(tree.home / "bin" / "python"), "-m", "secretaryd.cli.main", "completion", shell]
        made = subprocess.run(command, capture_output=True, text=True, cwd=tree.home, check=False)
        if made.returncode:
            raise Failed(f"the environment does not work: {made.stderr.strip()[-300:]}")
        put.append(_write(tree, f"{share}/{path}", made.stdout))
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


def _write(tree: Tree, path: str, text: str, mode: int = PLAIN) -> str:
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


# --- make install -----------------------------------------------------------------------------------------------------


def install(tree: Tree) -> None:
    """Idempotent. With --root nothing of this machine is touched; else users are made and the units enabled."""
    if tree.root == Path("/") and os.geteuid() != 0:
        raise Failed("this needs root: sudo make install (or DESTDIR=folder)")
    make_environment(tree)
    put = put_system_files(tree, "/etc", "/usr/local/share/doc/secretary-box")
    put += link_programs(tree, "/usr/local/bin")
    put += put_completions(tree, "/usr/local/share")
    if not tree.at("/etc/secretaryd/secretaryd.toml").exists():
        _write(tree, "/etc/secretaryd/secretaryd.toml", configuration())
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


def uninstall(tree: Tree) -> None:
    """What the manifest lists. /etc/secretaryd and /var/lib/secretaryd stay: they are the owner's."""
    manifest = tree.home / MANIFEST
    if not manifest.exists():
        raise Failed(f"{manifest} is not there: nothing was installed by make install")
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


# --- make deb ---------------------------------------------------------------------------------------------------------


def make_deb(number: str, out: Path) -> Path:
    """The package's path."""
    if shutil.which("dpkg-deb") is None:
        raise Failed("dpkg-deb is not there: this is no Debian-family machine")
    tree = Tree(BUILD / "stage")
    shutil.rmtree(tree.root, ignore_errors=True)
    make_environment(tree)
    put_system_files(tree, "/usr/lib", "/usr/share/doc/secretary-box")
    link_programs(tree, "/usr/bin")
    put_completions(tree, "/usr/share")
    _write(tree, "/etc/secretaryd/secretaryd.toml", configuration())
    control(tree, number)
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"secretary-box_{number}_{architecture()}.deb"
    environment = {**os.environ, "SOURCE_DATE_EPOCH": source_date()}
    # Not xz: unpacking is what a Pi takes long for.
    command = ["dpkg-deb", "--root-owner-group", "-Zzstd", "-z9", "--build", str(tree.root), str(target)]
    setup.run_step("package", command, environment)
    return target


def control(tree: Tree, number: str) -> None:
    """DEBIAN/: who needs what, what is kept on an upgrade, what runs before and after."""
    folder = ROOT / "etc" / "deb"
    minor = tuple(map(int, python_version().split(".")))
    size = sum(path.lstat().st_size for path in tree.root.rglob("*") if path.is_file() and not path.is_symlink())
    text = (folder / "control.in").read_text("utf-8")
    for name, value in {
        "VERSION": number,
        "ARCHITECTURE": architecture(),
        "SIZE": str(size // 1024),
        "PYTHON": f"{minor[0]}.{minor[1]}",
        "NEXT": f"{minor[0]}.{minor[1] + 1}",
    }.items():
        text = text.replace(f"@{name}@", value)
    _write(tree, "/DEBIAN/control", text)
    _write(tree, "/DEBIAN/conffiles", f"/etc/secretaryd/secretaryd.toml\n{SSHD}/50-secretary.conf\n")
    _write(tree, "/DEBIAN/templates", (folder / "templates").read_text("utf-8"))
    for script in ("postinst", "prerm", "postrm"):
        _write(tree, f"/DEBIAN/{script}", (folder / script).read_text("utf-8"), EXECUTABLE)
    sums = []
    for path in sorted(tree.root.rglob("*")):
        name = path.relative_to(tree.root)
        if path.is_file() and not path.is_symlink() and name.parts[0] not in ("DEBIAN", "etc"):
            digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()  # dpkg's format
            sums.append(f"{digest}  {name}")
    _write(tree, "/DEBIAN/md5sums", "\n".join(sums) + "\n")


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


if __name__ == "__main__":
    sys.exit(main())
