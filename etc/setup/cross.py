"""The box for another processor than this machine's: wheels of the same versions, llama.cpp by a cross compiler.

Everything but three libraries is published as a wheel for 64-bit ARM. llama-cpp-python is built here where Debian's
cross compiler is (gcc-aarch64-linux-gnu, g++-aarch64-linux-gnu); pyalsaaudio and systemd-python need the other
processor's own headers and are left out: a package made on a Raspberry Pi has them.
"""

import shutil
import venv as setup
import zipfile
from dataclasses import dataclass
from pathlib import Path

from files import Failed

LLAMA = "llama-cpp-python"
OPTIONAL = ("pyalsaaudio", "systemd-python", LLAMA)
ELF_MACHINE = slice(18, 20)
"""e_machine in an ELF header (elf(5)), little-endian on both."""


@dataclass(frozen=True)
class Target:
    """A processor: Debian's name, the kernel's, and ELF's number of it. `cpu` is the oldest that it has to run on."""

    architecture: str
    machine: str
    elf: int
    cpu: str
    glibc: tuple[int, ...]
    """Minor versions of glibc 2 that wheels may ask for; Debian 12 has 36."""

    @property
    def platforms(self) -> list[str]:
        """What pip calls it."""
        named = [f"manylinux_2_{minor}_{self.machine}" for minor in self.glibc]
        options = [*named, f"manylinux2014_{self.machine}", f"linux_{self.machine}"]
        return [part for name in options for part in ("--platform", name)]

    @property
    def compiler(self) -> str:
        """Debian's, without its last word."""
        return f"{self.machine}-linux-gnu"

    def wheels(self, own: list[Path], build: Path) -> list[Path]:
        """The same libraries as `own` for this processor. Raises StepFailed where one cannot be had."""
        folder = build / f"wheels-{self.architecture}"
        folder.mkdir(parents=True, exist_ok=True)
        found, missing = [path for path in own if path.stem.endswith("-any")], list[str]()
        for path in (each for each in own if each not in found):
            name, version = path.stem.split("-")[:2]
            if name.replace("_", "-") in OPTIONAL:
                continue
            fetched = list(folder.glob(f"{name}-{version}-*.whl"))
            found += fetched
            missing += [] if fetched else [f"{name}=={version}"]
        if missing:
            pip = [str(setup.PYTHON), "-m", "pip", "download", "--disable-pip-version-check", "--progress-bar", "off"]
            only = ["--only-binary=:all:", "--no-deps", *self._python(), *self.platforms, "-d", str(folder)]
            setup.run_step(f"wheels for {self.machine}", [*pip, *only, *missing])
            found += [next(folder.glob(f"{one.replace('==', '-')}-*.whl")) for one in missing]
        return [*found, *self._llama()]

    def _python(self) -> list[str]:
        return [
            "--implementation",
            "cp",
            "--python-version",
            "3.11",
            "--abi",
            "cp311",
            "--abi",
            "abi3",
            "--abi",
            "none",
        ]

    def _llama(self) -> list[Path]:
        """Built once and kept, as the machine's own is; none where there is no compiler."""
        if shutil.which(f"{self.compiler}-g++") is None:
            print(f"  without a language model: install gcc-{self.compiler} g++-{self.compiler}".replace("_", "-"))
            return []
        version = setup.pinned(LLAMA)
        folder = setup.CACHE / f"{LLAMA}-{version}-{self.machine}-{self.cpu}"
        if not list(folder.glob("*.whl")):
            setup.build_llama(version, folder, self.flags)
        return list(folder.glob("*.whl"))

    @property
    def flags(self) -> str:
        """What cmake is told."""
        modes = {"PROGRAM": "NEVER", "LIBRARY": "ONLY", "INCLUDE": "ONLY"}
        told = {
            "GGML_NATIVE": "OFF",
            "CMAKE_SYSTEM_NAME": "Linux",
            "CMAKE_SYSTEM_PROCESSOR": self.machine,
            "CMAKE_C_COMPILER": f"{self.compiler}-gcc",
            "CMAKE_CXX_COMPILER": f"{self.compiler}-g++",
            "CMAKE_C_FLAGS": f"-mcpu={self.cpu}",
            "CMAKE_CXX_FLAGS": f"-mcpu={self.cpu}",
            "CMAKE_FIND_ROOT_PATH": f"/usr/{self.compiler}",
            **{f"CMAKE_FIND_ROOT_PATH_MODE_{what}": mode for what, mode in modes.items()},
        }
        return " ".join([setup.BUILD_FLAGS, *(f"-D{key}={value}" for key, value in told.items())])


TARGETS = {"arm64": Target("arm64", "aarch64", 183, "cortex-a72", (36, 34, 31, 28, 27, 26, 24, 17))}


def target(architecture: str) -> Target | None:
    """By Debian's name; None for "", this machine's. Raises Failed."""
    if not architecture:
        return None
    if architecture not in TARGETS:
        raise Failed(f"packages for {architecture} cannot be made here; known: {', '.join(TARGETS)}")
    return TARGETS[architecture]


def install(target: Target, home: Path, wheels: list[Path]) -> None:
    """Unpacks the wheels into an environment whose programs do not run here. Raises StepFailed, Failed."""
    (site,) = (home / "lib").glob("python*/site-packages")
    ours = [path for path in wheels if not path.name.startswith("llama_cpp_python")]
    pip = [str(setup.PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-index", "--no-deps"]
    into = ["--no-compile", "--only-binary=:all:", *target._python(), *target.platforms, "--target", str(site)]
    setup.run_step("libraries", [*pip, *into, *map(str, ours)])
    for path in wheels:
        if path not in ours:  # its name tells of the processor that built it, not of the one it is for
            with zipfile.ZipFile(path) as wheel:
                wheel.extractall(site)
    for program in (site / "bin").iterdir():
        shutil.move(str(program), home / "bin" / program.name)
    (site / "bin").rmdir()
    if strangers := foreign_to(target, home):
        names = ", ".join(str(path.relative_to(home)) for path in strangers[:5])
        raise Failed(f"{len(strangers)} files are not for {target.machine}: {names}")


def foreign_to(target: Target, folder: Path) -> list[Path]:
    """Programs and libraries below it that are for another processor."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        with path.open("rb") as file:
            head = file.read(20)
        if head.startswith(b"\x7fELF") and int.from_bytes(head[ELF_MACHINE], "little") != target.elf:
            found.append(path)
    return found
