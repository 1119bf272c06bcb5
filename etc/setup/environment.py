"""The environment of an installed box: made for the system's Python from wheels of the pinned versions.

A foreign one (`target`) gets the same versions as the machine's own, built for its processor; see cross.py.
"""

import compileall
import os
import pwd
import shutil
import subprocess
import venv as setup
from pathlib import Path
from py_compile import PycInvalidationMode

import cross
from files import PROGRAMS, Failed, Tree

ROOT = setup.ROOT
BUILD = ROOT / "build" / "deb"
SYSTEM_PYTHON = os.environ.get("SECRETARY_PYTHON", "/usr/bin/python3")


def make_environment(tree: Tree, target: cross.Target | None = None) -> None:
    """Everything below the prefix."""
    check_python()
    wheels = collect_wheels()
    shutil.rmtree(tree.home, ignore_errors=True)
    tree.home.parent.mkdir(parents=True, exist_ok=True)
    setup.run_step("environment", [SYSTEM_PYTHON, "-m", "venv", "--without-pip", str(tree.home)])
    if target is None:
        into = str(tree.home / "bin" / "python")
        pip = [str(setup.PYTHON), "-m", "pip", "--python", into, "install", "--disable-pip-version-check"]
        setup.run_step("libraries", [*pip, "--no-index", "--no-deps", "--no-compile", *map(str, wheels)])
    else:
        cross.install(target, tree.home, target.wheels(wheels, BUILD))
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
