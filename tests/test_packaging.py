"""What is packed: every file that the program reads is in the wheel and, with the system's files, in the package."""

import fnmatch
import importlib.util
import re
import subprocess
import sys
import tomllib
from configparser import ConfigParser
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("hw", "voice", "storage", "secretaryd", "webui", "tui")
NOT_PACKED = ("voice/starter/*/train/*", "voice/starter/*.sh", "*/.gitignore")
"""Scripts that make the starter models: they run with tools that the product never installs."""


@pytest.fixture(scope="module")
def package() -> ModuleType:
    """etc/setup/package.py."""
    spec = importlib.util.spec_from_file_location("setup_package", ROOT / "etc" / "setup" / "package.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["setup_package"] = module
    spec.loader.exec_module(module)
    return module


def tracked() -> list[str]:
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--", *PACKAGES]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")[:-1]


def is_packed(name: str, patterns: dict[str, list[str]]) -> bool:
    """As setuptools decides: modules of packages, and data by the patterns of the package that a file lies in."""
    folder = Path(name).parent
    if name.endswith(".py"):
        return (ROOT / folder / "__init__.py").exists()
    while folder != Path():
        if (ROOT / folder / "__init__.py").exists():
            inside = str(Path(name).relative_to(folder))
            for pattern in [*patterns.get("*", []), *patterns.get(".".join(folder.parts), [])]:
                if _matches(inside, pattern):
                    return True
        folder = folder.parent
    return False


def _matches(inside: str, pattern: str) -> bool:
    if "**" in pattern:
        return fnmatch.fnmatchcase(inside, pattern.replace("**/", "*"))
    parts, wanted = inside.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a clone")
def test_every_file_of_the_program_is_in_the_wheel() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", "utf-8")
    patterns = {
        name: [each.strip() for each in text.split(",")] for name, text in setup["options.package_data"].items()
    }
    left_out = [
        name
        for name in tracked()
        if not any(fnmatch.fnmatchcase(name, each) for each in NOT_PACKED) and not is_packed(name, patterns)
    ]
    assert left_out == []


def test_the_systems_files_are_all_put_in_their_places(package: ModuleType, tmp_path: Path) -> None:
    tree = package.files.Tree(tmp_path)
    put = package.files.put_system_files(tree, "/usr/lib", "/usr/share/doc/secretary-box")
    shipped = {path.name for path in (ROOT / "etc" / "systemd").rglob("*") if path.is_file()}
    assert {Path(path).name for path in put} - {"copyright", *package.files.DOCUMENTS} == shipped
    assert (tmp_path / "usr/lib/systemd/system/secretaryd.service").exists()
    assert (tmp_path / "usr/lib/udev/rules.d/70-secretary-modem.rules").exists()
    for path in put:
        assert tmp_path.joinpath(path.lstrip("/")).stat().st_mode & 0o777 == 0o644


def test_units_start_what_is_installed(package: ModuleType, tmp_path: Path) -> None:
    tree = package.files.Tree(tmp_path, "/srv/box")
    put = package.files.put_system_files(tree, "/usr/lib", "/usr/share/doc/secretary-box")
    for path in put:
        text = (tmp_path / path.lstrip("/")).read_text("utf-8")
        if path.endswith(".service"):
            assert "ExecStart=/srv/box/bin/" in text
        if not path.endswith(".md"):
            assert "/opt/secretary" not in text, path


def test_programs_are_found_without_a_path(package: ModuleType, tmp_path: Path) -> None:
    put = package.files.link_programs(package.files.Tree(tmp_path), "/usr/bin")
    assert [str((tmp_path / path.lstrip("/")).readlink()) for path in put] == [
        "/opt/secretary-box/bin/secretaryd",
        "/opt/secretary-box/bin/secretaryctl",
    ]


def test_the_package_says_what_it_needs_and_keeps_the_configuration(package: ModuleType, tmp_path: Path) -> None:
    tree = package.files.Tree(tmp_path)
    package.files.put_system_files(tree, "/usr/lib", "/usr/share/doc/secretary-box")
    package.deb.control(tree, "1.2.3-4", "arm64")
    control = (tmp_path / "DEBIAN/control").read_text("utf-8")
    assert "Version: 1.2.3-4\n" in control
    assert "Architecture: arm64\n" in control
    assert "@" not in control.replace("root@localhost", "")
    assert (tmp_path / "DEBIAN/conffiles").read_text().startswith("/etc/secretaryd/secretaryd.toml\n")
    sums = (tmp_path / "DEBIAN/md5sums").read_text().splitlines()
    assert any(line.endswith("  usr/lib/systemd/system/secretaryd.service") for line in sums)
    conffiles = (tmp_path / "DEBIAN/conffiles").read_text().split()
    written = {f"/{path.relative_to(tmp_path)}" for path in (tmp_path / "etc").rglob("*") if path.is_file()}
    assert written <= set(conffiles), "what lies in /etc is the owner's to change"
    for script in ("postinst", "prerm", "postrm"):
        path = tmp_path / "DEBIAN" / script
        assert path.stat().st_mode & 0o777 == 0o755
        assert subprocess.run(["sh", "-n", str(path)], check=False).returncode == 0


def test_the_configuration_of_a_fresh_machine_is_the_defaults_and_the_page_for_the_house(package: ModuleType) -> None:
    from secretaryd.config.load import Layer, build
    from secretaryd.config.schema import Config, Web

    text = package.files.configuration()
    house = Web(listen="0.0.0.0:443", tls=True, redirect="0.0.0.0:80")
    assert build([Layer("package", tomllib.loads(text))]) == Config(web=house)
    bare = [line.removeprefix("# ") for line in text.splitlines()]
    settings = "\n".join(line for line in bare if re.match(r"\w+ = |\[", line))
    assert build([Layer("all of it", tomllib.loads(settings))]).modem.sim_pin_file


def test_uninstalling_removes_what_was_installed_and_nothing_else(package: ModuleType, tmp_path: Path) -> None:
    tree = package.files.Tree(tmp_path)
    tree.home.mkdir(parents=True)
    kept = [tmp_path / "etc/secretaryd/secretaryd.toml", tmp_path / "var/lib/secretaryd/secretary.db"]
    for path in kept:
        path.parent.mkdir(parents=True)
        path.write_text("mine")
    put = package.files.put_system_files(tree, "/usr/lib", "/usr/local/share/doc/secretary-box")
    put += package.files.link_programs(tree, "/usr/local/bin")
    (tree.home / package.MANIFEST).write_text("\n".join(put))
    package.uninstall(tree)
    left = [path for path in tmp_path.rglob("*") if path.is_file() or path.is_symlink()]
    assert sorted(left) == sorted(kept)
    with pytest.raises(package.files.Failed, match="nothing was installed"):
        package.uninstall(tree)
