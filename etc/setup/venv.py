"""Makes .venv ready: `venv.py run` for the product, `venv.py test` with the test tools. Quick when nothing changed.

Standard library only: it runs before anything is installed. llama-cpp-python exists as source alone, so its wheel is
built once and kept in the user's cache, keyed by version, build flags, Python and processor.
"""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CONSTRAINTS = ROOT / "constraints.txt"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "secretary-box" / "wheels"
BUILD_FLAGS = "-DLLAVA_BUILD=OFF -DLLAMA_CURL=OFF"
X86_FLAGS = {"GGML_AVX": "avx", "GGML_AVX2": "avx2", "GGML_FMA": "fma", "GGML_F16C": "f16c", "GGML_BMI2": "bmi2"}
"""Switches of ggml, and what /proc/cpuinfo calls them. Named one by one instead of -march=native, which takes AMX from
what the processor says of itself: in a virtual machine it may say so and die of the first tile instruction (SIGILL)."""
OPTIONAL = {"alsa": "sound over an ALSA card", "systemd": "notices to systemd and journal fields"}
EXTRAS = {"run": ["speech"], "test": ["speech", "test"]}
BAR_WIDTH = 30


def main() -> int:
    """Returns the exit code: 0 ready, 3 could not be made ready."""
    purpose = sys.argv[1] if len(sys.argv) > 1 else "run"
    if purpose not in EXTRAS:
        print(f"usage: venv.py {'|'.join(EXTRAS)}", file=sys.stderr)
        return 2
    if sys.version_info < (3, 11):
        print(f"Python 3.11 or newer is needed; this is {platform.python_version()}", file=sys.stderr)
        return 3
    stamp = VENV / f".ready-{purpose}"
    wanted = fingerprint(purpose)
    if stamp.exists() and stamp.read_text() == wanted and PYTHON.exists():
        return 0
    began = time.monotonic()
    try:
        make_venv()
        pip("the box and its libraries", ["-e", f".[{','.join(EXTRAS[purpose])}]"])
        install_llama(required=purpose == "test")
        for extra, what in OPTIONAL.items():
            if not pip(what, ["-e", f".[{extra}]"], required=False):
                print(f"  without {what} (Debian: libasound2-dev libsystemd-dev python3-dev g++)")
    except StepFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 3
    stamp.write_text(wanted)
    print(f"Ready in {time.monotonic() - began:.0f} s.")
    return 0


class StepFailed(Exception):
    """A step that the rest needs did not work; holds the end of its output."""


def fingerprint(purpose: str) -> str:
    """Changes with everything that the environment is made from."""
    parts = [purpose, platform.python_version(), str(ROOT), build_flags()]
    parts += [(ROOT / name).read_text("utf-8") for name in ("setup.cfg", "pyproject.toml", "constraints.txt")]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def make_venv() -> None:
    """Creates .venv where there is none, or where its Python is gone."""
    if PYTHON.exists() and subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    run_step("virtual environment", [sys.executable, "-m", "venv", str(VENV)])


def pip(what: str, arguments: list[str], *, required: bool = True) -> bool:
    """pip install within the pins. Returns False where an optional part failed; raises StepFailed for a needed one."""
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    try:
        run_step(what, [*command, "-c", str(CONSTRAINTS), *arguments])
    except StepFailed as failure:
        if required:
            raise
        print("  " + str(failure).splitlines()[-1][:110])
        return False
    return True


def install_llama(*, required: bool) -> None:
    """The language-model engine: from the cache, else built (about 6 minutes on two cores) and kept."""
    version = pinned("llama-cpp-python")
    folder = CACHE / wheel_key(version)
    built_as = VENV / ".llama"  # a wheel of other flags is another one, though its version is the same
    if installed_version("llama-cpp-python") == version and built_as.exists() and built_as.read_text() == folder.name:
        return
    try:
        if not list(folder.glob("*.whl")):
            build_llama(version, folder)
        pip("language-model engine", ["--no-deps", "--force-reinstall", *map(str, folder.glob("*.whl"))])
        built_as.write_text(folder.name)
        pip("its libraries", ["diskcache", "jinja2", "numpy", "typing-extensions"])
    except StepFailed as failure:
        if required:
            raise
        print(
            f"{failure}\nThe box will answer without a language model: from the FAQ, the facts, and by taking messages."
        )


