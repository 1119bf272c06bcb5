"""The units under a true systemd: booted in namespaces of its own, on a throw-away layer over this machine's files."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.fakes.booted import Machine, booted, until

ROOT: Final = Path(__file__).parents[2]
UNITS: Final = ("secretaryd", "secretary-speech", "secretary-llm", "secretary-web")
UP_SECONDS: Final = 240.0

pytestmark = [
    pytest.mark.boot,
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces with mounts of their own need root"),
    pytest.mark.skipif(not Path("/lib/systemd/systemd").exists(), reason="systemd is not installed"),
    pytest.mark.skipif(not all(map(shutil.which, ("unshare", "nsenter", "pivot_root"))), reason="no util-linux"),
]


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    scratch = tmp_path_factory.mktemp("machine")
    script = ROOT / "tests" / "etc" / "boot.sh"
    with booted(scratch.parent / "boot.log", script, str(scratch), str(ROOT)) as machine:
        interpreter = "/opt/secretary/.venv/bin/python"
        if machine.run("runuser", "-u", "secretary", "--", interpreter, "-c", "print('well')") != "well":
            pytest.skip("no other user may run this environment's interpreter here")
        yield machine


@pytest.fixture(scope="module")
def box(machine: Machine) -> Machine:
    machine.run("systemctl", "enable", "secretary.target")
    machine.run("systemctl", "start", "--no-block", "secretary.target")
    up = until(lambda: all(machine.show(unit, "ActiveState") == "active" for unit in UNITS), UP_SECONDS)
    assert up, machine.told()
    return machine


def test_all_of_the_box_comes_up_in_its_sandbox(box: Machine) -> None:
    assert {unit: box.show(unit, "NRestarts") for unit in UNITS} == dict.fromkeys(UNITS, "0"), box.told()
    assert box.run("systemctl", "is-enabled", *UNITS).split() == ["enabled"] * len(UNITS)
    for unit in UNITS:
        status = box.run("cat", f"/proc/{box.show(unit, 'MainPID')}/status")
        assert "Seccomp:\t2" in status
        assert "NoNewPrivs:\t1" in status


def test_sockets_belong_to_those_who_may_use_them(box: Machine) -> None:
    listed = box.run(
        "stat", "-c", "%n %A %U %G", *(f"/run/secretaryd/{name}.sock" for name in ("control", "speech", "llm"))
    )
    assert listed.splitlines() == [
        "/run/secretaryd/control.sock srw-rw---- secretary secretary-console",
        "/run/secretaryd/speech.sock srw-rw---- secretary-speech secretary-engine",
        "/run/secretaryd/llm.sock srw-rw---- secretary-llm secretary-engine",
    ]  # fmt: skip


def test_the_engines_load_and_the_core_reaches_them(box: Machine) -> None:
    command = ("env", "PYTHONPATH=/opt/secretary", "/opt/secretary/.venv/bin/secretaryctl", "status", "--json")

    def both_up() -> bool:
        try:
            status = json.loads(box.run(*command))
        except json.JSONDecodeError:
            return False
        return bool(status["speech"]["up"] and status["llm"]["up"])

    assert until(both_up, UP_SECONDS), box.told()


def test_engines_and_page_see_no_call(box: Machine) -> None:
    assert "secretary.db" in box.run("ls", "-A", "/var/lib/secretaryd")
    for unit in UNITS[1:]:
        inside = ("nsenter", "-t", box.show(unit, "MainPID"), "-m", "--")
        assert box.run(*inside, "cat", "/var/lib/secretaryd/secretary.db").endswith("No such file or directory")
        seen = box.run(*inside, "sh", "-c", "ls -A /var/lib/secretaryd 2>/dev/null")
        assert set(seen.split()) <= {"models", "last-good.toml", "settings.toml"}, unit


def test_the_page_answers_and_can_bind_a_low_port(box: Machine) -> None:
    ask = "import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:8080/health', timeout=5).status)"
    assert box.run("/opt/secretary/.venv/bin/python", "-c", ask) == "200"
    status = box.run("cat", f"/proc/{box.show('secretary-web', 'MainPID')}/status")
    assert "CapEff:\t0000000000000400" in status, "CAP_NET_BIND_SERVICE and nothing else"


def test_all_of_it_starts_anew_at_the_core_s_request(box: Machine) -> None:
    before = {unit: box.show(unit, "MainPID") for unit in UNITS}
    control = ("env", "PYTHONPATH=/opt/secretary", "/opt/secretary/.venv/bin/secretaryctl")
    assert '"secretary-llm"' in box.run(*control, "restart", "--json")

    def all_anew() -> bool:
        return all(
            box.show(unit, "ActiveState") == "active" and box.show(unit, "MainPID") not in ("0", pid)
            for unit, pid in before.items()
        )

    assert until(all_anew, UP_SECONDS), box.told()
    assert box.show("secretary-restart.service", "Result") == "success"
    assert "restart" not in box.run("ls", "/run/secretaryd").split()


def test_a_process_that_hangs_is_killed_by_the_watchdog_and_comes_back(box: Machine) -> None:
    hung = {unit: box.show(unit, "MainPID") for unit in UNITS}
    for pid in hung.values():
        box.run("kill", "-STOP", pid)

    def all_back() -> bool:
        return all(
            box.show(unit, "ActiveState") == "active" and box.show(unit, "MainPID") not in ("0", pid)
            for unit, pid in hung.items()
        )

    assert until(all_back, UP_SECONDS), box.told()
    assert all(int(box.show(unit, "NRestarts")) >= 1 for unit in UNITS)


def test_it_stops_as_a_whole_and_leaves_no_socket(box: Machine) -> None:
    box.run("systemctl", "stop", "secretary.target")
    assert until(lambda: all(box.show(unit, "ActiveState") == "inactive" for unit in UNITS), 30), box.told()
    assert {box.show(unit, "Result") for unit in UNITS} == {"success"}
    assert {box.show(unit, "ExecMainStatus") for unit in UNITS} == {"0"}
    assert box.run("ls", "/run/secretaryd") == ""
