"""The package on a fresh Debian under its own systemd: installed, a simulated call, upgraded, removed, purged."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.fakes.booted import Machine, booted, until

ROOT: Final = Path(__file__).parents[2]
MAKE: Final = ROOT / "etc" / "setup" / "package.py"
PYTHON: Final = ROOT / ".venv" / "bin" / "python"
ROOTS: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "secretary-box" / "roots"
SUITE: Final = "bookworm"
PACKAGES: Final = (
    "systemd,systemd-sysv,udev,kmod,python3,libgomp1,libatomic1,libstdc++6,libasound2,libsystemd0,debconf,"
    "util-linux,procps,iproute2,dbus,ca-certificates"
)
UNITS: Final = ("secretaryd", "secretary-speech", "secretary-llm", "secretary-web")
OLD: Final = "0.0.9-1"
UP_SECONDS: Final = 120.0
CONFIG: Final = """\
[modem]
at_port = "/run/secretaryd/simulator/modem-at"
pcm_port = "/run/secretaryd/simulator/modem-pcm"
[llm]
allow_starter = true
"""

pytestmark = [
    pytest.mark.deb,
    pytest.mark.skipif(os.geteuid() != 0, reason="a root of its own needs root"),
    pytest.mark.skipif(not all(map(shutil.which, ("mmdebstrap", "unshare", "nsenter"))), reason="no mmdebstrap"),
]


@pytest.fixture(scope="module")
def debian() -> Path:
    """A bare Debian, made once and kept while it is made of the same packages."""
    archive = ROOTS / f"{SUITE}-{hashlib.sha256(PACKAGES.encode()).hexdigest()[:12]}.tar"
    if not archive.exists():
        ROOTS.mkdir(parents=True, exist_ok=True)
        fresh = archive.with_suffix(".new.tar")
        command = ["mmdebstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(fresh)]
        subprocess.run(command, check=True, cwd="/")
        fresh.rename(archive)
    return archive


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """This version, and the same called an older one."""
    out = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [str(PYTHON), str(MAKE), "deb", "--out", str(out)], check=True, capture_output=True, text=True
    )
    new, old, raw = Path(done.stdout.splitlines()[-1]), out / "old.deb", out / "raw"
    subprocess.run(["dpkg-deb", "-R", str(new), str(raw)], check=True)
    control = raw / "DEBIAN" / "control"
    control.write_text(re.sub(r"^Version: .*$", f"Version: {OLD}", control.read_text(), flags=re.MULTILINE))
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", str(raw), str(old)], check=True)
    shutil.rmtree(raw)
    return {"new": new, "old": old}


@pytest.fixture(scope="module")
def machine(debian: Path, packages: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    folder = tmp_path_factory.mktemp("debian")
    root = folder / "root"
    root.mkdir()
    subprocess.run(["tar", "-xf", str(debian), "-C", str(root), "--exclude=./dev/*"], check=True)
    for name, path in packages.items():
        shutil.copy(path, root / "opt" / f"{name}.deb")
    with booted(folder / "boot.log", ROOT / "tests" / "etc" / "boot_deb.sh", str(root)) as machine:
        yield machine
    shutil.rmtree(folder, ignore_errors=True)


def dpkg(machine: Machine, *arguments: str) -> str:
    told = machine.run("env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "dpkg", *arguments, seconds=300)
    assert "error" not in told.lower(), told
    return told


def all_up(machine: Machine) -> bool:
    return all(machine.show(unit, "ActiveState") == "active" for unit in UNITS)


def ctl(machine: Machine, *words: str, seconds: float = 60) -> str:
    return machine.run("secretaryctl", *words, seconds=seconds)


def test_it_installs_and_all_of_it_comes_up(machine: Machine) -> None:
    dpkg(machine, "-i", "/opt/old.deb")
    assert until(lambda: all_up(machine), UP_SECONDS), machine.told()
    assert machine.run("systemctl", "is-enabled", "secretary.target") == "enabled"
    assert OLD in machine.run("dpkg", "-s", "secretary-box")
    assert {unit: machine.show(unit, "NRestarts") for unit in UNITS} == dict.fromkeys(UNITS, "0"), machine.told()
    assert machine.run("stat", "-c", "%U %a", "/var/lib/secretaryd") == "secretary 700"


def test_the_page_is_there_for_the_house_over_https(machine: Machine) -> None:
    ask = "import ssl, urllib.request as u; print(u.urlopen('http://127.0.0.1/health', context={}, timeout=9).url)"
    unproven = "ssl._create_unverified_context()"  # its authority is the box's own
    assert until(lambda: machine.run("python3", "-c", ask.format(unproven)).startswith("https://"), UP_SECONDS)
    assert "https://secretary.local/setup?token=" in ctl(machine, "setup")


def test_it_runs_on_nothing_but_its_own_environment(machine: Machine) -> None:
    command = machine.run("cat", f"/proc/{machine.show('secretaryd', 'MainPID')}/cmdline").split("\0")
    assert command[0] == "/opt/secretary-box/bin/python"
    assert machine.run("find", "/opt/secretary-box", "-newer", "/var/lib/dpkg/info/secretary-box.list") == ""


def test_a_simulated_call_is_answered_and_kept(machine: Machine) -> None:
    machine.run("sh", "-c", f"cat >/etc/secretaryd/secretaryd.toml <<'END'\n{CONFIG}END")
    simulator = "exec runuser -u secretary -- /opt/secretary-box/bin/python -m hw.simulator --state-dir"
    machine.run("systemd-run", "--unit=simulator", "sh", "-c", f"{simulator} /run/secretaryd/simulator")
    assert until(lambda: machine.run("test", "-S", "/run/secretaryd/simulator/simulator.sock", "-a", "1") == "", 20)
    machine.run("systemctl", "restart", "secretary.target", *(f"{unit}.service" for unit in UNITS))

    def ready() -> bool:
        try:
            status = json.loads(ctl(machine, "status", "--json"))
        except json.JSONDecodeError:
            return False
        return bool(status["modem"]["up"] and status["modem"]["registered"] and status["speech"]["up"])

    assert until(ready, UP_SECONDS), machine.told()
    told = ctl(machine, "simulate", "call", "--scenario", "opening_hours", seconds=120)
    assert "Мы работаем" in told, f"{told}\n{machine.told()}"
    (call,) = json.loads(ctl(machine, "calls", "list", "--json"))["calls"]
    assert call["outcome"] == "answered"


def test_the_doctor_finds_the_units_well(machine: Machine) -> None:
    checks = {check["name"]: check for check in json.loads(ctl(machine, "doctor", "--json"))["checks"]}
    for name in ("box.answers", "socket.modes", "data.folder", "data.private", "journal.limits", "config.readable"):
        assert checks[name]["level"] == "ok", checks[name]
    assert all(checks[f"unit.{unit}"]["level"] == "ok" for unit in UNITS)


def test_an_upgrade_keeps_calls_settings_and_configuration(machine: Machine) -> None:
    ctl(machine, "config", "set", "call.max_seconds", "300")
    before = machine.show("secretaryd", "MainPID")
    dpkg(machine, "--force-confdef", "--force-confold", "-i", "/opt/new.deb")
    assert until(lambda: all_up(machine) and machine.show("secretaryd", "MainPID") != before, UP_SECONDS)
    assert OLD not in machine.run("dpkg", "-s", "secretary-box")
    assert until(lambda: "calls" in ctl(machine, "calls", "list", "--json"), 30)
    assert len(json.loads(ctl(machine, "calls", "list", "--json"))["calls"]) == 1
    assert ctl(machine, "config", "get", "call.max_seconds") == "300"
    assert "simulator/modem-at" in machine.run("cat", "/etc/secretaryd/secretaryd.toml")


def test_an_upgrade_does_not_start_what_the_owner_stopped(machine: Machine) -> None:
    machine.run("systemctl", "stop", "secretary.target")
    dpkg(machine, "--force-confdef", "--force-confold", "-i", "/opt/new.deb")
    assert machine.show("secretaryd", "ActiveState") == "inactive"
    machine.run("systemctl", "start", "secretary.target")
    assert until(lambda: all_up(machine), UP_SECONDS), machine.told()


def test_removing_stops_it_and_keeps_the_data(machine: Machine) -> None:
    dpkg(machine, "-r", "secretary-box")
    assert machine.show("secretaryd", "LoadState") == "not-found"
    assert machine.run("pgrep", "-f", "secretaryd core") == ""
    assert machine.run("ls", "/opt/secretary-box").endswith("No such file or directory")
    assert "secretary.db" in machine.run("ls", "/var/lib/secretaryd")
    dpkg(machine, "--force-confdef", "--force-confold", "-i", "/opt/new.deb")
    assert until(lambda: '"outcome"' in ctl(machine, "calls", "list", "--json"), UP_SECONDS), machine.told()


def test_purging_leaves_nothing(machine: Machine) -> None:
    dpkg(machine, "-P", "secretary-box")
    for path in ("/var/lib/secretaryd", "/etc/secretaryd", "/opt/secretary-box", "/usr/bin/secretaryctl"):
        assert machine.run("ls", "-d", path).endswith("No such file or directory"), path
    assert "secretary" not in machine.run("systemctl", "list-unit-files", "--no-legend", "secretary*")