def build_llama(version: str, folder: Path, flags: str = "") -> None:
    """Builds the wheel into `folder`; a build that was broken off leaves nothing behind. `flags`: for cmake, else those
    of this machine."""
    fresh = folder.with_name(folder.name + f".{os.getpid()}")
    environment = {**os.environ, "CMAKE_ARGS": (flags or build_flags()) + " " + os.environ.get("CMAKE_ARGS", "")}
    # pip keeps wheels that it built by version alone: one with other flags would come back from its cache.
    options = ["--disable-pip-version-check", "--no-cache-dir", "--no-deps", "-v", "-w", str(fresh)]
    command = [str(PYTHON), "-m", "pip", "wheel", *options]
    try:
        run_step(
            "building the language-model engine (once, about 6 minutes on two cores)",
            [*command, f"llama-cpp-python=={version}"],
            environment,
        )
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def build_flags() -> str:
    """What cmake is told: on x86 the instructions that this processor has, elsewhere -march=native."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return BUILD_FLAGS
    has = set(" ".join(cpu_lines("flags")).split())
    switches = [f"-D{switch}={'ON' if name in has else 'OFF'}" for switch, name in X86_FLAGS.items()]
    return " ".join([BUILD_FLAGS, "-DGGML_NATIVE=OFF", *switches])


def wheel_key(version: str) -> str:
    """A wheel serves processors with the same instructions; one built with -march=native, those of the same kind."""
    flags = build_flags()
    kind = [] if "GGML_NATIVE=OFF" in flags else cpu_lines("model name", "Features", "CPU part")
    what = [version, flags, os.environ.get("CMAKE_ARGS", ""), sysconfig.get_platform(), *kind]
    return f"llama-cpp-python-{version}-" + hashlib.sha256("\0".join(what).encode()).hexdigest()[:16]


def cpu_lines(*names: str) -> list[str]:
    """The lines of /proc/cpuinfo that begin so, each once."""
    try:
        info = Path("/proc/cpuinfo").read_text()
    except OSError:
        info = platform.processor()
    return sorted({line for line in info.splitlines() if line.startswith(names)})


def pinned(package: str) -> str:
    """The version that constraints.txt pins."""
    found = re.search(rf"^{re.escape(package)}==(\S+)", CONSTRAINTS.read_text("utf-8"), re.MULTILINE | re.IGNORECASE)
    if not found:
        raise StepFailed(f"constraints.txt pins no {package}")
    return found[1]


def installed_version(package: str) -> str:
    """What the environment holds, or ""."""
    code = "import sys; from importlib.metadata import version; print(version(sys.argv[1]))"
    result = subprocess.run([PYTHON, "-c", code, package], capture_output=True, text=True, check=False)
    return result.stdout.strip() if result.returncode == 0 else ""


def run_step(what: str, command: list[str], environment: dict[str, str] | None = None) -> None:
    """Runs a command and shows that it moves: a bar where it counts its own steps ([12/345]), else its last line."""
    began = time.monotonic()
    tail: list[str] = []
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=ROOT,
        env=environment,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            tail = [*tail[-40:], line.rstrip()]
            show(what, line.strip(), time.monotonic() - began)
    seconds = time.monotonic() - began
    if process.returncode:
        raise StepFailed("\n".join([*tail[-12:], f"{what}: failed after {seconds:.0f} s: {' '.join(command[:6])} ..."]))
    end = "\r\033[K" if sys.stdout.isatty() else ""
    print(f"{end}  {what}: {seconds:.0f} s", flush=True)


last_shown = 0.0


def show(what: str, line: str, seconds: float) -> None:
    """One line that renews itself on a terminal; a line every half minute elsewhere."""
    global last_shown
    counted = re.match(r"\[(\d+)/(\d+)\]", line)
    if counted:
        done, total = int(counted[1]), int(counted[2])
        filled = BAR_WIDTH * done // total
        state = f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {100 * done // total:3d} %"
    else:
        state = line[:60]
    if sys.stdout.isatty():
        print(f"\r\033[K  {what[:50]} {state} {seconds:.0f} s", end="", flush=True)
    elif time.monotonic() - last_shown > 30 and (counted or not line.startswith("[")):
        last_shown = time.monotonic()
        print(f"  {what}: {state} {seconds:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
